/**
 * Brings the tables to this version, once, however many nodes start together. Our own runner instead of knex': its lock row stays locked when a
 * node dies, it cannot be waited for, and on Oracle it works through knex' transaction (which loses connections).
 */
import { OperatorError } from '../errors.js';
import { type Client, type Database, DatabaseError } from './database.js';
import type { Link } from './driver.js';
import { labelled } from './labels.js';
import { type Migration, renderMigration } from './migration.js';
import { withMigrationLock } from './migration-lock.js';
import { migrations as allMigrations } from './migrations/index.js';
import { OpenedDatabase } from './opened.js';
import { rowsOf, statement } from './plain.js';

export interface MigrationState {
  readonly name: string;
  /** `partial`: the node that ran it died on the way; the next run goes on where it stopped. */
  readonly state: 'applied' | 'pending' | 'partial' | 'unknown';
  /** ms since 1970. */
  readonly appliedAt: number | undefined;
  /** What was applied by one run has the same number and is rolled back together. */
  readonly batch: number | undefined;
}
interface Applied {
  readonly name: string;
  readonly batch: number;
  readonly appliedAt: number;
  /** Statements done; -1 = all. Only where tables cannot be changed within a transaction (MariaDB, Oracle) is it anything else. */
  readonly step: number;
}
const DONE = -1;

/** Applies what is missing. Gives the names of what was applied now. @throws {OperatorError} when the database is newer than this program */
export function migrate(
  database: Database,
  list: readonly Migration[] = allMigrations,
): Promise<readonly string[]> {
  return unlessDone(database, list, async (link, opened) => {
    const applied = await readApplied(link);
    refuseUnknown(applied, list);
    const batch = Math.max(0, ...applied.map((one) => one.batch)) + 1;
    const done: string[] = [];
    for (const migration of list) {
      const known = applied.find((one) => one.name === migration.name);
      if (known?.step === DONE) continue;
      await applyOne(link, opened, migration, known, batch);
      done.push(migration.name);
    }
    return done;
  });
}

/** Takes back the newest batch (all that one run had applied). Gives their names, newest first. */
export function rollback(
  database: Database,
  list: readonly Migration[] = allMigrations,
): Promise<readonly string[]> {
  return locked(database, async (link, opened) => {
    const applied = await readApplied(link);
    refuseUnknown(applied, list);
    const batch = Math.max(0, ...applied.map((one) => one.batch));
    const names = applied.filter((one) => one.batch === batch).map((one) => one.name);
    const back = list.filter((migration) => names.includes(migration.name)).reverse();
    for (const migration of back)
      await inTransaction(link, opened, async () => {
        for (const text of renderMigration(migration, 'down', opened.client)) await statement(link, text);
        await statement(link, 'delete from schema_migration where name = :name', { name: migration.name });
      });
    return back.map((migration) => migration.name);
  });
}

/** Every migration that this program knows or the database has seen. Changes nothing. */
export async function migrationStatus(
  database: Database,
  list: readonly Migration[] = allMigrations,
): Promise<readonly MigrationState[]> {
  const applied = await openedOf(database).withLink(async (link) =>
    (await tableExists(link)) ? readApplied(link) : [],
  );
  const known = list.map(({ name }): MigrationState => {
    const one = applied.find((row) => row.name === name);
    if (one === undefined) return { name, state: 'pending', appliedAt: undefined, batch: undefined };
    return {
      name,
      state: one.step === DONE ? 'applied' : 'partial',
      appliedAt: one.appliedAt,
      batch: one.batch,
    };
  });
  const unknown = applied
    .filter((row) => list.every(({ name }) => name !== row.name))
    .map(
      (row): MigrationState => ({
        name: row.name,
        state: 'unknown',
        appliedAt: row.appliedAt,
        batch: row.batch,
      }),
    );
  return [...known, ...unknown];
}

/** Nothing is locked when nothing is missing: so a node also starts on a database that takes no writes. */
async function unlessDone(
  database: Database,
  list: readonly Migration[],
  work: (link: Link, opened: OpenedDatabase) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const states = await migrationStatus(database, list);
  return states.every(({ state }) => state === 'applied') ? [] : locked(database, work);
}

async function locked<T>(
  database: Database,
  work: (link: Link, opened: OpenedDatabase) => Promise<T>,
): Promise<T> {
  const opened = openedOf(database);
  return opened.withLink((link) =>
    withMigrationLock(opened, link, async () => {
      if (!(await tableExists(link))) await createTable(link, opened.client);
      return work(link, opened);
    }),
  );
}

async function applyOne(
  link: Link,
  opened: OpenedDatabase,
  migration: Migration,
  known: Applied | undefined,
  batch: number,
): Promise<void> {
  const texts = renderMigration(migration, 'up', opened.client);
  const at = opened.clock.now();
  await inTransaction(link, opened, async () => {
    if (known === undefined)
      await statement(link, INSERT, { name: migration.name, batch, applied_at: at, step: 0 });
    for (const [step, text] of texts.entries()) {
      if (step < (known?.step ?? 0)) continue;
      try {
        await statement(link, text);
      } catch (error) {
        // A node died between the change and the note of it: the change is there already.
        if (!(step === known?.step && opened.driver.alreadyThere(error)))
          throw failed(opened, migration, step, error);
      }
      await statement(link, 'update schema_migration set step = :step where name = :name', {
        step: step + 1,
        name: migration.name,
      });
    }
    await statement(link, 'update schema_migration set step = :step, batch = :batch where name = :name', {
      step: DONE,
      batch,
      name: migration.name,
    });
  });
}
const INSERT =
  'insert into schema_migration (name, batch, applied_at, step) values (:name, :batch, :applied_at, :step)';

function failed(opened: OpenedDatabase, migration: Migration, step: number, error: unknown): Error {
  const { label, message } = labelled(opened.driver, error);
  if (label !== 'fault') return new DatabaseError(label, message, { cause: error });
  return new OperatorError(
    'migration-failed',
    `migration ${migration.name}, statement ${step + 1}: ${message}`,
    'the tables stay as they are; correct the cause and run `sluice db migrate` again',
    { cause: error },
  );
}

/** PostgreSQL changes tables within a transaction, SQLite is in one already (the lock); the others commit each change by themselves. */
async function inTransaction(link: Link, opened: OpenedDatabase, work: () => Promise<void>): Promise<void> {
  if (opened.client !== 'postgres') return work();
  await link.begin({ lockWaitMs: 60_000, statementTimeoutMs: 3_600_000 });
  try {
    await work();
    await link.commit();
  } catch (error) {
    await link.rollback().catch(() => link.destroy('rollback failed'));
    throw error;
  }
}

const TABLE = 'schema_migration';
async function tableExists(link: Link): Promise<boolean> {
  try {
    await rowsOf(link, `select name from ${TABLE} where 1 = 0`);
    return true;
  } catch (error) {
    if (link.dead) throw error;
    return false;
  }
}
async function createTable(link: Link, client: Client): Promise<void> {
  const bookkeeping: Migration = {
    name: TABLE,
    up: (schema) =>
      schema.createTable(TABLE, (table) => {
        table.text('name', 80);
        table.count('batch');
        table.moment('applied_at');
        table.count('step');
        table.primary('schema_migration_pk', ['name']);
      }),
    down: () => {},
  };
  for (const text of renderMigration(bookkeeping, 'up', client)) await statement(link, text);
}
async function readApplied(link: Link): Promise<readonly Applied[]> {
  const rows = await rowsOf(link, `select name, batch, applied_at, step from ${TABLE} order by name`);
  return rows.map((row) => ({
    name: String(row.name),
    batch: Number(row.batch),
    appliedAt: Number(row.applied_at),
    step: Number(row.step),
  }));
}
function refuseUnknown(applied: readonly Applied[], list: readonly Migration[]): void {
  const unknown = applied.filter((one) => list.every(({ name }) => name !== one.name)).map((one) => one.name);
  if (unknown.length === 0) return;
  throw new OperatorError(
    'database-newer',
    `the database was changed by a newer version of Sluice: ${unknown.join(', ')}`,
    'run that version, or roll the database back with it first (`sluice db rollback`)',
  );
}

function openedOf(database: Database): OpenedDatabase {
  if (database instanceof OpenedDatabase) return database;
  throw new DatabaseError('fault', 'migrations need the database itself, not a part of it');
}
