/** Compares on a raw SQLite connection of its own, which only reads the database; in the calling thread. */
import type SqliteDatabase from 'better-sqlite3';
import { openReader, type Row, renderStatement, type Statement } from '../../database/index.js';
import type { Booking } from '../../revenue/index.js';
import { emptyLines, insertBookings, type OurSource, SideReader, withRest } from './compare-sql.js';
import { aloneFinders, alonePairs, insertKey, insertKeyAndRest, sqliteTables } from './compare-sqlite-sql.js';
import { BATCH_DIFFERENCES, BATCH_LINES, type CompareJob } from './comparer.js';
import type { FoundDifference } from './difference.js';
import { readPlatformLines } from './dsdz-file.js';
import type { LineBatch, LinesVerdict } from './line-batch.js';

export interface SqliteJob extends Omit<CompareJob, 'bookings'> {
  readonly sqliteFile: string;
  readonly ours: OurSource;
}
/** Whom the comparison talks to. */
export interface Asker {
  /** The next of our bookings, where they are not in the database; empty: there are no more. */
  bookings(): Promise<readonly Booking[]>;
  found(some: readonly FoundDifference[]): Promise<void>;
}

/** Rows of one insert: a call of the driver costs as much as three rows. */
const ROWS_AT_ONCE = 64;
const CACHE_KIB = 16_384;

export async function compareHere(job: SqliteJob, asker: Asker, signal?: AbortSignal): Promise<LinesVerdict> {
  const db = await openReader(job.sqliteFile);
  try {
    db.pragma(`cache_size = -${CACHE_KIB}`);
    db.pragma(`temp.cache_size = -${CACHE_KIB}`);
    // One view of the database from the first comparison to the last; it is taken by the first read, so not by the load.
    db.exec('begin');
    for (const statement of sqliteTables) db.exec(renderStatement(statement, 'sqlite').text);
    const loaded = await loadLines(db, job, signal);
    if (!loaded.ok) return loaded;
    const { find, ...verdict } = loaded;
    if (job.ours === 'loaded') await loadBookings(db, () => asker.bookings());
    for (const found of differences(db, job)) await asker.found(await withRest(found, find));
    return verdict;
  } finally {
    db.close();
  }
}

function loadLines(db: SqliteDatabase, job: SqliteJob, signal?: AbortSignal): Promise<LinesVerdict> {
  const insert = bulkInsert(db, insertKeyAndRest);
  const insertPlain = bulkInsert(db, insertKey);
  const clear = renderStatement(emptyLines, 'sqlite').text;
  return readPlatformLines(
    { path: job.path, day: job.day, settings: job.settings, batchLines: BATCH_LINES },
    {
      reset: async () => void db.exec(clear),
      add: async (batch: LineBatch) => insert([keysOf(batch, job.day), batch.details, batch.lineNumbers]),
      addKeys: async (keys) => insertPlain([keys]),
    },
    signal,
  );
}

const keysOf = ({ serials, customers, amounts }: LineBatch, day: string): readonly string[] =>
  serials.map((serial, i) => `${customers[i]}|${serial}|${day}|${amounts[i]}`);

async function loadBookings(db: SqliteDatabase, next: () => Promise<readonly Booking[]>): Promise<void> {
  const insert = bulkInsert(db, insertBookings);
  for (let some = await next(); some.length > 0; some = await next()) {
    insert([
      some.map((one) => one.serial),
      some.map((one) => one.customer),
      some.map((one) => one.amount),
      some.map((one) => one.paymentNumber),
      some.map(() => 'booked'),
    ]);
  }
}

type Column = readonly (string | bigint | number)[];
/** An insert of many rows at once; takes columns. */
function bulkInsert(db: SqliteDatabase, statement: Statement): (columns: readonly Column[]) => void {
  const { text, names } = renderStatement(statement, 'sqlite');
  const row = `(${names.map(() => '?').join(',')})`;
  const head = text.slice(0, text.toLowerCase().lastIndexOf('values'));
  const many = db.prepare(`${head} values ${Array(ROWS_AT_ONCE).fill(row).join(',')}`);
  const one = db.prepare(`${head} values ${row}`);
  return (columns) => {
    const rows = columns[0]?.length ?? 0;
    let at = 0;
    for (; at + ROWS_AT_ONCE <= rows; at += ROWS_AT_ONCE) many.run(cells(columns, at, at + ROWS_AT_ONCE));
    for (; at < rows; at += 1) one.run(cells(columns, at, at + 1));
  };
}
function cells(columns: readonly Column[], from: number, to: number): (string | bigint | number | null)[] {
  const out: (string | bigint | number | null)[] = [];
  for (let at = from; at < to; at += 1) for (const column of columns) out.push(column[at] ?? null);
  return out;
}

function* differences(db: SqliteDatabase, job: SqliteJob): Generator<readonly FoundDifference[]> {
  const binds: Readonly<Record<string, string>> = { unit: job.unit, day: job.day };
  const run = (statement: Statement) => {
    const { text, names } = renderStatement(statement, 'sqlite');
    return { prepared: db.prepare(text), values: names.map((name) => binds[name] ?? null) };
  };
  const finder = run(aloneFinders[job.ours]);
  finder.prepared.run(finder.values);
  const pairs = run(alonePairs[job.ours]);
  const reader = new SideReader();
  let batch: FoundDifference[] = [];
  // The columns are what the statement names them; each is checked where it is read.
  for (const row of pairs.prepared.iterate(pairs.values) as Iterable<Row>) {
    const found = reader.push(row);
    if (found !== undefined) batch.push(found);
    if (batch.length < BATCH_DIFFERENCES) continue;
    yield batch;
    batch = [];
  }
  const last = reader.end();
  if (last !== undefined) batch.push(last);
  if (batch.length > 0) yield batch;
}
