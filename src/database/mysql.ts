/** MariaDB and MySQL: READ COMMITTED with row locks, prepared statements, an unbuffered result for streams. */
import mysql, { type Connection, type ResultSetHeader } from 'mysql2';
import type { Clock } from '../clock.js';
import { type Compiled, type InsertShape, valuesOf } from './compile.js';
import type { Binds, Cell, Row } from './database.js';
import type { Driver, Link, TransactionLimits } from './driver.js';
import { mysqlAlreadyThere, mysqlCommitLabel, mysqlLabel } from './errors-mysql.js';
import type { DatabaseTls } from './tls.js';
import { within } from './within.js';
import { wordsFor } from './words.js';

export interface MysqlTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | undefined;
  readonly database: string;
  readonly tls: DatabaseTls | undefined;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly lockWaitMs: number;
}
/** Parameters of one statement; the protocol allows 65,535. */
const PARAMETERS_MAX = 5000;
const STREAM_ROWS = 200;
const IDLE_GRACE_S = 2;

export function mysqlDriver(target: MysqlTarget, clock: Clock): Driver {
  return {
    words: wordsFor('mysql'),
    bindStyle: 'question',
    label: mysqlLabel,
    commitLabel: mysqlCommitLabel,
    alreadyThere: mysqlAlreadyThere,
    async connect() {
      const link = new MysqlLink(openConnection(target), target);
      try {
        // The driver's own limit ends with the handshake; a network may fall silent after it.
        await within(clock, target.connectTimeoutMs, link.setUp(), () => link.destroy());
      } catch (error) {
        link.destroy();
        throw error;
      }
      return link;
    },
  };
}

const sslOf = ({ verify, ca }: DatabaseTls) => ({
  minVersion: 'TLSv1.2',
  rejectUnauthorized: verify !== 'none',
  verifyIdentity: verify === 'host',
  ...(ca !== undefined && { ca }),
});

/** A raw connection whose whole numbers stay exact. */
export const openConnection = (target: MysqlTarget): Connection =>
  mysql.createConnection({
    host: target.host,
    port: target.port,
    user: target.user,
    ...(target.password === undefined ? {} : { password: target.password }),
    ...(target.tls && { ssl: sslOf(target.tls) }),
    database: target.database,
    charset: 'utf8mb4_bin',
    timezone: 'Z',
    supportBigNumbers: true,
    bigNumberStrings: false,
    dateStrings: true,
    connectTimeout: target.connectTimeoutMs,
    enableKeepAlive: true,
    maxPreparedStatements: 1000,
  });

// ANSI_QUOTES and PIPES_AS_CONCAT: the SQL that the other three know. STRICT: a value that does not fit is an error and never cut.
const SQL_MODE =
  'ANSI_QUOTES,PIPES_AS_CONCAT,STRICT_ALL_TABLES,ONLY_FULL_GROUP_BY,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION';

class MysqlLink implements Link {
  answerBy = 0;
  readonly bindStyle = 'question';
  dead = false;
  #mariadb = true;
  #inTransaction = false;
  #destroyed = false;
  #lockWaitS = 0;
  #statementTimeoutMs = 0;

  constructor(
    readonly connection: Connection,
    readonly target: MysqlTarget,
  ) {
    connection.on('error', () => {
      this.dead = true;
    });
    connection.on('end', () => {
      this.dead = true;
    });
  }

  async setUp(): Promise<void> {
    const [row] = await this.#rows('select version() as version');
    this.#mariadb = /mariadb/i.test(String(row?.version));
    await this.#text('set session transaction isolation level read committed');
    await this.#text(`set session sql_mode = '${SQL_MODE}', time_zone = '+00:00'`);
    await this.#limit(this.target);
  }

  async all(statement: Compiled, values: readonly Cell[]): Promise<readonly Row[]> {
    // The binary protocol gives an array of rows for every statement that has columns.
    return (await this.#execute(statement.text, values)) as Row[];
  }
  async run(statement: Compiled, values: readonly Cell[]): Promise<number> {
    // Without CLIENT_FOUND_ROWS an update that changes nothing would count 0; mysql2 sets it by default.
    return ((await this.#execute(statement.text, values)) as ResultSetHeader).affectedRows;
  }
  async call(statement: Compiled, binds: Binds): Promise<Row> {
    const result = await this.#execute(statement.text, valuesOf(statement.names, binds));
    const [first = {}] = result as (Row | Row[])[];
    // CALL gives a list of results, the last of them without rows.
    return Array.isArray(first) ? (first[0] ?? {}) : first;
  }
  async runMany(statement: Compiled, rows: readonly (readonly Cell[])[]): Promise<void> {
    if (statement.insert === undefined) {
      for (const values of rows) await this.run(statement, values);
      return;
    }
    const most = Math.floor(PARAMETERS_MAX / statement.names.length);
    for (let at = 0; at < rows.length; at += most) {
      const part = rows.slice(at, at + most);
      await this.#execute(insertText(statement.insert, part.length), part.flat());
    }
  }
  async *stream(statement: Compiled, values: readonly Cell[]): AsyncIterable<readonly Row[]> {
    const rows = this.connection
      .execute({ sql: statement.text, values: values.map(bound) })
      .stream({ highWaterMark: STREAM_ROWS });
    // The driver tells a lost connection to callbacks, and to nobody where there is none.
    const lost = () => rows.destroy(new LostConnection());
    this.connection.once('error', lost);
    let batch: Row[] = [];
    let whole = false;
    try {
      for await (const row of rows) {
        batch.push(row);
        if (batch.length < STREAM_ROWS) continue;
        yield batch;
        batch = [];
      }
      whole = true;
      yield batch;
    } finally {
      this.connection.off('error', lost);
      // The server goes on sending what nobody wants. Within a transaction that must be waited for; else the connection is given up.
      if (!whole && !this.#inTransaction) this.destroy();
    }
  }

  async begin(limits: TransactionLimits): Promise<void> {
    await this.#limit(limits);
    await this.#text('start transaction');
    this.#inTransaction = true;
  }
  async commit(): Promise<void> {
    this.#inTransaction = false;
    await this.#text('commit');
  }
  async rollback(): Promise<void> {
    this.#inTransaction = false;
    await this.#text('rollback');
  }
  destroy(): void {
    this.dead = true;
    if (this.#destroyed) return;
    this.#destroyed = true;
    // With an error, so that a call that waits on it is told.
    this.connection.on('error', () => {});
    const { stream } = this.connection as unknown as { stream: { destroy(error: Error): void } };
    stream.destroy(new LostConnection());
  }

  /** The limits stay with the connection, so they are only sent when they change. */
  async #limit(limits: TransactionLimits): Promise<void> {
    const lockWaitS = Math.max(1, Math.ceil(limits.lockWaitMs / 1000));
    if (lockWaitS === this.#lockWaitS && limits.statementTimeoutMs === this.#statementTimeoutMs) return;
    // A client that fell silent must not hold its rows for long (MySQL has no such limit).
    const idleS = Math.ceil(limits.statementTimeoutMs / 1000) + IDLE_GRACE_S;
    const statement = this.#mariadb
      ? `max_statement_time = ${limits.statementTimeoutMs / 1000}, idle_transaction_timeout = ${idleS}`
      : `max_execution_time = ${limits.statementTimeoutMs}`;
    await this.#text(
      `set session innodb_lock_wait_timeout = ${lockWaitS}, lock_wait_timeout = ${lockWaitS}, ${statement}`,
    );
    this.#lockWaitS = lockWaitS;
    this.#statementTimeoutMs = limits.statementTimeoutMs;
  }

  #execute(text: string, values: readonly Cell[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.connection.execute(text, values.map(bound), (error, result) =>
        error ? reject(error) : resolve(result),
      );
    });
  }
  async #rows(text: string): Promise<readonly Row[]> {
    return (await this.#text(text)) as Row[];
  }
  #text(text: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.connection.query(text, (error, result) => (error ? reject(error) : resolve(result)));
    });
  }
}

class LostConnection extends Error {
  readonly code = 'PROTOCOL_CONNECTION_LOST';
  constructor() {
    super('the connection was cut');
  }
}

/** Numbers go as 64-bit integers: as DOUBLE (number) or text (bigint), which the driver would choose, sums would be floating point. */
const bound = (value: Cell) =>
  typeof value === 'number' || typeof value === 'bigint' ? mysql.TypedParameter.BIGINT(value) : value;

function insertText(insert: InsertShape, rows: number): string {
  const row = `(${insert.columns.map(() => '?').join(',')})`;
  const all = Array.from({ length: rows }, () => row).join(',');
  return `insert into ${insert.table} (${insert.columns.join(',')}) values ${all}`;
}
