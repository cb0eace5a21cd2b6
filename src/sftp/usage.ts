import type { Dirent } from 'node:fs';
import { lstat, opendir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.js';
import { isMissing } from './folder.js';

/** How much an account may have lying in `upload`, finished or not; `undefined` = no limit. */
export interface Quota {
  readonly bytes: number | undefined;
  readonly files: number | undefined;
}

/** A count older than this is taken anew: processing takes files away, and other nodes add some. */
const STALE_MS = 15_000;
/** Where little room is left it is taken anew after this, so that nobody is refused for files that processing has taken long ago. */
const TIGHT_STALE_MS = 500;
/** Free space is asked for after this many bytes granted. */
const FREE_CHECK_BYTES = 16 * 1024 * 1024;

/** What an account uses, counted on the disk and kept up to date between counts. One per account and process. */
export class Usage {
  #bytes = 0;
  #files = 0;
  #countedAt = Number.NEGATIVE_INFINITY;
  #counting: Promise<void> | undefined;
  #grantedSinceCheck = FREE_CHECK_BYTES;
  #checking: Promise<void> | undefined;
  #full = false;

  constructor(
    private readonly folders: readonly string[],
    private readonly freeBytesMin: number,
    private readonly clock: Clock,
  ) {}

  /** Counts unless a count is fresh. Called before a file is opened for writing. */
  async refresh(quota: Quota): Promise<void> {
    const age = this.clock.now() - this.#countedAt;
    if (age < (this.#isTight(quota) ? TIGHT_STALE_MS : STALE_MS)) return;
    this.#counting ??= this.#count().finally(() => {
      this.#counting = undefined;
    });
    await Promise.all([this.#counting, this.#checkFree()]);
  }

  #isTight({ bytes, files }: Quota): boolean {
    return (files !== undefined && this.#files >= files) || (bytes !== undefined && this.#bytes >= bytes / 2);
  }

  /** Whether one more file may be begun. */
  mayAddFile(quota: Quota): boolean {
    return !this.#full && (quota.files === undefined || this.#files < quota.files);
  }
  addFile(): void {
    this.#files += 1;
  }

  /** Takes `bytes` more, or refuses: over the quota, or the disk is nearly full. */
  take(bytes: number, quota: Quota): boolean {
    if (quota.bytes !== undefined && this.#bytes + bytes > quota.bytes) return false;
    this.#grantedSinceCheck += bytes;
    if (this.#grantedSinceCheck >= FREE_CHECK_BYTES) void this.#checkFree();
    if (this.#full) return false;
    this.#bytes += bytes;
    return true;
  }
  give(bytes: number): void {
    this.#bytes = Math.max(0, this.#bytes - bytes);
  }
  removeFile(bytes: number): void {
    this.#files = Math.max(0, this.#files - 1);
    this.give(bytes);
  }

  async #count(): Promise<void> {
    let bytes = 0;
    let files = 0;
    for (const folder of this.folders) {
      for await (const size of fileSizes(folder)) {
        bytes += size;
        files += 1;
      }
    }
    this.#bytes = bytes;
    this.#files = files;
    this.#countedAt = this.clock.now();
  }

  #checkFree(): Promise<void> {
    this.#checking ??= this.#askFree().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }
  async #askFree(): Promise<void> {
    this.#grantedSinceCheck = 0;
    const [folder] = this.folders;
    if (this.freeBytesMin === 0 || folder === undefined) return;
    try {
      const { bavail, bsize } = await statfs(folder);
      this.#full = bavail * bsize < this.freeBytesMin;
    } catch {
      // A file system that cannot say how much is free will say so when it is full.
      this.#full = false;
    }
  }
}

/** The sizes of all files below; nothing where the folder is missing. Links are not followed. */
async function* fileSizes(folder: string): AsyncGenerator<number> {
  let entries: AsyncIterable<Dirent>;
  try {
    entries = await opendir(folder, { bufferSize: 256 });
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  for await (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* fileSizes(path);
    else if (entry.isFile()) {
      const stats = await lstat(path).catch(() => undefined);
      if (stats) yield stats.size;
    }
  }
}
