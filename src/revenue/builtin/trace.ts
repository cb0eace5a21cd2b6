/** For `sluice trace`: everything the built-in books say about a payment. Reads only, and by index only. */
import type { Moment } from '../../clock.js';
import { type Binds, type Row, type Session, type Statement, sql } from '../../database/database.js';
import { dayCell, fenCell, numberCell, oneOfCell, optional, textCell } from '../../database/index.js';
import type { Day, Fen } from '../../protocol/values.js';
import { entryKinds, type LedgerAccount, ledgerAccounts } from './ledger.js';
import { channels } from './payments.js';
import { refundKinds } from './refunds.js';
import { paymentStates, serialStates } from './serials.js';
import { suspenseStates } from './suspense-items.js';

/** What is known of a serial: its claim decided who booked. */
export interface TracedSerial {
  readonly unit: string;
  readonly serial: string;
  readonly state: (typeof serialStates)[number];
  /** `''`: none. */
  readonly paymentNumber: string;
  /** Why it was refused for good, or `''`. */
  readonly refusal: string;
  readonly claimedAt: Moment;
  readonly changedAt: Moment;
}
export interface TracedRefund {
  readonly refundNumber: string;
  readonly kind: (typeof refundKinds)[number];
  /** `''` where the platform gave none. */
  readonly refundSerial: string;
  readonly amount: Fen;
  readonly bookingDay: Day;
  readonly bookedAt: Moment;
  readonly orderedBy: string;
  readonly entry: TracedEntry | undefined;
}
export interface TracedEntry {
  readonly entryNumber: string;
  readonly kind: (typeof entryKinds)[number];
  readonly customer: string;
  readonly bookingDay: Day;
  readonly bookedAt: Moment;
  /** The entry that it corrects, or `''`. */
  readonly amends: string;
  readonly note: string;
  /** Debits positive; they sum to zero. */
  readonly lines: readonly { readonly account: LedgerAccount; readonly amount: Fen }[];
  /** Which bills it paid; negative: gave back. */
  readonly bills: readonly { readonly bill: string; readonly principal: Fen; readonly lateFee: Fen }[];
}
export interface TracedPayment {
  readonly unit: string;
  readonly paymentNumber: string;
  readonly serial: string;
  readonly customer: string;
  readonly channel: (typeof channels)[number];
  readonly state: (typeof paymentStates)[number];
  readonly bookingDay: Day;
  readonly receivedAt: Moment;
  readonly bookedAt: Moment;
  readonly amount: Fen;
  readonly principal: Fen;
  readonly lateFee: Fen;
  readonly prepaidChange: Fen;
  readonly balanceAfter: Fen;
  readonly orderedBy: string;
  /** The reversed payment of the same serial that it took the place of, or `''`. */
  readonly replaces: string;
  readonly entry: TracedEntry | undefined;
  readonly refund: TracedRefund | undefined;
}
/** Money that stood, or stands, in suspense. */
export interface TracedSuspense {
  readonly unit: string;
  readonly number: string;
  readonly serial: string;
  readonly customer: string;
  readonly amount: Fen;
  readonly bookingDay: Day;
  readonly bookedAt: Moment;
  readonly orderedBy: string;
  readonly state: (typeof suspenseStates)[number];
  readonly resolvedBy: string;
  readonly resolvedFor: string;
  readonly resolvedAt: Moment | undefined;
}
export interface TracedBill {
  readonly unit: string;
  readonly bill: string;
  readonly customer: string;
  readonly month: string;
  readonly state: string;
  readonly principal: Fen;
  readonly issuedOn: Day;
  readonly settledBy: string;
  readonly settledOn: Day | undefined;
  readonly lockedBy: string;
}

const serialRow = sql(`
  select unit, serial, state, payment_no, refusal, claimed_at, changed_at from serials
  where unit = :unit and serial = :serial`);
const PAYMENT = `payment_no, unit, serial, customer, channel, state, booking_day, received_at, booked_at, amount, principal,
  late_fee, prepaid_change, balance_after, ordered_by, replaces`;
const paymentRow = sql(`select ${PAYMENT} from payments where unit = :unit and payment_no = :number`);
const paymentRows = sql(
  (words) => `
  select ${PAYMENT} from payments where unit = :unit and customer = :customer
  order by booking_day desc, booked_at desc, payment_no desc ${words.limit(100)}`,
);
const paymentsOfSerial = sql(
  'select payment_no from payments where unit = :unit and customer = :customer and serial = :serial',
);
const REFUND = `refund_no, kind, payment_no, refund_serial, amount, booking_day, booked_at, ordered_by`;
const refundRow = sql(`select ${REFUND} from refunds where payment_no = :number`);
const refundBySerial = sql(`select payment_no from refunds where unit = :unit and refund_serial = :serial`);
const entryRow = sql(`
  select entry_no, kind, customer, booking_day, booked_at, amends, note, ${ledgerAccounts.join(', ')}
  from ledger_entries where entry_no = :number`);
const billsOfEntry = sql(
  'select bill, principal, late_fee from allocations where entry_no = :number order by bill',
);
const entriesOfBill = sql('select entry_no from allocations where unit = :unit and bill = :bill');
const SUSPENSE = `entry_no, unit, serial, customer, amount, booking_day, booked_at, ordered_by, state, resolved_by,
  resolved_for, resolved_at`;
const suspenseRow = sql(`select ${SUSPENSE} from suspense_items where entry_no = :number`);
const suspenseOfPayment = sql(`select ${SUSPENSE} from suspense_items where resolved_by = :number`);
const suspenseOfCustomer = sql(
  (words) => `
  select ${SUSPENSE} from suspense_items where unit = :unit and customer = :customer
  order by booked_at desc ${words.limit(100)}`,
);
const billRow = sql(`
  select unit, bill, customer, bill_month, state, principal, issued_on, settled_by, settled_on, locked_by from bills
  where unit = :unit and bill = :bill`);
const customerRow = sql('select customer from customers where unit = :unit and customer = :customer');

async function one<T>(
  session: Session,
  statement: Statement,
  binds: Binds,
  read: (row: Row) => T | Promise<T>,
): Promise<T | undefined> {
  const [row] = await session.all(statement, binds);
  return row && read(row);
}

/** Questions of one unit to the built-in books. */
export const traceBuiltin = (session: Session, unit: string) => ({
  serial: (serial: string) => one(session, serialRow, { unit, serial }, readSerial),
  payment: (number: string) => one(session, paymentRow, { unit, number }, (row) => readPayment(session, row)),
  /** Newest first, at most 100. */
  async paymentsOf(customer: string): Promise<readonly TracedPayment[]> {
    const rows = await session.all(paymentRows, { unit, customer });
    return Promise.all(rows.map((row) => readPayment(session, row)));
  },
  /** All of one serial: it may have been booked again after it was taken back. */
  async numbersOf(customer: string, serial: string): Promise<readonly string[]> {
    const rows = await session.all(paymentsOfSerial, { unit, customer, serial });
    return rows.map((row) => textCell(row, 'payment_no'));
  },
  /** The payment that a refund's own serial took back. */
  paymentRefundedBy: (serial: string) =>
    one(session, refundBySerial, { unit, serial }, (row) => textCell(row, 'payment_no')),
  entry: (number: string) => findEntry(session, number),
  async entriesOf(bill: string): Promise<readonly string[]> {
    return (await session.all(entriesOfBill, { unit, bill })).map((row) => textCell(row, 'entry_no'));
  },
  suspense: (number: string) => one(session, suspenseRow, { number }, readSuspense),
  suspenseBehind: (number: string) => one(session, suspenseOfPayment, { number }, readSuspense),
  suspenseOf: async (customer: string) =>
    (await session.all(suspenseOfCustomer, { unit, customer })).map(readSuspense),
  bill: (bill: string) => one(session, billRow, { unit, bill }, readBill),
  hasCustomer: async (customer: string) => (await session.all(customerRow, { unit, customer })).length > 0,
});

const readSerial = (row: Row): TracedSerial => ({
  unit: textCell(row, 'unit'),
  serial: textCell(row, 'serial'),
  state: oneOfCell(row, 'state', serialStates),
  paymentNumber: textCell(row, 'payment_no'),
  refusal: textCell(row, 'refusal'),
  claimedAt: numberCell(row, 'claimed_at'),
  changedAt: numberCell(row, 'changed_at'),
});
async function readPayment(session: Session, row: Row): Promise<TracedPayment> {
  const paymentNumber = textCell(row, 'payment_no');
  return {
    unit: textCell(row, 'unit'),
    paymentNumber,
    serial: textCell(row, 'serial'),
    customer: textCell(row, 'customer'),
    channel: oneOfCell(row, 'channel', channels),
    state: oneOfCell(row, 'state', paymentStates),
    bookingDay: dayCell(row, 'booking_day'),
    receivedAt: numberCell(row, 'received_at'),
    bookedAt: numberCell(row, 'booked_at'),
    amount: fenCell(row, 'amount'),
    principal: fenCell(row, 'principal'),
    lateFee: fenCell(row, 'late_fee'),
    prepaidChange: fenCell(row, 'prepaid_change'),
    balanceAfter: fenCell(row, 'balance_after'),
    orderedBy: textCell(row, 'ordered_by'),
    replaces: textCell(row, 'replaces'),
    entry: await findEntry(session, paymentNumber),
    refund: await one(session, refundRow, { number: paymentNumber }, (found) => readRefund(session, found)),
  };
}
async function readRefund(session: Session, row: Row): Promise<TracedRefund> {
  const serial = textCell(row, 'refund_serial');
  return {
    refundNumber: textCell(row, 'refund_no'),
    kind: oneOfCell(row, 'kind', refundKinds),
    // What stands for "none given" in the unique key begins with a bar.
    refundSerial: serial.startsWith('|') ? '' : serial,
    amount: fenCell(row, 'amount'),
    bookingDay: dayCell(row, 'booking_day'),
    bookedAt: numberCell(row, 'booked_at'),
    orderedBy: textCell(row, 'ordered_by'),
    entry: await findEntry(session, textCell(row, 'refund_no')),
  };
}
async function findEntry(session: Session, number: string): Promise<TracedEntry | undefined> {
  const [row] = await session.all(entryRow, { number });
  if (row === undefined) return undefined;
  const bills = await session.all(billsOfEntry, { number });
  const amounts = ledgerAccounts.map((account) => ({ account, amount: fenCell(row, account) }));
  return {
    entryNumber: number,
    kind: oneOfCell(row, 'kind', entryKinds),
    customer: textCell(row, 'customer'),
    bookingDay: dayCell(row, 'booking_day'),
    bookedAt: numberCell(row, 'booked_at'),
    amends: textCell(row, 'amends'),
    note: textCell(row, 'note'),
    lines: amounts.filter(({ amount }) => amount !== 0n),
    bills: bills.map((found) => ({
      bill: textCell(found, 'bill'),
      principal: fenCell(found, 'principal'),
      lateFee: fenCell(found, 'late_fee'),
    })),
  };
}
const readSuspense = (row: Row): TracedSuspense => ({
  unit: textCell(row, 'unit'),
  number: textCell(row, 'entry_no'),
  serial: textCell(row, 'serial'),
  customer: textCell(row, 'customer'),
  amount: fenCell(row, 'amount'),
  bookingDay: dayCell(row, 'booking_day'),
  bookedAt: numberCell(row, 'booked_at'),
  orderedBy: textCell(row, 'ordered_by'),
  state: oneOfCell(row, 'state', suspenseStates),
  resolvedBy: textCell(row, 'resolved_by'),
  resolvedFor: textCell(row, 'resolved_for'),
  resolvedAt: optional(row, 'resolved_at', numberCell),
});
const readBill = (row: Row): TracedBill => ({
  unit: textCell(row, 'unit'),
  bill: textCell(row, 'bill'),
  customer: textCell(row, 'customer'),
  month: textCell(row, 'bill_month'),
  state: textCell(row, 'state'),
  principal: fenCell(row, 'principal'),
  issuedOn: dayCell(row, 'issued_on'),
  settledBy: textCell(row, 'settled_by'),
  settledOn: optional(row, 'settled_on', dayCell),
  lockedBy: textCell(row, 'locked_by'),
});
