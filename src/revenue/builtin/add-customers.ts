/** Puts units and customers into the built-in schema: for the demo, for tests, and for integrators who feed it from elsewhere. */
import { chinaDay } from '../../clock.js';
import { hasLabel, sql } from '../../database/database.js';
import { type Fen, zeroFen } from '../../protocol/values.js';
import { negFen } from '../money.js';
import type { Customer } from '../revenue-system.js';
import type { Unit } from '../unit.js';
import { batches } from './batches.js';
import { type Books, newNumber } from './books.js';
import { appendEntries } from './ledger.js';

export interface NewCustomer extends Partial<Customer> {
  readonly customer: string;
  readonly oldCustomer?: string;
  readonly lateFeeExempt?: boolean;
  /** Opening balance: an adjustment against suspense. */
  readonly prepaid?: Fen;
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
