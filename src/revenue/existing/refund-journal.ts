/** The journal of payments taken back: one row for each payment. */
import type { Moment } from '../../clock.js';
import { hasLabel, type Row, type Session, sql } from '../../database/database.js';
import { numberCell, oneOfCell, textCell } from '../../database/index.js';
import type { Serial } from '../../protocol/values.js';
import type { Unit } from '../unit.js';
import { serialOf } from './journal.js';

export interface RefundRow {
  readonly unit: string;
  readonly paymentNumber: string;
  readonly serial: Serial;
  readonly refundKey: string;
  readonly kind: 'refund' | 'reversal';
  readonly state: 'calling' | 'done';
  /** Ours while calling; theirs, where they give one, when done. */
  readonly refundNumber: string;
  readonly attempt: string;
  readonly unsureUntil: Moment;
}

const COLUMNS = 'unit, payment_no, serial, refund_key, kind, state, refund_no, attempt, unsure_until';
const insertRow = sql(`
  insert into existing_refunds (unit, payment_no, serial, refund_key, kind, state, refund_no, attempt, unsure_until,
    claimed_at, changed_at)
  values (:unit, :paymentNumber, :serial, :refundKey, :kind, :state, :refundNumber, :attempt, :unsureUntil, :at, :at)`);
const selectRow = sql(
  `select ${COLUMNS} from existing_refunds where unit = :unit and payment_no = :paymentNumber`,
);
const selectKey = sql(
  `select ${COLUMNS} from existing_refunds where unit = :unit and refund_key = :refundKey`,
);
const selectCalling = sql(
  (words) => `
  select ${COLUMNS} from existing_refunds where state = 'calling' and unsure_until < :before
  order by unsure_until ${words.limit(200)}`,
);
const finishRow = sql(`
  update existing_refunds set state = 'done', refund_no = :refundNumber, changed_at = :at
  where unit = :unit and payment_no = :paymentNumber and state = 'calling' and attempt = :attempt`);
const releaseRow = sql(`
  delete from existing_refunds
  where unit = :unit and payment_no = :paymentNumber and state = 'calling' and attempt = :attempt`);

export const refundKeyOf = (serial: Serial | undefined, paymentNumber: string): string =>
  serial ?? `payment:${paymentNumber}`;

export async function refundOfPayment(
  session: Session,
  unit: Unit,
  paymentNumber: string,
): Promise<RefundRow | undefined> {
  const [row] = await session.all(selectRow, { unit: unit.id, paymentNumber });
  return row && readRow(row);
}
export async function refundOfKey(
  session: Session,
  unit: Unit,
  refundKey: string,
): Promise<RefundRow | undefined> {
  const [row] = await session.all(selectKey, { unit: unit.id, refundKey });
  return row && readRow(row);
}
export const refundsInDoubt = async (session: Session, before: Moment): Promise<readonly RefundRow[]> =>
  (await session.all(selectCalling, { before })).map(readRow);

/** False: this payment is being taken back already, or this refund serial took back another. */
export async function insertRefund(session: Session, row: RefundRow, at: Moment): Promise<boolean> {
  try {
    await session.run(insertRow, { ...row, at });
    return true;
  } catch (error) {
    if (hasLabel(error, 'duplicate')) return false;
    throw error;
  }
}
export async function finishRefund(session: Session, row: RefundRow, number: string, at: Moment) {
  const { unit, paymentNumber, attempt } = row;
  return (await session.run(finishRow, { unit, paymentNumber, attempt, refundNumber: number, at })) === 1;
}
export async function releaseRefund(session: Session, row: RefundRow): Promise<void> {
  const { unit, paymentNumber, attempt } = row;
  await session.run(releaseRow, { unit, paymentNumber, attempt });
}

const readRow = (row: Row): RefundRow => ({
  unit: textCell(row, 'unit'),
  paymentNumber: textCell(row, 'payment_no'),
  serial: serialOf(textCell(row, 'serial')),
  refundKey: textCell(row, 'refund_key'),
  kind: oneOfCell(row, 'kind', ['refund', 'reversal']),
  state: oneOfCell(row, 'state', ['calling', 'done']),
  refundNumber: textCell(row, 'refund_no'),
  attempt: textCell(row, 'attempt'),
  unsureUntil: numberCell(row, 'unsure_until'),
});
