import { isUtf8 } from 'node:buffer';

/** Reads the fields of one packet. Never throws: a field beyond the end gives an empty value and marks the reader as failed. */
export class Reader {
  #at: number;
  failed = false;

  constructor(
    readonly buffer: Buffer,
    start: number,
  ) {
    this.#at = start;
  }

  fail(): void {
    this.failed = true;
  }

  uint32(): number {
    if (this.#at + 4 > this.buffer.length) {
      this.failed = true;
      return 0;
    }
    const value = this.buffer.readUInt32BE(this.#at);
    this.#at += 4;
    return value;
  }

  /** Values beyond 2^53 − 1 are given as that: no file of ours is so long, so each limit refuses them. */
  uint64(): number {
    if (this.#at + 8 > this.buffer.length) {
      this.failed = true;
      return 0;
    }
    const high = this.buffer.readUInt32BE(this.#at);
    const low = this.buffer.readUInt32BE(this.#at + 4);
    this.#at += 8;
    return Math.min(high * 0x1_0000_0000 + low, Number.MAX_SAFE_INTEGER);
  }

  bytes(): Buffer {
    const length = this.uint32();
    if (this.failed || this.#at + length > this.buffer.length) {
      this.failed = true;
      return Buffer.alloc(0);
    }
    const value = this.buffer.subarray(this.#at, this.#at + length);
    this.#at += length;
    return value;
  }

  /** `undefined` where the bytes are not UTF-8: such a name can be none of ours. */
  text(): string | undefined {
    const value = this.bytes();
    return isUtf8(value) ? value.toString('utf8') : undefined;
  }

  get rest(): number {
    return this.buffer.length - this.#at;
  }
}
