/**
 * Finds serials that stand twice in a file, in 8 bytes for each serial: a set of 62-bit hashes. Two serials with one hash are not yet a
 * duplicate (about one pair in 10^7 files of a million lines); whoever is told of one looks at the serials themselves.
 */
export class SerialSet {
  #high: Uint32Array;
  #low: Uint32Array;
  #mask: number;
  #size = 0;

  constructor(capacity = 1 << 16) {
    this.#high = new Uint32Array(capacity);
    this.#low = new Uint32Array(capacity);
    this.#mask = capacity - 1;
  }

  /** True when the hash was there already. Neither half may be given as made of signs other than 32 bits. */
  add(high: number, low: number): boolean {
    // Zero in both marks a free place.
    const h = high >>> 0 || 1;
    const l = low >>> 0;
    let at = (h ^ (l >>> 7)) & this.#mask;
    for (;;) {
      const found = this.#high[at];
      if (found === 0) break;
      if (found === h && this.#low[at] === l) return true;
      at = (at + 1) & this.#mask;
    }
    this.#high[at] = h;
    this.#low[at] = l;
    this.#size += 1;
    if (this.#size * 4 > this.#high.length * 3) this.#grow();
    return false;
  }

  /** The same for a serial as text (ASCII). */
  addText(serial: string): boolean {
    let [high, low] = [HASH_HIGH, HASH_LOW];
    for (let i = 0; i < serial.length; i += 1) {
      const code = serial.charCodeAt(i);
      high = Math.imul(high ^ code, 0x01000193);
      low = Math.imul(low ^ code, 0x85ebca6b) ^ (low >>> 13);
    }
    return this.add(high, low);
  }

  #grow(): void {
    const [high, low] = [this.#high, this.#low];
    this.#high = new Uint32Array(high.length * 2);
    this.#low = new Uint32Array(high.length * 2);
    this.#mask = high.length * 2 - 1;
    for (let i = 0; i < high.length; i += 1) {
      const h = high[i] ?? 0;
      if (h === 0) continue;
      const l = low[i] ?? 0;
      let at = (h ^ (l >>> 7)) & this.#mask;
      while (this.#high[at] !== 0) at = (at + 1) & this.#mask;
      this.#high[at] = h;
      this.#low[at] = l;
    }
  }
}
/** Where the two halves of a serial's hash begin; a byte `c` is mixed in as {@link SerialSet.addText} does. */
export const HASH_HIGH = 0x811c9dc5 | 0;
export const HASH_LOW = 0x9e3779b9 | 0;
