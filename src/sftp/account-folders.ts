import type fs from 'node:fs';
import { Folder, hasCode, inFolder, isMissing, SAFE_OPEN } from './folder.js';
import type { Names } from './path.js';
import { Refused } from './refused.js';
import type { ShortCalls } from './short-calls.js';
import { type Area, areaDir, areas, isArea, makeAccountTree, partialDir } from './tree.js';

/** Where a name lies: in a folder that is open while it is used. */
export interface Place {
  readonly folder: Folder;
  readonly name: string;
}

/** The folders of one account, opened once per session: two trees, of what is there for all and of what is not finished yet. */
export class AccountFolders {
  private constructor(
    private readonly byArea: ReadonlyMap<Area, Folder>,
    private readonly partial: Folder,
    readonly calls: ShortCalls,
  ) {}

  static async open(root: string, account: string, calls: ShortCalls): Promise<AccountFolders> {
    await makeAccountTree(root, account);
    const byArea = new Map<Area, Folder>();
    for (const area of areas) byArea.set(area, await Folder.open(areaDir(root, account, area), calls));
    return new AccountFolders(byArea, await Folder.open(partialDir(root, account), calls), calls);
  }

  area(names: Names): Folder {
    const [area] = names;
    const folder = isArea(area) ? this.byArea.get(area) : undefined;
    if (folder === undefined) throw new Refused('noSuchFile');
    return folder;
  }

  /** Runs the work where the file or folder `names` lies, or would lie. @throws ENOENT where the folders above are missing */
  inPlace<T>(names: Names, work: (place: Place) => Promise<T>): Promise<T> {
    return inFolder(this.area(names), names.slice(1, -1), (folder) => work({ folder, name: lastOf(names) }));
  }

  /** The same among the unfinished uploads; `make`: with the folders above it. */
  inPartial<T>(names: Names, work: (place: Place) => Promise<T>, make = false): Promise<T> {
    const above = names.slice(1, -1);
    return inFolder(this.partial, above, (folder) => work({ folder, name: lastOf(names) }), make);
  }

  /** The folder `names` itself, among the files that are there for all. */
  inside<T>(names: Names, work: (folder: Folder) => Promise<T>): Promise<T> {
    return inFolder(this.area(names), names.slice(1), work);
  }

  /** The same among the unfinished uploads; `undefined` where there is no such folder. */
  async insidePartial<T>(names: Names, work: (folder: Folder) => Promise<T>): Promise<T | undefined> {
    if (names[0] !== 'upload') return undefined;
    return orMissing(inFolder(this.partial, names.slice(1), work));
  }

  /** The unfinished upload of this name, if there is one. */
  async partialStats(names: Names): Promise<fs.Stats | undefined> {
    if (names[0] !== 'upload' || names.length < 2) return undefined;
    const stats = await orMissing(this.inPartial(names, ({ folder, name }) => folder.stats(name)));
    return stats?.isFile() ? stats : undefined;
  }

  finalStats(names: Names): Promise<fs.Stats | undefined> {
    return this.inPlace(names, ({ folder, name }) => folder.stats(name));
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.byArea.values(), this.partial].map((folder) => folder.close()));
  }
}

/** An open file; `ino` is the file itself, whatever name it has. */
export interface Opened {
  readonly fd: number;
  readonly size: number;
  readonly ino: number;
}

/** Opens a file, and nothing else than a file. */
export async function openPlain({ folder, name }: Place, flags: number, mode = 0o640): Promise<Opened> {
  const { calls } = folder;
  const fd = await calls.open(folder.at(name), flags | SAFE_OPEN, mode);
  try {
    const stats = await calls.stats(fd);
    if (!stats.isFile()) throw new Refused('failure', 'Not a file');
    return { fd, size: stats.size, ino: stats.ino };
  } catch (error) {
    await calls.close(fd);
    throw error;
  }
}

/** `undefined` instead of ENOENT. */
export async function orMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Removes the file; nothing happens where there is none. */
export async function unlinkIfThere({ folder, name }: Place): Promise<void> {
  try {
    await folder.calls.unlink(folder.at(name));
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

function lastOf(names: Names): string {
  const last = names.at(-1);
  if (last === undefined) throw new Refused('permissionDenied');
  return last;
}
