/** An operator gives a batch up: nobody will answer it, or it must not go out. */
import { OperatorError } from '../../errors.js';
import type { DeductionBooks } from '../../revenue/index.js';
import type { Unit } from '../../revenue/unit.js';
import type { Outbox } from '../outgoing/outbox.js';
import type { OutgoingState } from '../outgoing/outgoing-file.js';
import type { OutgoingTable } from '../outgoing/outgoing-table.js';
import { type Batch, batchById, lockBatch, moveBatch, noteReason } from './batch.js';
import { releaseItems } from './items.js';

/** What a release needs of the exchange: taking the file back before the platform is told of it. */
export interface Releasing {
  readonly books: DeductionBooks;
  readonly outgoing: OutgoingTable;
  readonly outbox: Pick<Outbox, 'withdraw'>;
}

/**
 * Takes the file back where the platform was not told of it yet, then unlocks what the batch still holds. Results that come afterwards
 * are booked all the same: the money was debited.
 * @returns the batch as it was, and how many bills were let go
 * @throws {OperatorError} `deduct-batch-unknown`, `deduct-batch-state`; `file-busy` while the file is being worked on
 */
export async function releaseBatch(
  { books, outgoing, outbox }: Releasing,
  unit: Unit,
  id: string,
  reason: string,
  by: string,
): Promise<{ readonly before: Batch; readonly unlocked: number }> {
  const present = await batchById(books.database, unit, id);
  if (present === undefined) throw unknownBatch(id);
  const file = present.outgoingId === '' ? undefined : await outgoing.find(present.outgoingId);
  if (file && holdsBills(present) && takenBack.has(file.state)) await outbox.withdraw(file, reason, by);
  let before = present;
  const unlocked = await books.release(unit, id, async (tx) => {
    const batch = await lockBatch(tx, unit, id);
    if (batch === undefined) throw unknownBatch(id);
    if (!holdsBills(batch))
      throw new OperatorError(
        'deduct-batch-state',
        `batch ${id} is ${batch.state} and holds nothing`,
        'Nothing is to be done.',
      );
    // It was selecting a moment ago: its file was ordered meanwhile, and must be taken back first.
    if (batch.outgoingId !== present.outgoingId) throw busy(id);
    await releaseItems(tx, batch, reason);
    await noteReason(tx, batch, reason);
    await moveBatch(tx, batch, 'released', books.clock.now());
    before = batch;
  });
  return { before, unlocked };
}

/** What was noticed stays where it is: the platform may be at it. */
const takenBack: ReadonlySet<OutgoingState> = new Set([
  'generating',
  'written',
  'published',
  'verified',
  'failed',
]);

function holdsBills({ state }: Batch): boolean {
  switch (state) {
    case 'answered':
    case 'empty':
      return false;
    case 'selecting':
    case 'locked':
    case 'written':
    case 'published':
    case 'noticed':
    case 'released':
      return true;
    default:
      return state satisfies never;
  }
}
const busy = (id: string): OperatorError =>
  new OperatorError('deduct-batch-busy', `batch ${id} is just being made`, 'Try again in a minute.');

export const unknownBatch = (id: string): OperatorError =>
  new OperatorError(
    'deduct-batch-unknown',
    `there is no deduction batch ${id} of this unit`,
    'See "sluice deduct list".',
  );
