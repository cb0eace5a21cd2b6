/** Puts units, customers and bills into the built-in schema: for the demo, for tests, and for integrators who feed it from elsewhere. */
import { chinaDay } from '../../clock.js';
import { hasLabel, sql } from '../../database/database.js';
import { textCell } from '../../database/index.js';
import { type Day, type Fen, zeroFen } from '../../protocol/values.js';
import { negFen } from '../money.js';
import type { Customer, IssuedBill } from '../revenue-system.js';
import type { Unit } from '../unit.js';
import { type Books, newNumber } from './books.js';
import { billParts, storedContent } from './issued-bills.js';
import { appendEntries } from './ledger.js';
import { settleFromPrepaid } from './settlement.js';

/** Rows of one transaction: long enough to be quick, short enough to hold nobody up. */
const BATCH = 500;
/** With more customers than this the database is asked for those with a balance at once. */
const ASK_ONE_BY_ONE_MAX = 50;

export interface NewCustomer extends Partial<Customer> {
  readonly customer: string;
  readonly oldCustomer?: string;
  readonly lateFeeExempt?: boolean;
  /** Opening balance: an adjustment against suspense. */
  readonly prepaid?: Fen;
}
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

const selectUnit = sql('select unit from clearing_units where unit = :unit');
const insertUnit = sql(
  'insert into clearing_units (unit, name, short_name) values (:unit, :name, :shortName)',
);
const insertCustomer = sql(`
  insert into customers (unit, customer, name, address, office, office_name, customer_class, mobile, id_card, contact,
    province_code, province_name, city_code, city_name, county_code, old_customer)
  values (:unit, :customer, :name, :address, :office, :officeName, :customerClass, :mobile, :idCard, :contact,
    :provinceCode, :provinceName, :cityCode, :cityName, :countyCode, :oldCustomer)`);
const insertAccount = sql(`
  insert into accounts (unit, customer, state, late_fee_exempt, prepaid, changed_at)
  values (:unit, :customer, :state, :exempt, :prepaid, :at)`);
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

/** Makes the unit known to the database; a unit that is there stays as it is. */
export async function addUnit(books: Books, unit: Unit): Promise<void> {
  if ((await books.database.all(selectUnit, { unit: unit.id })).length > 0) return;
  try {
    await books.database.run(insertUnit, { unit: unit.id, name: unit.name, shortName: unit.shortName });
  } catch (error) {
    if (!hasLabel(error, 'duplicate')) throw error;
  }
}

/** Adds customers with their accounts. @throws {DatabaseError} `duplicate` when one is there already; its batch is then not added */
export async function addCustomers(
  books: Books,
  unit: Unit,
  customers: readonly NewCustomer[],
): Promise<void> {
  await addUnit(books, unit);
  for (const batch of batches(customers)) {
    await books.database.transaction(async (tx) => {
      const at = books.clock.now();
      await tx.runMany(
        insertCustomer,
        batch.map((one) => customerBinds(unit, one)),
      );
      const accounts = batch.map((one) => ({
        unit: unit.id,
        customer: one.customer,
        state: one.state ?? 'active',
        exempt: one.lateFeeExempt === true ? 'Y' : 'N',
        prepaid: one.prepaid ?? 0n,
        at,
      }));
      await tx.runMany(insertAccount, accounts);
      const opening = batch.flatMap(({ customer, prepaid = zeroFen }) => {
        if (prepaid === 0n) return [];
        const lines = { prepaid: negFen(prepaid), suspense: prepaid };
        const entry = {
          entryNumber: newNumber(books),
          kind: 'adjustment',
          customer,
          amends: '',
          lines,
        } as const;
        return [{ ...entry, bookingDay: chinaDay(at), bookedAt: at, note: 'opening balance' }];
      });
      await appendEntries(tx, unit, opening);
    });
  }
}

const customerBinds = (unit: Unit, one: NewCustomer) => ({
  unit: unit.id,
  customer: one.customer,
  name: one.name ?? '',
  address: one.address ?? '',
  office: one.office ?? '',
  officeName: one.officeName ?? '',
  customerClass: one.customerClass ?? '',
  mobile: one.mobile ?? '',
  idCard: one.idCard ?? '',
  contact: one.contact ?? '',
  provinceCode: one.province?.code ?? '',
  provinceName: one.province?.name ?? '',
  cityCode: one.city?.code ?? '',
  cityName: one.city?.name ?? '',
  countyCode: one.countyCode ?? '',
  oldCustomer: one.oldCustomer ?? '',
});

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

function* batches<T>(all: readonly T[]): Iterable<readonly T[]> {
  for (let at = 0; at < all.length; at += BATCH) yield all.slice(at, at + BATCH);
}
