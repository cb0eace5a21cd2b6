import fs, { type Stats } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { promisify } from 'node:util';

type Soon<T> = T | Promise<T>;

/**
 * The short calls of the file system: look up, open, rename. One small upload makes some twenty of them, and each took ten times
 * longer by way of Node's threads than the call itself (measured, docs/performance.md). So on a disk of this machine they are made directly,
 * as SQLite makes its own; on a network file system, which may let one wait for seconds, they go through the threads, since payments
 * are answered by the same thread. What can take long anywhere (fsync, bulk reads and writes) always does.
 */
export interface ShortCalls {
  /** Whether the first {@link SMALL_BYTES} of a file are read and written directly, too. */
  readonly direct: boolean;
  open(path: string, flags: number, mode?: number): Soon<number>;
  close(fd: number): Soon<void>;
  stats(fd: number): Soon<Stats>;
  /** Of the entry itself, not of what a link points to; `undefined` where there is none. */
  entryStats(path: string): Soon<Stats | undefined>;
  makeFolder(path: string, mode: number): Soon<unknown>;
  removeFolder(path: string): Soon<void>;
  rename(from: string, to: string): Soon<void>;
  link(from: string, to: string): Soon<void>;
  unlink(path: string): Soon<void>;
  changeMode(fd: number, mode: number): Soon<void>;
  /** Seconds since 1970. */
  setTimes(path: string, accessedAt: number, modifiedAt: number): Soon<void>;
  setOpenTimes(fd: number, accessedAt: number, modifiedAt: number): Soon<void>;
}

/**
 * A file of so many bytes is read and written at once where the calls are made directly: it is copied from or to the page cache in a few
 * microseconds, and the way through the threads costs fifty. What is larger could make us wait for the disk.
 */
export const SMALL_BYTES = 16 * 1024;

export const directCalls: ShortCalls = {
  direct: true,
  open: fs.openSync,
  close: fs.closeSync,
  stats: (fd) => fs.fstatSync(fd),
  entryStats: (path) => fs.lstatSync(path, { throwIfNoEntry: false }),
  makeFolder: fs.mkdirSync,
  removeFolder: (path) => fs.rmdirSync(path),
  rename: fs.renameSync,
  link: fs.linkSync,
  unlink: fs.unlinkSync,
  changeMode: fs.fchmodSync,
  setTimes: fs.lutimesSync,
  setOpenTimes: fs.futimesSync,
};

const lstat = promisify(fs.lstat);
const fstat = promisify(fs.fstat);
export const threadCalls: ShortCalls = {
  direct: false,
  open: promisify(fs.open),
  close: promisify(fs.close),
  stats: (fd) => fstat(fd),
  async entryStats(path) {
    try {
      return await lstat(path);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  },
  makeFolder: promisify(fs.mkdir),
  removeFolder: promisify(fs.rmdir),
  rename: promisify(fs.rename),
  link: promisify(fs.link),
  unlink: promisify(fs.unlink),
  changeMode: promisify(fs.fchmod),
  setTimes: promisify(fs.lutimes),
  setOpenTimes: promisify(fs.futimes),
};

/** Numbers of statfs(2) for file systems that lie on a disk of this machine, or in its memory. */
const LOCAL_TYPES = new Set([
  0xef53, // ext2, 3, 4
  0x5846_5342, // xfs
  0x9123_683e, // btrfs
  0x2fc1_2fc1, // zfs
  0xf2f5_2010, // f2fs
  0x794c_7630, // overlay
  0x0102_1994, // tmpfs
  0x8584_58f6, // ramfs
]);

export type CallsWay = 'auto' | 'direct' | 'threads';
/** How the short calls are to be made in this folder. */
export async function shortCallsFor(folder: string, way: CallsWay): Promise<ShortCalls> {
  if (way === 'auto') return LOCAL_TYPES.has((await statfs(folder)).type) ? directCalls : threadCalls;
  return way === 'direct' ? directCalls : threadCalls;
}
