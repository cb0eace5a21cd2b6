/** Proves a configuration against the live schema: each statement is run once, in a transaction that is rolled back. */
import { chinaDay, chinaStamp } from '../../clock.js';
import { type Binds, DatabaseError, type Row } from '../../database/database.js';
import { textCell } from '../../database/index.js';
import { messageOf } from '../../errors.js';
import { type Day, fenOf, type Month } from '../../protocol/values.js';
import { changeNames, type OperationName, operationNames } from './settings.js';
import { renamed, type Theirs } from './theirs.js';

export interface OperationReport {
  readonly operation: OperationName;
  readonly verdict: 'ok' | 'fault' | 'not-configured' | 'not-run';
  /** What was found, in words for the integrator. */
  readonly detail: string;
}
export interface CheckSubject {
  readonly unit: string;
  readonly customer: string;
}

const RECORD = [
  ...['payment_number', 'serial', 'amount', 'principal', 'late_fee', 'prepaid_change', 'balance_after'],
  ...['paid_at', 'channel', 'kind'],
];
const BILL = ['bill', 'month', 'amount', 'issued_on'];
/** Columns without which a row says nothing to us; of a change, `code` alone. */
const NEEDED: Readonly<Record<OperationName, readonly string[]>> = {
  findCustomers: ['customer', 'name', 'state', 'prepaid'],
  openBills: ['bill', 'month', 'receivable', 'late_fee'],
  paymentBySerial: ['payment_number', 'customer', 'amount', 'refunded'],
  payments: RECORD,
  issuedBills: BILL,
  bookingsOfDay: ['serial', 'customer', 'amount', 'payment_number'],
  paymentsOfDay: ['customer', ...RECORD],
  billsOfDay: ['customer', ...BILL],
  pay: ['code'],
  refund: ['code'],
  supplement: ['code'],
  lockBill: ['code'],
  unlockBill: ['code'],
  unlockBatch: ['code', 'bills'],
  debit: ['code'],
};

/** What a debit was booked for is told by the payment. */
const neededOf = (theirs: Theirs, name: OperationName): readonly string[] =>
  name === 'paymentBySerial' && theirs.has('debit') ? [...NEEDED[name], 'principal'] : NEEDED[name];

/** A bill that a lock can be tried on; one that does not exist where the customer has none, or it cannot be read. */
interface SampleBill {
  readonly bill: string;
  readonly principal: string;
  readonly lateFee: string;
}
async function openBillOf(theirs: Theirs, { unit, customer }: CheckSubject): Promise<SampleBill> {
  const { formats, clock } = theirs;
  try {
    const [row] = await theirs.ask('openBills', { unit, customer, day: formats.day(chinaDay(clock.now())) });
    if (row !== undefined)
      return {
        bill: textCell(row, 'bill'),
        principal: formats.amount(formats.readAmount(row, 'receivable')),
        lateFee: formats.amount(formats.readAmount(row, 'late_fee')),
      };
  } catch {
    // The report of openBills says what is wrong with it.
  }
  return { bill: '0', principal: formats.amount(fenOf(1n)), lateFee: formats.amount(fenOf(0n)) };
}

class RolledBack extends Error {}

/** One report for each operation, in the order of the settings. Nothing stays in their database. */
export async function checkOperations(
  theirs: Theirs,
  subject: CheckSubject,
): Promise<readonly OperationReport[]> {
  const reports: OperationReport[] = [];
  const bill = await openBillOf(theirs, subject);
  for (const name of operationNames) reports.push(await checkOne(theirs, name, { ...subject, ...bill }));
  return reports;
}

async function checkOne(
  theirs: Theirs,
  name: OperationName,
  subject: CheckSubject & SampleBill,
): Promise<OperationReport> {
  if (!theirs.has(name)) return { operation: name, verdict: 'not-configured', detail: 'no statement' };
  const changes = changeNames.some((one) => one === name);
  if (changes && theirs.settings.commit === 'procedure')
    return {
      operation: name,
      verdict: 'not-run',
      detail: 'it commits by itself and could not be taken back',
    };
  let rows: readonly Row[] = [];
  try {
    await theirs.database.transaction(async (tx) => {
      const run = () => theirs.runIn(tx, theirs.operation(name), sampleBinds(theirs, name, subject));
      rows = await run();
      if (name === 'lockBill') checkAgain(theirs, rows, await run());
      throw new RolledBack();
    });
  } catch (error) {
    if (!(error instanceof RolledBack))
      return { operation: name, verdict: 'fault', detail: messageOf(error) };
  }
  return { operation: name, ...judge(theirs, name, rows) };
}

/** After a crash a lock is asked for once more. @throws {DatabaseError} where the batch that has it would be refused it */
function checkAgain(theirs: Theirs, first: readonly Row[], second: readonly Row[]): void {
  if (theirs.answerOf('lockBill', first).meaning !== 'done') return;
  const { meaning } = theirs.answerOf('lockBill', second);
  if (meaning !== 'done' && meaning !== 'already')
    throw new DatabaseError(
      'fault',
      `the batch that holds the bill locks it again and is answered ${meaning}; it must be already`,
    );
}

function judge(
  theirs: Theirs,
  name: OperationName,
  rows: readonly Row[],
): Omit<OperationReport, 'operation'> {
  const [first] = rows;
  if (first === undefined) {
    const change = neededOf(theirs, name)[0] === 'code';
    return change
      ? { verdict: 'fault', detail: 'it gave no row; a change answers one row with its result code' }
      : { verdict: 'ok', detail: 'runs; no row for this customer, so its columns are not proved' };
  }
  const row = renamed(first, theirs.operation(name).columns);
  const missing = neededOf(theirs, name).filter((column) => row[column] === undefined);
  if (missing.length > 0) return { verdict: 'fault', detail: `columns missing: ${missing.join(', ')}` };
  try {
    return { verdict: 'ok', detail: readingOf(theirs, name, rows, row) };
  } catch (error) {
    return { verdict: 'fault', detail: messageOf(error) };
  }
}

/** Reads what was given as the gateway would. @throws {DatabaseError} for what cannot be read */
function readingOf(theirs: Theirs, name: OperationName, rows: readonly Row[], row: Row): string {
  const { formats, settings } = theirs;
  switch (name) {
    case 'pay':
    case 'refund':
    case 'supplement':
    case 'lockBill':
    case 'unlockBill':
    case 'unlockBatch':
    case 'debit':
      return `result code ${textCell(row, 'code')} = ${theirs.answerOf(name, rows).meaning}; rolled back`;
    case 'findCustomers':
      return `state ${formats.readMapped(row, 'state', settings.states)}, balance ${formats.readAmount(row, 'prepaid')} fen`;
    case 'openBills':
      return `${rows.length} bills, the first of ${formats.readMonth(row, 'month')}: ${formats.readAmount(row, 'receivable')} + ${formats.readAmount(row, 'late_fee')} fen`;
    case 'issuedBills':
    case 'billsOfDay':
      return `${rows.length} bills, the first of ${formats.readMonth(row, 'month')}, issued ${formats.readDay(row, 'issued_on')}`;
    case 'paymentBySerial':
      return `refunded: ${formats.readFlag(row, 'refunded')}`;
    case 'payments':
    case 'bookingsOfDay':
    case 'paymentsOfDay':
      return `${rows.length} rows, the first ${formats.readAmount(row, 'amount')} fen`;
    default:
      return name satisfies never;
  }
}

/** Every bind that an operation may name, as the gateway would give it: one fen of a serial that nobody has. */
function sampleBinds(
  { formats, clock }: Theirs,
  name: OperationName,
  { unit, customer, bill, principal, lateFee }: CheckSubject & SampleBill,
): Binds {
  const now = clock.now();
  const day = formats.day(chinaDay(now));
  return {
    unit,
    customer,
    key: 'customer',
    value: customer,
    serial: '00000000000000000000',
    platformSerial: '0000000000003001000000000000',
    paymentNumber: '000000000000000000000000',
    refundNumber: '000000000000000000000000',
    amount: name === 'lockBill' ? principal : formats.amount(fenOf(1n)),
    lateFee,
    bills: '',
    bill,
    batch: 'check',
    day,
    lateFeeDay: day,
    from: name === 'payments' ? formats.day('20000101' as Day) : formats.month('200001' as Month),
    to: name === 'payments' ? formats.day('20991231' as Day) : formats.month('209912' as Month),
    receivedAt: chinaStamp(now),
    bookedAt: chinaStamp(now),
    amountRule: 'atLeastDue',
    billsChosen: 'oldestFirst',
    lockPolicy: 'allow',
    payMode: '',
    fundNumber: '',
    remark: 'sluice existing check',
    kind: 'refund',
    mayOverdraw: formats.flag(false),
    orderedBy: 'sluice existing check',
  };
}
