/**
 * Finds serials that stand twice in a file, and the line of each, in 12 bytes for each serial: a table of 62-bit hashes. Two serials with one hash are not yet a
 * duplicate (about one pair in 10^7 files of a million lines); whoever is told of one looks at the serials themselves.
 */
export class SerialSet {
  #high: Uint32Array;
  #low: Uint32Array;
  #lines: Uint32Array;
  #mask: number;
  #size = 0;

  constructor(capacity = 1 << 16) {
    this.#high = new Uint32Array(capacity);
    this.#low = new Uint32Array(capacity);
    this.#lines = new Uint32Array(capacity);
    this.#mask = capacity - 1;
  }

  /** True when the hash was there already. Neither half may be given as made of signs other than 32 bits. */
  add(high: number, low: number, line = 0): boolean {
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
    this.#lines[at] = line;
    this.#size += 1;
    if (this.#size * 4 > this.#high.length * 3) this.#grow();
    return false;
  }

  /** The same for a serial as text (ASCII). */
  addText(serial: string): boolean {
    const [high, low] = hashOf(serial);
    return this.add(high, low);
  }
  /** The line that was given with a serial that was added; 0: none was. Exact as long as `add` never said true. */
  lineOf(serial: string): number {
    const [high, low] = hashOf(serial);
    const h = high >>> 0 || 1;
    const l = low >>> 0;
    for (let at = (h ^ (l >>> 7)) & this.#mask; this.#high[at] !== 0; at = (at + 1) & this.#mask) {
      if (this.#high[at] === h && this.#low[at] === l) return this.#lines[at] ?? 0;
    }
    return 0;
  }

  #grow(): void {
    const [high, low, lines] = [this.#high, this.#low, this.#lines];
    this.#high = new Uint32Array(high.length * 2);
    this.#low = new Uint32Array(high.length * 2);
    this.#lines = new Uint32Array(high.length * 2);
    this.#mask = high.length * 2 - 1;
    for (let i = 0; i < high.length; i += 1) {
      const h = high[i] ?? 0;
      if (h === 0) continue;
      const l = low[i] ?? 0;
      let at = (h ^ (l >>> 7)) & this.#mask;
      while (this.#high[at] !== 0) at = (at + 1) & this.#mask;
      this.#high[at] = h;
      this.#low[at] = l;
      this.#lines[at] = lines[i] ?? 0;
    }
  }
}
function hashOf(serial: string): readonly [number, number] {
  let [high, low] = [HASH_HIGH, HASH_LOW];
  for (let i = 0; i < serial.length; i += 1) {
    const code = serial.charCodeAt(i);
    high = Math.imul(high ^ code, 0x01000193);
    low = Math.imul(low ^ code, 0x85ebca6b) ^ (low >>> 13);
  }
  return [high, low];
}
/** Where the two halves of a serial's hash begin; a byte `c` is mixed in as {@link SerialSet.addText} does. */
export const HASH_HIGH = 0x811c9dc5 | 0;
export const HASH_LOW = 0x9e3779b9 | 0;
