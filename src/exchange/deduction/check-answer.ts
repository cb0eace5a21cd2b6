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
  | {
      readonly kind: 'good';
      readonly batch: Batch;
      /** Why a line of the file is not taken; only where the unit takes files in part. */
      refusalOf(line: FileLine<ResultLine>): string | undefined;
    }
  | {
      readonly kind: 'refused';
      readonly detail: string;
      /** The batch that it was meant for, and the line that was to blame, where they are known. */
      readonly batch?: Batch;
      readonly fault?: RefusedLine;
    };

/**
 * @param database changes nothing there
 * @param inPart bad lines are passed over instead of refusing the file
 */
export async function checkAnswer(
  database: Session,
  file: AcceptedFile,
  inPart: boolean,
): Promise<AnswerCheck> {
  const reader = new AnswerReader(database, file, inPart);
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
  if (batch !== undefined) return { kind: 'good', batch, refusalOf: (line) => reader.refusalOf(line) };
  if (reader.lines > 0)
    return { kind: 'refused', detail: '没有一行属于已知批次 (no line is of a known batch)' };
  return { kind: 'refused', detail: '文件无明细 (a result without lines)' };
}

class AnswerReader {
  batch: Batch | undefined;
  fault: RefusedLine | undefined;
  lines = 0;
  /** One bit for each line of the request. */
  #seen = Buffer.alloc(0);
  readonly #serials = new Set<string>();
  /** Where a file is taken in part: what is wrong, by line; and what stands in it twice, all lines of which are refused. */
  readonly #refused = new Map<number, string>();
  readonly #twice = { details: new Set<string>(), serials: new Set<string>() };

  constructor(
    private readonly database: Session,
    private readonly file: AcceptedFile,
    private readonly inPart: boolean,
  ) {}

  async read(lines: readonly FileLine<ResultLine>[]): Promise<void> {
    if (this.fault !== undefined) return;
    this.lines += lines.length;
    if (this.batch === undefined) await this.#begin(lines);
    const items = this.batch && (await requestedItems(this.database, this.batch, lines));
    for (const line of lines) {
      const reason = this.#faultOf(line.value, items?.get(line.value.detail));
      if (reason === undefined) continue;
      if (this.inPart) this.#refused.set(line.line, reason);
      else {
        this.fault = { line: line.line, detail: line.value.detail, reason };
        return;
      }
    }
  }

  refusalOf({ line, value }: FileLine<ResultLine>): string | undefined {
    const reason = this.#refused.get(line);
    if (reason !== undefined) return reason;
    // Which of them holds nobody can say.
    if (this.#twice.details.has(value.detail)) return DETAIL_TWICE;
    return this.#twice.serials.has(value.platformSerial) ? SERIAL_TWICE : undefined;
  }

  /** The file is the answer to the batch that its first readable detId names. */
  async #begin(lines: readonly FileLine<ResultLine>[]): Promise<void> {
    const named = new Set(lines.map(({ value }) => readDetail(value.detail)?.batch));
    for (const id of named) {
      this.batch = id === undefined ? undefined : await batchById(this.database, this.file.unit, id);
      if (this.batch !== undefined) break;
    }
    this.#seen = Buffer.alloc(Math.ceil(((this.batch?.count ?? 0) + 1) / 8));
  }
  #faultOf(line: ResultLine, item: Item | undefined): string | undefined {
    const { unit, settings, storedAt, sha256 } = this.file;
    const verdict = judge(line, item, unit.id, settings, chinaDay(storedAt));
    if (verdict.kind === 'refused') return verdict.reason;
    const { number, outcome, answer } = verdict.item;
    const [byte, bit] = [number >> 3, 1 << (number & 7)];
    const bits = this.#seen[byte] ?? 0;
    if ((bits & bit) !== 0) {
      this.#twice.details.add(line.detail);
      return DETAIL_TWICE;
    }
    this.#seen[byte] = bits | bit;
    if (outcome !== 'waiting' && outcome !== 'released' && answer !== sha256)
      return '该明细已有结果 (answered already by another file)';
    if (verdict.kind === 'failure') return undefined;
    if (this.#serials.has(verdict.serial)) {
      this.#twice.serials.add(verdict.serial);
      return SERIAL_TWICE;
    }
    this.#serials.add(verdict.serial);
    return undefined;
  }
}
const DETAIL_TWICE = '明细标识重复 (the detId stands in the file twice)';
const SERIAL_TWICE = '平台流水重复 (the serial stands in the file twice)';

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
