/** An operator gives a batch up: nobody will answer it, or it must not go out. */
import { OperatorError } from '../../errors.js';
import { type Books, unlockBatch } from '../../revenue/index.js';
import type { Unit } from '../../revenue/unit.js';
import { type Batch, lockBatch, moveBatch, noteReason } from './batch.js';
import { releaseItems } from './items.js';

/**
 * Unlocks what the batch still holds. Results that come afterwards are booked all the same: the money was debited.
 * @returns the batch as it was, and how many bills were let go
 * @throws {OperatorError} `deduct-batch-unknown`, `deduct-batch-state`
 */
export const releaseBatch = (
  books: Books,
  unit: Unit,
  id: string,
  reason: string,
): Promise<{ readonly before: Batch; readonly unlocked: number }> =>
  books.database.transaction(async (tx) => {
    const batch = await lockBatch(tx, unit, id);
    if (batch === undefined) throw unknownBatch(id);
    switch (batch.state) {
      case 'written':
        throw new OperatorError(
          'deduct-batch-state',
          `batch ${id} is being published: whether the platform sees its file is open`,
          'Finish it with "sluice deduct run" of the same day, then release it.',
        );
      case 'answered':
      case 'empty':
        throw new OperatorError(
          'deduct-batch-state',
          `batch ${id} is ${batch.state} and holds nothing`,
          'Nothing is to be done.',
        );
      case 'selecting':
      case 'locked':
      case 'published':
      case 'noticed':
      case 'released': {
        const unlocked = await unlockBatch(tx, unit, id);
        await releaseItems(tx, batch, reason);
        await noteReason(tx, batch, reason);
        await moveBatch(tx, batch, 'released', books.clock.now());
        return { before: batch, unlocked };
      }
      default:
        return batch.state satisfies never;
    }
  });

export const unknownBatch = (id: string): OperatorError =>
  new OperatorError(
    'deduct-batch-unknown',
    `there is no deduction batch ${id} of this unit`,
    'See "sluice deduct list".',
  );
