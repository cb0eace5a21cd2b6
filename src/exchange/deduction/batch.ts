/** The table `deduct_batches`: one run of a unit on a day. */
import { chinaStamp, type Moment } from '../../clock.js';
import { type Row, type Session, sql } from '../../database/database.js';
import { dayCell, fenCell, numberCell, oneOfCell, optional, textCell } from '../../database/index.js';
import type { Day, Fen } from '../../protocol/values.js';
import type { Books } from '../../revenue/index.js';
import type { Unit } from '../../revenue/unit.js';

/**
 * `selecting` bills are being locked; `empty` there was nothing; `locked` all bills are; `written` the file is whole, its digest noted;
 * `published` the platform can see it; `noticed` it was told; `answered` every line has its result; `released` by an operator.
 */
export const batchStates = [
  'selecting',
  'empty',
  'locked',
  'written',
  'published',
  'noticed',
  'answered',
  'released',
] as const;
export type BatchState = (typeof batchStates)[number];

/** What an operator reads. */
export const batchStateTitles: Readonly<Record<BatchState, string>> = {
  selecting: '选单中',
  empty: '无可扣',
  locked: '已锁定',
  written: '已成文',
  published: '已发布',
  noticed: '已通知',
  answered: '已回盘',
  released: '已释放',
};

export interface Batch {
  readonly id: string;
  readonly unit: string;
  readonly day: Day;
  readonly state: BatchState;
  readonly count: number;
  readonly sum: Fen;
  readonly fileName: string;
  readonly sha256: string;
  readonly bytes: number | undefined;
  readonly note: string;
  /** Its file among our exchange files; `''` until all bills are locked. */
  readonly outgoingId: string;
  /** For the summary of the file; may be empty. */
  readonly bankCode: string;
  /** A bill whose debit failed so often is left out. */
  readonly triesMax: number;
  /** The run whose failed bills this one takes again; `''`: every eligible bill. */
  readonly retryOf: string;
  readonly orderedBy: string;
  readonly createdAt: Moment;
  readonly changedAt: Moment;
}

const COLUMNS = `batch_id, unit, run_day, state, item_count, item_sum, file_name, file_sha256, file_bytes, note,
  outgoing_id, bank_code, tries_max, retry_of, ordered_by, created_at, changed_at`;
const insert = sql(`
  insert into deduct_batches (batch_id, unit, run_day, state, item_count, item_sum, bank_code, tries_max, retry_of,
    ordered_by, created_at, changed_at)
  values (:batch, :unit, :day, 'selecting', 0, 0, :bankCode, :triesMax, :retryOf, :orderedBy, :at, :at)`);
const selectOfDay = sql(`select ${COLUMNS} from deduct_batches where unit = :unit and run_day = :day`);
const selectById = sql(`select ${COLUMNS} from deduct_batches where unit = :unit and batch_id = :batch`);
const selectLocked = sql(
  (words) => `
  select ${COLUMNS} from deduct_batches where unit = :unit and batch_id = :batch ${words.forUpdate}`,
);
const selectNewest = sql(
  (words) => `
  select ${COLUMNS} from deduct_batches where unit = :unit order by run_day desc ${words.limit(1000)}`,
);
// `written` can mean a batch of an older version, too.
const selectOpen = sql(`
  select ${COLUMNS} from deduct_batches where state in ('selecting', 'locked', 'written', 'published')
  order by created_at`);
const selectSent = sql(`
  select ${COLUMNS} from deduct_batches where state in ('published', 'noticed') order by created_at`);
const touch = sql('update deduct_batches set changed_at = :at where batch_id = :batch and unit = :unit');
const setOutgoing = sql(`
  update deduct_batches set outgoing_id = :id, file_name = :name where batch_id = :batch and unit = :unit`);
const move = sql(`
  update deduct_batches set state = :state, changed_at = :at where batch_id = :batch and unit = :unit`);
const setSums = sql(`
  update deduct_batches set item_count = :items, item_sum = :total where batch_id = :batch and unit = :unit`);
const setFile = sql(`
  update deduct_batches set file_name = :name, file_sha256 = :sha256, file_bytes = :bytes
  where batch_id = :batch and unit = :unit`);
const setNote = sql('update deduct_batches set note = :note where batch_id = :batch and unit = :unit');

export interface BatchOrder {
  readonly bankCode: string;
  readonly triesMax: number;
  readonly retryOf: string;
  readonly orderedBy: string;
}
export const defaultTriesMax = 6;

/** Begins the run of a day, in the caller's transaction. @returns its number @throws {DatabaseError} `duplicate` when there is one */
export async function insertBatch(
  tx: Session,
  books: Pick<Books, 'clock' | 'ids'>,
  unit: Unit,
  day: Day,
  order: BatchOrder,
): Promise<string> {
  const at = books.clock.now();
  const batch = chinaStamp(at) + books.ids.digits(10);
  const { bankCode, triesMax, retryOf, orderedBy } = order;
  const texts = { bankCode: bankCode || null, retryOf: retryOf || null, orderedBy: orderedBy || null };
  await tx.run(insert, { batch, unit: unit.id, day, at, triesMax, ...texts });
  return batch;
}
export async function batchOfDay(session: Session, unit: Unit, day: Day): Promise<Batch | undefined> {
  const [row] = await session.all(selectOfDay, { unit: unit.id, day });
  return row && readBatch(row);
}
export async function batchById(session: Session, unit: Unit, batch: string): Promise<Batch | undefined> {
  const [row] = await session.all(selectById, { unit: unit.id, batch });
  return row && readBatch(row);
}
/** The same, held until the transaction ends: whoever changes a batch or its items holds it. */
export async function lockBatch(tx: Session, unit: Unit, batch: string): Promise<Batch | undefined> {
  const [row] = await tx.all(selectLocked, { unit: unit.id, batch });
  return row && readBatch(row);
}
/** Newest first, at most 1000. */
export const newestBatches = async (session: Session, unit: Unit): Promise<readonly Batch[]> =>
  (await session.all(selectNewest, { unit: unit.id })).map(readBatch);

/** Runs that have something left to do on our side, oldest first. */
export const openBatches = async (session: Session): Promise<readonly Batch[]> =>
  (await session.all(selectOpen)).map(readBatch);
/** Runs whose answer is awaited, oldest first. */
export const sentBatches = async (session: Session): Promise<readonly Batch[]> =>
  (await session.all(selectSent)).map(readBatch);

/** Shows that somebody is at work on it. */
export const touchBatch = (tx: Session, { unit, id }: Batch, at: Moment) =>
  tx.run(touch, { unit, batch: id, at });
export const noteOutgoing = (tx: Session, { unit, id }: Batch, file: { id: string; name: string }) =>
  tx.run(setOutgoing, { unit, batch: id, id: file.id, name: file.name });
export const moveBatch = (tx: Session, { unit, id }: Batch, state: BatchState, at: Moment) =>
  tx.run(move, { unit, batch: id, state, at });
export const noteSums = (tx: Session, { unit, id }: Batch, items: number, total: Fen) =>
  tx.run(setSums, { unit, batch: id, items, total });
export const noteFile = (tx: Session, { unit, id }: Batch, name: string, sha256: string, bytes: number) =>
  tx.run(setFile, { unit, batch: id, name, sha256, bytes });
export const noteReason = (tx: Session, { unit, id }: Batch, note: string) =>
  tx.run(setNote, { unit, batch: id, note: note.slice(0, 200) || null });

const readBatch = (row: Row): Batch => ({
  id: textCell(row, 'batch_id'),
  unit: textCell(row, 'unit'),
  day: dayCell(row, 'run_day'),
  state: oneOfCell(row, 'state', batchStates),
  count: numberCell(row, 'item_count'),
  sum: fenCell(row, 'item_sum'),
  fileName: textCell(row, 'file_name'),
  sha256: textCell(row, 'file_sha256'),
  bytes: optional(row, 'file_bytes', numberCell),
  note: textCell(row, 'note'),
  outgoingId: textCell(row, 'outgoing_id'),
  bankCode: textCell(row, 'bank_code'),
  triesMax: optional(row, 'tries_max', numberCell) ?? defaultTriesMax,
  retryOf: textCell(row, 'retry_of'),
  orderedBy: textCell(row, 'ordered_by'),
  createdAt: numberCell(row, 'created_at'),
  changedAt: numberCell(row, 'changed_at'),
});
