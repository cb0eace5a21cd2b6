/** What is asked of the utility's tables without changing them. */
import { type Moment, momentOf } from '../../clock.js';
import { type Binds, DatabaseError, type Row } from '../../database/database.js';
import { decimalCell, textCell } from '../../database/index.js';
import { type Day, type Month, parseDay, zeroFen } from '../../protocol/values.js';
import { visibleBills } from '../allocation.js';
import type {
  Arrears,
  ArrearsFilter,
  Booking,
  Customer,
  CustomerKey,
  FeeKind,
  IssuedBill,
  OpenBill,
  PaymentRecord,
} from '../revenue-system.js';
import type { Unit } from '../unit.js';
import type { Desk } from './desk.js';
import { findByTheirs, serialOf } from './journal.js';
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

const exists = async ({ theirs }: Desk, unit: Unit, value: string): Promise<Row | undefined> =>
  (await theirs.ask('findCustomers', { unit: unit.id, key: 'customer', value }))[0];

export async function arrears(
  desk: Desk,
  unit: Unit,
  customer: string,
  asOf: Day,
  filter: ArrearsFilter = {},
): Promise<Arrears | undefined> {
  const { theirs } = desk;
  const { formats } = theirs;
  const found = await exists(desk, unit, customer);
  if (found === undefined) return undefined;
  const rows = await theirs.ask('openBills', { unit: unit.id, customer, day: formats.day(asOf) });
  const bills = rows.map((row) => readOpenBill(theirs, row)).filter((bill) => wanted(bill, filter));
  return {
    customer: readCustomer(theirs, found),
    prepaid: formats.readAmount(found, 'prepaid'),
    bills: visibleBills(bills, unit.dialect.lockPolicy),
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

function readIssuedBill(theirs: Theirs, row: Row, owner: Customer): IssuedBill {
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

const KINDS = { payment: 'payment', refund: 'refund', reversal: 'reversal' } as const;
const CHANNELS = { platform: 'platform', deduction: 'deduction', counter: 'counter' } as const;
async function readRecord(desk: Desk, unit: Unit, row: Row, owner: Customer): Promise<PaymentRecord> {
  const { formats } = desk.theirs;
  return {
    paymentNumber: textCell(row, 'payment_number'),
    customer: owner.customer,
    customerName: owner.name,
    office: owner.office,
    serial: await platformSerial(desk, unit, textCell(row, 'serial')),
    channel: formats.readMapped(row, 'channel', CHANNELS),
    amount: formats.readAmount(row, 'amount'),
    principal: formats.readAmount(row, 'principal'),
    lateFee: formats.readAmount(row, 'late_fee'),
    prepaidChange: formats.readAmount(row, 'prepaid_change'),
    balanceAfter: formats.readAmount(row, 'balance_after'),
    at: momentIn(textCell(row, 'paid_at')),
    kind: formats.readMapped(row, 'kind', KINDS),
    payMode: textOr(row, 'pay_mode'),
  };
}

/** The platform's serial of what stands in their column; what the journal does not know stays as it is. */
const platformSerial = async ({ journal }: Desk, unit: Unit, theirSerial: string): Promise<string> =>
  theirSerial === '' ? '' : ((await findByTheirs(journal, unit, theirSerial))?.serial ?? theirSerial);

/** `yyyyMMddHHmmss` in China. */
function momentIn(text: string): Moment {
  const day = parseDay(text.slice(0, 8));
  if (day === undefined || !/^\d{14}$/.test(text))
    throw new DatabaseError('fault', 'existing revenue schema: column paid_at is not yyyyMMddHHmmss');
  return momentOf(day, text.slice(8));
}

/** Bookings of the platform channel of a day with the platform's serials, as reconciliation compares them; in bounded memory. */
export async function* bookingsOfDay(desk: Desk, unit: Unit, day: Day): AsyncIterable<Booking> {
  const { theirs } = desk;
  for await (const row of theirs.stream('bookingsOfDay', { unit: unit.id, day: theirs.formats.day(day) }))
    yield {
      serial: serialOf(await platformSerial(desk, unit, textCell(row, 'serial'))),
      customer: textCell(row, 'customer'),
      amount: theirs.formats.readAmount(row, 'amount'),
      paymentNumber: textCell(row, 'payment_number'),
    };
}
