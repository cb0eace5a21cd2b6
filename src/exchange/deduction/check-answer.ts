/** First reading of a deduction result: it is taken whole or not at all, so every line is judged before anything is written. */
import { chinaDay } from '../../clock.js';
import type { Session } from '../../database/database.js';
import { exchangeFiles, type FileLine, readExchangeFile } from '../../protocol/index.js';
import { bytesOf } from '../arrival/inspect.js';
import type { AcceptedFile } from '../arrival/processor.js';
import { type Batch, batchById } from './batch.js';
import { type Item, itemsBetween, readDetail } from './items.js';
import { judge, type ResultLine } from './judge.js';
import type { RefusedLine } from './refused.js';

export type AnswerCheck =
  | { readonly kind: 'good'; readonly batch: Batch }
  | {
      readonly kind: 'refused';
      readonly detail: string;
      /** The batch that it was meant for, and the line that was to blame, where they are known. */
      readonly batch?: Batch;
      readonly fault?: RefusedLine;
    };

/** @param database changes nothing there */
export async function checkAnswer(database: Session, file: AcceptedFile): Promise<AnswerCheck> {
  const reader = new AnswerReader(database, file);
  const verdict = await readExchangeFile(exchangeFiles.REDK, bytesOf(file.path), file.settings, (lines) =>
    reader.read(lines),
  );
  if (!verdict.ok)
    return { kind: 'refused', detail: `文件不可读 (unreadable in ${verdict.faultCount} place(s))` };
  const { batch, fault } = reader;
  if (fault !== undefined) {
    const detail = `第${fault.line}行：${fault.reason}`;
    return { kind: 'refused', detail, fault, ...(batch && { batch }) };
  }
  if (batch === undefined) return { kind: 'refused', detail: '文件无明细 (a result without lines)' };
  return { kind: 'good', batch };
}

class AnswerReader {
  batch: Batch | undefined;
  fault: RefusedLine | undefined;
  /** One bit for each line of the request. */
  #seen = Buffer.alloc(0);
  readonly #serials = new Set<string>();

  constructor(
    private readonly database: Session,
    private readonly file: AcceptedFile,
  ) {}

  async read(lines: readonly FileLine<ResultLine>[]): Promise<void> {
    if (this.fault !== undefined) return;
    const [first] = lines;
    if (this.batch === undefined && first !== undefined) await this.#begin(first.value);
    if (this.batch === undefined) return this.#fail(first, '明细标识未知 (unknown detId)');
    const items = await requestedItems(this.database, this.batch, lines);
    for (const line of lines) {
      const reason = this.#faultOf(line.value, items.get(line.value.detail));
      if (reason !== undefined) return this.#fail(line, reason);
    }
  }

  async #begin({ detail }: ResultLine): Promise<void> {
    const named = readDetail(detail);
    this.batch = named && (await batchById(this.database, this.file.unit, named.batch));
    this.#seen = Buffer.alloc(Math.ceil(((this.batch?.count ?? 0) + 1) / 8));
  }
  #faultOf(line: ResultLine, item: Item | undefined): string | undefined {
    const { unit, settings, storedAt, sha256 } = this.file;
    const verdict = judge(line, item, unit.id, settings, chinaDay(storedAt));
    if (verdict.kind === 'refused') return verdict.reason;
    const { number, outcome, answer } = verdict.item;
    const [byte, bit] = [number >> 3, 1 << (number & 7)];
    const bits = this.#seen[byte] ?? 0;
    if ((bits & bit) !== 0) return '明细标识重复 (the detId stands in the file twice)';
    this.#seen[byte] = bits | bit;
    if (outcome !== 'waiting' && outcome !== 'released' && answer !== sha256)
      return '该明细已有结果 (answered already by another file)';
    if (verdict.kind === 'failure') return undefined;
    if (this.#serials.has(verdict.serial)) return '平台流水重复 (the serial stands in the file twice)';
    this.#serials.add(verdict.serial);
    return undefined;
  }
  #fail(at: FileLine<ResultLine> | undefined, reason: string): void {
    this.fault = { line: at?.line ?? 0, detail: at?.value.detail ?? '', reason };
  }
}

/** The requested lines that these lines name, by detId; lines of other batches are not among them. */
export async function requestedItems(
  session: Session,
  batch: Batch,
  lines: readonly { readonly value: ResultLine }[],
): Promise<ReadonlyMap<string, Item>> {
  const numbers = lines
    .map(({ value }) => readDetail(value.detail))
    .filter((named) => named?.batch === batch.id)
    .map((named) => named?.number ?? 0);
  const [first, last] = [Math.min(...numbers), Math.max(...numbers)];
  // Results mostly come in the order of the request; where they do not, a range would bring too much.
  const ranges: (readonly [number, number])[] =
    last - first < 4 * numbers.length ? [[first, last]] : numbers.map((number) => [number, number]);
  const items = new Map<string, Item>();
  for (const [from, to] of numbers.length === 0 ? [] : ranges)
    for (const item of await itemsBetween(session, batch, from, to)) items.set(item.detail, item);
  return items;
}
