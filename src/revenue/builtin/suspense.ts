/**
 * Suspense (暂挂): money that the platform's books prove, for a customer we do not know. It is held under its serial until an operator assigns it
 * to a customer or gives it back.
 */
import { chinaDay } from '../../clock.js';
import { DatabaseError, hasLabel, type Session } from '../../database/database.js';
import { settleAsFar } from '../allocation.js';
import { negFen } from '../money.js';
import type { ResolveOutcome } from '../reconciliation-books.js';
import type { RefundOrder, RefundOutcome, SupplementOrder } from '../revenue-system.js';
import type { Unit } from '../unit.js';
import { accountExists, lockAccount } from './accounts.js';
import { lockOpenBills, ofTheirKinds } from './bills.js';
import { book } from './book.js';
import { type Books, contentHash, newNumber } from './books.js';
import { appendEntry } from './ledger.js';
import { changeSerialTo, claimSerial, findSerialLocked, mayBeSupplemented } from './serials.js';
import {
  findItem,
  insertHeldItem,
  type Resolution,
  resolveItem,
  type SuspenseItem,
} from './suspense-items.js';

export type HoldOutcome =
  | { readonly kind: 'held'; readonly number: string }
  | { readonly kind: 'already-booked'; readonly paymentNumber: string };

/** Holds a supplement whose customer is unknown; a serial that is booked or held already stays as it is. */
export async function holdInSuspense(books: Books, unit: Unit, order: SupplementOrder): Promise<HoldOutcome> {
  const once = () => books.database.transaction((tx) => holdInTransaction(books, tx, unit, order));
  try {
    return await once();
  } catch (error) {
    if (!hasLabel(error, 'duplicate')) throw error;
    return once();
  }
}

async function holdInTransaction(
  books: Books,
  tx: Session,
  unit: Unit,
  order: SupplementOrder,
): Promise<HoldOutcome> {
  const known = await findSerialLocked(tx, unit, order.serial);
  if (known !== undefined && !mayBeSupplemented(known)) {
    return { kind: 'already-booked', paymentNumber: known.paymentNumber };
  }
  const number = newNumber(books);
  const bookedAt = books.clock.now();
  const hash = contentHash(order.customer, order.amount, order.bookingDay, order.rows);
  const change = { state: 'suspense', paymentNumber: number, contentHash: hash } as const;
  if (known === undefined) await claimSerial(tx, unit, order.serial, change, bookedAt);
  else await changeSerialTo(tx, unit, order.serial, change, bookedAt);
  await insertHeldItem(tx, unit, { ...order, number }, bookedAt);
  await appendEntry(tx, unit, {
    entryNumber: number,
    kind: 'suspense',
    customer: '',
    bookingDay: order.bookingDay,
    bookedAt,
    amends: '',
    note: order.orderedBy,
    lines: { clearing: order.amount, suspense: negFen(order.amount) },
  });
  return { kind: 'held', number };
}

/** Books a held item for a customer, with the platform's serial and date, like a supplement. */
export async function assignSuspense(
  books: Books,
  unit: Unit,
  number: string,
  customer: string,
  operator: string,
): Promise<ResolveOutcome> {
  if (!(await accountExists(books.database, unit, customer))) return refused('unknown-customer');
  return withHeldItem(books, unit, number, async (tx, item) => {
    const paymentNumber = newNumber(books);
    const bookedAt = books.clock.now();
    const hash = contentHash(item.customer, item.amount, item.bookingDay, []);
    const change = { state: 'booked', paymentNumber, contentHash: hash } as const;
    await changeSerialTo(tx, unit, item.serial, change, bookedAt);
    const account = await lockAccount(tx, unit, customer);
    if (account === undefined) throw new DatabaseError('fault', 'an account vanished');
    const open = await lockOpenBills(tx, unit, customer, account.lateFeeExempt, item.bookingDay);
    const payable = ofTheirKinds(open, []).filter(
      (bill) => !bill.locked || unit.dialect.lockPolicy === 'allow',
    );
    const booking = {
      ...item,
      paymentNumber,
      kind: 'supplement',
      channel: 'platform',
      bookedAt,
      orderedBy: operator,
      from: 'suspense',
      amends: number,
    } as const;
    await book(tx, unit, account, booking, settleAsFar(payable, item.amount, account.prepaid));
    return { state: 'assigned', by: paymentNumber, why: `${customer} ${operator}` };
  });
}

/** Gives a held item back to the platform. @param reason the operator's, kept with the item */
export const returnSuspense = (
  books: Books,
  unit: Unit,
  number: string,
  reason: string,
): Promise<ResolveOutcome> =>
  withHeldItem(books, unit, number, async (tx, item) => {
    const entryNumber = newNumber(books);
    const bookedAt = books.clock.now();
    await appendEntry(tx, unit, {
      entryNumber,
      kind: 'suspense',
      customer: '',
      bookingDay: chinaDay(bookedAt),
      bookedAt,
      amends: number,
      note: reason,
      lines: { clearing: negFen(item.amount), suspense: item.amount },
    });
    const hash = contentHash(item.customer, item.amount, item.bookingDay, []);
    const change = { state: 'returned', paymentNumber: number, contentHash: hash } as const;
    await changeSerialTo(tx, unit, item.serial, change, bookedAt);
    return { state: 'returned', by: entryNumber, why: reason };
  });

const refused = (refusal: Extract<ResolveOutcome, { kind: 'refused' }>['refusal']): ResolveOutcome => ({
  kind: 'refused',
  refusal,
});

/** The serial's row is the lock, as everywhere; the item is read under it. */
const withHeldItem = (
  books: Books,
  unit: Unit,
  number: string,
  work: (tx: Session, item: SuspenseItem) => Promise<Resolution>,
): Promise<ResolveOutcome> =>
  books.database.transaction(async (tx) => {
    const before = await findItem(tx, unit, number);
    if (before === undefined) return refused('no-item');
    await findSerialLocked(tx, unit, before.serial);
    const item = await findItem(tx, unit, number);
    if (item?.state !== 'held') return refused('resolved-already');
    const end = await work(tx, item);
    await resolveItem(tx, unit, number, end, books.clock.now());
    return { kind: 'done', number: end.by };
  });

/**
 * A refund (300002) of money that is in suspense gives it back from there.
 * @param number of the item
 * @param giveBack gives the item back for a reason
 */
export async function refundFromSuspense(
  database: Session,
  unit: Unit,
  order: RefundOrder,
  number: string,
  giveBack: (reason: string) => Promise<ResolveOutcome>,
): Promise<RefundOutcome> {
  const item = await findItem(database, unit, number);
  if (item === undefined) return { kind: 'refused', refusal: 'no-payment' };
  if (item.amount !== order.amount) return { kind: 'refused', refusal: 'amount-differs' };
  const outcome = await giveBack(`300002 ${order.serial ?? ''}`);
  if (outcome.kind === 'done') return { kind: 'refunded', refundNumber: outcome.number, repeat: false };
  const after = await findItem(database, unit, number);
  return after?.state === 'returned'
    ? { kind: 'refunded', refundNumber: after.resolvedBy, repeat: true }
    : { kind: 'refused', refusal: 'other-refund' };
}
