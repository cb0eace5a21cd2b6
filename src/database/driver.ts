/** What one of the four drivers gives; everything else is common (session.ts, opened.ts). */
import type { BindStyle, Compiled } from './compile.js';
import type { Binds, Cell, DatabaseErrorLabel, DialectWords, Row } from './database.js';
import type { Pooled } from './pool.js';

/** One raw connection. Calls come one after the other. Errors are thrown as the driver gives them; {@link Driver.label} reads them. */
export interface Link extends Pooled {
  readonly bindStyle: BindStyle;
  all(statement: Compiled, values: readonly Cell[]): Promise<readonly Row[]>;
  /** Rows changed. Outside of a transaction it is committed by itself. */
  run(statement: Compiled, values: readonly Cell[]): Promise<number>;
  call(statement: Compiled, binds: Binds, outputs: readonly string[]): Promise<Row>;
  runMany(statement: Compiled, rows: readonly (readonly Cell[])[]): Promise<void>;
  /** A plain insert from columns; left out where `runMany` is as good. */
  load?(statement: Compiled, columns: readonly (readonly Cell[])[]): Promise<void>;
  /** Where the database takes delimited lines as they are. */
  loadDelimited?(statement: Compiled, lines: Buffer): Promise<void>;
  /** Rows in batches of some hundred. */
  stream(statement: Compiled, values: readonly Cell[]): AsyncIterable<readonly Row[]>;
  begin(limits: TransactionLimits): Promise<void>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
}
export interface TransactionLimits {
  readonly lockWaitMs: number;
  readonly statementTimeoutMs: number;
}

export interface Driver {
  readonly words: DialectWords;
  readonly bindStyle: BindStyle;
  connect(): Promise<Link>;
  /** What an error of this driver means. */
  label(error: unknown): DatabaseErrorLabel;
  /** What a failed COMMIT means: anything but `outcome-unknown` promises that nothing was committed. */
  commitLabel(error: unknown): DatabaseErrorLabel;
  /** The table, column or index that was to be made exists already. */
  alreadyThere(error: unknown): boolean;
}
