import type { Stats } from 'node:fs';
import type { Clock, Moment } from '../clock.js';
import { type Names, pathText } from './path.js';

/** Clients look at what they have put within seconds; whoever comes later sees what really lies there. */
const REMEMBERED_MS = 60_000;
/** About 300 bytes each. Beyond this the oldest are forgotten, which a client of our own days never notices. */
const REMEMBERED_MAX = 2_000;

interface File {
  readonly stats: Stats;
  readonly at: Moment;
}

/**
 * The files that an account handed over lately, as they were. Processing takes a file within milliseconds of CLOSE or RENAME, and yet
 * paramiko's `put`, rclone, lftp and WinSCP ask for its size or set its times right afterwards: told that nothing is there, they take the
 * upload for failed and send it again. One per account and process.
 */
export class Delivered {
  readonly #files = new Map<string, File>();

  constructor(private readonly clock: Clock) {}

  add(names: Names, stats: Stats): void {
    const key = pathText(names);
    this.#files.delete(key);
    this.#files.set(key, { stats, at: this.clock.now() });
    if (this.#files.size <= REMEMBERED_MAX) return;
    // A map keeps the order of insertion: the first is the oldest.
    for (const oldest of this.#files.keys()) {
      this.#files.delete(oldest);
      break;
    }
  }

  forget(names: Names): void {
    this.#files.delete(pathText(names));
  }

  find(names: Names): Stats | undefined {
    const key = pathText(names);
    const file = this.#files.get(key);
    if (file === undefined) return undefined;
    if (this.clock.now() - file.at <= REMEMBERED_MS) return file.stats;
    this.#files.delete(key);
    return undefined;
  }

  /** @returns false where there is no such file. Times in seconds since 1970 */
  setTimes(names: Names, accessedAt: number, modifiedAt: number): boolean {
    const stats = this.find(names);
    if (stats === undefined) return false;
    stats.atimeMs = accessedAt * 1000;
    stats.mtimeMs = modifiedAt * 1000;
    return true;
  }
}
