/**
 * Open directories. Everything below one is reached relative to its descriptor, so that nothing that happens to the path meanwhile
 * (a rename, a link put in its place) can lead elsewhere: what `openat` is in C, `/proc/self/fd/N/name` is here.
 */
import fs from 'node:fs';
import { promisify } from 'node:util';
import type { Names } from './path.js';
import type { ShortCalls } from './short-calls.js';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
// Callbacks made into promises: half the cost of fs.promises, whose FileHandle objects are not needed here.
export const syncFile = promisify(fs.fdatasync);
const syncFolder = promisify(fs.fsync);

/** Files are opened without following a link and without waiting for the other end of a pipe that somebody put there. */
export const SAFE_OPEN = O_NOFOLLOW | O_NONBLOCK;

export class Folder {
  readonly #base: string;

  private constructor(
    readonly fd: number,
    path: string,
    readonly calls: ShortCalls,
  ) {
    // Elsewhere than on Linux (a developer's machine) the path must do.
    this.#base = process.platform === 'linux' ? `/proc/self/fd/${fd}` : path;
  }

  /** @throws ENOENT, ENOTDIR; ELOOP or ENOTDIR where the last part is a link */
  static async open(path: string, calls: ShortCalls): Promise<Folder> {
    return new Folder(await calls.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW), path, calls);
  }

  /** The path of an entry: to be used at once, while this folder is open. `name` must be a single name. */
  at(name: string): string {
    return `${this.#base}/${name}`;
  }

  get path(): string {
    return this.#base;
  }

  child(name: string): Promise<Folder> {
    return Folder.open(this.at(name), this.calls);
  }

  /** Of a file or folder; `undefined` where nothing is there, or something else than these (a link, a pipe, a device). */
  async stats(name: string): Promise<fs.Stats | undefined> {
    const stats = await this.calls.entryStats(this.at(name));
    return stats?.isFile() || stats?.isDirectory() ? stats : undefined;
  }

  /** Puts the folder's entries on the disk: a rename is durable after this. */
  async sync(): Promise<void> {
    await syncFolder(this.fd);
  }

  async close(): Promise<void> {
    await this.calls.close(this.fd);
  }
}

export const isMissing = (error: unknown): boolean => hasCode(error, 'ENOENT', 'ENOTDIR');
export const hasCode = (error: unknown, ...codes: string[]): boolean =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code));

/**
 * Runs the work with the folder that lies `names` below `top`, and closes what it opened.
 * @param make makes folders that are missing, with mode 0750
 * @throws ENOENT, ENOTDIR, and what the work throws
 */
export async function inFolder<T>(
  top: Folder,
  names: Names,
  work: (folder: Folder) => Promise<T>,
  make = false,
): Promise<T> {
  let folder = top;
  try {
    for (const name of names) {
      const child = make ? await madeChild(folder, name) : await folder.child(name);
      if (folder !== top) await folder.close();
      folder = child;
    }
    return await work(folder);
  } finally {
    if (folder !== top) await folder.close();
  }
}

async function madeChild(folder: Folder, name: string): Promise<Folder> {
  try {
    return await folder.child(name);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  try {
    await folder.calls.makeFolder(folder.at(name), 0o750);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
  return folder.child(name);
}
