/**
 * Reads DSDZ lines of the plain form that the platform writes (ASCII, amounts in fen, no tolerance needed) straight from the bytes, some ten
 * times faster than the declaration. What is not of that form is not judged here: the whole file is then read by the declaration, which
 * alone decides what is right and says what is wrong. A property test holds the two against each other.
 *
 *   080408|2024011500003001580094666355|20240115|10000|1|080408$$202401$#|\r\n
 *   customer|serial                    |day     |fen  |n|row row …       |
 *   └───────────────── key ──────────────────────────┘
 *
 * A line's key is all that is compared, as it stands in the file: taking it builds nothing.
 */
import type { Day } from '../../protocol/values.js';
import { DsdzPlaces } from './dsdz-places.js';
import { HASH_HIGH, HASH_LOW } from './serial-set.js';

const BAR = 0x7c;
const DOLLAR = 0x24;
const HASH = 0x23;
const CR = 0x0d;
const LF = 0x0a;
const ZERO = 0x30;
/** 15 digits stay exact as a number. */
const AMOUNT_DIGITS_MAX = 15;
const CUSTOMER_MAX = 20;
const BILL_MAX = 32;

// Letters, digits and `-`: what customer numbers, serials and bill ids are made of.
const PLAIN = new Uint8Array(256);
for (const c of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-') PLAIN[c.charCodeAt(0)] = 1;

/** The text `null` reads as empty in files. */
const mayBeNull = (text: string, from: number, to: number): boolean =>
  to - from === 4 && text.slice(from, to).toLowerCase() === 'null';

export type FastEnd =
  | { readonly kind: 'read'; readonly lines: number; readonly amount: bigint }
  /** Not of the plain form, or possibly wrong: to be read by the declaration. */
  | { readonly kind: 'not-plain' };

/** Takes the bytes in chunks; gives the keys of the lines. */
export class FastDsdz {
  /** Where each serial stands. */
  readonly places: DsdzPlaces;
  #rest: Buffer | undefined;
  #summary: string | undefined;
  #lines = 0;
  #sum = 0;
  #amount = 0n;
  /** In the bytes at hand, whose first stands at `#offset` of the file. */
  #at = 0;
  #offset = 0;
  #keyEnd = 0;
  plain = true;

  /** @param bytes of the file */
  constructor(
    readonly day: Day,
    bytes: number,
  ) {
    this.places = new DsdzPlaces(bytes);
  }

  /** The keys of the lines that this chunk completes; of no meaning once {@link plain} is false. */
  push(chunk: Buffer): string[] {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#at = 0;
    // One byte, one character: bytes over 0x7f are plain in neither form. Parts of it are had without copying.
    const text = bytes.toString('latin1');
    const keys: string[] = [];
    if (this.#summary === undefined && !this.#readSummary(text)) {
      this.#rest = bytes;
      // No summary is that long.
      if (bytes.length > 100) this.plain = false;
      return keys;
    }
    const last = text.lastIndexOf('\n');
    while (this.plain && this.#at <= last) {
      const start = this.#at;
      this.plain = this.#readLine(text);
      keys.push(text.slice(start, this.#keyEnd));
    }
    this.#offset += this.#at;
    // A copy, so that a chunk's memory is not kept for its last bytes.
    this.#rest = this.plain ? Buffer.from(bytes.subarray(this.#at)) : undefined;
    if ((this.#rest?.length ?? 0) > 16_384) this.plain = false;
    return keys;
  }

  end(): FastEnd {
    this.#amount += BigInt(this.#sum);
    this.#sum = 0;
    const rest = this.#rest?.length ?? 0;
    const isRead =
      this.plain && rest === 0 && this.#summary !== undefined && this.#summaryAgrees(this.#summary);
    return isRead ? { kind: 'read', lines: this.#lines, amount: this.#amount } : { kind: 'not-plain' };
  }

  #readSummary(text: string): boolean {
    const end = text.indexOf('\n');
    if (end < 0) return false;
    this.#summary = text.slice(0, end > 0 && text.charCodeAt(end - 1) === CR ? end - 1 : end);
    this.#at = end + 1;
    if (!/^\d{1,15}\|\d{1,15}\|$/.test(this.#summary)) this.plain = false;
    return true;
  }
  #summaryAgrees(summary: string): boolean {
    const [first, second] = summary.split('|').map((cell) => BigInt(cell));
    const [lines, amount] = [BigInt(this.#lines), this.#amount];
    return (first === amount && second === lines) || (first === lines && second === amount);
  }

  /** One line from `#at`, which ends before the last line end of `text`; false where it is not plain. */
  #readLine(text: string): boolean {
    const start = this.#at;
    let at = start;
    while (PLAIN[text.charCodeAt(at)] === 1) at += 1;
    if (
      text.charCodeAt(at) !== BAR ||
      at === start ||
      at - start > CUSTOMER_MAX ||
      mayBeNull(text, start, at)
    )
      return false;
    let high = HASH_HIGH;
    let low = HASH_LOW;
    at += 1;
    const serialStart = at;
    for (let c = text.charCodeAt(at); PLAIN[c] === 1; c = text.charCodeAt(at)) {
      high = Math.imul(high ^ c, 0x01000193);
      low = Math.imul(low ^ c, 0x85ebca6b) ^ (low >>> 13);
      at += 1;
    }
    const serialLength = at - serialStart;
    if (text.charCodeAt(at) !== BAR || serialLength < 10 || serialLength > 32) return false;
    at += 1;
    for (let i = 0; i < 8; i += 1, at += 1) if (text.charCodeAt(at) !== this.day.charCodeAt(i)) return false;
    if (text.charCodeAt(at) !== BAR) return false;
    at += 1;
    const amountStart = at;
    let amount = 0;
    for (let c = text.charCodeAt(at) - ZERO; c >= 0 && c <= 9; c = text.charCodeAt(at) - ZERO) {
      amount = amount * 10 + c;
      at += 1;
    }
    const digits = at - amountStart;
    if (text.charCodeAt(at) !== BAR || digits === 0 || digits > AMOUNT_DIGITS_MAX || amount === 0)
      return false;
    this.#keyEnd = at;
    at += 1;
    let rows = 0;
    const rowsStart = at;
    for (let c = text.charCodeAt(at) - ZERO; c >= 0 && c <= 9; c = text.charCodeAt(at) - ZERO) {
      rows = rows * 10 + c;
      at += 1;
    }
    if (text.charCodeAt(at) !== BAR || at === rowsStart || at - rowsStart > 3 || rows > 200) return false;
    at += 1;
    at = this.#detailEnd(text, at);
    if (at < 0) return false;
    at += 1;
    if (text.charCodeAt(at) === CR) at += 1;
    if (text.charCodeAt(at) !== LF) return false;
    if (this.places.add(high, low, this.#offset + start)) return false;
    this.#at = at + 1;
    this.#lines += 1;
    this.#sum += amount;
    if (this.#sum > 0x7_ffff_ffff_ffff) {
      this.#amount += BigInt(this.#sum);
      this.#sum = 0;
    }
    return true;
  }

  /** Where the rows end, that is the place of the closing bar; -1 when they are not plain. */
  #detailEnd(text: string, from: number): number {
    let at = from;
    for (let rows = 0; rows <= 200; rows += 1) {
      if (text.charCodeAt(at) === BAR) return at;
      const customer = at;
      while (PLAIN[text.charCodeAt(at)] === 1) at += 1;
      if (text.charCodeAt(at) !== DOLLAR || at === customer || at - customer > CUSTOMER_MAX) return -1;
      if (mayBeNull(text, customer, at)) return -1;
      at += 1;
      const bill = at;
      while (PLAIN[text.charCodeAt(at)] === 1) at += 1;
      if (text.charCodeAt(at) !== DOLLAR || at - bill > BILL_MAX || mayBeNull(text, bill, at)) return -1;
      at += 1;
      const month = at;
      for (let c = text.charCodeAt(at) - ZERO; c >= 0 && c <= 9; c = text.charCodeAt(at) - ZERO) at += 1;
      if (text.charCodeAt(at) !== DOLLAR || !this.#isMonth(text, month, at)) return -1;
      at += 1;
      if (text.charCodeAt(at) !== HASH) return -1;
      at += 1;
    }
    return -1;
  }
  /** Empty, or `yyyyMM` of 1900 to 2099. */
  #isMonth(text: string, from: number, to: number): boolean {
    if (from === to) return true;
    if (to - from !== 6) return false;
    const digit = (i: number) => text.charCodeAt(from + i) - ZERO;
    const century = digit(0) * 10 + digit(1);
    const month = digit(4) * 10 + digit(5);
    return (century === 19 || century === 20) && month >= 1 && month <= 12;
  }
}
