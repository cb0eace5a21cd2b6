/**
 * Files between the place they came from and the database: `.spool/UNIT/ID/NAME`, with `origin.json` beside it, so that a file whose node
 * died in between is taken up by whoever finds it.
 */
import { mkdir, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Clock, Ids } from '../../clock.js';
import { codeOf } from '../../errors.js';
import { fileTypes } from '../../protocol/index.js';
import type { Day } from '../../protocol/values.js';
import { parseDay } from '../../protocol/values.js';
import { FOLDER_MODE, ignoreMissing, isThere, spoolFolder, writeWhole } from '../layout.js';
import { fileSources } from './incoming-file.js';

const day = z.string().transform((text, context): Day => {
  const found = parseDay(text);
  if (found === undefined) context.addIssue({ code: 'custom', message: 'no day' });
  return found ?? z.NEVER;
});
const originSchema = z.strictObject({
  unit: z.string(),
  type: z.enum(fileTypes),
  day,
  name: z.string(),
  place: z.string(),
  stamp: z.string(),
  source: z.enum(fileSources),
  foundAt: z.number(),
  orderedBy: z.string(),
});
/** Where a spooled file came from, and what it is taken for. */
export type Origin = z.output<typeof originSchema>;

export interface Spooled {
  readonly id: string;
  readonly origin: Origin;
  /** Relative to the root. */
  readonly folder: string;
  readonly file: string;
}

/** Who works on a spooled file shows it this often; after five times of silence another may take it up. */
const SIGN_MS = 10_000;
export const ABANDONED_MS = 5 * SIGN_MS;

export class Spool {
  constructor(
    private readonly root: string,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  absolute(relative: string): string {
    return join(this.root, relative);
  }

  /** A folder for one file, with its origin noted down. */
  async create(origin: Origin): Promise<Spooled> {
    const id = this.ids.uuid();
    const folder = spoolFolder(origin.unit, id);
    await mkdir(this.absolute(folder), { recursive: true, mode: FOLDER_MODE });
    await writeWhole(join(this.absolute(folder), 'origin.json'), JSON.stringify(origin));
    return { id, origin, folder, file: join(folder, origin.name) };
  }

  async discard({ folder }: Pick<Spooled, 'folder'>): Promise<void> {
    await rm(this.absolute(folder), { recursive: true, force: true });
  }

  /** Shows that somebody works on it for as long as the work takes: a fetch from a slow server may take longer than the silence of the dead. */
  async keptAlive<T>({ folder }: Spooled, work: () => Promise<T>): Promise<T> {
    const stop = this.clock.every(SIGN_MS, () => {
      const now = this.clock.now() / 1000;
      void utimes(join(this.absolute(folder), 'origin.json'), now, now).catch(() => {});
    });
    try {
      return await work();
    } finally {
      stop();
    }
  }

  /** Where files of this name lie here: being taken in by this node or another, or being worked on. */
  async foldersWith(unit: string, name: string): Promise<readonly string[]> {
    const found: string[] = [];
    for (const id of await namesIn(this.absolute(join('.spool', unit)))) {
      const folder = spoolFolder(unit, id);
      if (await isThere(this.absolute(join(folder, name)))) found.push(folder);
    }
    return found;
  }

  /** What nobody works on any more: left by a node that died. Folders without a file in them are removed. */
  async abandoned(): Promise<readonly Spooled[]> {
    const found: Spooled[] = [];
    for (const unit of await namesIn(this.absolute('.spool'))) {
      for (const id of await namesIn(this.absolute(join('.spool', unit)))) {
        const folder = spoolFolder(unit, id);
        const originFile = join(this.absolute(folder), 'origin.json');
        const stats = await stat(originFile).catch(() => undefined);
        if (stats !== undefined && this.clock.now() - stats.mtimeMs < ABANDONED_MS) continue;
        // What had no origin when it was looked at may have one by now, and then somebody is at it.
        const origin = stats && (await this.#originOf(originFile));
        if (origin === undefined) {
          await this.#discardOld(folder);
          continue;
        }
        const file = join(folder, origin.name);
        if (await isThere(this.absolute(file))) found.push({ id, origin, folder, file });
        else await this.discard({ folder });
      }
    }
    return found;
  }

  async #originOf(path: string): Promise<Origin | undefined> {
    try {
      return originSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    } catch {
      return undefined;
    }
  }

  /** Without an origin nothing was ever put in it; a folder that was just made is left alone. */
  async #discardOld(folder: string): Promise<void> {
    const stats = await stat(this.absolute(folder)).catch(ignoreMissing);
    if (stats && this.clock.now() - stats.mtimeMs > ABANDONED_MS) await this.discard({ folder });
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return [];
    throw error;
  }
}
