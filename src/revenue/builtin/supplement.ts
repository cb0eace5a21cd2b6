/**
 * Supplement (补销账, spec money.md "T+1 reconciliation"): books what the platform's books prove, with its serial and date. It alone revives a
 * void or refused serial; the amount never refuses it.
 */
import { DatabaseError, hasLabel, type Session } from '../../database/database.js';
import { billsForSupplement, settleAsFar } from '../allocation.js';
import type { SupplementOrder, SupplementOutcome } from '../revenue-system.js';
import type { Unit } from '../unit.js';
import { accountExists, lockAccount } from './accounts.js';
import { lockOpenBills, ofTheirKinds } from './bills.js';
import { book } from './book.js';
import { type Books, contentHash, newNumber } from './books.js';
import { changeSerialTo, claimSerial, findSerialLocked, mayBeSupplemented } from './serials.js';

export async function supplement(
  books: Books,
  unit: Unit,
  order: SupplementOrder,
): Promise<SupplementOutcome> {
  // Asked before the transaction, so that the lock order stays serial, account, bills; customers never vanish.
  if (!(await accountExists(books.database, unit, order.customer))) return { kind: 'unknown-customer' };
  const once = () => books.database.transaction((tx) => supplementInTransaction(books, tx, unit, order));
  try {
    return await once();
  } catch (error) {
    // Somebody claimed the serial between our look and our claim; the second look sees them.
    if (!hasLabel(error, 'duplicate')) throw error;
    return once();
  }
}

async function supplementInTransaction(
  books: Books,
  tx: Session,
  unit: Unit,
  order: SupplementOrder,
): Promise<SupplementOutcome> {
  const known = await findSerialLocked(tx, unit, order.serial);
  if (known !== undefined && !mayBeSupplemented(known)) {
    return { kind: 'already-booked', paymentNumber: known.paymentNumber };
  }
  const bookedAt = books.clock.now();
  const paymentNumber = newNumber(books);
  const hash = contentHash(order.customer, order.amount, order.bookingDay, order.rows);
  const change = { state: 'booked', paymentNumber, contentHash: hash } as const;
  if (known === undefined) await claimSerial(tx, unit, order.serial, change, bookedAt);
  else await changeSerialTo(tx, unit, order.serial, change, bookedAt);
  const account = await lockAccount(tx, unit, order.customer);
  if (account === undefined) throw new DatabaseError('fault', 'an account vanished');
  const open = await lockOpenBills(tx, unit, account.customer, account.lateFeeExempt, order.bookingDay);
  const named = order.rows.map((row) => row.bill);
  const bills = billsForSupplement(unit.dialect, ofTheirKinds(open, named), named);
  const booking = {
    paymentNumber,
    kind: 'supplement',
    serial: order.serial,
    channel: 'platform',
    amount: order.amount,
    bookingDay: order.bookingDay,
    receivedAt: order.receivedAt,
    bookedAt,
    orderedBy: order.orderedBy,
    replaces: known?.paymentNumber ?? '',
  } as const;
  await book(tx, unit, account, booking, settleAsFar(bills, order.amount, account.prepaid));
  return { kind: 'booked', paymentNumber };
}
