/** The table `deduct_items`: one line of a request, its amounts as they were frozen, and what came of it. */
import { type Row, type Session, sql } from '../../database/database.js';
import {
  fenCell,
  manyUpdate,
  monthCell,
  numberCell,
  oneOfCell,
  textCell,
  updateMany,
} from '../../database/index.js';
import type { Fen, Month } from '../../protocol/values.js';
import type { DeductibleBill } from '../../revenue/index.js';
import { addFen } from '../../revenue/index.js';
import type { Batch } from './batch.js';

/** `conflict`: the platform's serial of the debit is another booking's; the bill stays locked until an operator decides. */
export const outcomes = ['waiting', 'settled', 'prepaid', 'failed', 'conflict', 'released'] as const;
export type Outcome = (typeof outcomes)[number];

export interface Item {
  /** Ours, unique for ever: 24 digits of the batch, 8 of the line. */
  readonly detail: string;
  readonly number: number;
  readonly customer: string;
  readonly bill: string;
  readonly month: Month;
  readonly volume: string;
  readonly bankAccount: string;
  readonly principal: Fen;
  readonly lateFee: Fen;
  readonly amount: Fen;
  readonly outcome: Outcome;
  readonly reason: string;
  readonly paymentNumber: string;
  readonly answer: string;
}

const COLUMNS = `det_id, item_no, customer, bill, bill_month, volume, bank_account, principal, late_fee, amount,
  outcome, reason, payment_no, answer_sha256`;
const insert = sql(`
  insert into deduct_items (det_id, batch_id, item_no, unit, customer, bill, bill_month, volume, bank_account,
    principal, late_fee, amount, outcome)
  values (:detail, :batch, :number, :unit, :customer, :bill, :month, :volume, :bankAccount,
    :principal, :lateFee, :amount, :outcome)`);
const selectLast = sql(
  'select coalesce(max(item_no), 0) as item_no from deduct_items where batch_id = :batch',
);
const selectSums = sql(`
  select count(*) as items, coalesce(sum(amount), 0) as total from deduct_items where batch_id = :batch`);
const selectPresent = sql(`
  select bill from deduct_items where batch_id = :batch and customer between :first and :last`);
const selectTries = sql(`
  select bill, count(*) as tries from deduct_items
  where unit = :unit and customer between :first and :last and outcome = 'failed' group by bill`);
const selectFailed = sql(`
  select bill from deduct_items where batch_id = :batch and customer between :first and :last
    and outcome in ('failed', 'released')`);
const selectRange = sql(`
  select ${COLUMNS} from deduct_items where batch_id = :batch and item_no between :first and :last order by item_no`);
const selectOutcomes = sql(`
  select outcome, count(*) as items, coalesce(sum(amount), 0) as total from deduct_items
  where batch_id = :batch group by outcome order by outcome`);
const selectReasons = sql(`
  select outcome, reason, count(*) as items, coalesce(sum(amount), 0) as total from deduct_items
  where batch_id = :batch and reason is not null group by outcome, reason order by outcome, reason`);
const decide = manyUpdate(
  'deduct_items',
  `outcome = {outcome:text}, reason = {reason:text}, payment_no = {paymentNo:text}, answer_sha256 = {answer:text}`,
  'det_id = {detail:text}',
);
const releaseWaiting = sql(`
  update deduct_items set outcome = 'released', reason = :reason
  where batch_id = :batch and outcome in ('waiting', 'conflict')`);

const NUMBER_DIGITS = 8;
const detailOf = (batch: string, number: number): string =>
  batch + String(number).padStart(NUMBER_DIGITS, '0');
/** The batch and the line that a detId names, if it can be one of ours. */
export function readDetail(detail: string): { readonly batch: string; readonly number: number } | undefined {
  const [, batch, number] = /^(\d{24})(\d{8})$/.exec(detail) ?? [];
  return batch === undefined ? undefined : { batch, number: Number(number) };
}

export async function insertItems(
  tx: Session,
  batch: Batch,
  bills: readonly DeductibleBill[],
): Promise<void> {
  const [row] = await tx.all(selectLast, { batch: batch.id });
  let number = row === undefined ? 0 : numberCell(row, 'item_no');
  const rows = bills.map((bill) => {
    number += 1;
    return {
      detail: detailOf(batch.id, number),
      batch: batch.id,
      number,
      unit: batch.unit,
      customer: bill.customer,
      bill: bill.bill,
      month: bill.month,
      volume: bill.volume || null,
      bankAccount: bill.bankAccount || null,
      principal: bill.principal,
      lateFee: bill.lateFee,
      amount: addFen(bill.principal, bill.lateFee),
      // Bound, because only an insert of binds alone is sent as many rows at once.
      outcome: 'waiting',
    };
  });
  if (rows.length > 0) await tx.runMany(insert, rows);
}
/** Bills of these customers (from first to last, in the database's order) that the batch has already. */
export async function presentBills(tx: Session, batch: Batch, first: string, last: string) {
  const rows = await tx.all(selectPresent, { batch: batch.id, first, last });
  return new Set(rows.map((row) => textCell(row, 'bill')));
}
/** Bills of these customers whose debit failed in this batch, or that it let go. */
export async function failedIn(tx: Session, batch: string, first: string, last: string) {
  const rows = await tx.all(selectFailed, { batch, first, last });
  return new Set(rows.map((row) => textCell(row, 'bill')));
}
/** How often bills of these customers were requested and failed. */
export async function failedTries(
  tx: Session,
  unit: string,
  first: string,
  last: string,
): Promise<ReadonlyMap<string, number>> {
  const rows = await tx.all(selectTries, { unit, first, last });
  return new Map(rows.map((row) => [textCell(row, 'bill'), numberCell(row, 'tries')]));
}
export async function sumsOf(
  tx: Session,
  batch: Batch,
): Promise<{ readonly count: number; readonly sum: Fen }> {
  const [row] = await tx.all(selectSums, { batch: batch.id });
  if (row === undefined) throw new Error('an aggregate without a row');
  return { count: numberCell(row, 'items'), sum: fenCell(row, 'total') };
}
export const itemsBetween = async (session: Session, batch: Batch, first: number, last: number) =>
  (await session.all(selectRange, { batch: batch.id, first, last })).map(readItem);

export interface OutcomeSum {
  readonly count: number;
  readonly sum: Fen;
}
/** Counts and sums by outcome; those that do not occur are left out. */
export async function outcomesOf(
  session: Session,
  batch: Batch,
): Promise<Readonly<Partial<Record<Outcome, OutcomeSum>>>> {
  const rows = await session.all(selectOutcomes, { batch: batch.id });
  return Object.fromEntries(
    rows.map((row) => [
      oneOfCell(row, 'outcome', outcomes),
      { count: numberCell(row, 'items'), sum: fenCell(row, 'total') },
    ]),
  );
}
/** The same by reason, where there is one. */
export const reasonsOf = async (session: Session, batch: Batch) =>
  (await session.all(selectReasons, { batch: batch.id })).map((row) => ({
    reason: textCell(row, 'reason'),
    outcome: oneOfCell(row, 'outcome', outcomes),
    count: numberCell(row, 'items'),
    sum: fenCell(row, 'total'),
  }));
/** What an answer says of a line. */
export interface Decision {
  readonly item: Item;
  readonly outcome: Outcome;
  readonly reason: string;
  readonly paymentNumber: string;
}
export const decideItems = (tx: Session, decisions: readonly Decision[], answer: string) =>
  updateMany(
    tx,
    decide,
    decisions.map(({ item, outcome, reason, paymentNumber }) => ({
      detail: item.detail,
      outcome,
      reason: reason.slice(0, 200) || null,
      paymentNo: paymentNumber || null,
      answer,
    })),
  );
export const releaseItems = (tx: Session, batch: Batch, reason: string) =>
  tx.run(releaseWaiting, { batch: batch.id, reason: reason.slice(0, 200) || null });

const readItem = (row: Row): Item => ({
  detail: textCell(row, 'det_id'),
  number: numberCell(row, 'item_no'),
  customer: textCell(row, 'customer'),
  bill: textCell(row, 'bill'),
  month: monthCell(row, 'bill_month'),
  volume: textCell(row, 'volume'),
  bankAccount: textCell(row, 'bank_account'),
  principal: fenCell(row, 'principal'),
  lateFee: fenCell(row, 'late_fee'),
  amount: fenCell(row, 'amount'),
  outcome: oneOfCell(row, 'outcome', outcomes),
  reason: textCell(row, 'reason'),
  paymentNumber: textCell(row, 'payment_no'),
  answer: textCell(row, 'answer_sha256'),
});
