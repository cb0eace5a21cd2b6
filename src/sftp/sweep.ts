import { lstat, opendir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Moment } from '../clock.js';
import { partialRoot } from './tree.js';

/** Removes unfinished uploads of all accounts that nobody has gone on with since `before`. */
export async function removeOldUnfinished(root: string, before: Moment): Promise<void> {
  for await (const account of await opendir(partialRoot(root))) {
    if (account.isDirectory()) await removeOlder(join(partialRoot(root), account.name), before);
  }
}

async function removeOlder(folder: string, before: Moment): Promise<void> {
  for await (const entry of await opendir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await removeOlder(path, before);
    else if ((await lstat(path)).mtimeMs < before) await rm(path);
  }
}
