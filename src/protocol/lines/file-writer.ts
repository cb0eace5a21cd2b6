import { encodeText, lacks } from '../charset.js';
import type { Decoded, Encodable, Fields } from '../field.js';
import {
  dialectOfFile,
  disagreements,
  type ExchangeFile,
  emptyTally,
  type FileSettings,
} from './exchange-file.js';

const CHUNK_CHARS = 32 * 1024;

export interface WrittenFile {
  /** Detail lines. */
  readonly lines: number;
  readonly bytes: number;
  /** Characters that the charset lacks, written as `?`. */
  readonly replaced: number;
}

/**
 * Writes a file of any size in constant memory: the summary, then the details, to `sink`, chunk by chunk. Waits for `sink`.
 * @param details in batches, so that a database cursor can be passed through
 * @throws {Error} when the summary does not agree with the details: our own fault, the file must not be published
 */
export async function writeExchangeFile<S extends Fields, D extends Fields>(
  file: ExchangeFile<S, D>,
  summary: Encodable<S>,
  details: AsyncIterable<readonly Encodable<D>[]> | Iterable<readonly Encodable<D>[]>,
  settings: FileSettings,
  sink: (chunk: Buffer) => void | Promise<void>,
): Promise<WrittenFile> {
  const { writeCharset } = settings;
  const lineEnd = settings.lineEnd === 'crlf' ? '\r\n' : '\n';
  const dialect = dialectOfFile(settings);
  const tally = emptyTally();
  let [bytes, replaced] = [0, 0];
  let text = settings.byteOrderMark ? '\ufeff' : '';
  const flush = async () => {
    const chunk = encodeText(text, writeCharset);
    if (lacks(text, writeCharset)) replaced += [...text].filter((one) => lacks(one, writeCharset)).length;
    text = '';
    bytes += chunk.length;
    await sink(chunk);
    await new Promise<void>((resolve) => setImmediate(resolve)); // Payments go on meanwhile.
  };

  text += summaryLine(file, settings).write(summary, dialect) + lineEnd;
  for await (const batch of details) {
    for (const detail of batch) {
      text += file.detail.write(detail, dialect) + lineEnd;
      // The tally looks at amounts and flags only, which are required or absent as in what is read.
      file.add(tally, detail as unknown as Decoded<D>, settings);
      if (text.length >= CHUNK_CHARS) await flush();
    }
  }
  if (text.length > 0) await flush();
  const faults = disagreements(summary, tally);
  if (faults.length > 0)
    throw new Error(`${file.type}: the summary does not agree with the lines: ${faults.join('; ')}`);
  return { lines: tally.lineCount, bytes, replaced };
}
function summaryLine<S extends Fields, D extends Fields>(
  file: ExchangeFile<S, D>,
  { summaryOrder }: FileSettings,
) {
  const line = file.summaries[summaryOrder] ?? Object.values(file.summaries)[0];
  if (line === undefined) throw new Error(`${file.type} declares no summary`);
  return line;
}
