/** For `sluice trace`: the deduction runs that asked for a bill or a customer, and what the platform answered. */
import type { Moment } from '../../clock.js';
import { type Row, type Session, sql } from '../../database/database.js';
import { dayCell, fenCell, numberCell, oneOfCell, textCell } from '../../database/index.js';
import type { Day, Fen } from '../../protocol/values.js';
import { batchStates } from '../deduction/batch.js';
import { outcomes } from '../deduction/items.js';

export interface TracedDeduction {
  readonly unit: string;
  /** detId of the line. */
  readonly detail: string;
  readonly batch: string;
  readonly batchState: (typeof batchStates)[number];
  readonly runDay: Day;
  readonly customer: string;
  readonly bill: string;
  readonly amount: Fen;
  readonly principal: Fen;
  readonly lateFee: Fen;
  readonly outcome: (typeof outcomes)[number];
  readonly reason: string;
  readonly paymentNumber: string;
  readonly fileName: string;
  /** The answer that decided it, or `''`. */
  readonly answerSha256: string;
  readonly createdAt: Moment;
  readonly changedAt: Moment;
}

const SELECT = `select i.unit, i.det_id, i.batch_id, b.state, b.run_day, i.customer, i.bill, i.amount, i.principal, i.late_fee,
  i.outcome, i.reason, i.payment_no, b.file_name, i.answer_sha256, b.created_at, b.changed_at
  from deduct_items i join deduct_batches b on b.batch_id = i.batch_id`;
const ofBill = sql(`${SELECT} where i.unit = :unit and i.bill = :bill order by b.run_day`);
const ofCustomer = sql(
  (words) => `
  ${SELECT} where i.unit = :unit and i.customer = :customer order by b.run_day desc ${words.limit(100)}`,
);
const ofDetail = sql(`${SELECT} where i.unit = :unit and i.det_id = :detail`);

export const traceDeduction = (session: Session, unit: string) => ({
  ofBill: async (bill: string) => (await session.all(ofBill, { unit, bill })).map(read),
  /** Newest first, at most 100. */
  ofCustomer: async (customer: string) => (await session.all(ofCustomer, { unit, customer })).map(read),
  ofDetail: async (detail: string) => (await session.all(ofDetail, { unit, detail })).map(read),
});

const read = (row: Row): TracedDeduction => ({
  unit: textCell(row, 'unit'),
  detail: textCell(row, 'det_id'),
  batch: textCell(row, 'batch_id'),
  batchState: oneOfCell(row, 'state', batchStates),
  runDay: dayCell(row, 'run_day'),
  customer: textCell(row, 'customer'),
  bill: textCell(row, 'bill'),
  amount: fenCell(row, 'amount'),
  principal: fenCell(row, 'principal'),
  lateFee: fenCell(row, 'late_fee'),
  outcome: oneOfCell(row, 'outcome', outcomes),
  reason: textCell(row, 'reason'),
  paymentNumber: textCell(row, 'payment_no'),
  fileName: textCell(row, 'file_name'),
  answerSha256: textCell(row, 'answer_sha256'),
  createdAt: numberCell(row, 'created_at'),
  changedAt: numberCell(row, 'changed_at'),
});
