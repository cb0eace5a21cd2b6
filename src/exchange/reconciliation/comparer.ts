/** Loads a platform file and compares it with our bookings, in the database. Writes nothing that lasts. */
import type { Client, Database } from '../../database/index.js';
import type { FileSettings } from '../../protocol/index.js';
import type { Day } from '../../protocol/values.js';
import type { Booking } from '../../revenue/index.js';
import { compareOnServer } from './compare-server.js';
import { compareOnSqlite } from './compare-sqlite.js';
import type { FoundDifference } from './difference.js';
import type { LinesVerdict } from './line-batch.js';

export interface CompareJob {
  readonly unit: string;
  readonly day: Day;
  readonly path: string;
  readonly settings: FileSettings;
  /** Our bookings of the day where they are not in the built-in schema of this database. */
  readonly bookings: (() => AsyncIterable<Booking>) | undefined;
}
/** Takes what is found; `reset`: what was given so far does not count, it begins again. */
export interface DifferenceSink {
  reset(): Promise<void>;
  add(found: readonly FoundDifference[]): Promise<void>;
}
export type Comparer = (job: CompareJob, sink: DifferenceSink, signal?: AbortSignal) => Promise<LinesVerdict>;

/** Lines that go to the database at once, and differences that come back at once. */
export const BATCH_LINES = 10_000;
export const BATCH_DIFFERENCES = 1000;

/** @param sqliteFile where the embedded database lies; needed for SQLite only */
export function comparerFor(database: Database, sqliteFile?: string): Comparer {
  const client: Client = database.client;
  if (client !== 'sqlite') return (job, sink, signal) => compareOnServer(database, job, sink, signal);
  if (sqliteFile === undefined) throw new Error('SQLite is compared in its own thread, which needs the file');
  return (job, sink, signal) => compareOnSqlite(database, sqliteFile, job, sink, signal);
}
