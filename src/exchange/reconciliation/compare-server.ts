/** PostgreSQL, MariaDB and MySQL, Oracle: one transaction on one connection, which only temporary tables hear of. */
import type { Database, Session } from '../../database/index.js';
import {
  bindsOf,
  createTables,
  dropTables,
  emptyLines,
  fullJoins,
  insertBookings,
  insertKeyParts,
  insertKeys,
  insertLines,
  type OurSource,
  postgresSettings,
  readJoined,
  SideReader,
  serialFinders,
  sidePairs,
  withRest,
} from './compare-sql.js';
import { BATCH_DIFFERENCES, BATCH_LINES, type CompareJob, type DifferenceSink } from './comparer.js';
import type { FoundDifference } from './difference.js';
import { readPlatformLines } from './dsdz-file.js';
import type { LineBatch, LinesVerdict } from './line-batch.js';

/** A statement over millions of rows takes its time; payments have their own connections. */
const STATEMENT_MS = 1_800_000;
export async function compareOnServer(
  database: Database,
  job: CompareJob,
  sink: DifferenceSink,
  signal?: AbortSignal,
): Promise<LinesVerdict> {
  return database.transaction(
    async (tx) => {
      await sink.reset();
      await prepare(tx);
      const loaded = await loadLines(tx, job, signal);
      if (!loaded.ok) return loaded;
      const { find, ...verdict } = loaded;
      const source = await loadBookings(tx, job, signal);
      await giveDifferences(tx, job, source, async (some) => sink.add(await withRest(some, find)), signal);
      if (database.client === 'mysql') for (const statement of dropTables) await tx.run(statement);
      return verdict;
    },
    { statementTimeoutMs: STATEMENT_MS },
  );
}

async function prepare(tx: Session): Promise<void> {
  switch (tx.client) {
    case 'oracle':
      // Its temporary tables are there for good; the rows are this transaction's.
      return;
    case 'mysql':
      // They outlive the transaction, and this connection may have seen one that failed.
      for (const statement of dropTables) await tx.run(statement);
      break;
    case 'postgres':
      for (const statement of postgresSettings) await tx.run(statement);
      break;
    case 'sqlite':
      break;
    default:
      throw tx.client satisfies never;
  }
  for (const statement of createTables) await tx.run(statement);
}

/** Reads the next lines while the database takes the last. */
async function loadLines(tx: Session, job: CompareJob, signal?: AbortSignal): Promise<LinesVerdict> {
  let loading: Promise<void> = Promise.resolve();
  const next = async (load: () => Promise<void>) => {
    await loading;
    loading = load();
    loading.catch(() => {}); // It is awaited with the next batch.
  };
  const add = (batch: LineBatch) =>
    next(() =>
      tx.load(insertLines, [batch.serials, batch.customers, batch.amounts, batch.details, batch.lineNumbers]),
    );
  const verdict = await readPlatformLines(
    { path: job.path, day: job.day, settings: job.settings, batchLines: BATCH_LINES },
    {
      async reset() {
        await loading;
        await tx.run(emptyLines);
      },
      add,
      addKeys: (keys) =>
        next(() => (tx.client === 'postgres' ? copyKeys(tx, keys) : tx.load(insertKeyParts, partsOf(keys)))),
    },
    signal,
  );
  await loading;
  return verdict;
}

/** They have COPY's form already. */
const copyKeys = (tx: Session, keys: readonly string[]) =>
  tx.loadDelimited(insertKeys, Buffer.from(`${keys.join('\n')}\n`, 'latin1'));
/** In the order of {@link insertKeyParts}. */
function partsOf(keys: readonly string[]): readonly [string[], string[], bigint[]] {
  const [customers, serials, amounts]: [string[], string[], bigint[]] = [[], [], []];
  for (const key of keys) {
    const [customer = '', serial = '', , amount = ''] = key.split('|');
    customers.push(customer);
    serials.push(serial);
    amounts.push(BigInt(amount));
  }
  return [customers, serials, amounts];
}

/** Where our bookings are to be found. */
async function loadBookings(tx: Session, job: CompareJob, signal?: AbortSignal): Promise<OurSource> {
  if (job.bookings === undefined) return 'builtin';
  let columns = emptyColumns();
  const flush = async () => {
    await tx.load(insertBookings, [
      columns.serials,
      columns.customers,
      columns.amounts,
      columns.numbers,
      columns.states,
    ]);
    columns = emptyColumns();
  };
  for await (const booking of job.bookings()) {
    signal?.throwIfAborted();
    columns.serials.push(booking.serial);
    columns.customers.push(booking.customer);
    columns.amounts.push(booking.amount);
    columns.numbers.push(booking.paymentNumber);
    columns.states.push('booked');
    if (columns.serials.length >= BATCH_LINES) await flush();
  }
  await flush();
  return 'loaded';
}
const emptyColumns = () => ({
  serials: [] as string[],
  customers: [] as string[],
  amounts: [] as bigint[],
  numbers: [] as string[],
  states: [] as string[],
});

async function giveDifferences(
  tx: Session,
  job: CompareJob,
  source: OurSource,
  give: DifferenceSink['add'],
  signal?: AbortSignal,
): Promise<void> {
  const binds = bindsOf(source, job.unit, job.day);
  let batch: FoundDifference[] = [];
  const take = async (found: FoundDifference | undefined) => {
    if (found !== undefined) batch.push(found);
    if (batch.length < BATCH_DIFFERENCES) return;
    signal?.throwIfAborted();
    await give(batch);
    batch = [];
  };
  if (tx.client === 'mysql') {
    await tx.run(serialFinders[source], binds);
    const reader = new SideReader();
    for await (const row of tx.stream(sidePairs[source], binds)) await take(reader.push(row));
    await take(reader.end());
  } else {
    for await (const row of tx.stream(fullJoins[source], binds)) await take(readJoined(row));
  }
  if (batch.length > 0) await give(batch);
}
