/** The directories of an account of our own SFTP server, as a place. What its server publishes appears by rename, and so is whole. */
import { type FSWatcher, watch } from 'node:fs';
import { copyFile, lstat, mkdir, readdir, rename } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { codeOf } from '../errors.js';
import { isSafeFileName } from '../protocol/index.js';
import { archiveDir, downloadDir, makeAccountTree, partialDir, uploadDir } from '../sftp/index.js';
import { digestOfFile } from './digest.js';
import { FOLDER_MODE, moveFile, removeFile, syncPath } from './layout.js';
import type { ExchangePlace, IncomingPlace, OutgoingPlace, PlaceEntry } from './place.js';

/** @param root of all accounts' trees */
export async function openEmbeddedPlace(root: string, account: string): Promise<ExchangePlace> {
  await makeAccountTree(root, account);
  return {
    incoming: new UploadPlace(account, uploadDir(root, account), partialDir(root, account)),
    outgoing: new DownloadPlace(account, downloadDir(root, account)),
    archive: relative(root, archiveDir(root, account)),
    close: async () => {},
  };
}

class UploadPlace implements IncomingPlace {
  constructor(
    readonly name: string,
    private readonly dir: string,
    private readonly partial: string,
  ) {}

  async list(isWanted: (name: string) => boolean): Promise<readonly PlaceEntry[]> {
    const entries = await readdir(this.dir, { recursive: true, withFileTypes: true });
    const found: PlaceEntry[] = [];
    for (const entry of entries) {
      if (!entry.isFile() || !isSafeFileName(entry.name) || !isWanted(entry.name)) continue;
      const seen = await this.find(relative(this.dir, join(entry.parentPath, entry.name)));
      if (seen) found.push(seen);
    }
    return found;
  }

  async find(path: string): Promise<PlaceEntry | undefined> {
    const stats = await statsOf(join(this.dir, path));
    if (stats === undefined || !stats.isFile()) return undefined;
    return {
      path,
      name: basename(path),
      bytes: Number(stats.size),
      modifiedAt: Number(stats.mtimeMs),
      stamp: `${stats.ino}-${stats.size}-${stats.mtimeNs}`,
    };
  }

  async isUnfinished(path: string): Promise<boolean> {
    return (await statsOf(join(this.partial, path))) !== undefined;
  }

  /** One rename: of several nodes one gets it, and nobody can write to that name any more. */
  async take(entry: PlaceEntry, target: string): Promise<boolean> {
    try {
      await rename(join(this.dir, entry.path), target);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    }
    await syncPath(target);
    await syncPath(dirname(target));
    return true;
  }

  async settle(): Promise<void> {}

  watch(changed: () => void): () => void {
    let watcher: FSWatcher | undefined;
    try {
      // Not recursive: Node would watch each single file. What comes below is found by the poll, or told by our SFTP server.
      watcher = watch(this.dir, { persistent: false }, changed);
      watcher.on('error', () => {}); // Without events the poll is there.
    } catch {
      // Network file systems and full inotify tables: the poll is there.
    }
    return () => watcher?.close();
  }
}

class DownloadPlace implements OutgoingPlace {
  readonly noticePath = '/download/';

  constructor(
    readonly name: string,
    private readonly dir: string,
  ) {}

  async put(name: string, source: string): Promise<void> {
    await mkdir(this.dir, { recursive: true, mode: FOLDER_MODE });
    // Hidden while it is written: the account may be listing this directory.
    const hidden = join(this.dir, `.${name}.tmp`);
    await copyFile(source, hidden);
    await syncPath(hidden);
    await moveFile(hidden, join(this.dir, name));
  }

  async check(name: string) {
    const path = join(this.dir, name);
    const stats = await statsOf(path);
    if (stats === undefined || !stats.isFile()) return undefined;
    return { bytes: Number(stats.size), sha256: await digestOfFile(path) };
  }

  remove(name: string): Promise<void> {
    return removeFile(join(this.dir, name));
  }
}

async function statsOf(path: string) {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}
