/** One node migrates, the others wait. Each lock belongs to a session or transaction, so that a node that dies leaves none behind. */
import { OperatorError } from '../errors.js';
import type { Link } from './driver.js';
import type { OpenedDatabase } from './opened.js';
import { rowsOf, statement } from './plain.js';

const WAIT_MS = 300_000;
/** SQLite serves one machine: whoever holds it longer is no node that migrates. */
const SQLITE_WAIT_MS = 10_000;
const PAUSE_MS = 200;
// Any fixed number; nobody else takes advisory locks in this database.
const ADVISORY = 5_173_001;

/** Runs the work while no other node migrates the same database. @throws {OperatorError} `migration-locked` after five minutes */
export async function withMigrationLock<T>(
  opened: OpenedDatabase,
  link: Link,
  work: () => Promise<T>,
): Promise<T> {
  switch (opened.client) {
    case 'sqlite': {
      // The one writing transaction is the lock; all migrations are applied in it or none.
      await beginSqlite(opened, link);
      try {
        const value = await work();
        await link.commit();
        return value;
      } catch (error) {
        await link.rollback();
        throw error;
      }
    }
    case 'postgres': {
      await until(opened, async () => {
        const [row] = await rowsOf(
          link,
          `select case when pg_try_advisory_lock(${ADVISORY}) then 1 else 0 end as held`,
        );
        return Number(row?.held) === 1;
      });
      return finallyDo(work, () => statement(link, `select pg_advisory_unlock(${ADVISORY})`));
    }
    case 'mysql': {
      await until(opened, async () => {
        const [row] = await rowsOf(link, "select get_lock(concat('sluice-migrate-', database()), 0) as held");
        return Number(row?.held) === 1;
      });
      return finallyDo(work, () => statement(link, "do release_lock(concat('sluice-migrate-', database()))"));
    }
    case 'oracle':
      // Changing a table commits, so the lock is held by a second session.
      return opened.withLink(async (holder) => {
        await makeLockTable(opened, holder);
        await holder.begin({ lockWaitMs: WAIT_MS, statementTimeoutMs: WAIT_MS });
        await until(opened, async () => {
          try {
            await statement(holder, 'lock table schema_lock in exclusive mode nowait');
            return true;
          } catch (error) {
            if (opened.driver.label(error) === 'lock-timeout') return false;
            throw error;
          }
        });
        return finallyDo(work, () => holder.rollback());
      });
    default:
      throw opened.client satisfies never;
  }
}

async function beginSqlite(opened: OpenedDatabase, link: Link): Promise<void> {
  try {
    await link.begin({ lockWaitMs: SQLITE_WAIT_MS, statementTimeoutMs: WAIT_MS });
  } catch (error) {
    if (opened.driver.label(error) !== 'lock-timeout') throw error;
    throw new OperatorError(
      'database-locked',
      `another process has locked the database for longer than ${SQLITE_WAIT_MS / 1000} s`,
      'Find it (fuser -v FILE) and end it: another gateway on this file, a backup, or a database tool with an open transaction.',
      { cause: error },
    );
  }
}

async function makeLockTable(opened: OpenedDatabase, link: Link): Promise<void> {
  try {
    await statement(link, 'create table schema_lock (held number(1) null)');
  } catch (error) {
    if (!opened.driver.alreadyThere(error)) throw error;
  }
}

async function finallyDo<T>(work: () => Promise<T>, last: () => Promise<unknown>): Promise<T> {
  try {
    return await work();
  } finally {
    // A lock that cannot be given back ends with its session.
    await last().catch(() => {});
  }
}

async function until(opened: OpenedDatabase, held: () => Promise<boolean>): Promise<void> {
  const end = opened.clock.now() + WAIT_MS;
  while (!(await held())) {
    if (opened.clock.now() > end)
      throw new OperatorError(
        'migration-locked',
        `another node has been changing the tables for ${WAIT_MS / 60_000} minutes`,
        'see what it waits for (a long transaction may hold a table), or stop it; then start again',
      );
    await opened.clock.sleep(PAUSE_MS);
  }
}
