/**
 * SQLite works in the thread that calls it, so a million lines would keep every payment waiting. They are compared in a thread of their own, on a
 * connection that only reads the database; its temporary tables lie in a file of their own and hold no lock.
 */
import { stat } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { type Database, numberCell, sql } from '../../database/index.js';
import type { Booking } from '../../revenue/index.js';
import { compareHere, type SqliteJob } from './compare-sqlite-here.js';
import type { FromThread, ToThread } from './compare-sqlite-thread.js';
import { BATCH_LINES, type CompareJob, type DifferenceSink } from './comparer.js';
import type { LinesVerdict } from './line-batch.js';

/** A file and a day below this are compared where we are: beginning a thread would take longer. */
const SMALL_BYTES = 512 * 1024;
const SMALL_BOOKINGS = 10_000;
const countSome = sql(
  (w) => `select count(*) as bookings from (
    select 1 from payments where unit = :unit and booking_day = :day ${w.limit(SMALL_BOOKINGS)}) some_bookings`,
);

export async function compareOnSqlite(
  database: Database,
  sqliteFile: string,
  job: CompareJob,
  sink: DifferenceSink,
  signal?: AbortSignal,
): Promise<LinesVerdict> {
  signal?.throwIfAborted();
  await sink.reset();
  const { bookings, ...plain } = job;
  const sqliteJob: SqliteJob = { ...plain, sqliteFile, ours: bookings === undefined ? 'builtin' : 'loaded' };
  if (!(await isSmall(database, job))) return inThread(sqliteJob, sink, bookings, signal);
  const given = bookings === undefined ? undefined : batchesOf(bookings());
  return compareHere(
    sqliteJob,
    {
      async bookings() {
        const next = await given?.next();
        return next?.done === false ? next.value : [];
      },
      found: (some) => sink.add(some),
    },
    signal,
  );
}

async function isSmall(database: Database, job: CompareJob): Promise<boolean> {
  if ((await stat(job.path)).size > SMALL_BYTES) return false;
  if (job.bookings !== undefined) return true;
  const [row] = await database.all(countSome, { unit: job.unit, day: job.day });
  return row !== undefined && numberCell(row, 'bookings') < SMALL_BOOKINGS;
}

/**
 * What lives long in the thread is little (the serials' table is outside of the heap); without a limit V8 lets garbage grow to a hundred MiB more before
 * it looks.
 */
const HEAP = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 96 };

async function inThread(
  workerData: SqliteJob,
  sink: DifferenceSink,
  bookings: (() => AsyncIterable<Booking>) | undefined,
  signal?: AbortSignal,
): Promise<LinesVerdict> {
  // Under tsx (tests) the sources themselves run.
  const isSource = import.meta.url.endsWith('.ts');
  const worker = new Worker(new URL(`./compare-sqlite-thread.${isSource ? 'ts' : 'js'}`, import.meta.url), {
    workerData,
    name: 'sluice-reconciliation',
    resourceLimits: HEAP,
    execArgv: isSource ? ['--import', 'tsx'] : [],
  });
  const stop = () => void worker.terminate();
  signal?.addEventListener('abort', stop);
  try {
    return await talk(worker, sink, bookings);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
    await worker.terminate();
  }
}

/** Answers the thread until it gives its verdict. */
function talk(
  worker: Worker,
  sink: DifferenceSink,
  bookings: (() => AsyncIterable<Booking>) | undefined,
): Promise<LinesVerdict> {
  const say = (message: ToThread) => worker.postMessage(message);
  const given = bookings === undefined ? undefined : batchesOf(bookings());
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the comparing thread ended with ${code}`)));
    worker.on('message', (message: FromThread) => {
      const answer = async () => {
        switch (message.kind) {
          case 'found':
            await sink.add(message.found);
            return say({ kind: 'go-on' });
          case 'bookings': {
            const next = await given?.next();
            return say({ kind: 'bookings', bookings: next?.done === false ? next.value : [] });
          }
          case 'verdict':
            return resolve(message.verdict);
          default:
            return message satisfies never;
        }
      };
      answer().catch(reject);
    });
  });
}

async function* batchesOf(bookings: AsyncIterable<Booking>): AsyncGenerator<readonly Booking[]> {
  let batch: Booking[] = [];
  for await (const booking of bookings) {
    batch.push(booking);
    if (batch.length < BATCH_LINES) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
