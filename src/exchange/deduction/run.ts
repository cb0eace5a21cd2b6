/**
 * A deduction run (批量代扣, spec money.md "Batch deduction"): select → lock → write → publish. Each step is durable, and a run that was broken
 * off goes on where it stands.
 */
import { hasLabel } from '../../database/database.js';
import type { FileSettings } from '../../protocol/index.js';
import type { Day } from '../../protocol/values.js';
import type { Books } from '../../revenue/index.js';
import type { Unit } from '../../revenue/unit.js';
import { type Batch, batchOfDay, insertBatch } from './batch.js';
import { publishRequest } from './publish.js';
import { selectBills } from './select.js';

export interface DeductionRun {
  readonly books: Books;
  readonly unit: Unit;
  /** How DKKK is written. */
  readonly settings: FileSettings;
  /** Where the platform finds our files. */
  readonly downloadDir: string;
  readonly fileName: string;
  /** For the summary; may be empty. */
  readonly bankCode: string;
  /** A bill whose debit failed so often is left out. */
  readonly triesMax: number;
}
export const defaultTriesMax = 6;

/**
 * Makes the run of a day, or goes on with it. Once per unit and day over all nodes: the second one finds the first one's batch, and one
 * that is done already is only told.
 * @throws {OperatorError} `deduct-file-exists` when another file has the name
 */
export async function runDeduction(run: DeductionRun, day: Day): Promise<Batch> {
  let batch = await begin(run, day);
  for (;;) {
    switch (batch.state) {
      case 'selecting':
        await selectBills(run, batch);
        break;
      case 'locked':
      case 'written':
        await publishRequest(run, batch);
        break;
      case 'empty':
      case 'published':
      case 'noticed':
      case 'answered':
      case 'released':
        return batch;
      default:
        return batch.state satisfies never;
    }
    batch = await present(run, day);
  }
}

async function begin(run: DeductionRun, day: Day): Promise<Batch> {
  const there = await batchOfDay(run.books.database, run.unit, day);
  if (there !== undefined) return there;
  try {
    await insertBatch(run.books, run.unit, day);
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
