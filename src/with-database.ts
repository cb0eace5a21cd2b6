import { systemClock } from './clock.js';
import type { LoadedConfig } from './config/index.js';
import { type Database, type DatabaseSettings, openDatabase } from './database/index.js';
import { silentLog } from './log.js';

/**
 * Opens a database of the installation for one command, and closes it again.
 * @param settings another than the configured one: the utility's own, or one with other limits
 * @throws {OperatorError} when it cannot be reached; whatever `work` throws
 */
export async function withDatabase<T>(
  config: LoadedConfig,
  work: (database: Database) => Promise<T>,
  settings: DatabaseSettings = config.database,
): Promise<T> {
  const database = await openDatabase(settings, { dir: config.dir, clock: systemClock, log: silentLog });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}
