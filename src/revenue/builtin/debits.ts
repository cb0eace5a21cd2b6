/** Booking many debits at once (spec money.md "Result"): what one after the other would do, in a dozen statements for some hundred debits. */
import { type Row, type Session, sql } from '../../database/database.js';
import { fenCell, flagCell, manyUpdate, oneOfCell, textCell, updateMany } from '../../database/index.js';
import { fenOf } from '../../protocol/values.js';
import { owedOf, settleAsFar } from '../allocation.js';
import type { Debit, DebitOutcome } from '../deduction-books.js';
import { addFen } from '../money.js';
import type { Unit } from '../unit.js';
import { type Account, accountStates } from './accounts.js';
import { type DueBill, dueOn, OPEN_BILL_COLUMNS, readOpenBill } from './bills.js';
import { type Books, contentHash, newNumber } from './books.js';
import { appendEntries, type Entry, insertAllocations, linesOf } from './ledger.js';
import { insertNewPayments, type NewPayment } from './payments.js';
import { claimSerials } from './serials.js';

/** Binds of one list; shorter lists repeat their last value. */
const LIST = 100;
const list = (column: string) =>
  `${column} in (${Array.from({ length: LIST }, (_, n) => `:v${n}`).join(', ')})`;
const lockAccounts = sql(
  (words) => `
  select customer, state, late_fee_exempt, prepaid from accounts
  where unit = :unit and ${list('customer')} order by customer ${words.forUpdate}`,
);
const lockBillsOf = sql(
  (words) => `
  select ${OPEN_BILL_COLUMNS}, b.customer from bills b
  where b.unit = :unit and ${list('b.bill')} and b.state = 'open' order by b.bill ${words.forUpdate}`,
);
const settle = manyUpdate(
  'bills',
  `state = 'settled', received = principal, received_late_fee = {lateFee:whole}, settled_by = {entryNo:text},
    settled_on = {day:text}, locked_by = null, late_fee_frozen = null`,
  "unit = {unit:text} and bill = {bill:text} and state = 'open'",
);
const unlock = manyUpdate(
  'bills',
  'locked_by = null, late_fee_frozen = null',
  'unit = {unit:text} and bill = {bill:text} and locked_by = {batch:text}',
);
const changePrepaid = manyUpdate(
  'accounts',
  'prepaid = {prepaid:whole}, changed_at = {at:whole}',
  'unit = {unit:text} and customer = {customer:text}',
);

/** Lets bills of a batch go: their debits failed. */
export const unlockBills = (tx: Session, unit: Unit, batch: string, bills: readonly string[]) =>
  updateMany(
    tx,
    unlock,
    bills.map((bill) => ({ unit: unit.id, bill, batch })),
  );

/**
 * Books debits of different bills in the caller's transaction.
 * @returns the outcomes in the order of the debits
 * @throws {DatabaseError} `duplicate` when one of the serials is known already: `bookDebit` one by one says what becomes of each
 */
export async function bookDebits(
  books: Books,
  tx: Session,
  unit: Unit,
  debits: readonly Debit[],
): Promise<readonly DebitOutcome[]> {
  if (debits.length === 0) return [];
  const customers = debits.map(({ customer }) => customer).toSorted();
  // Serials before accounts before bills, as every payment does; accounts in one order, so that no two wait for each other.
  const numbered = new Map(debits.map((debit) => [debit, newNumber(books)]));
  const bookedAt = books.clock.now();
  await claimSerials(
    tx,
    unit,
    debits.map((debit) => ({
      serial: debit.serial,
      paymentNumber: numbered.get(debit) ?? '',
      contentHash: hashOf(debit),
    })),
    bookedAt,
  );
  const accounts = new Map(
    (await selectListed(tx, lockAccounts, unit, customers, (customer) => customer)).map((row) => {
      const account = readAccount(row);
      return [account.customer, account];
    }),
  );
  const missing = debits.find(({ customer }) => !accounts.has(customer));
  if (missing !== undefined) throw new Error('a debit names a customer that is not here');
  const rows = await selectListed(tx, lockBillsOf, unit, debits, ({ bill }) => bill);
  const open = new Map(rows.map((row) => [textCell(row, 'bill'), row]));
  const booked = debits.map((debit) => bookingOf(unit, debit, accounts, open, numbered, bookedAt));
  await insertNewPayments(
    tx,
    unit,
    booked.map(({ payment }) => payment),
  );
  await updateMany(
    tx,
    settle,
    booked.flatMap(({ debit, paid, payment }) =>
      paid.map(({ bill, lateFee }) => ({
        unit: unit.id,
        bill,
        lateFee,
        entryNo: payment.paymentNumber,
        day: debit.day,
      })),
    ),
  );
  await unlockEach(
    tx,
    unit,
    booked.filter(({ paid }) => paid.length === 0).map(({ debit }) => debit),
  );
  await insertAllocations(
    tx,
    unit,
    booked.flatMap(({ paid, payment }) =>
      paid.map((bill) => ({ ...bill, entryNumber: payment.paymentNumber })),
    ),
  );
  const changed = new Set(
    booked.filter(({ payment }) => payment.prepaidChange !== 0n).map(({ debit }) => debit.customer),
  );
  await updateMany(
    tx,
    changePrepaid,
    [...changed].map((customer) => ({
      unit: unit.id,
      customer,
      prepaid: accounts.get(customer)?.prepaid ?? 0n,
      at: bookedAt,
    })),
  );
  await appendEntries(
    tx,
    unit,
    booked.map(({ entry }) => entry),
  );
  return booked.map(({ outcome }) => outcome);
}

interface Booked {
  readonly debit: Debit;
  /** The bill that it paid, or none. */
  readonly paid: readonly DueBill[];
  readonly payment: NewPayment;
  readonly entry: Entry;
  readonly outcome: DebitOutcome;
}

/** Also moves the account on in `accounts`: the next debit of the same customer begins with its balance. */
function bookingOf(
  unit: Unit,
  debit: Debit,
  accounts: Map<string, Account>,
  open: ReadonlyMap<string, Row>,
  numbered: ReadonlyMap<Debit, string>,
  bookedAt: number,
): Booked {
  const { customer, amount, day, serial, batch } = debit;
  const account = accounts.get(customer);
  const paymentNumber = numbered.get(debit);
  if (account === undefined || paymentNumber === undefined) throw new Error('a debit without its account');
  const row = open.get(debit.bill);
  const due = row && dueOn(unit, readOpenBill(row, account.lateFeeExempt), day);
  // The debit pays its own bill with its own money; the balance is left alone.
  const isOwn = row !== undefined && textCell(row, 'customer') === customer;
  const own = due !== undefined && isOwn && owedOf(due) <= amount ? [due] : [];
  const allocation = settleAsFar(own, amount, fenOf(0n));
  const { principal, lateFee, prepaidChange } = allocation;
  const balanceAfter = addFen(account.prepaid, prepaidChange);
  accounts.set(customer, { ...account, prepaid: balanceAfter });
  return {
    debit,
    paid: allocation.settled,
    payment: {
      ...{ paymentNumber, serial, customer, channel: 'deduction', bookingDay: day, bookedAt, amount },
      ...{ receivedAt: debit.receivedAt, principal, lateFee, prepaidChange, balanceAfter },
      ...{ fundNumber: '', payMode: '', remark: '', orderedBy: batch, replaces: '' },
    },
    entry: {
      ...{ entryNumber: paymentNumber, kind: 'deduction', customer, bookingDay: day, bookedAt },
      ...{ amends: '', note: '', lines: linesOf(amount, allocation) },
    },
    outcome: { kind: own.length > 0 ? 'settled' : 'prepaid', paymentNumber },
  };
}

const hashOf = ({ customer, amount, day, bill }: Debit): string =>
  contentHash(customer, amount, day, [{ customer, bill, month: undefined }]);

const unlockEach = (tx: Session, unit: Unit, debits: readonly Debit[]) =>
  updateMany(
    tx,
    unlock,
    debits.map(({ bill, batch }) => ({ unit: unit.id, bill, batch })),
  );

/** The rows of a statement with {@link list}, for any number of values. */
async function selectListed<T>(
  tx: Session,
  statement: typeof lockAccounts,
  unit: Unit,
  all: readonly T[],
  textFor: (one: T) => string,
): Promise<readonly Row[]> {
  const values = [...new Set(all.map(textFor))];
  const rows: Row[] = [];
  for (let at = 0; at < values.length; at += LIST) {
    const part = values.slice(at, at + LIST);
    const binds = Object.fromEntries(
      Array.from({ length: LIST }, (_, n) => [`v${n}`, part[n] ?? part.at(-1) ?? '']),
    );
    rows.push(...(await tx.all(statement, { ...binds, unit: unit.id })));
  }
  return rows;
}

const readAccount = (row: Row): Account => ({
  customer: textCell(row, 'customer'),
  state: oneOfCell(row, 'state', accountStates),
  lateFeeExempt: flagCell(row, 'late_fee_exempt'),
  prepaid: fenCell(row, 'prepaid'),
});
