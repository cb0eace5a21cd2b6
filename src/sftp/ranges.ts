/** Which bytes of a file have been written, in whatever order they came. */
export class WrittenRanges {
  /** Everything before this has been written. */
  #contiguous: number;
  /** Start → end of what lies beyond the first gap. */
  readonly #beyond = new Map<number, number>();

  constructor(contiguous: number) {
    this.#contiguous = contiguous;
  }

  /** The number of bytes from the start without a gap: what a client can rely on when it resumes. */
  get contiguous(): number {
    return this.#contiguous;
  }
  get hasGap(): boolean {
    return this.#beyond.size > 0;
  }

  /** @returns false where there are more separate ranges than a client has reason to make */
  add(start: number, end: number): boolean {
    if (end <= this.#contiguous) return true;
    if (start > this.#contiguous) {
      this.#beyond.set(start, Math.max(end, this.#beyond.get(start) ?? 0));
      return this.#beyond.size <= RANGES_MAX;
    }
    this.#contiguous = end;
    if (this.#beyond.size > 0) this.#absorb();
    return true;
  }

  /** The file ends here now. @returns false where that would be beyond what has been written */
  cut(end: number): boolean {
    if (end > this.#contiguous) return false;
    this.#contiguous = end;
    this.#beyond.clear();
    return true;
  }

  #absorb(): void {
    let grown = true;
    while (grown) {
      grown = false;
      for (const [start, end] of this.#beyond) {
        if (start > this.#contiguous) continue;
        this.#contiguous = Math.max(this.#contiguous, end);
        this.#beyond.delete(start);
        grown = true;
      }
    }
  }
}

/** A client sends ahead by some 64 requests; sixteen times that is no client at work. */
const RANGES_MAX = 1_024;
