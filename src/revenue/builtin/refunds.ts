/** The table `refunds`: each payment is taken back at most once (unique), each refund serial takes back one payment (unique). */
import type { Moment } from '../../clock.js';
import { type Row, type Session, sql } from '../../database/database.js';
import { oneOfCell, textCell } from '../../database/index.js';
import type { Day, Fen, Serial } from '../../protocol/values.js';
import type { Unit } from '../unit.js';

export const refundKinds = ['refund', 'reversal'] as const;
export type RefundKind = (typeof refundKinds)[number];

export interface NewRefund {
  readonly refundNumber: string;
  readonly kind: RefundKind;
  readonly paymentNumber: string;
  readonly refundSerial: Serial | undefined;
  readonly customer: string;
  /** What is taken back, all negative but the change of the balance, which is the opposite of the payment's. */
  readonly amount: Fen;
  readonly principal: Fen;
  readonly lateFee: Fen;
  readonly prepaidChange: Fen;
  readonly balanceAfter: Fen;
  readonly bookingDay: Day;
  readonly receivedAt: Moment;
  readonly bookedAt: Moment;
  readonly orderedBy: string;
}

const insertRefund = sql(`
  insert into refunds (refund_no, unit, kind, payment_no, refund_serial, customer, amount, principal, late_fee,
    prepaid_change, balance_after, booking_day, received_at, booked_at, ordered_by)
  values (:refundNo, :unit, :kind, :paymentNo, :refundSerial, :customer, :amount, :principal, :lateFee,
    :prepaidChange, :balanceAfter, :day, :receivedAt, :bookedAt, :orderedBy)`);
const COLUMNS = 'refund_no, kind, payment_no, refund_serial';
const selectByPayment = sql(`select ${COLUMNS} from refunds where payment_no = :paymentNo`);
const selectBySerial = sql(
  `select ${COLUMNS} from refunds where unit = :unit and refund_serial = :refundSerial`,
);

export interface KnownRefund {
  readonly refundNumber: string;
  readonly kind: RefundKind;
  readonly paymentNumber: string;
  readonly refundSerial: string;
}
const readRefund = (row: Row): KnownRefund => ({
  refundNumber: textCell(row, 'refund_no'),
  kind: oneOfCell(row, 'kind', refundKinds),
  paymentNumber: textCell(row, 'payment_no'),
  refundSerial: textCell(row, 'refund_serial'),
});

/**
 * The unique key needs a value also where the platform gives none, because Oracle takes two rows with the same unit and no serial for equal.
 * `|` cannot stand in a serial, so this can never be one.
 */
export const storedRefundSerial = (serial: Serial | undefined, paymentNumber: string): string =>
  serial ?? `|${paymentNumber}`;

/** @throws {DatabaseError} `duplicate` when the payment or the refund serial has a refund already */
export async function insertNewRefund(tx: Session, unit: Unit, refund: NewRefund): Promise<void> {
  await tx.run(insertRefund, {
    unit: unit.id,
    refundNo: refund.refundNumber,
    kind: refund.kind,
    paymentNo: refund.paymentNumber,
    refundSerial: storedRefundSerial(refund.refundSerial, refund.paymentNumber),
    customer: refund.customer,
    amount: refund.amount,
    principal: refund.principal,
    lateFee: refund.lateFee,
    prepaidChange: refund.prepaidChange,
    balanceAfter: refund.balanceAfter,
    day: refund.bookingDay,
    receivedAt: refund.receivedAt,
    bookedAt: refund.bookedAt,
    orderedBy: refund.orderedBy,
  });
}
export async function refundOfPayment(
  session: Session,
  paymentNumber: string,
): Promise<KnownRefund | undefined> {
  const [row] = await session.all(selectByPayment, { paymentNo: paymentNumber });
  return row && readRefund(row);
}
export async function refundOfSerial(
  session: Session,
  unit: Unit,
  serial: Serial,
): Promise<KnownRefund | undefined> {
  const [row] = await session.all(selectBySerial, { unit: unit.id, refundSerial: serial });
  return row && readRefund(row);
}
