/** The table `payments`: one row for each payment that was ever booked, with what became of its money. */
import type { Moment } from '../../clock.js';
import { type Row, type Session, sql } from '../../database/database.js';
import { dayCell, fenCell, oneOfCell, textCell } from '../../database/index.js';
import type { Day, Fen } from '../../protocol/values.js';
import type { PaymentRecord } from '../revenue-system.js';
import type { Unit } from '../unit.js';
import { paymentStates } from './serials.js';

export const channels = [
  'platform',
  'deduction',
  'counter',
] as const satisfies readonly PaymentRecord['channel'][];
export type Channel = PaymentRecord['channel'];

export interface NewPayment {
  readonly paymentNumber: string;
  readonly serial: string;
  readonly customer: string;
  readonly channel: Channel;
  readonly bookingDay: Day;
  readonly receivedAt: Moment;
  readonly bookedAt: Moment;
  readonly amount: Fen;
  readonly principal: Fen;
  readonly lateFee: Fen;
  readonly prepaidChange: Fen;
  readonly balanceAfter: Fen;
  readonly fundNumber: string;
  readonly payMode: string;
  readonly remark: string;
  /** Who or what ordered it where it was not the platform's message, e.g. a reconciliation run. */
  readonly orderedBy: string;
  /** The reversed payment of the same serial that this one replaces, or `''`. */
  readonly replaces: string;
}

const insertPayment = sql(`
  insert into payments (payment_no, unit, serial, customer, channel, state, booking_day, received_at, booked_at, amount,
    principal, late_fee, prepaid_change, balance_after, fund_number, pay_mode, remark, ordered_by, replaces)
  values (:paymentNo, :unit, :serial, :customer, :channel, :state, :day, :receivedAt, :bookedAt, :amount,
    :principal, :lateFee, :prepaidChange, :balanceAfter, :fundNumber, :payMode, :remark, :orderedBy, :replaces)`);
const selectPayment = sql(`
  select payment_no, customer, state, booking_day, amount, principal, late_fee, prepaid_change
  from payments where payment_no = :paymentNo`);
const changeState = sql(`
  update payments set state = :state where payment_no = :paymentNo and state = 'booked'`);

export async function insertNewPayment(tx: Session, unit: Unit, payment: NewPayment): Promise<void> {
  await tx.run(insertPayment, paymentBinds(unit, payment));
}

export async function insertNewPayments(
  tx: Session,
  unit: Unit,
  payments: readonly NewPayment[],
): Promise<void> {
  const rows = payments.map((payment) => paymentBinds(unit, payment));
  if (rows.length > 0) await tx.runMany(insertPayment, rows);
}

// The state is bound, because only an insert of binds alone is sent as many rows at once.
const paymentBinds = (unit: Unit, { paymentNumber, bookingDay, ...rest }: NewPayment) => ({
  ...rest,
  ...{ paymentNo: paymentNumber, unit: unit.id, day: bookingDay, state: 'booked' },
});

export interface BookedPayment {
  readonly paymentNumber: string;
  readonly customer: string;
  readonly state: (typeof paymentStates)[number];
  readonly bookingDay: Day;
  readonly amount: Fen;
  readonly principal: Fen;
  readonly lateFee: Fen;
  readonly prepaidChange: Fen;
}
/** The payment of this number; to be asked again under the account's lock before acting on its state. */
export async function findPayment(
  session: Session,
  paymentNumber: string,
): Promise<BookedPayment | undefined> {
  const [row] = await session.all(selectPayment, { paymentNo: paymentNumber });
  return row && readPayment(row);
}
const readPayment = (row: Row): BookedPayment => ({
  paymentNumber: textCell(row, 'payment_no'),
  customer: textCell(row, 'customer'),
  state: oneOfCell(row, 'state', paymentStates),
  bookingDay: dayCell(row, 'booking_day'),
  amount: fenCell(row, 'amount'),
  principal: fenCell(row, 'principal'),
  lateFee: fenCell(row, 'late_fee'),
  prepaidChange: fenCell(row, 'prepaid_change'),
});

/** False: it was not booked any more. */
export const takePaymentBack = async (
  tx: Session,
  paymentNumber: string,
  state: 'refunded' | 'reversed',
): Promise<boolean> => (await tx.run(changeState, { paymentNo: paymentNumber, state })) === 1;
