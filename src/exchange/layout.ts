/**
 * Where files lie that are neither the platform's to write nor its to read. The root is that of the SFTP accounts' trees, so that a file
 * changes its place by one rename; names with a leading dot are no account's.
 *
 * ```
 * ROOT/.spool/UNIT/ID/NAME            being taken in, checked, processed; origin.json beside it
 * ROOT/.quarantine/UNIT/DAY/ID/NAME   refused, with the reason in NAME.json
 * ROOT/.outgoing/UNIT/ID/NAME         being generated, kept until the notice was answered
 * ROOT/ACCOUNT/archive/DAY/NAME       processed, with its verdict in NAME.json
 * ```
 */
import { open, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf } from '../errors.js';
import type { Day } from '../protocol/values.js';

/** Only our own user and group: the files carry names and amounts. */
export const FOLDER_MODE = 0o750;
export const FILE_MODE = 0o640;

/** Paths relative to the root, as they are kept in the database: another node may see the root elsewhere. */
export const spoolFolder = (unit: string, id: string): string => join('.spool', unit, id);
export const quarantineFolder = (unit: string, day: Day, id: string): string =>
  join('.quarantine', unit, day, id);
export const outgoingFolder = (unit: string, id: string): string => join('.outgoing', unit, id);

/** Whether something is there. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return false;
    throw error;
  }
}

/** Puts a file's bytes (or a folder's entries) on the disk. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Renames durably: after it returns, a crash of the machine cannot bring the old name back. */
export async function moveFile(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncPath(dirname(to));
  if (dirname(from) !== dirname(to)) await syncPath(dirname(from)).catch(ignoreMissing);
}

/** Writes a small file whole: it is there with all of its content, or not at all. */
export async function writeWhole(path: string, text: string): Promise<void> {
  await writeFile(`${path}.tmp`, text, { mode: FILE_MODE, flush: true });
  await moveFile(`${path}.tmp`, path);
}

/** Removes a file; nothing where there is none. */
export const removeFile = (path: string): Promise<void> => unlink(path).catch(ignoreMissing);

export function ignoreMissing(error: unknown): void {
  if (codeOf(error) !== 'ENOENT') throw error;
}
