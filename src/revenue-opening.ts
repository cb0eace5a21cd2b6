/* Opens the revenue system that the configuration names: ours, or the utility's own. */
import type { Clock, Ids } from './clock.js';
import type { LoadedConfig } from './config/index.js';
import { type Database, openDatabase } from './database/index.js';
import { messageOf } from './errors.js';
import type { Log } from './log.js';
import {
  type ExistingRevenue,
  type ExistingSettings,
  openBuiltinRevenue,
  openExistingRevenue,
  type RevenueSystem,
} from './revenue/index.js';

export interface RevenueGround {
  readonly config: Pick<LoadedConfig, 'dir' | 'revenue'>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** Ours; migrated. */
  readonly database: Database;
  readonly closers: (() => Promise<void> | void)[];
}

/** The adapter on the utility's own database. @throws {OperatorError} when it cannot be reached */
export async function openExisting(
  { config, clock, ids, log, database: journal, closers }: RevenueGround,
  settings: ExistingSettings,
): Promise<ExistingRevenue> {
  const database = await openDatabase(settings.database, { dir: config.dir, clock, log });
  closers.push(() => database.close());
  return openExistingRevenue({ journal, database, settings, clock, ids });
}

export interface OpenedRevenue {
  readonly revenue: RevenueSystem;
  /** The utility's own database, where the revenue is not in ours. */
  readonly theirs: Database | undefined;
}

/**
 * @param resolves whether this process settles calls in doubt (one of several is enough)
 * @throws {OperatorError} when the utility's database cannot be reached
 */
export async function openRevenue(ground: RevenueGround, resolves: boolean): Promise<OpenedRevenue> {
  const { config, clock, ids, log, database: journal, closers } = ground;
  const { revenue: settings } = config;
  if (settings.kind === 'builtin')
    return { revenue: openBuiltinRevenue({ database: journal, clock, ids }), theirs: undefined };
  const revenue = await openExisting(ground, settings);
  const opened = { revenue, theirs: revenue.database };
  if (!resolves) return opened;
  let running: Promise<void> | undefined;
  const look = async () => {
    try {
      const { settled, open } = await revenue.resolve();
      if (settled > 0) log.event('existing.settled', { settled });
      if (open > 0) log.event('existing.in-doubt', { open });
    } catch (error) {
      log.event('existing.in-doubt', { reason: messageOf(error) });
    } finally {
      running = undefined;
    }
  };
  const stop = clock.every(settings.resolveSeconds * 1000, () => {
    running ??= look();
  });
  closers.push(async () => {
    stop();
    await running;
  });
  return opened;
}
