/* How reconciliation is put together, for the gateway and for the commands. */
import { resolve } from 'node:path';
import type { Alarms } from './alarm.js';
import type { Clock, Ids } from './clock.js';
import type { LoadedConfig } from './config/index.js';
import type { Database } from './database/index.js';
import { exchangeOfUnit } from './exchange/index.js';
import { comparerFor, type ReconParts, startWatch } from './exchange/reconciliation/index.js';
import type { Log } from './log.js';
import { builtinReconciliation, type ReconciliationBooks } from './revenue/index.js';
import { openExisting } from './revenue-opening.js';

export interface ReconciliationGround {
  readonly config: LoadedConfig;
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}
export interface AppReconciliation {
  /** Opens the utility's own database where there is one, at the first call. */
  parts(): Promise<ReconParts>;
  close(): Promise<void>;
}

const LOOK_MS = 60_000;

/** Looks after the days, every minute. @returns how it is ended */
export function watchReconciliation(
  ground: ReconciliationGround & { readonly alarms: Alarms },
): () => Promise<void> {
  const reconciliation = openReconciliation(ground);
  if (reconciliation === undefined) return async () => {};
  const { config, alarms, log, clock } = ground;
  const stop = new AbortController();
  const watch = { open: () => reconciliation.parts(), units: config.units, alarms, log };
  const loop = startWatch(watch, clock, LOOK_MS, stop.signal);
  return async () => {
    stop.abort();
    await loop.stop();
    await reconciliation.close();
  };
}

/** `undefined`: the utility's schema does not give the bookings of a day (`revenue.operations.bookingsOfDay`). */
export function openReconciliation(ground: ReconciliationGround): AppReconciliation | undefined {
  const { config, database, clock, ids } = ground;
  const { revenue } = config;
  if (revenue.kind === 'existing' && revenue.operations.bookingsOfDay === undefined) return undefined;
  const closers: (() => Promise<void> | void)[] = [];
  const openBooks = async (): Promise<ReconciliationBooks> => {
    if (revenue.kind === 'builtin') return builtinReconciliation({ database, clock, ids });
    const { reconciliation } = await openExisting({ ...ground, closers }, revenue);
    if (reconciliation === undefined) throw new Error('bookingsOfDay is configured and not there');
    return reconciliation;
  };
  let books: Promise<ReconciliationBooks> | undefined;
  return {
    async parts() {
      books ??= openBooks().catch((error: unknown) => {
        books = undefined;
        throw error;
      });
      return {
        database,
        books: await books,
        comparer: comparerFor(database, resolve(config.dir, config.database.file)),
        settingsOf: (unit) => exchangeOfUnit(config.exchange, unit).reconciliation,
        clock,
        ids,
        leaseMs: config.exchange.limits.leaseMs,
      };
    },
    async close() {
      for (const close of closers.splice(0).reverse()) await close();
    },
  };
}
