/** The tables `customers` and `accounts`, read: who is it, and what do they owe. */

import { type Row, type Session, type Statement, sql } from '../../database/database.js';
import { fenCell, flagCell, oneOfCell, textCell } from '../../database/index.js';
import type { Day } from '../../protocol/values.js';
import { visibleBills } from '../allocation.js';
import type { Arrears, ArrearsFilter, Customer, CustomerKey } from '../revenue-system.js';
import type { Unit } from '../unit.js';
import { accountStates } from './accounts.js';
import { dueOn, OPEN_BILL_COLUMNS, readOpenBill, type StoredBill } from './bills.js';

/** One mobile may belong to many customers; more than this are not listed. */
const FOUND_MAX = 100;

const COLUMNS = `c.customer, c.name, c.address, c.office, c.office_name, c.customer_class, c.mobile, c.id_card, c.contact,
  c.province_code, c.province_name, c.city_code, c.city_name, c.county_code, a.state as account_state,
  a.late_fee_exempt as customer_exempt, a.prepaid`;
const FROM = 'from customers c join accounts a on a.unit = c.unit and a.customer = c.customer';

const byColumn = (column: string) =>
  sql(
    (words) => `
    select ${COLUMNS} ${FROM} where c.unit = :unit and c.${column} = :value
    order by c.customer ${words.limit(FOUND_MAX)}`,
  );
const finders: Readonly<Record<CustomerKey, Statement>> = {
  customer: byColumn('customer'),
  mobile: byColumn('mobile'),
  idCard: byColumn('id_card'),
  oldCustomer: byColumn('old_customer'),
};
// One statement, so that balance and bills are of one moment, and one round trip.
const selectArrears = sql(`
  select ${COLUMNS}, ${OPEN_BILL_COLUMNS} ${FROM}
  left join bills b on b.unit = c.unit and b.customer = c.customer and b.state = 'open'
  where c.unit = :unit and c.customer = :customer
  order by b.bill_month, b.bill`);

export async function findCustomers(
  session: Session,
  unit: Unit,
  key: CustomerKey,
  value: string,
): Promise<readonly Customer[]> {
  if (value === '') return [];
  return (await session.all(finders[key], { unit: unit.id, value })).map(readCustomer);
}

export async function arrears(
  session: Session,
  unit: Unit,
  customer: string,
  asOf: Day,
  filter: ArrearsFilter = {},
): Promise<Arrears | undefined> {
  const rows = await session.all(selectArrears, { unit: unit.id, customer });
  const [first] = rows;
  if (first === undefined) return undefined;
  const exempt = flagCell(first, 'customer_exempt');
  const open = rows
    .filter((row) => textCell(row, 'bill') !== '')
    .map((row) => readOpenBill(row, exempt))
    .filter((bill) => wanted(bill, filter));
  return {
    customer: readCustomer(first),
    prepaid: fenCell(first, 'prepaid'),
    bills: visibleBills(open, unit.dialect.lockPolicy).map((bill) => dueOn(unit, bill, asOf)),
  };
}

const wanted = (bill: StoredBill, { from, to, feeKind }: ArrearsFilter): boolean =>
  (from === undefined || bill.month >= from) &&
  (to === undefined || bill.month <= to) &&
  (feeKind === undefined || bill.feeKind === feeKind);

const readCustomer = (row: Row): Customer => ({
  customer: textCell(row, 'customer'),
  name: textCell(row, 'name'),
  address: textCell(row, 'address'),
  office: textCell(row, 'office'),
  officeName: textCell(row, 'office_name'),
  customerClass: textCell(row, 'customer_class'),
  mobile: textCell(row, 'mobile'),
  idCard: textCell(row, 'id_card'),
  contact: textCell(row, 'contact'),
  province: { code: textCell(row, 'province_code'), name: textCell(row, 'province_name') },
  city: { code: textCell(row, 'city_code'), name: textCell(row, 'city_name') },
  countyCode: textCell(row, 'county_code'),
  state: oneOfCell(row, 'account_state', accountStates),
});
