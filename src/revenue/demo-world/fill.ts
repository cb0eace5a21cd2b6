/** Fills an empty database with the demo: the customers of the captured messages and a few hundred invented ones. */
import { addDays, type Clock, chinaDay, type Ids, momentOf } from '../../clock.js';
import type { Database } from '../../database/database.js';
import { type Day, fenOf, parseSerial, type Serial } from '../../protocol/values.js';
import { dueAmount } from '../allocation.js';
import { addCustomers, addUnit, type NewCustomer } from '../builtin/add-customers.js';
import type { Books } from '../builtin/books.js';
import { openBuiltinRevenue } from '../builtin/builtin.js';
import { issueBills } from '../builtin/issue-bills.js';
import { type Unit, unitWith } from '../unit.js';
import { ACCEPTANCE_UNIT, acceptanceWorld } from './acceptance.js';
import { capturedWorld } from './captured.js';
import { type InventedCustomer, inventedCustomers } from './invented.js';
import { demoUnits, INVENTED_UNIT } from './units.js';

/** Fills the database, whose migrations have run and which holds none of these units. A minute at most; no network. */
export async function fillDemo(
  database: Database,
  context: { readonly clock: Clock; readonly ids: Ids },
): Promise<void> {
  const books: Books = { database, ...context };
  const units = new Map(demoUnits.map((one) => [one.unit, bareUnit(one)]));
  for (const unit of units.values()) await addUnit(books, unit);
  for (const { unit: id, customer, bills } of capturedWorld()) {
    const unit = units.get(id);
    if (unit === undefined)
      throw new RangeError(`fixtures/world.json names a unit that the demo lacks: ${id}`);
    await addCustomers(books, unit, [customer]);
    await issueBills(books, unit, bills);
  }
  await fillInvented(books, unitWith(INVENTED_UNIT));
  await fillAcceptance(books, unitWith(ACCEPTANCE_UNIT));
}

/** Only what the tables need; the dialect comes from the configuration when the gateway serves. */
const bareUnit = ({ unit, name, shortName }: (typeof demoUnits)[number]): Unit =>
  unitWith(unit, {}, { acceptanceDays: undefined }, { name, shortName });

async function fillAcceptance(books: Books, unit: Unit): Promise<void> {
  const { customers, bills, agreements } = acceptanceWorld(chinaDay(books.clock.now()));
  await addCustomers(books, unit, customers);
  await issueBills(books, unit, bills);
  for (const customer of agreements) await signAgreement(books, unit, customer);
}

async function fillInvented(books: Books, unit: Unit): Promise<void> {
  const today = chinaDay(books.clock.now());
  const all = inventedCustomers(today);
  await addCustomers(
    books,
    unit,
    all.map((one) => one.customer),
  );
  await issueBills(
    books,
    unit,
    all.flatMap((one) => one.bills),
  );
  const open: Unit = { ...unit, dialect: { ...unit.dialect, amountRule: 'any' } };
  let count = 0;
  for (const one of all) {
    if (one.paidTwo) await payFirstTwo(books, open, one, ++count);
    if (one.agreement) await signAgreement(books, unit, one.customer);
  }
}

/** In the past, as if the gateway had been running then. */
async function payFirstTwo(books: Books, unit: Unit, { customer, bills }: InventedCustomer, count: number) {
  const [, second] = bills;
  if (second === undefined) return;
  const revenue = openBuiltinRevenue(books);
  const day: Day = addDays(second.issuedOn, 3);
  const owed = await revenue.arrears(unit, customer.customer, day, { to: second.month });
  if (owed === undefined) return;
  const due = dueAmount(
    owed.bills.map((bill) => ({ ...bill, principal: bill.receivable })),
    owed.prepaid,
    true,
  );
  if (due === 0n) return;
  await revenue.pay(
    { ...unit, rules: { ...unit.rules, acceptanceDays: undefined } },
    {
      serial: serialOf(`${day}00003001${String(count).padStart(12, '0')}`),
      customer: customer.customer,
      amount: fenOf(due),
      bankDay: day,
      receivedAt: momentOf(day, '101500'),
      rows: [{ customer: customer.customer, bill: '', month: undefined }],
      fundNumber: '',
      payMode: '',
      remark: '',
    },
  );
}

async function signAgreement(books: Books, unit: Unit, customer: NewCustomer): Promise<void> {
  await openBuiltinRevenue(books).maintainAgreement(unit, {
    deal: 'sign',
    agreementNumber: `XY${customer.customer}`,
    customer: customer.customer,
    bankCode: '99999',
    bankAccount: `62220000${customer.customer}`,
    bankAccountName: customer.name ?? '',
    certType: '01',
    certNumber: customer.idCard ?? '',
    mobile: customer.mobile ?? '',
    email: '',
    receivedAt: books.clock.now(),
  });
}

function serialOf(text: string): Serial {
  const serial = parseSerial(text);
  if (serial === undefined) throw new RangeError(`not a serial: ${text}`);
  return serial;
}
