/** Takes a payment back whole, in the caller's transaction: bills open again, the balance and the ledger as if it had not been. */
import type { Moment } from '../../clock.js';
import { DatabaseError, type Session } from '../../database/database.js';
import type { Day, Serial } from '../../protocol/values.js';
import { addFen, negFen } from '../money.js';
import type { Unit } from '../unit.js';
import { type Account, setPrepaid } from './accounts.js';
import { billsSettledBy, reopenBills } from './bills.js';
import { type Books, newNumber } from './books.js';
import { appendEntry, appendOppositeAllocations, countAllocations, linesOf } from './ledger.js';
import { type BookedPayment, takePaymentBack } from './payments.js';
import { insertNewRefund, type RefundKind } from './refunds.js';

export interface TakeBack {
  readonly kind: RefundKind;
  readonly refundSerial: Serial | undefined;
  readonly bookingDay: Day;
  readonly receivedAt: Moment;
  readonly orderedBy: string;
}
export type TakeBackResult =
  | { readonly ok: true; readonly refundNumber: string }
  | { readonly ok: false; readonly refusal: 'balance-used' | 'paid-later' };

/** @param payment as read under the account's lock, in state `booked` */
export async function takeBack(
  books: Books,
  tx: Session,
  unit: Unit,
  account: Account,
  payment: BookedPayment,
  order: TakeBack,
): Promise<TakeBackResult> {
  const { paymentNumber } = payment;
  const balance = addFen(account.prepaid, negFen(payment.prepaidChange));
  if (payment.prepaidChange > 0n && balance < 0n && !unit.rules.refundMayOverdraw) {
    return { ok: false, refusal: 'balance-used' };
  }
  const paid = await countAllocations(tx, paymentNumber);
  if (paid !== (await billsSettledBy(tx, unit, payment.customer, paymentNumber))) {
    return { ok: false, refusal: 'paid-later' };
  }
  const refundNumber = newNumber(books);
  if (paid > 0) {
    await appendOppositeAllocations(tx, refundNumber, paymentNumber);
    await reopenBills(tx, unit, payment.customer, paymentNumber);
  }
  if (!(await takePaymentBack(tx, paymentNumber, order.kind === 'refund' ? 'refunded' : 'reversed'))) {
    throw new DatabaseError('fault', `payment ${paymentNumber} changed under the lock of its account`);
  }
  const bookedAt = books.clock.now();
  const negative = {
    amount: negFen(payment.amount),
    principal: negFen(payment.principal),
    lateFee: negFen(payment.lateFee),
    prepaidChange: negFen(payment.prepaidChange),
  };
  await insertNewRefund(tx, unit, {
    ...negative,
    refundNumber,
    kind: order.kind,
    paymentNumber,
    refundSerial: order.refundSerial,
    customer: payment.customer,
    balanceAfter: balance,
    bookingDay: order.bookingDay,
    receivedAt: order.receivedAt,
    bookedAt,
    orderedBy: order.orderedBy,
  });
  await setPrepaid(tx, unit, account, balance, bookedAt);
  await appendEntry(tx, unit, {
    entryNumber: refundNumber,
    kind: order.kind,
    customer: payment.customer,
    bookingDay: order.bookingDay,
    bookedAt,
    amends: paymentNumber,
    note: order.orderedBy,
    lines: linesOf(negative.amount, negative),
  });
  return { ok: true, refundNumber };
}
