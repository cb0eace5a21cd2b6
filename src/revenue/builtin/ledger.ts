/**
 * The tables `ledger_entries` and `allocations`: append only. An entry holds one amount for each ledger account, debit positive, and the
 * database itself refuses one that does not sum to zero. The view `ledger_lines` shows them as lines. Corrections are new entries that
 * point at the old.
 */
import type { Moment } from '../../clock.js';
import { type Session, sql } from '../../database/database.js';
import { numberCell } from '../../database/index.js';
import type { Day, Fen } from '../../protocol/values.js';
import { negFen } from '../money.js';
import type { Unit } from '../unit.js';

export const ledgerAccounts = ['clearing', 'receivables', 'late_fee_income', 'prepaid', 'suspense'] as const;
export type LedgerAccount = (typeof ledgerAccounts)[number];

export const entryKinds = [
  'payment',
  'refund',
  'supplement',
  'reversal',
  'deduction',
  'settlement',
  'suspense',
  'adjustment',
] as const;
export type EntryKind = (typeof entryKinds)[number];

export interface Entry {
  readonly entryNumber: string;
  readonly kind: EntryKind;
  /** `''`: of no customer. */
  readonly customer: string;
  readonly bookingDay: Day;
  readonly bookedAt: Moment;
  /** The entry that this one corrects, or `''`. */
  readonly amends: string;
  readonly note: string;
  /** Debits; credits are negative. What is left out is zero. */
  readonly lines: Readonly<Partial<Record<LedgerAccount, Fen>>>;
}

const insertEntry = sql(`
  insert into ledger_entries (entry_no, unit, customer, kind, booking_day, booked_at, amends, note,
    clearing, receivables, late_fee_income, prepaid, suspense)
  values (:entryNo, :unit, :customer, :kind, :day, :at, :amends, :note,
    :clearing, :receivables, :lateFeeIncome, :prepaid, :suspense)`);
const insertAllocation = sql(`
  insert into allocations (entry_no, unit, bill, principal, late_fee)
  values (:entryNo, :unit, :bill, :principal, :lateFee)`);
const countOf = sql(`select count(*) as bills from allocations where entry_no = :entryNo`);
const undoAllocations = sql(`
  insert into allocations (entry_no, unit, bill, principal, late_fee)
  select :entryNo, unit, bill, -principal, -late_fee from allocations where entry_no = :amends`);

/** Appends an entry. @throws {DatabaseError} when its lines do not sum to zero */
export async function appendEntry(tx: Session, unit: Unit, entry: Entry): Promise<void> {
  await tx.run(insertEntry, entryBinds(unit, entry));
}
/** Appends many entries. */
export async function appendEntries(tx: Session, unit: Unit, entries: readonly Entry[]): Promise<void> {
  if (entries.length > 0)
    await tx.runMany(
      insertEntry,
      entries.map((entry) => entryBinds(unit, entry)),
    );
}

const entryBinds = (unit: Unit, { lines, ...entry }: Entry) => ({
  entryNo: entry.entryNumber,
  unit: unit.id,
  customer: entry.customer,
  kind: entry.kind,
  day: entry.bookingDay,
  at: entry.bookedAt,
  amends: entry.amends,
  note: entry.note,
  clearing: lines.clearing ?? 0n,
  receivables: lines.receivables ?? 0n,
  lateFeeIncome: lines.late_fee_income ?? 0n,
  prepaid: lines.prepaid ?? 0n,
  suspense: lines.suspense ?? 0n,
});

/** The lines of money that came in (`amount`, from clearing unless said otherwise) and where it went. */
export const linesOf = (
  amount: Fen,
  went: { readonly principal: Fen; readonly lateFee: Fen; readonly prepaidChange: Fen },
  from: 'clearing' | 'suspense' = 'clearing',
): Entry['lines'] => ({
  [from]: amount,
  receivables: negFen(went.principal),
  late_fee_income: negFen(went.lateFee),
  prepaid: negFen(went.prepaidChange),
});

/** Which bills the entry paid. */
export async function appendAllocations(
  tx: Session,
  unit: Unit,
  entryNumber: string,
  bills: readonly { readonly bill: string; readonly principal: Fen; readonly lateFee: Fen }[],
): Promise<void> {
  const rows = bills.map(({ bill, principal, lateFee }) => ({
    entryNo: entryNumber,
    unit: unit.id,
    bill,
    principal,
    lateFee,
  }));
  if (rows.length > 0) await tx.runMany(insertAllocation, rows);
}

/** The same for many entries. */
export async function insertAllocations(
  tx: Session,
  unit: Unit,
  all: readonly {
    readonly entryNumber: string;
    readonly bill: string;
    readonly principal: Fen;
    readonly lateFee: Fen;
  }[],
): Promise<void> {
  const rows = all.map(({ entryNumber, bill, principal, lateFee }) => ({
    entryNo: entryNumber,
    unit: unit.id,
    bill,
    principal,
    lateFee,
  }));
  if (rows.length > 0) await tx.runMany(insertAllocation, rows);
}

/** How many bills the entry paid. */
export async function countAllocations(tx: Session, entryNumber: string): Promise<number> {
  const [row] = await tx.all(countOf, { entryNo: entryNumber });
  return row === undefined ? 0 : numberCell(row, 'bills');
}
/** Appends the opposite of another entry's allocations. */
export async function appendOppositeAllocations(
  tx: Session,
  entryNumber: string,
  amends: string,
): Promise<void> {
  await tx.run(undoAllocations, { entryNo: entryNumber, amends });
}
