/**
 * The money side of batch deduction (批量代扣, spec money.md): which bills may be debited, locking them with their late fee frozen, and booking what
 * the platform debited. Files, schedules and batches belong to the exchange room.
 */

import { DatabaseError, type Session, sql } from '../../database/database.js';
import {
  fenCell,
  flagCell,
  manyUpdate,
  monthCell,
  numberCell,
  textCell,
  updateMany,
} from '../../database/index.js';
import { type Day, fenOf } from '../../protocol/values.js';
import { owedOf, settleAsFar } from '../allocation.js';
import type { Debit, DebitOutcome, DeductibleBill } from '../deduction-books.js';
import type { Unit } from '../unit.js';
import { lockAccount } from './accounts.js';
import { dueOn, lockOpenBills, OPEN_BILL_COLUMNS, readOpenBill } from './bills.js';
import { book } from './book.js';
import { type Books, contentHash, newNumber } from './books.js';
import { changeSerialTo, claimSerial, findSerialLocked, mayBeSupplemented } from './serials.js';

const select = (where: string) => `
  select ${OPEN_BILL_COLUMNS}, b.customer, a.late_fee_exempt as customer_exempt, g.agreement_no, g.bank_code, g.bank_account
  from bills b
  join accounts a on a.unit = b.unit and a.customer = b.customer
  join agreements g on g.unit = b.unit and g.customer = b.customer and g.state = 'valid'
  where b.unit = :unit and b.state = 'open' and ${where}
  order by b.customer, b.bill_month, b.bill`;
const selectEligible = sql(select("b.locked_by is null and a.state <> 'closed'"));
const countOfEligible = sql(`
  select count(*) as bills from bills b
  join accounts a on a.unit = b.unit and a.customer = b.customer
  join agreements g on g.unit = b.unit and g.customer = b.customer and g.state = 'valid'
  where b.unit = :unit and b.state = 'open' and b.locked_by is null and a.state <> 'closed'`);
const selectOfBatch = sql(select('b.locked_by = :batch'));
const lock = manyUpdate(
  'bills',
  'locked_by = {batch:text}, late_fee_frozen = {lateFee:whole}',
  "unit = {unit:text} and bill = {bill:text} and state = 'open' and locked_by is null",
);
// Between customers, because a list of any length cannot be bound on all four databases.
const selectHeld = sql(`
  select bill from bills
  where unit = :unit and customer between :first and :last and state = 'open' and locked_by = :batch`);
const unlockOne = sql(`
  update bills set locked_by = null, late_fee_frozen = null where unit = :unit and bill = :bill and locked_by = :batch`);
const unlockAll = sql(`
  update bills set locked_by = null, late_fee_frozen = null where unit = :unit and locked_by = :batch`);

/** Bills that a run may take, with their late fee as of a day, by customer and month; in bounded memory. */
export const eligibleBills = (session: Session, unit: Unit, asOf: Day): AsyncIterable<DeductibleBill> =>
  read(session, selectEligible, unit, { unit: unit.id }, asOf);

/** How many there are about now: for a progress bar. */
export async function countEligible(session: Session, unit: Unit): Promise<number> {
  const [row] = await session.all(countOfEligible, { unit: unit.id });
  return row === undefined ? 0 : numberCell(row, 'bills');
}

/** Bills that this batch holds and that nobody settled meanwhile: what belongs into its file. */
export const billsOfBatch = (
  session: Session,
  unit: Unit,
  batch: string,
  asOf: Day,
): AsyncIterable<DeductibleBill> => read(session, selectOfBatch, unit, { unit: unit.id, batch }, asOf);

async function* read(
  session: Session,
  statement: typeof selectEligible,
  unit: Unit,
  binds: Readonly<Record<string, string>>,
  asOf: Day,
): AsyncIterable<DeductibleBill> {
  for await (const row of session.stream(statement, binds)) {
    const due = dueOn(unit, readOpenBill(row, flagCell(row, 'customer_exempt')), asOf);
    yield {
      bill: due.bill,
      customer: textCell(row, 'customer'),
      agreementNumber: textCell(row, 'agreement_no'),
      bankCode: textCell(row, 'bank_code'),
      bankAccount: textCell(row, 'bank_account'),
      month: monthCell(row, 'bill_month'),
      volume: due.volume,
      principal: fenCell(row, 'principal'),
      lateFee: due.lateFee,
    };
  }
}

/**
 * Locks bills for a batch and freezes their late fee. One that was settled or locked meanwhile is passed over.
 * @param bills as {@link eligibleBills} gives them: by customer
 * @returns those of them that the batch holds now
 */
export async function lockBills(
  tx: Session,
  unit: Unit,
  batch: string,
  bills: readonly Pick<DeductibleBill, 'bill' | 'customer' | 'lateFee'>[],
): Promise<ReadonlySet<string>> {
  const [first, last] = [bills[0], bills.at(-1)];
  if (first === undefined || last === undefined) return new Set();
  await updateMany(
    tx,
    lock,
    bills.map(({ bill, lateFee }) => ({ unit: unit.id, batch, bill, lateFee })),
  );
  const binds = { unit: unit.id, batch, first: first.customer, last: last.customer };
  const held = new Set((await tx.all(selectHeld, binds)).map((row) => textCell(row, 'bill')));
  return new Set(bills.map(({ bill }) => bill).filter((bill) => held.has(bill)));
}
/** Lets one bill go: the debit failed. */
export async function unlockBill(tx: Session, unit: Unit, batch: string, bill: string): Promise<void> {
  await tx.run(unlockOne, { unit: unit.id, batch, bill });
}
/** Lets all bills of a batch go. @returns how many there were */
export const unlockBatch = (tx: Session, unit: Unit, batch: string): Promise<number> =>
  tx.run(unlockAll, { unit: unit.id, batch });

/** Books a debit in the caller's transaction (a file may be one transaction). @throws {DatabaseError} `duplicate` on a race: do it again */
export async function bookDebit(books: Books, tx: Session, unit: Unit, debit: Debit): Promise<DebitOutcome> {
  const known = await findSerialLocked(tx, unit, debit.serial);
  if (known !== undefined && !mayBeSupplemented(known)) {
    return { kind: 'already-booked', paymentNumber: known.paymentNumber };
  }
  const { customer, amount, day } = debit;
  const paymentNumber = newNumber(books);
  const bookedAt = books.clock.now();
  const hash = contentHash(customer, amount, day, [{ customer, bill: debit.bill, month: undefined }]);
  const change = { state: 'booked', paymentNumber, contentHash: hash } as const;
  if (known === undefined) await claimSerial(tx, unit, debit.serial, change, bookedAt);
  else await changeSerialTo(tx, unit, debit.serial, change, bookedAt);
  const account = await lockAccount(tx, unit, customer);
  if (account === undefined) throw new DatabaseError('fault', 'a debit names a customer that is not here');
  const open = await lockOpenBills(tx, unit, customer, account.lateFeeExempt, day);
  // The debit pays its own bill with its own money; the balance is left alone.
  const own = open.filter((bill) => bill.bill === debit.bill && owedOf(bill) <= amount);
  const booking = {
    paymentNumber,
    kind: 'deduction',
    serial: debit.serial,
    channel: 'deduction',
    amount,
    bookingDay: day,
    receivedAt: debit.receivedAt,
    bookedAt,
    orderedBy: debit.batch,
  } as const;
  await book(tx, unit, account, booking, settleAsFar(own, amount, fenOf(0n)));
  await unlockBill(tx, unit, debit.batch, debit.bill);
  return { kind: own.length > 0 ? 'settled' : 'prepaid', paymentNumber };
}
