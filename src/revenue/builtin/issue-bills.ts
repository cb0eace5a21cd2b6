/** Puts bills into the built-in schema, and settles from the prepaid balance what it covers. */
import { sql } from '../../database/database.js';
import { textCell } from '../../database/index.js';
import type { Day, Fen } from '../../protocol/values.js';
import type { IssuedBill } from '../revenue-system.js';
import type { Unit } from '../unit.js';
import { batches } from './batches.js';
import type { Books } from './books.js';
import { billParts, storedContent } from './issued-bills.js';
import { settleFromPrepaid } from './settlement.js';

/** With more customers than this the database is asked for those with a balance at once. */
const ASK_ONE_BY_ONE_MAX = 50;

export interface NewBill
  extends Partial<Omit<IssuedBill, 'customerName' | 'address' | 'office' | 'officeName' | 'feeKind'>> {
  readonly bill: string;
  readonly customer: string;
  readonly month: IssuedBill['month'];
  readonly amount: Fen;
  readonly feeKind?: IssuedBill['feeKind'];
  readonly issuedOn: Day;
  readonly lateFeeFrom: Day;
  readonly lateFeeExempt?: boolean;
  readonly lateFeeFixed?: Fen;
}

const insertBill = sql(`
  insert into bills (unit, bill, customer, bill_month, fee_kind, state, principal, received, received_late_fee, issued_on,
    late_fee_from, late_fee_exempt, late_fee_fixed, volume, year_volume, previous_reading, current_reading, multiplier,
    previous_read_day, current_read_day, tiered)
  values (:unit, :bill, :customer, :month, :feeKind, :state, :amount, :received, :received, :issuedOn,
    :lateFeeFrom, :exempt, :fixed, :volume, :yearVolume, :previousReading, :currentReading, :multiplier,
    :previousReadDay, :currentReadDay, :tiered)`);
const insertLine = sql(`
  insert into bill_lines (unit, bill, part, line_no, content) values (:unit, :bill, :part, :lineNo, :content)`);
const selectWithBalance = sql(`
  select a.customer from accounts a
  where a.unit = :unit and a.prepaid > 0 and exists (
    select 1 from bills b where b.unit = a.unit and b.customer = a.customer and b.state = 'open')
  order by a.customer`);

/**
 * Issues bills; then, where the unit says so, settles from the prepaid balance what it covers whole.
 * @returns how many were issued and how many bills a balance settled
 * @throws {DatabaseError} `duplicate` when a bill is there already; its batch is then not issued
 */
export async function issueBills(
  books: Books,
  unit: Unit,
  bills: readonly NewBill[],
): Promise<{ readonly issued: number; readonly settled: number }> {
  for (const batch of batches(bills)) {
    await books.database.transaction(async (tx) => {
      await tx.runMany(
        insertBill,
        batch.map((bill) => billBinds(unit, bill)),
      );
      await tx.runMany(
        insertLine,
        batch.flatMap((bill) => lineBinds(unit, bill)),
      );
    });
  }
  if (!unit.rules.settleFromPrepaid) return { issued: bills.length, settled: 0 };
  let settled = 0;
  for (const customer of await customersToSettle(books, unit, bills)) {
    settled += (await settleFromPrepaid(books, unit, customer)).length;
  }
  return { issued: bills.length, settled };
}

async function customersToSettle(
  books: Books,
  unit: Unit,
  bills: readonly NewBill[],
): Promise<readonly string[]> {
  const customers = [...new Set(bills.map((bill) => bill.customer))].toSorted();
  if (customers.length <= ASK_ONE_BY_ONE_MAX) return customers;
  const rows = await books.database.all(selectWithBalance, { unit: unit.id });
  return rows.map((row) => textCell(row, 'customer'));
}

const billBinds = (unit: Unit, bill: NewBill) => ({
  unit: unit.id,
  bill: bill.bill,
  customer: bill.customer,
  month: bill.month,
  feeKind: bill.feeKind ?? '11',
  state: 'open',
  amount: bill.amount,
  received: 0n,
  issuedOn: bill.issuedOn,
  lateFeeFrom: bill.lateFeeFrom,
  exempt: bill.lateFeeExempt === true ? 'Y' : 'N',
  fixed: bill.lateFeeFixed ?? null,
  volume: bill.volume ?? '0',
  yearVolume: bill.yearVolume ?? '',
  previousReading: bill.previousReading ?? '',
  currentReading: bill.currentReading ?? '',
  multiplier: bill.multiplier ?? '',
  previousReadDay: bill.previousReadDay ?? null,
  currentReadDay: bill.currentReadDay ?? null,
  tiered: bill.tiered === true ? 'Y' : 'N',
});

const lineBinds = (unit: Unit, bill: NewBill) =>
  (['fees', 'readings', 'tiers'] as const).flatMap((part) =>
    (bill[part] ?? []).map((values, index) => ({
      unit: unit.id,
      bill: bill.bill,
      part: billParts[part],
      lineNo: index + 1,
      content: storedContent(values),
    })),
  );
