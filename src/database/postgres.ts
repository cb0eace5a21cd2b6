/** PostgreSQL: READ COMMITTED with row locks, prepared statements, a cursor for streams. */
import { isIP } from 'node:net';
import pg from 'pg';
import type { Compiled, InsertShape } from './compile.js';
import type { Cell, Row } from './database.js';
import type { Driver, Link, TransactionLimits } from './driver.js';
import { postgresAlreadyThere, postgresCommitLabel, postgresLabel } from './errors-postgres.js';
import { wordsFor } from './words.js';

export interface PostgresTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | undefined;
  readonly database: string;
  readonly ssl: pg.ClientConfig['ssl'];
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly lockWaitMs: number;
}
/** Parameters of one message; the protocol allows 65,535. */
const PARAMETERS_MAX = 10_000;
const STREAM_ROWS = 500;

/** @param targets tried in turn until one takes writes: the members of a cluster with one primary */
export function postgresDriver(targets: readonly PostgresTarget[]): Driver {
  let preferred = 0;
  return {
    words: wordsFor('postgres'),
    bindStyle: 'dollar',
    label: postgresLabel,
    commitLabel: postgresCommitLabel,
    alreadyThere: postgresAlreadyThere,
    async connect() {
      let failure: unknown;
      for (let i = 0; i < targets.length; i++) {
        const at = (preferred + i) % targets.length;
        const target = targets[at];
        if (target === undefined) continue;
        try {
          const link = await connectTo(target, targets.length > 1);
          preferred = at;
          return link;
        } catch (error) {
          failure = error;
        }
      }
      throw failure;
    },
  };
}

async function connectTo(target: PostgresTarget, mustWrite: boolean): Promise<PostgresLink> {
  const client = new pg.Client({
    host: target.host,
    port: target.port,
    user: target.user,
    password: target.password,
    database: target.database,
    ssl: target.ssl,
    connectionTimeoutMillis: target.connectTimeoutMs,
    keepAlive: true,
    application_name: 'sluice',
  });
  const link = new PostgresLink(client, target);
  await client.connect();
  try {
    const settings = await client.query(SESSION, [
      String(target.statementTimeoutMs),
      String(target.lockWaitMs),
      String(target.statementTimeoutMs + 60_000),
    ]);
    if (mustWrite && settings.rows[0]?.read_only === 'on') throw new StandbyError(target);
  } catch (error) {
    link.destroy();
    throw error;
  }
  return link;
}
// A commit that is answered must be durable: `off`, `local` and `remote_write` are raised to `on`, `remote_apply` stays.
const SESSION = `select set_config('statement_timeout', $1, false), set_config('lock_timeout', $2, false),
  set_config('idle_in_transaction_session_timeout', $3, false), set_config('timezone', 'UTC', false),
  set_config('default_transaction_isolation', 'read committed', false),
  set_config('synchronous_commit',
    case current_setting('synchronous_commit') when 'remote_apply' then 'remote_apply' else 'on' end, false),
  current_setting('transaction_read_only') as read_only`;

/** A member of the cluster that takes no writes. */
class StandbyError extends Error {
  readonly code = '25006';
  constructor(target: PostgresTarget) {
    super(
      `${isIP(target.host) === 6 ? `[${target.host}]` : target.host}:${target.port} takes no writes (standby)`,
    );
  }
}

class PostgresLink implements Link {
  readonly bindStyle = 'dollar';
  dead = false;
  /** Set by a warning of the server while a commit waits for its standby. */
  #warned = '';
  #cursors = 0;
  #inTransaction = false;

  constructor(
    readonly client: pg.Client,
    readonly target: PostgresTarget,
  ) {
    client.on('error', () => {
      this.dead = true;
    });
    client.on('end', () => {
      this.dead = true;
    });
    client.on('notice', (notice) => {
      // By code, for the severity is in the server's language.
      if (notice.code?.startsWith('01') === true) this.#warned = notice.message ?? 'warning';
    });
  }

  async all(statement: Compiled, values: readonly Cell[]): Promise<readonly Row[]> {
    return (await this.#query(statement.name || undefined, statement.text, values)).rows;
  }
  async run(statement: Compiled, values: readonly Cell[]): Promise<number> {
    return (await this.#query(statement.name || undefined, statement.text, values)).rowCount ?? 0;
  }

  async runMany(statement: Compiled, rows: readonly (readonly Cell[])[]): Promise<void> {
    if (statement.insert === undefined || statement.names.length !== statement.insert.names.length) {
      for (const values of rows) await this.run(statement, values);
      return;
    }
    const most = Math.floor(PARAMETERS_MAX / statement.names.length);
    for (let at = 0; at < rows.length; at += most) {
      const part = rows.slice(at, at + most);
      // A full part has always the same text and is prepared; the rest has not.
      const name = part.length === most ? `${statement.name}m` : undefined;
      await this.#query(name, insertText(statement.insert, part.length), part.flat());
    }
  }

  async *stream(statement: Compiled, values: readonly Cell[]): AsyncIterable<Row> {
    const cursor = `stream${++this.#cursors}`;
    const own = !this.#inTransaction;
    let intact = true;
    if (own) await this.client.query('begin read only');
    try {
      await this.#query(undefined, `declare ${cursor} no scroll cursor for ${statement.text}`, values);
      for (;;) {
        const { rows } = await this.client.query(`fetch ${STREAM_ROWS} from ${cursor}`);
        yield* rows;
        if (rows.length < STREAM_ROWS) break;
      }
    } catch (error) {
      intact = false;
      throw error;
    } finally {
      // Within a transaction that failed the cursor is gone already.
      if (!this.dead && (own || intact)) await this.client.query(own ? 'rollback' : `close ${cursor}`);
    }
  }

  async begin(limits: TransactionLimits): Promise<void> {
    const { statementTimeoutMs, lockWaitMs } = this.target;
    let text = 'begin';
    if (limits.lockWaitMs !== lockWaitMs)
      text += `; set local lock_timeout = ${Math.ceil(limits.lockWaitMs)}`;
    if (limits.statementTimeoutMs !== statementTimeoutMs)
      text += `; set local statement_timeout = ${Math.ceil(limits.statementTimeoutMs)}`;
    await this.client.query(text);
    this.#inTransaction = true;
  }
  async commit(): Promise<void> {
    this.#inTransaction = false;
    this.#warned = '';
    const result = await this.client.query('commit');
    // The server answers COMMIT of a failed transaction with ROLLBACK, and not as an error.
    if (result.command !== 'COMMIT') throw new UncommittedError();
    // "canceling wait for synchronous replication": committed here, but a failover may lose it.
    if (this.#warned !== '') throw new UnreplicatedError(this.#warned);
  }
  async rollback(): Promise<void> {
    this.#inTransaction = false;
    await this.client.query('rollback');
  }
  destroy(): void {
    this.dead = true;
    this.client.end().catch(() => {});
    // `end` waits for the server; a server that is silent would be waited for for ever.
    this.client.connection.stream.destroy();
  }

  #query(name: string | undefined, text: string, values: readonly Cell[]) {
    const config = { text, values: values as unknown[] };
    return this.client.query<Record<string, unknown>>(name === undefined ? config : { ...config, name });
  }
}

function insertText(insert: InsertShape, rows: number): string {
  const width = insert.columns.length;
  const row = (at: number) =>
    `(${insert.columns.map((_, column) => `$${at * width + column + 1}`).join(',')})`;
  const all = Array.from({ length: rows }, (_, at) => row(at)).join(',');
  return `insert into ${insert.table} (${insert.columns.join(',')}) values ${all}`;
}

class UncommittedError extends Error {
  readonly code = '25P02';
  constructor() {
    super('the server rolled the transaction back instead of committing it');
  }
}
class UnreplicatedError extends Error {
  readonly code = 'unreplicated';
}
