/** Payment (spec messages.md "200002", money.md "Payment"): claim the serial, lock the account, judge, book; one transaction. */
import { chinaDay, chinaStamp, daysBetween } from '../../clock.js';
import { hasLabel, type Session } from '../../database/database.js';
import { type AllocationResult, allocatePayment } from '../allocation.js';
import type { PaymentOrder, PaymentOutcome, Refusal } from '../revenue-system.js';
import type { Unit } from '../unit.js';
import { type Account, lockAccount } from './accounts.js';
import { type DueBill, lockOpenBills, ofTheirKinds, whyNotOpen } from './bills.js';
import { book } from './book.js';
import { type Books, bookingDayOf, contentHash, lateFeeDayOf, newNumber } from './books.js';
import { changeSerialTo, claimSerial, findSerial, type KnownSerial } from './serials.js';

/** A platform's clock may be this far ahead of ours at midnight before its day counts as the future. */
const CLOCK_SKEW_MS = 5 * 60_000;

export async function pay(books: Books, unit: Unit, order: PaymentOrder): Promise<PaymentOutcome> {
  const hash = contentHash(order.customer, order.amount, order.bankDay, order.rows);
  try {
    return await books.database.transaction((tx) => payInTransaction(books, tx, unit, order, hash));
  } catch (error) {
    if (!hasLabel(error, 'duplicate')) throw error;
    const known = await findSerial(books.database, unit, order.serial);
    if (known === undefined) throw error;
    return repeatOf(known, hash);
  }
}

/** What a serial that is known already gets; nothing is done. */
function repeatOf(known: KnownSerial, hash: string): PaymentOutcome {
  const same = known.contentHash === hash;
  switch (known.state) {
    case 'booked':
    case 'freed':
    case 'suspense':
    case 'returned':
      return { kind: 'duplicate', paymentNumber: known.paymentNumber, same };
    case 'refused':
      return refused(same && known.refusal !== undefined ? known.refusal : 'other-content');
    case 'void':
      return refused('void-serial');
    default:
      return known.state satisfies never;
  }
}
const refused = (refusal: Refusal): PaymentOutcome => ({ kind: 'refused', refusal });

async function payInTransaction(
  books: Books,
  tx: Session,
  unit: Unit,
  order: PaymentOrder,
  hash: string,
): Promise<PaymentOutcome> {
  const paymentNumber = newNumber(books);
  const bookedAt = books.clock.now();
  const atOnce = refusalOfMoment(unit, order);
  if (atOnce !== undefined) {
    await claimSerial(
      tx,
      unit,
      order.serial,
      { state: 'refused', refusal: atOnce, contentHash: hash },
      bookedAt,
    );
    return refused(atOnce);
  }
  await claimSerial(tx, unit, order.serial, { state: 'booked', paymentNumber, contentHash: hash }, bookedAt);
  const account = await lockAccount(tx, unit, order.customer);
  const decision = await decide(tx, unit, account, order);
  if (!decision.ok) {
    // Committed, so that a repeat of this serial gets the same answer for ever.
    const change = { state: 'refused', refusal: decision.refusal, contentHash: hash } as const;
    await changeSerialTo(tx, unit, order.serial, change, bookedAt);
    return refused(decision.refusal);
  }
  const booking = {
    ...order,
    paymentNumber,
    kind: 'payment',
    channel: 'platform',
    bookingDay: bookingDayOf(unit, order.bankDay, order.receivedAt),
    bookedAt,
  } as const;
  await book(tx, unit, decision.account, booking, decision.allocation);
  return { kind: 'booked', paymentNumber };
}

/** What can be said without looking at the customer. The platform was told no, so it stays no, even when the hour has passed. */
export function refusalOfMoment(unit: Unit, order: PaymentOrder): Refusal | undefined {
  const { rules } = unit;
  if (unit.state === 'suspended') return 'suspended-unit';
  if (!withinHours(rules.serviceHours, chinaStamp(order.receivedAt).slice(8, 12))) return 'outside-hours';
  const day = bookingDayOf(unit, order.bankDay, order.receivedAt);
  if (day > chinaDay(order.receivedAt + CLOCK_SKEW_MS)) return 'future-day';
  if (
    rules.acceptanceDays !== undefined &&
    daysBetween(day, chinaDay(order.receivedAt)) > rules.acceptanceDays
  ) {
    return 'past-acceptance';
  }
  if (order.amount < rules.amountMin) return 'below-minimum';
  if (order.amount > rules.amountMax) return 'over-limit';
  return undefined;
}

/** Hours may cross midnight: `2200`–`0600`. */
function withinHours({ from, to }: { readonly from: string; readonly to: string }, now: string): boolean {
  if (from === to) return true;
  return from < to ? now >= from && now < to : now >= from || now < to;
}

type Decision =
  | { readonly ok: true; readonly account: Account; readonly allocation: AllocationOf<DueBill> }
  | { readonly ok: false; readonly refusal: Refusal };
type AllocationOf<B extends DueBill> = Extract<AllocationResult<B>, { ok: true }>['allocation'];
const no = (refusal: Refusal): Decision => ({ ok: false, refusal });

async function decide(
  tx: Session,
  unit: Unit,
  account: Account | undefined,
  order: PaymentOrder,
): Promise<Decision> {
  if (account === undefined) return no('unknown-customer');
  if (account.state === 'closed') return no('closed-account');
  if (account.state === 'unpayable') return no('unpayable-customer');
  const asOf = lateFeeDayOf(unit, order.bankDay, order.receivedAt);
  const all = await lockOpenBills(tx, unit, account.customer, account.lateFeeExempt, asOf);
  let named = order.rows.map((row) => row.bill);
  const open = ofTheirKinds(all, named);
  let result = allocatePayment(unit.dialect, order.amount, account.prepaid, open, named);
  if (!result.ok && typeof result.refusal === 'object') {
    for (const bill of result.refusal.namedButNotOpen) {
      const why = await whyNotOpen(tx, unit, account.customer, bill);
      if (why !== 'unknown') return no(why);
      // Spec "200002": a bill id unknown to us means "any bill" where any amount is taken.
      if (unit.dialect.amountRule !== 'any') return no('bill-of-another');
    }
    const unknown = new Set(result.refusal.namedButNotOpen);
    named = named.map((bill) => (unknown.has(bill) ? '' : bill));
    result = allocatePayment(unit.dialect, order.amount, account.prepaid, open, named);
  }
  if (result.ok) return { ok: true, account, allocation: result.allocation };
  return no(typeof result.refusal === 'object' ? 'bill-of-another' : result.refusal);
}
