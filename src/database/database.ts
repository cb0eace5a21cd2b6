/** What every room that stores something sees of the database. Four small drivers implement it; see docs/databases.md. */

import type { Moment } from '../clock.js';

export type Client = 'sqlite' | 'postgres' | 'mysql' | 'oracle';

/**
 * A value that can be bound. Absent is `null`, and so is `''`: Oracle cannot tell them apart, so none of the four is asked to.
 * Numbers must be whole; moments are ms since 1970 (bigint columns); days and months are text.
 */
export type Cell = string | number | bigint | null;
export type Binds = Readonly<Record<string, Cell>>;
/** One row, column names in lower case. Read it with the functions of cells.ts: drivers differ in how they give numbers. */
export type Row = Readonly<Record<string, unknown>>;

/**
 * One statement with `:name` binds, written once in SQL that all four databases know; what differs is built with {@link DialectWords}.
 * Declared at module level, compiled and prepared once per database.
 */
export interface Statement {
  readonly text: (words: DialectWords) => string;
}
/** The few places where the four databases differ in what we say to them. */
export interface DialectWords {
  readonly client: Client;
  /** `FOR UPDATE`, or nothing where the whole database is locked by the writer (SQLite). */
  readonly forUpdate: string;
  /** `FOR UPDATE SKIP LOCKED`, or nothing. */
  readonly forUpdateSkipLocked: string;
  /** Only the first `rows` rows, to stand at the end of a select (on Oracle not together with `forUpdate`). */
  limit(rows: number): string;
  /** Stands where a select needs no table: ` from dual` on Oracle. */
  readonly dual: string;
  /** The expression as a whole number; needed where a bind stands alone in a select list. */
  asBigint(expression: string): string;
  /** The expression as text of at most `max` characters; needed where a bind stands alone in a select list. */
  asText(expression: string, max: number): string;
  /** The length in characters. */
  length(expression: string): string;
}
export const sql = (text: string | ((words: DialectWords) => string)): Statement => {
  const statement = { text: typeof text === 'string' ? () => text : text };
  if (declared.size < DECLARED_MAX) declared.add(new WeakRef(statement));
  return statement;
};
/** Statements are declared at module level; who makes them at run time does not fill the memory with it. */
const DECLARED_MAX = 5000;
const declared = new Set<WeakRef<Statement>>();
/** Every statement that was declared so far: a test renders them all for each database. */
export const declaredStatements = (): readonly Statement[] =>
  [...declared].map((ref) => ref.deref()).filter((statement) => statement !== undefined);

export interface Session {
  readonly client: Client;
  all(statement: Statement, binds?: Binds): Promise<readonly Row[]>;
  /** The number of rows inserted, changed or deleted. */
  run(statement: Statement, binds?: Binds): Promise<number>;
  /** The same statement for many rows, in as few round trips as the driver knows. */
  runMany(statement: Statement, rows: readonly Binds[]): Promise<void>;
  /**
   * A stored procedure of somebody else's schema. Oracle: a PL/SQL block whose `:name` binds are inputs and outputs (a name in both is IN OUT);
   * the others: a statement that gives one row with columns of the outputs' names (`select * from f(:a)`, `call p(:a)` that selects).
   * Outputs come as text or as the driver gives them: read them with cells.ts. A procedure may commit by itself; then a rollback finds nothing.
   */
  call(statement: Statement, binds: Binds, outputs: readonly string[]): Promise<Row>;
  /**
   * The plain insert for set-sized work: as many rows as each column has values, the columns in the order of the statement's. No row objects
   * are made on the way where the driver can do without (PostgreSQL: COPY).
   */
  load(statement: Statement, columns: readonly (readonly Cell[])[]): Promise<void>;
  /**
   * PostgreSQL only: whole lines whose columns are separated by `|`, as many as the statement has, in its order. They go to COPY as they are, so the
   * caller vouches for them: no `\\`, one kind of line end. @throws {DatabaseError} `fault` on the other databases
   */
  loadDelimited(statement: Statement, lines: Buffer): Promise<void>;
  /** Rows one after the other, in bounded memory. Until it has ended nothing else may be asked of the same transaction. */
  stream(statement: Statement, binds?: Binds): AsyncIterable<Row>;
}

export interface TransactionOptions {
  /** How long to wait for a lock before giving up with `lock-timeout` (ms; default from configuration). */
  readonly lockWaitMs?: number;
  /** How long one statement may take (ms; default from configuration): for set-sized work. */
  readonly statementTimeoutMs?: number;
  /** It changes nothing, so it is let through while the database takes no writes. */
  readonly readsOnly?: boolean;
}

export interface PoolCounts {
  readonly free: number;
  readonly used: number;
  /** Callers that wait for a connection. */
  readonly waiting: number;
  readonly max: number;
}
export interface Database extends Session {
  readonly words: DialectWords;
  /** Whether it refuses writes at the moment (standby, read-only, disk full), and when one last succeeded (ms since 1970; 0 = none yet). */
  readonly writes: { readonly readOnly: boolean; readonly lastAt: Moment };
  /** The connections now; the same twice, but for SQLite. */
  readonly pools: { readonly writers: PoolCounts; readonly readers: PoolCounts };
  /**
   * Runs the work in one transaction at the isolation chosen for the client (docs/databases.md) and commits durably.
   * Deadlocks, serialization failures and connections lost before the commit are tried again (bounded); the work must therefore have
   * no other effect. The first statement that fails ends the transaction, on all four databases, even when the work catches its error.
   * @throws {DatabaseError} after rolling back; `outcome-unknown` when the commit was sent and its answer was lost.
   */
  transaction<T>(work: (tx: Session) => Promise<T>, options?: TransactionOptions): Promise<T>;
  close(): Promise<void>;
}

/** Decides what a caller may do; never decided from an error's text (style 18). */
export const databaseErrorLabels = [
  /** A unique constraint refused the row. */
  'duplicate',
  /** Deadlock, serialization failure: the same transaction may be tried again. */
  'retryable',
  /** Another holds the row or the database for too long. */
  'lock-timeout',
  /** The statement took longer than allowed. */
  'statement-timeout',
  /** No connection: refused, lost before the commit, pool exhausted. */
  'unavailable',
  /** The database takes no writes at the moment (standby, read-only, disk full). */
  'read-only',
  /** The commit was sent and its answer was lost: it may or may not have happened. */
  'outcome-unknown',
  /** Our own fault: a statement that is wrong. */
  'fault',
] as const;
export type DatabaseErrorLabel = (typeof databaseErrorLabels)[number];

export class DatabaseError extends Error {
  constructor(
    readonly label: DatabaseErrorLabel,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'DatabaseError';
  }
}
export const hasLabel = (error: unknown, ...labels: DatabaseErrorLabel[]): boolean =>
  error instanceof DatabaseError && labels.includes(error.label);
