/**
 * Oracle in thin mode (no client libraries). Our own small transaction, because knex's loses connections and may commit what it should
 * roll back; a connection whose rollback fails is dropped.
 */
import oracledb, { type OracleConnection } from 'oracledb';
import { type Compiled, renamed, valuesOf } from './compile.js';
import type { Binds, Cell, Row } from './database.js';
import type { Driver, Link, TransactionLimits } from './driver.js';
import { oracleAlreadyThere, oracleCommitLabel, oracleLabel } from './errors-oracle.js';
import { wordsFor } from './words.js';

export interface OracleTarget {
  readonly user: string;
  readonly password: string;
  readonly connectString: string;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly lockWaitMs: number;
}
/** As much of the module as is used; a test puts its own in this place. */
export type OracleModule = Pick<
  typeof oracledb,
  | 'getConnection'
  | 'OUT_FORMAT_ARRAY'
  | 'DB_TYPE_NUMBER'
  | 'DB_TYPE_CLOB'
  | 'STRING'
  | 'BIND_IN'
  | 'BIND_OUT'
  | 'BIND_INOUT'
>;

/** The most that a PL/SQL output may hold. */
const OUTPUT_BYTES = 32_767;
const BATCH_ROWS = 1000;
const STREAM_ROWS = 500;

export function oracleDriver(target: OracleTarget, module: OracleModule = oracledb): Driver {
  return {
    words: wordsFor('oracle', target.lockWaitMs),
    bindStyle: 'colon',
    label: oracleLabel,
    commitLabel: oracleCommitLabel,
    alreadyThere: oracleAlreadyThere,
    async connect() {
      const seconds = Math.max(1, Math.ceil(target.connectTimeoutMs / 1000));
      const connection = await module.getConnection({
        user: target.user,
        password: target.password,
        connectString: target.connectString,
        connectTimeout: seconds,
        transportConnectTimeout: seconds,
        // Minutes between probes, so that a firewall's silence is found.
        expireTime: 1,
      });
      connection.callTimeout = target.statementTimeoutMs;
      const link = new OracleLink(connection, target, module);
      try {
        await link.setUp();
      } catch (error) {
        link.destroy();
        throw error;
      }
      return link;
    },
  };
}

class OracleLink implements Link {
  answerBy = 0;
  readonly bindStyle = 'colon';
  #dead = false;
  #inTransaction = false;
  #giveUp: ((error: Error) => void) | undefined;

  constructor(
    readonly connection: OracleConnection,
    readonly target: OracleTarget,
    readonly module: OracleModule,
  ) {}

  get dead(): boolean {
    return this.#dead || !this.connection.isHealthy();
  }

  /** Whatever the server's country: a point in decimals, text compared byte by byte. */
  async setUp(): Promise<void> {
    const text =
      "alter session set nls_numeric_characters = '.,' nls_comp = binary nls_sort = binary time_zone = '+00:00'";
    await this.#within(this.connection.execute(text, []));
  }

  async all(statement: Compiled, values: readonly Cell[]): Promise<readonly Row[]> {
    const { rows = [], metaData = [] } = await this.#within(this.#execute(statement, values));
    const names = metaData.map((column) => column.name.toLowerCase());
    return rows.map((row) => rowOf(names, row));
  }
  async run(statement: Compiled, values: readonly Cell[]): Promise<number> {
    return (await this.#within(this.#execute(statement, values))).rowsAffected ?? 0;
  }
  async call(statement: Compiled, binds: Binds, outputs: readonly string[]): Promise<Row> {
    const { BIND_IN, BIND_OUT, BIND_INOUT, STRING } = this.module;
    const all: Record<string, unknown> = {};
    for (const name of statement.names) {
      const isOutput = outputs.includes(name);
      const [val] = isOutput && !(name in binds) ? [undefined] : valuesOf([name], binds);
      // Outputs as text, whatever they are: a number would lose digits in silence.
      if (!isOutput) all[`b_${name}`] = { dir: BIND_IN, val };
      else if (val === undefined) all[`b_${name}`] = { dir: BIND_OUT, type: STRING, maxSize: OUTPUT_BYTES };
      else
        all[`b_${name}`] = {
          dir: BIND_INOUT,
          type: STRING,
          maxSize: OUTPUT_BYTES,
          val: val === null ? null : String(val),
        };
    }
    const call = this.connection.execute(renamed(statement), all, { autoCommit: !this.#inTransaction });
    const { outBinds = {} } = await this.#within(call);
    return Object.fromEntries(outputs.map((name) => [name, outBinds[`b_${name}`] ?? null]));
  }
  async runMany(statement: Compiled, rows: readonly (readonly Cell[])[]): Promise<void> {
    for (let at = 0; at < rows.length; at += BATCH_ROWS)
      await this.connection.executeMany(statement.text, rows.slice(at, at + BATCH_ROWS), {
        autoCommit: false,
      });
  }
  async *stream(statement: Compiled, values: readonly Cell[]): AsyncIterable<readonly Row[]> {
    const { resultSet, metaData = [] } = await this.#within(this.#execute(statement, values, true));
    if (resultSet === undefined) return;
    const names = metaData.map((column) => column.name.toLowerCase());
    try {
      for (;;) {
        const rows = await this.#within(resultSet.getRows(STREAM_ROWS));
        yield rows.map((row) => rowOf(names, row));
        if (rows.length < STREAM_ROWS) break;
      }
    } finally {
      if (!this.dead) await this.#within(resultSet.close());
    }
  }

  async begin(limits: TransactionLimits): Promise<void> {
    // Oracle begins by itself with the first statement. FOR UPDATE says how long it waits; a row that an UPDATE waits for, the call's limit.
    this.#inTransaction = true;
    this.connection.callTimeout = Math.max(limits.statementTimeoutMs, limits.lockWaitMs);
  }
  async commit(): Promise<void> {
    this.#inTransaction = false;
    await this.#within(this.connection.commit());
    this.connection.callTimeout = this.target.statementTimeoutMs;
  }
  async rollback(): Promise<void> {
    this.#inTransaction = false;
    await this.#within(this.connection.rollback());
    this.connection.callTimeout = this.target.statementTimeoutMs;
  }
  destroy(): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#giveUp?.(new LostConnection());
    // A normal close would be a ROLLBACK and a farewell on a connection that may be silent; nobody waits for its end.
    this.connection.close({ drop: true }).catch(() => {});
  }

  /** The driver waits for ever on a network that fell silent (its call limit asks the server to stop); `destroy` ends the wait. */
  #within<T>(call: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#giveUp = reject;
      call.then(resolve, reject);
    });
  }

  #execute(statement: Compiled, values: readonly Cell[], resultSet = false) {
    const { OUT_FORMAT_ARRAY, DB_TYPE_NUMBER, DB_TYPE_CLOB, STRING } = this.module;
    return this.connection.execute(statement.text, values, {
      autoCommit: !this.#inTransaction,
      outFormat: OUT_FORMAT_ARRAY,
      resultSet,
      fetchArraySize: 500,
      // Numbers as text: JavaScript's would lose digits of a sum in silence.
      fetchTypeHandler: ({ dbType }) =>
        dbType === DB_TYPE_NUMBER || dbType === DB_TYPE_CLOB ? { type: STRING } : undefined,
    });
  }
}

const rowOf = (names: readonly string[], row: readonly unknown[]): Row =>
  Object.fromEntries(names.map((name, at) => [name, row[at]]));

class LostConnection extends Error {
  readonly code = 'NJS-500';
  constructor() {
    super('NJS-500: the connection was cut: no answer in time');
  }
}
