/** Settles bills from the prepaid balance, without new money (spec money.md "Prepaid balance"). */
import { chinaDay } from '../../clock.js';
import { sql } from '../../database/database.js';
import { fenCell } from '../../database/index.js';
import { type Day, zeroFen } from '../../protocol/values.js';
import { settleAsFar } from '../allocation.js';
import { addFen } from '../money.js';
import type { Unit } from '../unit.js';
import { lockAccount, setPrepaid } from './accounts.js';
import { lockOpenBills, settleBills } from './bills.js';
import { type Books, newNumber } from './books.js';
import { appendAllocations, appendEntry, linesOf } from './ledger.js';

// Most accounts have no balance: asked without a lock first.
const selectPrepaid = sql('select prepaid from accounts where unit = :unit and customer = :customer');

/**
 * Settles whole bills that are not out for deduction, oldest first, as far as the balance reaches; late fee as of the day (default today).
 * @returns the bills settled
 */
export async function settleFromPrepaid(
  books: Books,
  unit: Unit,
  customer: string,
  asOf: Day = chinaDay(books.clock.now()),
): Promise<readonly string[]> {
  const [row] = await books.database.all(selectPrepaid, { unit: unit.id, customer });
  if (row === undefined || fenCell(row, 'prepaid') <= 0n) return [];
  return books.database.transaction(async (tx) => {
    const account = await lockAccount(tx, unit, customer);
    if (account === undefined) return [];
    const open = await lockOpenBills(tx, unit, customer, account.lateFeeExempt, asOf);
    const allocation = settleAsFar(
      open.filter((bill) => !bill.locked),
      zeroFen,
      account.prepaid,
    );
    if (allocation.settled.length === 0) return [];
    const entryNumber = newNumber(books);
    const bookedAt = books.clock.now();
    await settleBills(tx, unit, allocation.settled, entryNumber, asOf);
    await appendAllocations(tx, unit, entryNumber, allocation.settled);
    await setPrepaid(tx, unit, account, addFen(account.prepaid, allocation.prepaidChange), bookedAt);
    const lines = linesOf(zeroFen, allocation);
    const entry = {
      entryNumber,
      kind: 'settlement',
      customer,
      bookingDay: asOf,
      bookedAt,
      amends: '',
    } as const;
    await appendEntry(tx, unit, { ...entry, note: '', lines });
    return allocation.settled.map((bill) => bill.bill);
  });
}
