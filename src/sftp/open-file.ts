import fs from 'node:fs';
import { Refused } from './refused.js';
import type { ShortCalls } from './short-calls.js';

export type ReadDone = (error: Error | null, bytes: number) => void;

/**
 * An open descriptor and who is using it. Closing waits for them: the number of a closed descriptor is another file's a moment later,
 * and a request that was still under way would read or write that one.
 */
export class OpenFile {
  #using = 0;
  #closing = false;
  #last: (() => void) | undefined;

  constructor(
    readonly fd: number,
    readonly calls: ShortCalls,
    /** Whether it is read at once: small when it was opened, and on a disk of this machine. */
    private readonly atOnce = false,
  ) {}

  /** Reads without a promise: this is the path of bulk transfer. */
  read(target: Buffer, from: number, length: number, position: number, done: ReadDone): void {
    if (this.#closing) {
      done(new Refused('failure', 'The file is closed'), 0);
      return;
    }
    if (this.atOnce) {
      readNow(this.fd, target, from, length, position, done);
      return;
    }
    this.#using += 1;
    fs.read(this.fd, target, from, length, position, (error, bytes) => {
      this.#release();
      done(error, bytes);
    });
  }

  /** @throws {Refused} where it is being closed */
  async use<T>(work: (fd: number) => Promise<T>): Promise<T> {
    if (this.#closing) throw new Refused('failure', 'The file is closed');
    this.#using += 1;
    try {
      return await work(this.fd);
    } finally {
      this.#release();
    }
  }

  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    if (this.#using > 0) {
      await new Promise<void>((resolve) => {
        this.#last = resolve;
      });
    }
    await this.calls.close(this.fd);
  }

  #release(): void {
    this.#using -= 1;
    if (this.#using === 0) this.#last?.();
  }
}

function readNow(
  fd: number,
  target: Buffer,
  from: number,
  length: number,
  position: number,
  done: ReadDone,
): void {
  let bytes = 0;
  try {
    bytes = fs.readSync(fd, target, from, length, position);
  } catch (error) {
    done(error instanceof Error ? error : new Error(String(error)), 0);
    return;
  }
  done(null, bytes);
}
