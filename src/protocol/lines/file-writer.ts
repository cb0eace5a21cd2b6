import { type Charset, encodeText, lacks } from '../charset.js';
import type { Decoded, Encodable, Fields } from '../field.js';
import {
  dialectOfFile,
  disagreements,
  type ExchangeFile,
  emptyTally,
  type FileSettings,
  type Tally,
} from './exchange-file.js';

const CHUNK_CHARS = 32 * 1024;

type Details<D extends Fields> = AsyncIterable<readonly Encodable<D>[]> | Iterable<readonly Encodable<D>[]>;
type Sink = (chunk: Buffer) => void | Promise<void>;

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
  details: Details<D>,
  settings: FileSettings,
  sink: Sink,
): Promise<WrittenFile> {
  const head = encodeSummary(file, summary, settings);
  await sink(head.chunk);
  const { tally, bytes, replaced } = await writeDetails(file, details, settings, sink);
  const faults = disagreements(summary, tally);
  if (faults.length > 0)
    throw new Error(`${file.type}: the summary does not agree with the lines: ${faults.join('; ')}`);
  return { lines: tally.lineCount, bytes: bytes + head.chunk.length, replaced: replaced + head.replaced };
}

/** The details alone, for whoever knows what the summary says only after them. Waits for `sink`. */
export async function writeDetails<S extends Fields, D extends Fields>(
  file: ExchangeFile<S, D>,
  details: Details<D>,
  settings: FileSettings,
  sink: Sink,
): Promise<{ readonly tally: Readonly<Tally>; readonly bytes: number; readonly replaced: number }> {
  const { writeCharset } = settings;
  const lineEnd = lineEndOf(settings);
  const dialect = dialectOfFile(settings);
  const tally = emptyTally();
  let [bytes, replaced, text] = [0, 0, ''];
  const flush = async () => {
    const encoded = encodeCounted(text, writeCharset);
    text = '';
    replaced += encoded.replaced;
    bytes += encoded.chunk.length;
    await sink(encoded.chunk);
    await new Promise<void>((resolve) => setImmediate(resolve)); // Payments go on meanwhile.
  };
  for await (const batch of details) {
    for (const detail of batch) {
      text += file.detail.write(detail, dialect) + lineEnd;
      // The tally looks at amounts and flags only, which are required or absent as in what is read.
      file.add(tally, detail as unknown as Decoded<D>, settings);
      if (text.length >= CHUNK_CHARS) await flush();
    }
  }
  if (text.length > 0) await flush();
  return { tally, bytes, replaced };
}

/** The first line of the file, with its line end, behind the byte order mark where one is wanted. */
export function encodeSummary<S extends Fields, D extends Fields>(
  file: ExchangeFile<S, D>,
  summary: Encodable<S>,
  settings: FileSettings,
): Encoded {
  const mark = settings.byteOrderMark ? '\ufeff' : '';
  const line = summaryLine(file, settings).write(summary, dialectOfFile(settings));
  return encodeCounted(mark + line + lineEndOf(settings), settings.writeCharset);
}

interface Encoded {
  readonly chunk: Buffer;
  /** Characters that the charset lacks, written as `?`. */
  readonly replaced: number;
}
function encodeCounted(text: string, charset: Charset): Encoded {
  const replaced = lacks(text, charset) ? [...text].filter((one) => lacks(one, charset)).length : 0;
  return { chunk: encodeText(text, charset), replaced };
}

const lineEndOf = ({ lineEnd }: FileSettings): string => (lineEnd === 'crlf' ? '\r\n' : '\n');
function summaryLine<S extends Fields, D extends Fields>(
  file: ExchangeFile<S, D>,
  { summaryOrder }: FileSettings,
) {
  const line = file.summaries[summaryOrder] ?? Object.values(file.summaries)[0];
  if (line === undefined) throw new Error(`${file.type} declares no summary`);
  return line;
}
