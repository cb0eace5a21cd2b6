/**
 * A deduction run (批量代扣, spec money.md "Batch deduction"): select → lock → order its file, which the exchange writes, publishes and
 * announces. Each step is durable, and a run that was broken off goes on where it stands.
 */
import { hasLabel } from '../../database/database.js';
import type { Day } from '../../protocol/values.js';
import type { DeductionBooks } from '../../revenue/index.js';
import type { Unit } from '../../revenue/unit.js';
import type { Outbox } from '../outgoing/outbox.js';
import { type Batch, type BatchOrder, batchOfDay, insertBatch } from './batch.js';
import { followFile } from './follow.js';
import { selectBills } from './select.js';

export interface DeductionRun {
  readonly books: DeductionBooks;
  readonly unit: Unit;
  readonly outbox: Pick<Outbox, 'orderIn'>;
  /** Works on one of our files as far as it goes now; nothing happens while another node has it. */
  readonly dispatch: (outgoingId: string) => Promise<void>;
  /** What a new run is made with; one that is gone on with keeps its own. */
  readonly order: BatchOrder;
  /** Aborts between two steps. */
  readonly signal?: AbortSignal;
  /** Told how many bills are locked so far. */
  readonly progress?: (bills: number) => void;
}

/**
 * Makes the run of a day, or goes on with it as far as it goes now. Once per unit and day over all nodes: the second one finds the
 * first one's batch, and one that is done already is only told.
 */
export async function runDeduction(run: DeductionRun, day: Day): Promise<Batch> {
  return goOn(run, await begin(run, day));
}

/** Goes on with a run as far as it goes now. */
export async function goOn(run: DeductionRun, from: Batch): Promise<Batch> {
  let batch = from;
  for (;;) {
    run.signal?.throwIfAborted();
    switch (batch.state) {
      case 'selecting':
        await selectBills(run, batch);
        break;
      case 'locked':
      case 'written':
      case 'published': {
        await run.dispatch(batch.outgoingId);
        const now = await followFile(run.books, run.unit, batch);
        // What does not move now waits: for the platform, a server, a disk, or another node.
        if (now.state === batch.state) return now;
        batch = now;
        continue;
      }
      case 'empty':
      case 'noticed':
      case 'answered':
      case 'released':
        return batch;
      default:
        return batch.state satisfies never;
    }
    batch = await present(run, batch.day);
  }
}

async function begin(run: DeductionRun, day: Day): Promise<Batch> {
  const { books, unit, order } = run;
  const there = await batchOfDay(books.database, unit, day);
  if (there !== undefined) return there;
  try {
    await books.database.transaction((tx) => insertBatch(tx, books, unit, day, order));
  } catch (error) {
    // Another node was quicker.
    if (!hasLabel(error, 'duplicate')) throw error;
  }
  return present(run, day);
}
async function present(run: DeductionRun, day: Day): Promise<Batch> {
  const batch = await batchOfDay(run.books.database, run.unit, day);
  if (batch === undefined) throw new Error('a deduction batch has gone');
  return batch;
}
