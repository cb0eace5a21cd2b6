import fs from 'node:fs';
import { promisify } from 'node:util';
import { messageOf } from '../errors.js';
import type { Opened } from './account-folders.js';
import { syncFile } from './folder.js';
import { OpenFile, type ReadDone } from './open-file.js';
import type { Names } from './path.js';
import { WrittenRanges } from './ranges.js';
import { Refused } from './refused.js';
import { type ShortCalls, SMALL_BYTES } from './short-calls.js';
import type { Quota, Usage } from './usage.js';
import { writeAll, writeNow } from './write-all.js';

/** What an upload asks of its account. */
export interface UploadBounds {
  readonly usage: Usage;
  readonly quota: () => Quota;
  readonly fileBytesMax: number;
  readonly calls: ShortCalls;
}

const cut = promisify(fs.ftruncate);

interface Pending {
  readonly offset: number;
  readonly end: number;
  readonly data: readonly Buffer[];
  readonly done: (error: unknown) => void;
}

/** Requests that follow each other without a gap go to the disk together, up to so many pieces (Linux: 1024) and bytes. */
const TOGETHER_PIECES_MAX = 256;
const TOGETHER_BYTES_MAX = 1024 * 1024;

/** One file that is being written, in the area of unfinished uploads. Its end is decided by upload-area.ts. */
export class Upload {
  #size: number;
  readonly #ranges: WrittenRanges;
  readonly #queue: Pending[] = [];
  #busy = false;
  #ended: string | undefined;
  #waiting: (() => void)[] = [];
  readonly #file: OpenFile;
  /** The file itself, whatever name it has. */
  readonly ino: number;

  constructor(
    { fd, size, ino }: Opened,
    readonly names: Names,
    private readonly bounds: UploadBounds,
  ) {
    this.#file = new OpenFile(fd, bounds.calls);
    this.ino = ino;
    this.#size = size;
    this.#ranges = new WrittenRanges(size);
  }

  get calls(): ShortCalls {
    return this.bounds.calls;
  }
  /** Bytes from the start to the last one written or asked for. */
  get size(): number {
    return this.#size;
  }
  /** Why it can no longer become a file; `undefined` while it can. */
  get ended(): string | undefined {
    return this.#ended;
  }

  /** Writes at `offset` (`undefined`: at the end); calls `done` once, in the order of the requests. */
  write(offset: number | undefined, data: readonly Buffer[], done: (error: unknown) => void): void {
    const start = offset ?? this.#size;
    const end = start + data.reduce((sum, piece) => sum + piece.length, 0);
    const refused = this.#refusal(end);
    if (refused) {
      // One write that is missing spoils the file, whatever comes after it.
      this.#ended ??= refused;
      done(new Refused('failure', refused));
      return;
    }
    this.#size = Math.max(this.#size, end);
    if (this.calls.direct && end <= SMALL_BYTES && !this.#busy) {
      const error = writeNow(this.#file.fd, data, start, end);
      this.#written(start, end, error);
      done(error);
      return;
    }
    this.#queue.push({ offset: start, end, data, done });
    this.#next();
  }

  #refusal(end: number): string | undefined {
    if (this.#ended !== undefined) return this.#ended;
    if (end > this.bounds.fileBytesMax) return 'File too large';
    const more = end - this.#size;
    if (more > 0 && !this.bounds.usage.take(more, this.bounds.quota())) return 'Quota exceeded';
    return undefined;
  }

  #next(): void {
    const [first] = this.#queue;
    if (this.#busy || first === undefined) {
      if (first === undefined) for (const wake of this.#waiting.splice(0)) wake();
      return;
    }
    let pieces = 0;
    let end = first.offset;
    let count = 0;
    for (const pending of this.#queue) {
      const fits =
        pieces + pending.data.length <= TOGETHER_PIECES_MAX &&
        pending.end - first.offset <= TOGETHER_BYTES_MAX;
      if (count > 0 && (pending.offset !== end || !fits)) break;
      pieces += pending.data.length;
      end = pending.end;
      count += 1;
    }
    const together = this.#queue.splice(0, count);
    this.#busy = true;
    const data = together.length === 1 ? first.data : together.flatMap((pending) => pending.data);
    writeAll(this.#file.fd, data, first.offset, end, (error) => {
      this.#busy = false;
      this.#written(first.offset, end, error);
      for (const pending of together) pending.done(error);
      this.#next();
    });
  }

  #written(start: number, end: number, error: unknown): void {
    if (error) this.#ended ??= `Write failed: ${messageOf(error)}`;
    else if (!this.#ranges.add(start, end)) this.#ended ??= 'Too many gaps';
  }

  /** Resolves when everything asked for has been written, or has failed. */
  settled(): Promise<void> {
    if (!this.#busy && this.#queue.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Another takes over, or the name is gone: from now on nothing is written, and this can no longer become a file. */
  retire(reason: string): void {
    this.#ended ??= reason;
  }

  /**
   * Waits for the last byte and puts the file on the disk.
   * @throws {Refused} where a write failed, a part is missing, or another took over
   */
  async complete(durable: boolean): Promise<void> {
    await this.settled();
    if (this.#ended === undefined && this.#ranges.hasGap) this.#ended = 'A part of the file was never sent';
    if (this.#ended !== undefined) throw new Refused('failure', this.#ended);
    if (durable) await this.#file.use(syncFile);
    // While we waited another may have begun this file anew.
    if (this.#ended !== undefined) throw new Refused('failure', this.#ended);
  }

  /** Ends without becoming a file. What has come without a gap is kept, so that the client can go on from there. */
  async abandon(): Promise<void> {
    this.retire('The session has ended');
    await this.settled();
    await this.#file.use(async (fd) => {
      const { size } = await this.calls.stats(fd);
      if (size > this.#ranges.contiguous) await cut(fd, this.#ranges.contiguous);
    });
    await this.close();
  }

  /** Makes the file end at `size`, within what has been written: `scp` writes over an old file and cuts off what is left of it. */
  async truncate(size: number): Promise<void> {
    await this.settled();
    if (size === this.#size && !this.#ranges.hasGap) return;
    if (!this.#ranges.cut(size)) throw new Refused('unsupported');
    this.bounds.usage.give(this.#size - size);
    this.#size = size;
    await this.#file.use((fd) => cut(fd, size));
  }

  /** Reads what has been written so far. */
  read(target: Buffer, from: number, length: number, position: number, done: ReadDone): void {
    void this.settled().then(() => this.#file.read(target, from, length, position, done));
  }
  /** Runs the work when everything asked for has been written. */
  async use<T>(work: (fd: number) => Promise<T>): Promise<T> {
    await this.settled();
    return this.#file.use(work);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
