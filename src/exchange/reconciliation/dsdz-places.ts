/**
 * Where each line of a DSDZ file stands. Of a line only its key goes into the database; what else a difference tells of it is read again from the file,
 * for the few that differ. Costs 12 bytes for each line, with which duplicates are found as well.
 */
import { type FileHandle, open } from 'node:fs/promises';
import type { LineRest } from './line-batch.js';
import { SerialSet } from './serial-set.js';

/** Lines of which one offset is remembered; so many are read to have one of them. */
const BLOCK_LINES = 64;
/** Of a plain line with one bill, at least. */
const LINE_BYTES = 64;
/** The first line after the summary. */
const FIRST_LINE = 2;

export class DsdzPlaces {
  readonly #serials: SerialSet;
  #lines = 0;
  /** Offsets of every 64th line. */
  #blocks: number[] = [];

  /** @param bytes of the file: the table does not have to grow while it is read */
  constructor(bytes: number) {
    this.#serials = SerialSet.for(bytes / LINE_BYTES);
  }

  /** The next line. @param high @param low the hash of its serial @returns whether the hash was there already */
  add(high: number, low: number, offset: number): boolean {
    if (this.#lines % BLOCK_LINES === 0) this.#blocks.push(offset);
    this.#lines += 1;
    return this.#serials.add(high, low, this.#lines + FIRST_LINE - 1);
  }

  /** @throws when the file is not the one that was read */
  async find(path: string, serials: readonly string[]): Promise<readonly LineRest[]> {
    const file = await open(path, 'r');
    try {
      return await Promise.all(serials.map((serial) => this.#find(file, serial)));
    } finally {
      await file.close();
    }
  }
  async #find(file: FileHandle, serial: string): Promise<LineRest> {
    const line = this.#serials.lineOf(serial);
    const block = Math.floor((line - FIRST_LINE) / BLOCK_LINES);
    const from = this.#blocks[block] ?? 0;
    const to = this.#blocks[block + 1] ?? (await file.stat()).size;
    const { buffer } = await file.read(Buffer.allocUnsafe(to - from), 0, to - from, from);
    const cells = buffer.toString('latin1').split('\n')[(line - FIRST_LINE) % BLOCK_LINES]?.split('|');
    if (cells?.[1] !== serial) throw new Error('the file of the platform was changed while it was compared');
    return { line, detail: cells[5] ?? '' };
  }
}
