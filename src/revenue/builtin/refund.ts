/** Refund (spec messages.md "300002") and reversal (spec money.md "T+1 reconciliation"): the two ways to take a payment back. */
import { chinaDay, daysBetween } from '../../clock.js';
import { hasLabel, type Session } from '../../database/database.js';
import type { Serial } from '../../protocol/values.js';
import type { RefundOrder, RefundOutcome, ReversalOrder, ReversalOutcome } from '../revenue-system.js';
import type { Unit } from '../unit.js';
import { lockAccount } from './accounts.js';
import { type Books, bookingDayOf } from './books.js';
import { type BookedPayment, findPayment } from './payments.js';
import { type KnownRefund, refundOfPayment, refundOfSerial } from './refunds.js';
import { changeSerialTo, findSerial, findSerialLocked, type KnownSerial } from './serials.js';
import { voidSerial } from './status.js';
import { refundFromSuspense, returnSuspense } from './suspense.js';
import { takeBack } from './take-back.js';

type RefundRefusal = Extract<RefundOutcome, { kind: 'refused' }>['refusal'];
const refused = (refusal: RefundRefusal): RefundOutcome => ({ kind: 'refused', refusal });

export async function refund(books: Books, unit: Unit, order: RefundOrder): Promise<RefundOutcome> {
  let known = await findSerial(books.database, unit, order.originalSerial);
  if (known === undefined && unit.dialect.unknownSerial === 'void') {
    // "No such payment" (3000) is a promise here too: a payment that is still on its way must not be booked after it.
    await voidSerial(books, unit, order.originalSerial, order.receivedAt);
    known = await findSerial(books.database, unit, order.originalSerial);
  }
  if (known === undefined) return refused('no-payment');
  if (known.state === 'suspense' || known.state === 'returned') {
    const number = known.paymentNumber;
    return refundFromSuspense(books.database, unit, order, number, (reason) =>
      returnSuspense(books, unit, number, reason),
    );
  }
  const original = known;
  const once = () =>
    books.database.transaction((tx) => refundInTransaction(books, tx, unit, order, original));
  try {
    return await once();
  } catch (error) {
    // The same refund serial was used for a payment of another account in the same instant; now it can be seen.
    if (!hasLabel(error, 'duplicate')) throw error;
    return once();
  }
}

async function refundInTransaction(
  books: Books,
  tx: Session,
  unit: Unit,
  order: RefundOrder,
  known: KnownSerial,
): Promise<RefundOutcome> {
  const held = await holdPayment(tx, unit, known);
  if (held === undefined) return refused('no-payment');
  const { account, payment } = held;
  if (order.amount !== payment.amount) return refused('amount-differs');
  const byPayment = await refundOfPayment(tx, payment.paymentNumber);
  if (byPayment !== undefined) {
    return isRepeat(byPayment, order)
      ? { kind: 'refunded', refundNumber: byPayment.refundNumber, repeat: true }
      : refused('other-refund');
  }
  if (order.serial !== undefined && (await refundOfSerial(tx, unit, order.serial)))
    return refused('other-refund');
  const { refundDays } = unit.rules;
  if (refundDays !== undefined && daysBetween(payment.bookingDay, chinaDay(order.receivedAt)) > refundDays) {
    return refused('window-over');
  }
  const result = await takeBack(books, tx, unit, account, payment, {
    kind: 'refund',
    refundSerial: order.serial,
    bookingDay: bookingDayOf(unit, order.bankDay, order.receivedAt),
    receivedAt: order.receivedAt,
    orderedBy: '',
  });
  return result.ok
    ? { kind: 'refunded', refundNumber: result.refundNumber, repeat: false }
    : refused(result.refusal);
}

/** A refund without a serial of its own is the same refund as any other of that payment by the platform. */
const isRepeat = (known: KnownRefund, order: RefundOrder): boolean =>
  known.kind === 'refund' && (order.serial === undefined || known.refundSerial === order.serial);

/** Locks the account of the serial's payment and reads the payment under it; `undefined`: there is none. */
async function holdPayment(tx: Session, unit: Unit, known: KnownSerial) {
  if (known.paymentNumber === '') return undefined;
  const account = await lockAccount(tx, unit, known.paymentCustomer);
  const payment = await findPayment(tx, known.paymentNumber);
  return account && payment && { account, payment };
}

export const reverse = (books: Books, unit: Unit, order: ReversalOrder): Promise<ReversalOutcome> =>
  books.database.transaction(async (tx): Promise<ReversalOutcome> => {
    const known = await findSerialLocked(tx, unit, order.serial);
    const held = known && (await holdPayment(tx, unit, known));
    if (known === undefined || held === undefined) return { kind: 'refused', refusal: 'no-payment' };
    const { account, payment } = held;
    const earlier = payment.state === 'booked' ? undefined : await refundOfPayment(tx, payment.paymentNumber);
    if (earlier === undefined) {
      const result = await takeBack(books, tx, unit, account, payment, reversalOf(payment, order));
      if (!result.ok) return { kind: 'refused', refusal: result.refusal };
      if (order.replaced) await free(books, tx, unit, order.serial, known);
      return { kind: 'reversed', refundNumber: result.refundNumber };
    }
    if (order.replaced) await free(books, tx, unit, order.serial, known);
    return { kind: 'already-reversed', refundNumber: earlier.refundNumber };
  });

/** From now on a supplement may take the serial; nothing else may. */
async function free(
  books: Books,
  tx: Session,
  unit: Unit,
  serial: Serial,
  known: KnownSerial,
): Promise<void> {
  const { paymentNumber, contentHash } = known;
  await changeSerialTo(tx, unit, serial, { state: 'freed', paymentNumber, contentHash }, books.clock.now());
}

const reversalOf = (payment: BookedPayment, order: ReversalOrder) =>
  ({
    kind: 'reversal',
    refundSerial: undefined,
    // A correction of that day's books, so it belongs to that day.
    bookingDay: payment.bookingDay,
    receivedAt: order.receivedAt,
    orderedBy: order.orderedBy,
  }) as const;
