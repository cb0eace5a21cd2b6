import fs from 'node:fs';
import { closeFile, Folder, fileStats, hasCode, inFolder, isMissing, openFile, SAFE_OPEN } from './folder.js';
import type { Names } from './path.js';
import { Refused } from './refused.js';
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
  ) {}

  static async open(root: string, account: string): Promise<AccountFolders> {
    await makeAccountTree(root, account);
    const byArea = new Map<Area, Folder>();
    for (const area of areas) byArea.set(area, await Folder.open(areaDir(root, account, area)));
    return new AccountFolders(byArea, await Folder.open(partialDir(root, account)));
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

/** Opens a file, and nothing else than a file. */
export async function openPlain({ folder, name }: Place, flags: number, mode = 0o640): Promise<number> {
  const fd = await openFile(folder.at(name), flags | SAFE_OPEN, mode);
  try {
    if (!(await fileStats(fd)).isFile()) throw new Refused('failure', 'Not a file');
    return fd;
  } catch (error) {
    await closeFile(fd);
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

/** Removes the file; nothing where there is none. */
export const unlinkIfThere = ({ folder, name }: Place): Promise<boolean> =>
  new Promise((resolve, reject) =>
    fs.unlink(folder.at(name), (error) => {
      if (error && !hasCode(error, 'ENOENT')) reject(error);
      else resolve(error === null);
    }),
  );

function lastOf(names: Names): string {
  const last = names.at(-1);
  if (last === undefined) throw new Refused('permissionDenied');
  return last;
}
