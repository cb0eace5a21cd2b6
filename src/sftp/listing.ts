import fs, { type Dir, type Stats } from 'node:fs';
import { promisify } from 'node:util';
import { chinaText } from '../clock.js';
import type { AccountFolders } from './account-folders.js';
import type { Folder } from './folder.js';
import type { Names } from './path.js';
import { areas } from './tree.js';
import type { EntryAttributes } from './wire/attributes.js';
import type { NamedEntry } from './wire/reply.js';

const openFolder = promisify(fs.opendir);

/** So many entries are looked up at once and sent in one answer; a client must take 34,000 bytes (draft, section 3). */
const ENTRIES_TOGETHER = 100;
const ANSWER_BYTES_MAX = 32_000;

export function attributesOf(stats: Stats): EntryAttributes {
  return {
    kind: stats.isDirectory() ? 'folder' : 'file',
    size: stats.size,
    accessedAt: Math.floor(stats.atimeMs / 1000),
    modifiedAt: Math.floor(stats.mtimeMs / 1000),
  };
}

/** One directory that is being listed: nothing of it is held but the names of unfinished uploads, however many entries it has. */
export class Listing {
  readonly #parts: AsyncGenerator<NamedEntry>;
  readonly #held: NamedEntry[] = [];

  constructor(folders: AccountFolders, names: Names, account: string) {
    this.#parts = names.length === 0 ? rootEntries(folders, account) : entries(folders, names, account);
  }

  /** The next entries, as many as one answer holds; empty at the end. */
  async next(): Promise<readonly NamedEntry[]> {
    const out: NamedEntry[] = [];
    let bytes = 0;
    while (out.length < ENTRIES_TOGETHER) {
      const entry = this.#held.pop() ?? (await this.#next());
      if (entry === undefined) break;
      bytes += 40 + Buffer.byteLength(entry.name) + Buffer.byteLength(entry.longName);
      if (bytes > ANSWER_BYTES_MAX) {
        this.#held.push(entry);
        break;
      }
      out.push(entry);
    }
    return out;
  }

  async #next(): Promise<NamedEntry | undefined> {
    const { done, value } = await this.#parts.next();
    return done === true ? undefined : value;
  }

  async close(): Promise<void> {
    await this.#parts.return(undefined);
  }
}

async function* rootEntries(folders: AccountFolders, account: string): AsyncGenerator<NamedEntry> {
  for (const area of areas) {
    const stats = await folders.inside([area], (folder) => Promise.resolve(folder.calls.stats(folder.fd)));
    yield named(area, stats, account);
  }
}

async function* entries(folders: AccountFolders, names: Names, account: string): AsyncGenerator<NamedEntry> {
  const unfinished = new Map<string, Stats>();
  await folders.insidePartial(names, async (folder) => {
    for await (const [name, stats] of withStats(folder)) if (stats.isFile()) unfinished.set(name, stats);
  });
  for (const [name, stats] of unfinished) yield named(name, stats, account);
  // The generator keeps the folder open from one READDIR to the next; `return()` on CLOSE closes it.
  const folder = await folders.inside(names, (open) => open.child('.'));
  try {
    for await (const [name, stats] of withStats(folder)) {
      if (!unfinished.has(name)) yield named(name, stats, account);
    }
  } finally {
    await folder.close();
  }
}

async function* withStats(folder: Folder): AsyncGenerator<readonly [string, Stats]> {
  const dir: Dir = await openFolder(folder.path, { bufferSize: ENTRIES_TOGETHER });
  try {
    for (;;) {
      const names: string[] = [];
      while (names.length < ENTRIES_TOGETHER) {
        const entry = await dir.read();
        if (entry === null) break;
        names.push(entry.name);
      }
      if (names.length === 0) return;
      // What vanished meanwhile, and links and devices, which nobody should find here, are left out.
      const all = await Promise.all(names.map(async (name) => [name, await folder.stats(name)] as const));
      for (const [name, stats] of all) if (stats) yield [name, stats];
    }
  } finally {
    await dir.close();
  }
}

function named(name: string, stats: Stats, account: string): NamedEntry {
  const attributes = attributesOf(stats);
  const mode = attributes.kind === 'folder' ? 'drwxr-x---' : '-rw-r-----';
  const size = String(attributes.size).padStart(12);
  const time = chinaText(stats.mtimeMs).slice(0, 16);
  return { name, longName: `${mode}    1 ${account} ${account} ${size} ${time} ${name}`, attributes };
}
