/** One connection to PostgreSQL: READ COMMITTED with row locks, prepared statements, a cursor for streams. */
import type pg from 'pg';
import type { Clock } from '../clock.js';
import { type Compiled, valuesOf } from './compile.js';
import type { Binds, Cell, Row } from './database.js';
import type { Link, TransactionLimits } from './driver.js';
import { ask, BEGIN, copyColumns, copyDelimited, copyRows, type PostgresResult } from './postgres-wire.js';
import type { DatabaseTls } from './tls.js';

export interface PostgresTarget {
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
/** From this many rows COPY is cheaper than one INSERT after the other. */
const COPY_FROM_ROWS = 8;
/** A client that fell silent in a transaction must not hold its rows for long. */
const IDLE_GRACE_MS = 2000;
const STREAM_ROWS = 500;

/** How long a connection to a standby is used before the primary is looked for again. */
const STANDBY_MS = 3000;

// A commit that is answered must be durable: `off`, `local` and `remote_write` are raised to `on`, `remote_apply` stays.
const SESSION = `select set_config('statement_timeout', $1, false), set_config('lock_timeout', $2, false),
  set_config('idle_in_transaction_session_timeout', $3, false), set_config('timezone', 'UTC', false),
  set_config('default_transaction_isolation', 'read committed', false),
  set_config('synchronous_commit',
    case current_setting('synchronous_commit') when 'remote_apply' then 'remote_apply' else 'on' end, false),
  current_setting('transaction_read_only') as read_only, current_setting('synchronous_standby_names') as standbys`;

export class PostgresLink implements Link {
  answerBy = 0;
  readonly bindStyle = 'dollar';
  #dead = false;
  /** Takes no writes; used until then at most (ms since 1970). */
  #standbyUntil: number | undefined;
  /** Set by a warning of the server while a commit waits for its standby. */
  #warned = '';
  #waitsForStandby = false;
  #cursors = 0;
  /** `due`: BEGIN goes out with the next statement. */
  #transaction: 'none' | 'due' | 'open' = 'none';

  constructor(
    readonly client: pg.Client,
    readonly target: PostgresTarget,
    readonly clock: Clock,
  ) {
    client.on('error', () => {
      this.#dead = true;
    });
    client.on('end', () => {
      this.#dead = true;
    });
    client.on('notice', (notice) => {
      // By code, for the severity is in the server's language.
      if (this.#waitsForStandby && notice.code?.startsWith('01') === true)
        this.#warned = notice.message ?? 'warning';
    });
  }

  get standby(): boolean {
    return this.#standbyUntil !== undefined;
  }
  get dead(): boolean {
    if (this.#dead || this.#standbyUntil === undefined) return this.#dead;
    return this.#transaction === 'none' && this.clock.now() > this.#standbyUntil;
  }

  async setUp(): Promise<void> {
    await this.client.connect();
    const { rows } = await this.client.query<{ read_only: string; standbys: string }>(SESSION, [
      String(this.target.statementTimeoutMs),
      String(this.target.lockWaitMs),
      String(this.target.statementTimeoutMs + IDLE_GRACE_MS),
    ]);
    this.#waitsForStandby = rows[0]?.standbys !== '';
    if (rows[0]?.read_only === 'on') this.#standbyUntil = this.clock.now() + STANDBY_MS;
    await this.client.query({ name: BEGIN, text: 'begin' });
    await this.client.query('rollback');
  }

  async all(statement: Compiled, values: readonly Cell[]): Promise<readonly Row[]> {
    return (await this.#ask(statement.name, statement.text, values)).rows;
  }
  async run(statement: Compiled, values: readonly Cell[]): Promise<number> {
    const own = this.#transaction === 'none';
    this.#warned = '';
    const result = await this.#ask(statement.name, statement.text, values);
    // A statement that commits itself waits for the standby as COMMIT does.
    if (own && this.#warned !== '') throw new UnreplicatedError(this.#warned);
    return result.rowCount ?? 0;
  }

  async call(statement: Compiled, binds: Binds): Promise<Row> {
    const [row = {}] = await this.all(statement, valuesOf(statement.names, binds));
    return row;
  }
  async runMany(statement: Compiled, rows: readonly (readonly Cell[])[]): Promise<void> {
    const { insert } = statement;
    // A name that stands twice has one number, so the values would not be in the order of the columns.
    if (
      insert === undefined ||
      rows.length < COPY_FROM_ROWS ||
      statement.names.length !== insert.names.length
    ) {
      for (const values of rows) await this.run(statement, values);
      return;
    }
    await this.#open();
    await copyRows(this.client, insert, rows);
  }

  async load(statement: Compiled, columns: readonly (readonly Cell[])[]): Promise<void> {
    if (statement.insert === undefined) return;
    await this.#open();
    await copyColumns(this.client, statement.insert, columns);
  }

  async loadDelimited(statement: Compiled, lines: Buffer): Promise<void> {
    if (statement.insert === undefined) return;
    await this.#open();
    await copyDelimited(this.client, statement.insert, lines);
  }

  async *stream(statement: Compiled, values: readonly Cell[]): AsyncIterable<readonly Row[]> {
    const cursor = `stream${++this.#cursors}`;
    const own = this.#transaction === 'none';
    let intact = true;
    if (own) await ask(this.client, { text: 'begin read only' });
    try {
      await this.#ask('', `declare ${cursor} no scroll cursor for ${statement.text}`, values);
      for (;;) {
        const { rows } = await ask(this.client, { text: `fetch ${STREAM_ROWS} from ${cursor}` });
        yield rows;
        if (rows.length < STREAM_ROWS) break;
      }
    } catch (error) {
      intact = false;
      throw error;
    } finally {
      // Within a transaction that failed the cursor is gone already.
      if (!this.dead && (own || intact))
        await ask(this.client, { text: own ? 'rollback' : `close ${cursor}` });
    }
  }

  /** Sends nothing yet, unless the limits differ: BEGIN goes with the first statement. */
  async begin(limits: TransactionLimits): Promise<void> {
    const { statementTimeoutMs, lockWaitMs } = this.target;
    this.#transaction = 'due';
    if (limits.lockWaitMs === lockWaitMs && limits.statementTimeoutMs === statementTimeoutMs) return;
    const [lock, statement] = [Math.ceil(limits.lockWaitMs), Math.ceil(limits.statementTimeoutMs)];
    await this.#open(
      `; set local lock_timeout = ${lock}; set local statement_timeout = ${statement};` +
        ` set local idle_in_transaction_session_timeout = ${statement + IDLE_GRACE_MS}`,
    );
  }
  async commit(): Promise<void> {
    const open = this.#transaction === 'open';
    this.#transaction = 'none';
    if (!open) return;
    this.#warned = '';
    const result = await ask(this.client, { text: 'commit' });
    // The server answers COMMIT of a failed transaction with ROLLBACK, and not as an error.
    if (result.command !== 'COMMIT') throw new UncommittedError();
    // "canceling wait for synchronous replication": committed here, but a failover may lose it.
    if (this.#warned !== '') throw new UnreplicatedError(this.#warned);
  }
  async rollback(): Promise<void> {
    const open = this.#transaction === 'open';
    this.#transaction = 'none';
    if (open) await ask(this.client, { text: 'rollback' });
  }
  destroy(): void {
    this.#dead = true;
    this.client.end().catch(() => {});
    // `end` waits for the server; a server that is silent would be waited for for ever.
    this.client.connection.stream.destroy();
  }

  /** Where a statement does not begin the transaction itself: BEGIN alone. */
  async #open(more = ''): Promise<void> {
    if (this.#transaction !== 'due') return;
    this.#transaction = 'open';
    await ask(this.client, { text: `begin${more}` });
  }
  #ask(name: string, text: string, values: readonly Cell[]): Promise<PostgresResult> {
    const opening = this.#transaction === 'due';
    if (opening) this.#transaction = 'open';
    return ask(this.client, { text, values, ...(name !== '' && { name }) }, opening);
  }
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
