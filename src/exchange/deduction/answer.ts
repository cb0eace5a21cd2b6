/** Deduction results (REDK): checked whole, then booked in transactions of bounded size that can be gone on with. */
import { chinaDay } from '../../clock.js';
import { type Session, sql } from '../../database/database.js';
import { oneOfCell, textCell } from '../../database/index.js';
import { exchangeFiles, type FileLine, readExchangeFile } from '../../protocol/index.js';
import { type Books, bookDebit, unlockBill } from '../../revenue/index.js';
import { bytesOf } from '../arrival/inspect.js';
import type { AcceptedFile, ProcessingOutcome, Processor } from '../arrival/processor.js';
import { type Batch, lockBatch, moveBatch } from './batch.js';
import { checkAnswer, requestedItems } from './check-answer.js';
import { followFile } from './follow.js';
import { decideItem, outcomes, outcomesOf } from './items.js';
import { judge, type LineVerdict, type ResultLine } from './judge.js';
import { noteRefused } from './refused.js';

const insertAnswer = sql(`
  insert into deduct_answers (unit, file_sha256, file_name, batch_id, state, received_at, changed_at)
  values (:unit, :sha256, :name, :batch, 'applying', :receivedAt, :at)`);
const selectAnswers = sql(
  'select file_sha256, state from deduct_answers where unit = :unit and batch_id = :batch',
);
const finishAnswer = sql(`
  update deduct_answers set state = 'done', changed_at = :at where unit = :unit and file_sha256 = :sha256`);

/** Lines of one transaction: each books a payment, and payments over the socket wait for it on SQLite. */
const CHUNK = 100;
const SOON_MS = 60_000;

/** Books results on the built-in schema. */
export const deductionResults = (books: Books): Processor => ({
  type: 'REDK',
  process: (file, signal) => processAnswer(books, file, signal),
});

/** A file that was processed before changes nothing; one that was broken off is gone on with. */
export async function processAnswer(
  books: Books,
  file: AcceptedFile,
  signal?: AbortSignal,
): Promise<ProcessingOutcome> {
  const check = await checkAnswer(books.database, file);
  if (check.kind === 'refused') {
    const { batch, fault } = check;
    if (batch !== undefined && fault !== undefined)
      await books.database.transaction((tx) => noteRefused(tx, file, batch.id, [fault]));
    return { kind: 'refused', detail: check.detail };
  }
  const batch = await followFile(books, file.unit, check.batch);
  switch (batch.state) {
    case 'selecting':
    case 'empty':
    case 'locked':
      return { kind: 'refused', detail: `批次 ${batch.id} 从未发出 (was never published)` };
    case 'written':
      // The platform was quicker than our last commit.
      return later(books, batch);
    case 'published':
    case 'noticed':
    case 'answered':
    case 'released':
      break;
    default:
      return batch.state satisfies never;
  }
  const begun = await beginAnswer(books, file, batch);
  if (begun === 'later') return later(books, batch);
  if (begun === 'applying') {
    await readExchangeFile(exchangeFiles.REDK, bytesOf(file.path), file.settings, async (lines) => {
      for (let at = 0; at < lines.length; at += CHUNK) {
        signal?.throwIfAborted();
        await applyLines(books, file, batch, lines.slice(at, at + CHUNK));
      }
    });
    await endAnswer(books, file, batch);
  }
  return { kind: 'processed', detail: await summaryOf(books.database, batch) };
}

const later = ({ clock }: Books, { id, state }: Batch): ProcessingOutcome => ({
  kind: 'later',
  detail: `批次 ${id} (${state}) 正在变动 (is being changed)`,
  again: clock.now() + SOON_MS,
});

/**
 * Notes that the file is being booked; of several files for one batch, one at a time.
 * @returns `later` when the batch has changed since the file was checked, or another file is at it
 */
function beginAnswer(
  books: Books,
  file: AcceptedFile,
  checked: Batch,
): Promise<'applying' | 'done' | 'later'> {
  const { unit, sha256, name, storedAt } = file;
  return books.database.transaction(async (tx) => {
    const batch = await lockBatch(tx, unit, checked.id);
    const answers = (await tx.all(selectAnswers, { unit: unit.id, batch: checked.id })).map((row) => ({
      sha256: textCell(row, 'file_sha256'),
      state: oneOfCell(row, 'state', ['applying', 'done']),
    }));
    const own = answers.find((answer) => answer.sha256 === sha256);
    if (own !== undefined) return own.state;
    if (answers.some(({ state }) => state === 'applying')) return 'later';
    if (batch?.state !== checked.state || batch.changedAt !== checked.changedAt) return 'later';
    const binds = {
      unit: unit.id,
      sha256,
      name,
      batch: batch.id,
      receivedAt: storedAt,
      at: books.clock.now(),
    };
    await tx.run(insertAnswer, binds);
    return 'applying';
  });
}

/** Lines that have their result already are passed over: a repetition changes nothing. */
function applyLines(
  books: Books,
  file: AcceptedFile,
  { id }: Batch,
  lines: readonly FileLine<ResultLine>[],
): Promise<void> {
  const { unit, settings, storedAt } = file;
  return books.database.transaction(async (tx) => {
    const batch = await lockBatch(tx, unit, id);
    if (batch === undefined) throw new Error('a deduction batch has gone');
    const items = await requestedItems(tx, batch, lines);
    for (const { value } of lines) {
      const verdict = judge(value, items.get(value.detail), unit.id, settings, chinaDay(storedAt));
      if (verdict.kind === 'refused') throw new Error('a line that was checked is refused');
      const { outcome } = verdict.item;
      if (outcome === 'waiting' || outcome === 'released') await applyLine(books, tx, file, batch, verdict);
    }
  });
}

async function applyLine(
  books: Books,
  tx: Session,
  { unit, sha256, storedAt }: AcceptedFile,
  batch: Batch,
  verdict: Exclude<LineVerdict, { kind: 'refused' }>,
): Promise<void> {
  const { item } = verdict;
  if (verdict.kind === 'failure') {
    await unlockBill(tx, unit, batch.id, item.bill);
    await decideItem(tx, item, 'failed', { reason: verdict.reason, answer: sha256 });
    return;
  }
  const { customer, bill, amount } = item;
  const { serial, day } = verdict;
  const debit = { batch: batch.id, serial, customer, bill, amount, day, receivedAt: storedAt };
  const { kind, paymentNumber } = await bookDebit(books, tx, unit, debit);
  // Booking and result are one transaction, so a serial that is booked already is not ours from before a crash.
  const outcome = kind === 'already-booked' ? 'conflict' : kind;
  const reason = outcome === 'conflict' ? '平台流水已被另一笔使用 (serial of another booking)' : '';
  await decideItem(tx, item, outcome, { reason, paymentNumber, answer: sha256 });
}

async function endAnswer(books: Books, file: AcceptedFile, { id }: Batch): Promise<void> {
  await books.database.transaction(async (tx) => {
    const batch = await lockBatch(tx, file.unit, id);
    if (batch === undefined) throw new Error('a deduction batch has gone');
    const { waiting, conflict } = await outcomesOf(tx, batch);
    const sent = batch.state === 'published' || batch.state === 'noticed';
    const whole = sent && waiting === undefined && conflict === undefined;
    await moveBatch(tx, batch, whole ? 'answered' : batch.state, books.clock.now());
    await tx.run(finishAnswer, { unit: file.unit.id, sha256: file.sha256, at: books.clock.now() });
  });
}

async function summaryOf(session: Session, batch: Batch): Promise<string> {
  const sums = await outcomesOf(session, batch);
  const parts = outcomes.flatMap((outcome) => {
    const sum = sums[outcome];
    return sum === undefined ? [] : [`${outcome} ${sum.count} (${sum.sum} fen)`];
  });
  return `批次 ${batch.id}: ${parts.join(', ')}`;
}
