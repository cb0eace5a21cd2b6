/** Deduction results (REDK): checked whole, then booked in transactions of bounded size that can be gone on with. */
import { chinaDay } from '../../clock.js';
import { type Session, sql } from '../../database/database.js';
import { oneOfCell, textCell } from '../../database/index.js';
import { exchangeFiles, type FileLine, readExchangeFile } from '../../protocol/index.js';
import type { Debit, DebitOutcome, DeductionBooks, Results } from '../../revenue/index.js';
import { bytesOf } from '../arrival/inspect.js';
import type { AcceptedFile, ProcessingOutcome, Processor } from '../arrival/processor.js';
import { type ExchangeSettings, exchangeOfUnit } from '../settings.js';
import { type Batch, lockBatch, moveBatch } from './batch.js';
import { checkAnswer, requestedItems } from './check-answer.js';
import { followFile } from './follow.js';
import { type Decision, decideItems, type Item, outcomes, outcomesOf } from './items.js';
import { judge, type LineVerdict, type ResultLine } from './judge.js';
import { countRefused, noteRefused, type RefusedLine } from './refused.js';

const insertAnswer = sql(`
  insert into deduct_answers (unit, file_sha256, file_name, batch_id, state, received_at, changed_at)
  values (:unit, :sha256, :name, :batch, 'applying', :receivedAt, :at)`);
const selectAnswers = sql(
  'select file_sha256, state from deduct_answers where unit = :unit and batch_id = :batch',
);
const finishAnswer = sql(`
  update deduct_answers set state = 'done', changed_at = :at where unit = :unit and file_sha256 = :sha256`);

const SOON_MS = 60_000;

/** @param open the books, opened with the first result */
export const deductionResults = (
  open: () => Promise<DeductionBooks>,
  settings: ExchangeSettings,
  progress?: (lines: number, of: number) => void,
): Processor => ({
  type: 'REDK',
  process: async (file, signal) =>
    processAnswer(await open(), file, {
      inPart: exchangeOfUnit(settings, file.unit.id).deduction.partialFiles,
      signal,
      progress: (lines) => progress?.(lines, file.sums.lines),
    }),
});

export interface AnswerOptions {
  /** Bad lines are passed over and noted, instead of refusing the file as a whole. */
  readonly inPart?: boolean;
  readonly signal?: AbortSignal;
  /** Told how many lines are booked so far. */
  readonly progress?: (lines: number) => void;
}

/** A file that was processed before changes nothing; one that was broken off is gone on with. */
export async function processAnswer(
  books: DeductionBooks,
  file: AcceptedFile,
  { inPart = false, signal, progress }: AnswerOptions = {},
): Promise<ProcessingOutcome> {
  const check = await checkAnswer(books.database, file, inPart);
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
    let booked = 0;
    await readExchangeFile(exchangeFiles.REDK, bytesOf(file.path), file.settings, async (lines) => {
      for (let at = 0; at < lines.length; at += books.atOnce) {
        signal?.throwIfAborted();
        const chunk = lines.slice(at, at + books.atOnce);
        await applyLines(books, file, batch, chunk, check.refusalOf);
        booked += chunk.length;
        progress?.(booked);
      }
    });
    await endAnswer(books, file, batch);
  }
  return { kind: 'processed', detail: await summaryOf(books.database, batch, file) };
}

const later = ({ clock }: DeductionBooks, { id, state }: Batch): ProcessingOutcome => ({
  kind: 'later',
  detail: `批次 ${id} (${state}) 正在变动 (is being changed)`,
  again: clock.now() + SOON_MS,
});

/**
 * Notes that the file is being booked; of several files for one batch, one at a time.
 * @returns `later` when the batch has changed since the file was checked, or another file is at it
 */
function beginAnswer(
  books: DeductionBooks,
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
async function applyLines(
  books: DeductionBooks,
  file: AcceptedFile,
  batch: Batch,
  lines: readonly FileLine<ResultLine>[],
  refusalOf: (line: FileLine<ResultLine>) => string | undefined,
): Promise<void> {
  const good: FileLine<ResultLine>[] = [];
  const refused: RefusedLine[] = [];
  for (const line of lines) {
    const reason = refusalOf(line);
    if (reason === undefined) good.push(line);
    else refused.push({ line: line.line, detail: line.value.detail, reason });
  }
  const { unit, settings, storedAt, sha256 } = file;
  const { id } = batch;
  const read = async (tx: Session): Promise<Judged> => {
    const [successes, failures]: [Verdict<'success'>[], Verdict<'failure'>[]] = [[], []];
    const now = await lockBatch(tx, unit, id);
    if (now === undefined) throw new Error('a deduction batch has gone');
    const items = await requestedItems(tx, now, good);
    for (const { value } of good) {
      const verdict = judge(value, items.get(value.detail), unit.id, settings, chinaDay(storedAt));
      if (verdict.kind === 'refused') throw new Error('a line that was checked is refused');
      const { outcome } = verdict.item;
      if (outcome !== 'waiting' && outcome !== 'released') continue;
      if (verdict.kind === 'success') successes.push(verdict);
      else failures.push(verdict);
    }
    const debits = successes.map(
      ({ item: { customer, bill, amount }, serial, day }): Debit => ({
        ...{ batch: id, serial, customer, bill, amount, day, receivedAt: storedAt },
      }),
    );
    return { successes, failures, debits, failed: failures.map(({ item }) => item.bill) };
  };
  await books.settle(unit, id, read, async (tx, { successes, failures }, outcomes) => {
    const decisions = [
      ...successes.map(({ item }, n) => decisionOf(item, outcomes[n])),
      ...failures.map(
        ({ item, reason }): Decision => ({ item, outcome: 'failed', reason, paymentNumber: '' }),
      ),
    ];
    await decideItems(tx, decisions, sha256);
    await noteRefused(tx, file, id, refused);
  });
}
type Verdict<K> = Extract<LineVerdict, { kind: K }>;
interface Judged extends Results {
  readonly successes: readonly Verdict<'success'>[];
  readonly failures: readonly Verdict<'failure'>[];
}

/** What we booked ourselves before a crash is not among the conflicts. */
function decisionOf(item: Item, booked: DebitOutcome | undefined): Decision {
  if (booked === undefined) throw new Error('a debit without an outcome');
  const { kind, paymentNumber } = booked;
  if (kind !== 'already-booked') return { item, outcome: kind, reason: '', paymentNumber };
  const reason = '平台流水已被另一笔使用 (serial of another booking)';
  return { item, outcome: 'conflict', reason, paymentNumber };
}

async function endAnswer(books: DeductionBooks, file: AcceptedFile, { id }: Batch): Promise<void> {
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

async function summaryOf(session: Session, batch: Batch, file: AcceptedFile): Promise<string> {
  const sums = await outcomesOf(session, batch);
  const parts = outcomes.flatMap((outcome) => {
    const sum = sums[outcome];
    return sum === undefined ? [] : [`${outcome} ${sum.count} (${sum.sum} fen)`];
  });
  const refused = await countRefused(session, file);
  if (refused > 0) parts.push(`refused ${refused}`);
  return `批次 ${batch.id}: ${parts.join(', ')}`;
}
