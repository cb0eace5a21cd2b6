/**
 * SQLite, embedded: one connection writes (WAL, synchronous=FULL), others read. The driver is synchronous, so nothing here may wait inside of it:
 * another process that holds the file's write lock is waited for by trying again from the event loop.
 */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import SqliteDatabase from 'better-sqlite3';
import type { Clock } from '../clock.js';
import { type Compiled, valuesOf } from './compile.js';
import type { Binds, Cell, Row } from './database.js';
import type { Driver, Link, TransactionLimits } from './driver.js';
import { sqliteAlreadyThere, sqliteCommitLabel, sqliteLabel } from './errors-sqlite.js';
import { wordsFor } from './words.js';

type Prepared = ReturnType<SqliteDatabase['prepare']>;
/** What a statement may block the event loop for another process' lock. */
const BUSY_MS = 20;
const STREAM_ROWS = 200;
/** Rows of one call written before the event loop has its turn. */
const WRITE_ROWS = 500;

export function sqliteDriver(file: string, clock: Clock): Driver & { connectReader(): Promise<Link> } {
  return {
    words: wordsFor('sqlite'),
    bindStyle: 'selected',
    connect: async () => new SqliteLink(openFile(file, false), clock),
    connectReader: async () => new SqliteLink(openFile(file, true), clock),
    label: sqliteLabel,
    commitLabel: sqliteCommitLabel,
    alreadyThere: sqliteAlreadyThere,
  };
}

/** Opens the file with everything that durability needs. */
export function openFile(file: string, readonly: boolean): SqliteDatabase {
  // The driver's own error for this has no code.
  if (!existsSync(dirname(file))) throw new NoDirectoryError(`the directory ${dirname(file)} does not exist`);
  const db = new SqliteDatabase(file, { readonly, timeout: BUSY_MS });
  if (!readonly) {
    // A second process that opens the new file in the same moment makes the switch to WAL busy; it stays switched for ever.
    if (db.pragma('journal_mode', { simple: true }) !== 'wal') db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('foreign_keys = ON');
  }
  return db;
}

class NoDirectoryError extends Error {
  readonly code = 'SQLITE_CANTOPEN';
}

class SqliteLink implements Link {
  answerBy = 0;
  readonly bindStyle = 'selected';
  readonly #prepared = new Map<Compiled, Prepared>();
  dead = false;

  constructor(
    readonly db: SqliteDatabase,
    readonly clock: Clock,
  ) {}

  async all(statement: Compiled, values: readonly Cell[]): Promise<readonly Row[]> {
    // The columns are what the statement names them; cells.ts checks each value.
    return this.#prepare(statement).all(values.map(bound)) as Row[];
  }
  async run(statement: Compiled, values: readonly Cell[]): Promise<number> {
    return this.#prepare(statement).run(values.map(bound)).changes;
  }
  async call(statement: Compiled, binds: Binds): Promise<Row> {
    const [row = {}] = await this.all(statement, valuesOf(statement.names, binds));
    return row;
  }
  async runMany(statement: Compiled, rows: readonly (readonly Cell[])[]): Promise<void> {
    const prepared = this.#prepare(statement);
    for (const [at, values] of rows.entries()) {
      prepared.run(values.map(bound));
      if (at % WRITE_ROWS === WRITE_ROWS - 1) await nextTurn();
    }
  }
  async *stream(statement: Compiled, values: readonly Cell[]): AsyncIterable<readonly Row[]> {
    let batch: Row[] = [];
    for (const row of this.#prepare(statement).iterate(values.map(bound)) as IterableIterator<Row>) {
      batch.push(row);
      if (batch.length < STREAM_ROWS) continue;
      yield batch;
      batch = [];
      // Between the batches the event loop answers others.
      await nextTurn();
    }
    yield batch;
  }

  /** IMMEDIATE takes the write lock now: a transaction that began by reading could otherwise never be let to write (SQLITE_BUSY_SNAPSHOT). */
  async begin(limits: TransactionLimits): Promise<void> {
    const until = this.clock.now() + limits.lockWaitMs;
    for (let pauseMs = 2; ; pauseMs = Math.min(pauseMs * 2, 50)) {
      try {
        this.db.exec('begin immediate');
        return;
      } catch (error) {
        if (sqliteLabel(error) !== 'lock-timeout' || this.clock.now() >= until) throw error;
        await this.clock.sleep(pauseMs);
      }
    }
  }
  async commit(): Promise<void> {
    this.db.exec('commit');
  }
  async rollback(): Promise<void> {
    // A full disk or an I/O error has rolled it back already.
    if (this.db.inTransaction) this.db.exec('rollback');
  }
  destroy(): void {
    this.dead = true;
    try {
      this.db.close();
    } catch {
      // Busy with a stream that was left open; the process' end closes it.
    }
  }

  #prepare(statement: Compiled): Prepared {
    let prepared = this.#prepared.get(statement);
    if (prepared === undefined) {
      prepared = this.db.prepare(statement.text);
      if (statement.name !== '') this.#prepared.set(statement, prepared);
    }
    return prepared;
  }
}

/** The driver binds numbers over 32 bits as floating point; as bigint they stay whole. */
const bound = (value: Cell): Cell =>
  typeof value === 'number' && (value | 0) !== value ? BigInt(value) : value;
