import type { Binds, Row } from '../../database/database.js';
import { decimalCell, textCell } from '../../database/index.js';
import { type Day, type Month, zeroFen } from '../../protocol/values.js';
import { visibleBills } from '../allocation.js';
import type {
  Arrears,
  ArrearsFilter,
  Customer,
  CustomerKey,
  FeeKind,
  IssuedBill,
  OpenBill,
  PaymentRecord,
} from '../revenue-system.js';
import type { Unit } from '../unit.js';
import type { Desk } from './desk.js';
import { readRecord } from './records.js';
import { type Theirs, textOr } from './theirs.js';

export async function findCustomers(
  { theirs }: Desk,
  unit: Unit,
  key: CustomerKey,
  value: string,
): Promise<readonly Customer[]> {
  if (value === '') return [];
  const rows = await theirs.ask('findCustomers', { unit: unit.id, key, value });
  return rows.map((row) => readCustomer(theirs, row));
}

const readCustomer = (theirs: Theirs, row: Row): Customer => ({
  customer: textCell(row, 'customer'),
  name: textCell(row, 'name'),
  address: textOr(row, 'address'),
  office: textOr(row, 'office'),
  officeName: textOr(row, 'office_name'),
  customerClass: textOr(row, 'customer_class'),
  mobile: textOr(row, 'mobile'),
  idCard: textOr(row, 'id_card'),
  contact: textOr(row, 'contact'),
  province: { code: textOr(row, 'province_code'), name: textOr(row, 'province_name') },
  city: { code: textOr(row, 'city_code'), name: textOr(row, 'city_name') },
  countyCode: textOr(row, 'county_code'),
  state: theirs.formats.readMapped(row, 'state', theirs.settings.states),
});

export const hasCustomer = async (desk: Desk, unit: Unit, customer: string): Promise<boolean> =>
  (await exists(desk, unit, customer)) !== undefined;
const exists = async ({ theirs }: Desk, unit: Unit, value: string): Promise<Row | undefined> =>
  (await theirs.ask('findCustomers', { unit: unit.id, key: 'customer', value }))[0];

export async function arrears(
  desk: Desk,
  unit: Unit,
  customer: string,
  asOf: Day,
  filter: ArrearsFilter = {},
): Promise<Arrears | undefined> {
  const found = await openBillsOf(desk, unit, customer, asOf);
  if (found === undefined) return undefined;
  const bills = found.bills.map(({ bill }) => bill).filter((bill) => wanted(bill, filter));
  return {
    customer: found.customer,
    prepaid: found.prepaid,
    bills: visibleBills(bills, unit.dialect.lockPolicy),
  };
}
/** Every open bill with the row it was read from; `undefined`: no such customer. */
export async function openBillsOf(desk: Desk, unit: Unit, customer: string, asOf: Day) {
  const { theirs } = desk;
  const { formats } = theirs;
  const found = await exists(desk, unit, customer);
  if (found === undefined) return undefined;
  const rows = await theirs.ask('openBills', { unit: unit.id, customer, day: formats.day(asOf) });
  return {
    customer: readCustomer(theirs, found),
    prepaid: formats.readAmount(found, 'prepaid'),
    bills: rows.map((row) => ({ row, bill: readOpenBill(theirs, row) })),
  };
}
const wanted = (bill: OpenBill, { from, to, feeKind }: ArrearsFilter): boolean =>
  (from === undefined || bill.month >= from) &&
  (to === undefined || bill.month <= to) &&
  (feeKind === undefined || bill.feeKind === feeKind);

const feeKindOf = (theirs: Theirs, row: Row): FeeKind =>
  row.fee_kind === undefined ? '11' : theirs.formats.readMapped(row, 'fee_kind', theirs.settings.feeKinds);

function readOpenBill(theirs: Theirs, row: Row): OpenBill {
  const { formats } = theirs;
  return {
    bill: textCell(row, 'bill'),
    month: formats.readMonth(row, 'month'),
    feeKind: feeKindOf(theirs, row),
    volume: row.volume === undefined ? '0' : decimalCell(row, 'volume'),
    receivable: formats.readAmount(row, 'receivable'),
    received: row.received === undefined ? zeroFen : formats.readAmount(row, 'received'),
    lateFee: formats.readAmount(row, 'late_fee'),
    locked: row.locked === undefined ? false : formats.readFlag(row, 'locked'),
  };
}

export async function issuedBills(
  desk: Desk,
  unit: Unit,
  customer: string,
  from: Month | undefined,
  to: Month | undefined,
): Promise<readonly IssuedBill[] | undefined> {
  const { theirs } = desk;
  const owner = await exists(desk, unit, customer);
  if (owner === undefined) return undefined;
  const binds = {
    unit: unit.id,
    customer,
    from: theirs.formats.month(from ?? ('190001' as Month)),
    to: theirs.formats.month(to ?? ('209912' as Month)),
  };
  const who = readCustomer(theirs, owner);
  return (await theirs.ask('issuedBills', binds)).map((row) => readIssuedBill(theirs, row, who));
}

type BillOwner = Pick<Customer, 'customer' | 'name' | 'address' | 'office' | 'officeName'>;
export function readIssuedBill(theirs: Theirs, row: Row, owner: BillOwner): IssuedBill {
  const { formats } = theirs;
  const dayOr = (column: string) => (textOr(row, column) === '' ? undefined : formats.readDay(row, column));
  const issuedOn = formats.readDay(row, 'issued_on');
  return {
    bill: textCell(row, 'bill'),
    customer: owner.customer,
    customerName: owner.name,
    address: owner.address,
    month: formats.readMonth(row, 'month'),
    feeKind: feeKindOf(theirs, row),
    issuedOn,
    lateFeeFrom: dayOr('late_fee_from') ?? issuedOn,
    amount: formats.readAmount(row, 'amount'),
    volume: textOr(row, 'volume', '0'),
    yearVolume: textOr(row, 'year_volume', '0'),
    previousReading: textOr(row, 'previous_reading'),
    currentReading: textOr(row, 'current_reading'),
    multiplier: textOr(row, 'multiplier', '1'),
    previousReadDay: dayOr('previous_read_day'),
    currentReadDay: dayOr('current_read_day'),
    tiered: row.tiered !== undefined && formats.readFlag(row, 'tiered'),
    office: owner.office,
    officeName: owner.officeName,
    fees: [],
    readings: [],
    tiers: [],
  };
}

export async function payments(
  desk: Desk,
  unit: Unit,
  customer: string,
  from: Day | undefined,
  to: Day | undefined,
): Promise<readonly PaymentRecord[] | undefined> {
  const { theirs } = desk;
  const owner = await exists(desk, unit, customer);
  if (owner === undefined) return undefined;
  const binds: Binds = {
    unit: unit.id,
    customer,
    from: theirs.formats.day(from ?? ('19000101' as Day)),
    to: theirs.formats.day(to ?? ('20991231' as Day)),
  };
  const rows = await theirs.ask('payments', binds);
  const who = readCustomer(theirs, owner);
  return Promise.all(rows.map((row) => readRecord(desk, unit, row, who)));
}
