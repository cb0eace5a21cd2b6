import type { PeerDialect } from './dialect.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const END_MARK = 0x16;
const isBlank = (byte: number) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d) || byte === 0;

/**
 * Finds where the data of a frame ends when its length cannot be trusted (dialect `charCount`). Looks at each byte once, however
 * the data arrives, and decides by the bytes alone. A raw 0x16 cannot stand inside valid JSON, so the end is never ambiguous there.
 */
export class JsonEnd {
  readonly #gbk: boolean;
  #seen = 0;
  #depth = 0;
  #state: 'before' | 'in' | 'string' | 'closed' | 'not-json' = 'before';
  #skip = 0;

  constructor(charset: PeerDialect['charset']) {
    this.#gbk = charset === 'gbk';
  }

  /**
   * @param from where the data begins in `bytes`
   * @param claimed data bytes that the header claims
   * @returns data bytes up to the end mark; `more` while that is not known; `none` when there is no end within the limit
   */
  find(bytes: Buffer, from: number, claimed: number, dataBytesMax: number): number | 'more' | 'none' {
    while (from + this.#seen < bytes.length) {
      const at = this.#seen;
      const byte = bytes[from + at] ?? 0;
      if (byte === END_MARK && (at === claimed || this.#state === 'closed')) return at;
      if (at >= dataBytesMax) return 'none';
      this.#step(byte);
      if (this.#state === 'not-json' && at >= claimed) return 'none';
      this.#seen += 1;
    }
    return 'more';
  }

  #step(byte: number): void {
    if (this.#skip > 0) {
      this.#skip -= 1;
      return;
    }
    switch (this.#state) {
      case 'before':
        if (byte === 0x7b) this.#nest(1);
        else if (!isBlank(byte)) this.#state = 'not-json';
        return;
      case 'in':
        if (byte === QUOTE) this.#state = 'string';
        else if (byte === 0x7b || byte === 0x5b) this.#nest(1);
        else if (byte === 0x7d || byte === 0x5d) this.#nest(-1);
        return;
      case 'string':
        if (byte === QUOTE) this.#state = 'in';
        else if (byte === BACKSLASH || (this.#gbk && byte >= 0x81)) this.#skip = 1;
        return;
      case 'closed':
        if (!isBlank(byte)) this.#state = 'not-json';
        return;
      case 'not-json':
        return;
      default:
        this.#state satisfies never;
    }
  }
  #nest(by: 1 | -1): void {
    this.#depth += by;
    this.#state = this.#depth > 0 ? 'in' : 'closed';
  }
}
