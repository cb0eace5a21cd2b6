/**
 * Finds serials that stand twice in a file, and the line of each, in 12 bytes for each serial: a table of 62-bit hashes. Two serials with one hash are not yet a
 * duplicate (about one pair in 10^7 files of a million lines); whoever is told of one looks at the serials themselves.
 */
export class SerialSet {
  /** High half, low half, line: side by side, because each look costs a way to memory. */
  #places: Uint32Array;
  #mask: number;
  #size = 0;

  constructor(capacity = 1 << 16) {
    this.#places = new Uint32Array(capacity * WIDTH);
    this.#mask = capacity - 1;
  }

  /** Takes so many without growing. */
  static for(serials: number): SerialSet {
    return new SerialSet(2 ** Math.ceil(Math.log2(Math.max(serials / 0.75, 64))));
  }

  /** True when the hash was there already. Neither half may be given as made of signs other than 32 bits. */
  add(high: number, low: number, line = 0): boolean {
    const place = this.#placeOf(high, low);
    if (this.#places[place] !== FREE) return true;
    this.#put(place, high, low, line);
    this.#size += 1;
    if (this.#size * 4 > this.#mask * 3) this.#grow();
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
    return this.#places[this.#placeOf(high, low) + 2] ?? 0;
  }

  /** Where a hash stands, or would. */
  #placeOf(high: number, low: number): number {
    const places = this.#places;
    const h = used(high);
    const l = low >>> 0;
    for (let at = (h ^ (l >>> 7)) & this.#mask; ; at = (at + 1) & this.#mask) {
      const place = at * WIDTH;
      const found = places[place];
      if (found === FREE || (found === h && places[place + 1] === l)) return place;
    }
  }
  #put(place: number, high: number, low: number, line: number): void {
    this.#places[place] = used(high);
    this.#places[place + 1] = low;
    this.#places[place + 2] = line;
  }
  #grow(): void {
    const old = this.#places;
    this.#places = new Uint32Array(old.length * 2);
    this.#mask = this.#mask * 2 + 1;
    for (let i = 0; i < old.length; i += WIDTH) {
      const [high = FREE, low = 0, line = 0] = [old[i], old[i + 1], old[i + 2]];
      if (high !== FREE) this.#put(this.#placeOf(high, low), high, low, line);
    }
  }
}
const WIDTH = 3;
/** In the high half's place. */
const FREE = 0;
const used = (high: number): number => high >>> 0 || 1;

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
