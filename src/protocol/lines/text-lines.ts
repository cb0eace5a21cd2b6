import { type Charset, decodeText } from '../charset.js';

/** A line longer than this is no line of ours; a DZZD line with 200 groups has some 40 KiB. */
export const LINE_BYTES_MAX = 128 * 1024;
const BATCH_BYTES = 64 * 1024;
const LF = 0x0a;
const BYTE_ORDER_MARK = '\ufeff';

interface Broken {
  readonly fault: 'line-too-long' | 'charset';
  readonly detail: string;
  readonly line: number;
}

/** Cuts chunks of bytes into lines of text. No charset of ours has 0x0a inside a character, so lines are cut before decoding. */
export class TextLines {
  readonly #charset: Charset;
  #parts: Buffer[] = [];
  #held = 0;
  #lines = 0;
  bytes = 0;
  /** Set when no more lines can be had. */
  broken: Broken | undefined;

  constructor(charset: Charset) {
    this.#charset = charset;
  }

  /** The lines that this chunk completes, in batches. */
  *push(chunk: Buffer): Generator<string[]> {
    this.bytes += chunk.length;
    for (let from = 0; from < chunk.length && this.broken === undefined; from += BATCH_BYTES) {
      yield this.#pushPart(chunk.subarray(from, from + BATCH_BYTES));
    }
  }
  /** The last line, where it has no line end. */
  end(): string[] {
    return this.#held > 0 && this.broken === undefined ? this.#decode(this.#take(Buffer.alloc(0))) : [];
  }

  #pushPart(part: Buffer): string[] {
    const last = part.lastIndexOf(LF);
    if (last < 0) {
      this.#hold(part);
      return [];
    }
    const texts = this.#decode(this.#take(part.subarray(0, last)));
    this.#hold(part.subarray(last + 1));
    return texts;
  }
  #hold(part: Buffer): void {
    if (part.length === 0) return;
    this.#parts.push(part);
    this.#held += part.length;
    if (this.#held > LINE_BYTES_MAX)
      this.#break('line-too-long', `more than ${LINE_BYTES_MAX} bytes`, this.#lines + 1);
  }
  #take(part: Buffer): Buffer {
    const whole = this.#held === 0 ? part : Buffer.concat([...this.#parts, part]);
    this.#parts = [];
    this.#held = 0;
    return whole;
  }
  #decode(bytes: Buffer): string[] {
    if (this.broken !== undefined) return [];
    const text = decodeText(bytes, this.#charset);
    const lines = text === undefined ? this.#decodeSingly(bytes) : text.split('\n');
    if (this.#lines === 0 && lines[0]?.startsWith(BYTE_ORDER_MARK)) lines[0] = lines[0].slice(1);
    this.#lines += lines.length;
    for (let i = 0; i < lines.length; i += 1) {
      const line = lines[i] ?? '';
      if (line.charCodeAt(line.length - 1) === 0x0d) lines[i] = line.slice(0, -1);
    }
    return lines;
  }
  /** Only to find out in which line the bytes are that are no characters. */
  #decodeSingly(bytes: Buffer): string[] {
    const lines: string[] = [];
    for (let from = 0; from <= bytes.length; ) {
      const end = bytes.indexOf(LF, from);
      const line = decodeText(bytes.subarray(from, end < 0 ? bytes.length : end), this.#charset);
      if (line === undefined) {
        this.#break('charset', `bytes that are not ${this.#charset}`, this.#lines + lines.length + 1);
        break;
      }
      lines.push(line);
      from = end < 0 ? bytes.length + 1 : end + 1;
    }
    return lines;
  }
  #break(fault: Broken['fault'], detail: string, line: number): void {
    this.broken ??= { fault, detail, line };
    this.#parts = [];
    this.#held = 0;
  }
}
