import { resolve } from 'node:path';
import { directoryOf, type LoadedConfig, loadConfig } from '../config/index.js';
import type { Database } from '../database/index.js';
import { withDatabase } from '../with-database.js';
import { type Change, recordChange } from './record-change.js';

export interface SftpPlace {
  readonly config: LoadedConfig;
  readonly database: Database;
  /** The folder in which each account has its tree. */
  readonly root: string;
}

/** Opens the installation's database for one command, and closes it again. */
export async function withSftp<T>(
  dir: string | undefined,
  work: (place: SftpPlace) => Promise<T>,
): Promise<T> {
  const config = loadConfig(directoryOf(dir));
  const root = resolve(config.dir, config.sftp.root);
  return withDatabase(config, (database) => work({ config, database, root }));
}

/** Into the audit log. Password hashes are masked there. */
export const recordSftp = (place: SftpPlace, change: Change): Promise<void> =>
  recordChange(place.config.dir, change, { database: place.database });

/** As JSON: absent is `null`, moments are ISO texts. */
export const momentJson = (at: number | undefined): string | null =>
  at === undefined ? null : new Date(at).toISOString();
