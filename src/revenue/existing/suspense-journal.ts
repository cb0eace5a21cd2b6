/** Where the journal and the items in suspense meet: both are ours, and change in one transaction. */
import type { Moment } from '../../clock.js';
import type { Database } from '../../database/database.js';
import { resolveHeldOf } from '../builtin/suspense-items.js';
import { type JournalRow, settle } from './journal.js';

/**
 * The end of a call that has booked: also of the item in suspense that it was booked out of.
 * @param why for the item: customer and operator
 * @returns false: somebody else had settled it
 */
export const settleProven = (
  journal: Database,
  row: JournalRow,
  paymentNumber: string,
  why: string,
  at: Moment,
): Promise<boolean> =>
  journal.transaction(async (tx) => {
    if (!(await settle(tx, row, { state: 'booked', paymentNumber }, at))) return false;
    if (row.priorState === 'booked')
      await resolveHeldOf(tx, row, { state: 'assigned', by: paymentNumber, why: why.slice(0, 100) }, at);
    return true;
  });
