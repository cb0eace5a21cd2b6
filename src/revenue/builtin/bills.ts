/** The table `bills`: read, settled, opened again. A bill is settled whole or not at all, always under its account's lock. */

import { type Row, type Session, sql } from '../../database/database.js';
import {
  dayCell,
  fenCell,
  flagCell,
  monthCell,
  numberCell,
  oneOfCell,
  optional,
  textCell,
} from '../../database/index.js';
import type { Day } from '../../protocol/values.js';
import type { OwedBill } from '../allocation.js';
import { type LateFeeBasis, lateFeeOf } from '../late-fee.js';
import type { FeeKind, OpenBill } from '../revenue-system.js';
import type { Unit } from '../unit.js';

export const feeKinds = ['11', '12'] as const satisfies readonly FeeKind[];

/** A bill as it stands open: everything that decides what it costs. */
export interface StoredBill extends Omit<OpenBill, 'lateFee'> {
  readonly lateFee: LateFeeBasis;
}
/** An open bill with its late fee as of a day. */
export type DueBill = OpenBill & OwedBill;

export const OPEN_BILL_COLUMNS = `b.bill, b.bill_month, b.fee_kind, b.volume, b.principal, b.received, b.late_fee_from,
  b.late_fee_exempt as bill_exempt, b.late_fee_fixed, b.late_fee_frozen, b.locked_by`;

const selectOpen = sql(
  (words) => `
  select ${OPEN_BILL_COLUMNS} from bills b
  where b.unit = :unit and b.customer = :customer and b.state = 'open'
  order by b.bill_month, b.bill ${words.forUpdate}`,
);
const selectBill = sql(`select customer, state from bills where unit = :unit and bill = :bill`);
const settle = sql(`
  update bills set state = 'settled', received = principal, received_late_fee = :lateFee, settled_by = :entryNo,
    settled_on = :day
  where unit = :unit and bill = :bill and state = 'open'`);
const countSettledBy = sql(`
  select count(*) as bills from bills where unit = :unit and customer = :customer and settled_by = :entryNo`);
const reopen = sql(`
  update bills set state = 'open', received = 0, received_late_fee = 0, settled_by = null, settled_on = null
  where unit = :unit and customer = :customer and settled_by = :entryNo`);

/** Reads the columns {@link OPEN_BILL_COLUMNS}. */
export const readOpenBill = (row: Row, customerExempt: boolean): StoredBill => {
  const principal = fenCell(row, 'principal');
  return {
    bill: textCell(row, 'bill'),
    month: monthCell(row, 'bill_month'),
    feeKind: oneOfCell(row, 'fee_kind', feeKinds),
    volume: textCell(row, 'volume'),
    receivable: principal,
    received: fenCell(row, 'received'),
    locked: textCell(row, 'locked_by') !== '',
    lateFee: {
      principal,
      from: dayCell(row, 'late_fee_from'),
      exempt: customerExempt || flagCell(row, 'bill_exempt'),
      fixed: optional(row, 'late_fee_fixed', fenCell),
      frozen: optional(row, 'late_fee_frozen', fenCell),
    },
  };
};

/** The bill with its late fee as of a day. */
export const dueOn = (unit: Unit, bill: StoredBill, asOf: Day): DueBill => ({
  ...bill,
  principal: bill.receivable,
  lateFee: lateFeeOf(bill.lateFee, asOf, unit.rules.lateFee, unit.rules.holidays),
});

/** All open bills of a customer whose account this transaction holds, oldest first, themselves held. */
export async function lockOpenBills(
  tx: Session,
  unit: Unit,
  customer: string,
  customerExempt: boolean,
  asOf: Day,
): Promise<readonly DueBill[]> {
  const rows = await tx.all(selectOpen, { unit: unit.id, customer });
  return rows.map((row) => dueOn(unit, readOpenBill(row, customerExempt), asOf));
}

/**
 * The bills that a payment is about: the kinds of the bills it names, else the water fee. As 200001 answers (`busiType`),
 * so that whoever pays what he was told he owes is never told that it does not fit.
 */
export function ofTheirKinds(open: readonly DueBill[], named: readonly string[]): readonly DueBill[] {
  const kinds = new Set(open.filter(({ bill }) => named.includes(bill)).map(({ feeKind }) => feeKind));
  if (kinds.size === 0) kinds.add('11');
  return open.filter(({ feeKind }) => kinds.has(feeKind));
}

/** Why a named bill is not among the customer's open ones; `unknown`: no such bill in this unit. */
export async function whyNotOpen(
  tx: Session,
  unit: Unit,
  customer: string,
  bill: string,
): Promise<'unknown' | 'bill-settled' | 'bill-of-another'> {
  const [row] = await tx.all(selectBill, { unit: unit.id, bill });
  if (row === undefined) return 'unknown';
  return textCell(row, 'customer') === customer ? 'bill-settled' : 'bill-of-another';
}

/** Settles bills that this transaction holds. */
export async function settleBills(
  tx: Session,
  unit: Unit,
  bills: readonly DueBill[],
  entryNumber: string,
  day: Day,
): Promise<void> {
  const rows = bills.map((bill) => ({
    unit: unit.id,
    bill: bill.bill,
    lateFee: bill.lateFee,
    entryNo: entryNumber,
    day,
  }));
  if (rows.length > 0) await tx.runMany(settle, rows);
}

/** How many bills still stand settled by this entry. */
export async function billsSettledBy(
  tx: Session,
  unit: Unit,
  customer: string,
  entryNumber: string,
): Promise<number> {
  const [row] = await tx.all(countSettledBy, { unit: unit.id, customer, entryNo: entryNumber });
  return row === undefined ? 0 : numberCell(row, 'bills');
}

/** Opens again what the entry settled. */
export async function reopenBills(
  tx: Session,
  unit: Unit,
  customer: string,
  entryNumber: string,
): Promise<void> {
  await tx.run(reopen, { unit: unit.id, customer, entryNo: entryNumber });
}
