/** Characters ↔ bytes, strictly: what cannot be read is a fault, never mojibake (spec messages.md "Frame", files.md "Lines"). */
import { isUtf8 } from 'node:buffer';
import iconv from 'iconv-lite';

export const charsets = ['utf8', 'gbk', 'gb18030'] as const;
export type Charset = (typeof charsets)[number];

/** The text, or `undefined` where the bytes are not of this charset. GBK is read as GB18030, which contains it. */
export function decodeText(bytes: Buffer, charset: Charset): string | undefined {
  if (charset === 'utf8') return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
  const text = iconv.decode(bytes, 'gb18030');
  // U+FFFD is what iconv-lite makes of bytes it cannot read; it also exists, as 84 31 A4 37.
  return text.includes('\ufffd') && !iconv.encode(text, 'gb18030').equals(bytes) ? undefined : text;
}

/** The bytes; characters that the charset lacks become `?`. Use {@link lacks} or {@link encodeJson} where that matters. */
export function encodeText(text: string, charset: Charset): Buffer {
  return charset === 'utf8' ? Buffer.from(text, 'utf8') : iconv.encode(text, charset);
}

/** True where the text has characters that the charset cannot write. */
export const lacks = (text: string, charset: Charset): boolean =>
  charset === 'utf8' ? !text.isWellFormed() : iconv.decode(iconv.encode(text, charset), charset) !== text;

/** JSON text as bytes, without loss: what GBK lacks (rare names) is written as `\uXXXX`, which every JSON reader knows. */
export function encodeJson(json: string, charset: Charset): Buffer {
  if (charset === 'utf8' || !lacks(json, charset)) return encodeText(json, charset);
  const escaped = json.replace(/[^\0-\x7f]/gu, (character) =>
    lacks(character, charset) ? escapeUnits(character) : character,
  );
  return encodeText(escaped, charset);
}
const escapeUnits = (character: string): string =>
  character
    .split('')
    .reduce((out, unit) => `${out}\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`, '');

/** Strict UTF-8, chunk by chunk: characters may be cut at the edges. */
export class Utf8Check {
  #rest: Buffer = Buffer.alloc(0);

  /** False as soon as the bytes so far cannot be UTF-8. */
  push(chunk: Buffer): boolean {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const whole = bytes.length - cutCharacterBytes(bytes);
    this.#rest = bytes.subarray(whole);
    return isUtf8(bytes.subarray(0, whole));
  }
  /** False when the last character is not whole. */
  end(): boolean {
    return this.#rest.length === 0;
  }
}
/** How many bytes at the end begin a character that goes on (0 to 3). */
function cutCharacterBytes(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? back : 0;
  }
  return 0;
}
