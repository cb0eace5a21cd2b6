/** Reads a DSDZ file to its end, fast where it is plain, by its declaration where it is not, and says whether it may be taken at all. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describeFault, exchangeFiles, type FileSettings, readExchangeFile } from '../../protocol/index.js';
import type { Day } from '../../protocol/values.js';
import { FastDsdz } from './dsdz-fast.js';
import { BatchBuilder, type LineBatch, type LinesVerdict } from './line-batch.js';
import { SerialSet } from './serial-set.js';

export interface PlatformFile {
  readonly path: string;
  /** Every line must be of this day. */
  readonly day: Day;
  readonly settings: FileSettings;
  readonly batchLines: number;
}
/** Takes the lines; nothing counts before the verdict. */
export interface LineSink {
  /** What was given so far does not count: the file is read again from its beginning. */
  reset(): Promise<void>;
  add(batch: LineBatch): Promise<void>;
  /** Instead of `add`, where the file is plain: `customer|serial|day|amount`, of digits, letters and `-` only. */
  addKeys(keys: readonly string[]): Promise<void>;
}

/** Serials whose hash stands twice and that are looked at once more; of so many at least one is a duplicate. */
const SUSPECTS_MAX = 1000;
const CHUNK_BYTES = 256 * 1024;
const open = (path: string) => createReadStream(path, { highWaterMark: CHUNK_BYTES });

/** @throws what reading the disk or the sink throws, and the signal's reason */
export async function readPlatformLines(
  file: PlatformFile,
  sink: LineSink,
  signal?: AbortSignal,
): Promise<LinesVerdict> {
  if (file.settings.amountUnit === 'fen' && file.settings.readCharset !== 'gbk') {
    const fast = await readFast(file, sink, signal);
    if (fast !== undefined) return fast;
    await sink.reset();
  }
  return readDeclared(file, sink, signal);
}

async function readFast(
  file: PlatformFile,
  sink: LineSink,
  signal: AbortSignal | undefined,
): Promise<LinesVerdict | undefined> {
  const reader = new FastDsdz(file.day, (await stat(file.path)).size);
  let keys: string[] = [];
  for await (const chunk of open(file.path)) {
    signal?.throwIfAborted();
    keys = keys.concat(reader.push(chunk));
    if (!reader.plain) return undefined;
    if (keys.length >= file.batchLines) {
      await sink.addKeys(keys);
      keys = [];
    }
    await nextTurn(); // Payments have their turn.
  }
  const end = reader.end();
  if (end.kind === 'not-plain') return undefined;
  if (keys.length > 0) await sink.addKeys(keys);
  const { lines, amount } = end;
  return { ok: true, lines, amount, find: (serials) => reader.places.find(file.path, serials) };
}

async function readDeclared(
  file: PlatformFile,
  sink: LineSink,
  signal: AbortSignal | undefined,
): Promise<LinesVerdict> {
  const builder = new BatchBuilder();
  const seen = new SerialSet();
  const suspects = new Set<string>();
  let fault: string | undefined;
  const verdict = await readExchangeFile(
    exchangeFiles.DSDZ,
    () => open(file.path),
    file.settings,
    async (lines) => {
      signal?.throwIfAborted();
      for (const { line, value, text } of lines) {
        if (value.bookingDay !== file.day)
          fault ??= `第${line}行：缴费日期 ${value.bookingDay} 不是文件的业务日期 ${file.day}`;
        if (seen.addText(value.serial) && suspects.size < SUSPECTS_MAX) suspects.add(value.serial);
        builder.add(value.serial, value.customer, value.amount, detailOf(text), line);
      }
      if (builder.size >= file.batchLines) await sink.add(builder.take());
    },
  );
  if (!verdict.ok) {
    const [first] = verdict.faults;
    return { ok: false, detail: first === undefined ? '文件无法读取' : describeFault(first) };
  }
  fault ??= suspects.size > 0 ? await duplicateOf(file, suspects) : undefined;
  if (fault !== undefined) return { ok: false, detail: fault };
  if (builder.size > 0) await sink.add(builder.take());
  const { summary } = verdict;
  return { ok: true, lines: summary.lineCount, amount: summary.total };
}

/** Column 6 of a closed line. */
export const detailOf = (text: string): string => text.split('|')[5] ?? '';

/** Two serials may share a hash: only the serials themselves prove a duplicate. */
async function duplicateOf(file: PlatformFile, suspects: ReadonlySet<string>): Promise<string | undefined> {
  const firstLine = new Map<string, number>();
  let found: string | undefined;
  await readExchangeFile(
    exchangeFiles.DSDZ,
    () => open(file.path),
    file.settings,
    (lines) => {
      for (const { line, value } of lines) {
        if (!suspects.has(value.serial)) continue;
        const first = firstLine.get(value.serial);
        if (first === undefined) firstLine.set(value.serial, line);
        else found ??= `第${line}行：流水号 ${value.serial} 与第${first}行重复`;
      }
    },
  );
  return found;
}
