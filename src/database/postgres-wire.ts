/**
 * What the driver lets us add to it: prepared statements that are described once, BEGIN together with the first statement, and COPY for many
 * rows.
 */
import pg from 'pg';
import type { InsertShape } from './compile.js';
import type { Cell } from './database.js';

/** As much of the driver's connection as the calls below use. */
interface Wire {
  bind(config: {
    portal?: string;
    statement: string;
    values?: readonly unknown[];
    valueMapper?: (value: unknown) => unknown;
  }): void;
  execute(config: { portal?: string; rows?: number }): void;
  sync(): void;
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}
/** How the driver reads the rows of a statement: made from the server's description of them. */
interface RowForm {
  fields: readonly unknown[];
  _parsers: readonly unknown[] | undefined;
  _prebuiltEmptyResultObject: object | null;
}
interface QueryInside {
  name: string | undefined;
  queryMode: 'extended' | undefined;
  readonly values: readonly unknown[] | undefined;
  _result: RowForm;
  _accumulateRows: boolean;
  hasBeenParsed(connection: Wire): unknown;
  prepare(connection: Wire): void;
  handleCommandComplete(message: unknown, connection: Wire): void;
}
export interface PostgresResult {
  readonly command: string;
  readonly rowCount: number | null;
  readonly rows: readonly Record<string, unknown>[];
}
interface QueryConfig {
  readonly text: string;
  readonly values?: readonly unknown[];
  readonly name?: string;
}
type Callback = (error: Error | null, result: PostgresResult) => void;

// The driver's own types leave out what a derived class needs.
const DriverQuery = pg.Query as unknown as new (
  text: string,
  values: readonly unknown[] | undefined,
  callback: Callback,
) => QueryInside & pg.Query;

/** Of each connection: name of a prepared statement → how its rows are read. */
const rowForms = new WeakMap<Wire, Map<string, RowForm>>();

/**
 * A prepared statement is described by the server when it first runs and not again: what its rows look like cannot change while it lives (the
 * server refuses it with 0A000 when a table has changed). The driver itself asks and builds its parsers anew for each call.
 */
class OnceDescribedQuery extends DriverQuery {
  constructor({ text, values, name }: QueryConfig, callback: Callback) {
    // Not as one object: the driver would copy it property by property.
    super(text, values, callback);
    this.name = name;
  }
  override prepare(connection: Wire): void {
    const { name, values } = this;
    const form = name !== undefined && this.hasBeenParsed(connection) && rowForms.get(connection)?.get(name);
    if (name === undefined || !form) {
      super.prepare(connection);
      return;
    }
    Object.assign(this._result, form);
    this._accumulateRows = true;
    connection.bind({ statement: name, values: values ?? [], valueMapper: cellText });
    connection.execute({});
    connection.sync();
  }
  override handleCommandComplete(message: unknown, connection: Wire): void {
    super.handleCommandComplete(message, connection);
    if (this.name === undefined) return;
    const forms = rowForms.get(connection) ?? new Map<string, RowForm>();
    rowForms.set(connection, forms);
    if (forms.has(this.name)) return;
    const { fields, _parsers, _prebuiltEmptyResultObject } = this._result;
    forms.set(this.name, { fields, _parsers, _prebuiltEmptyResultObject });
  }
}
/** As the driver would send it. */
const cellText = (value: unknown): unknown => (value === null ? null : String(value));

/** The prepared statement that every connection has from its start. */
export const BEGIN = 'sluice_begin';

/**
 * BEGIN and the first statement in one message: one round trip and two system calls less per payment. Both stand before one Sync, so when BEGIN fails
 * the server skips the statement; it can never run outside of the transaction.
 */
class OpeningQuery extends OnceDescribedQuery {
  #begun = false;
  constructor(config: QueryConfig, callback: Callback) {
    super(config, callback);
    // Without binds the driver would take the simple protocol, which has no room for two.
    this.queryMode = 'extended';
  }
  override prepare(connection: Wire): void {
    connection.bind({ statement: BEGIN });
    connection.execute({});
    super.prepare(connection);
  }
  override handleCommandComplete(message: unknown, connection: Wire): void {
    if (this.#begun) super.handleCommandComplete(message, connection);
    this.#begun = true;
  }
}

/** One call; `opening` begins the transaction with it. */
export function ask(client: pg.Client, config: QueryConfig, opening = false): Promise<PostgresResult> {
  return new Promise((resolve, reject) => {
    const done: Callback = (error, result) => (error === null ? resolve(result) : reject(error));
    client.query(opening ? new OpeningQuery(config, done) : new OnceDescribedQuery(config, done));
  });
}

/** Many rows by COPY, which costs the server a fraction of INSERT. */
export function copyRows(
  client: pg.Client,
  insert: InsertShape,
  rows: readonly (readonly Cell[])[],
): Promise<void> {
  return copy(
    client,
    insert,
    '',
    chunksOf(rows.length, (from, to) => rows.slice(from, to).map(copyLine).join('')),
  );
}

/** The same from columns, without an array for each row. */
export function copyColumns(
  client: pg.Client,
  insert: InsertShape,
  columns: readonly (readonly Cell[])[],
): Promise<void> {
  const [first = [], ...others] = columns;
  const textOf = (from: number, to: number) => {
    let text = '';
    for (let at = from; at < to; at += 1) {
      text += copyCell(first[at] ?? null);
      for (const column of others) text += `\t${copyCell(column[at] ?? null)}`;
      text += '\n';
    }
    return text;
  };
  return copy(client, insert, '', chunksOf(first.length, textOf));
}

/** Lines that have COPY's form already, with `|` between their columns. */
export const copyDelimited = (client: pg.Client, insert: InsertShape, lines: Buffer): Promise<void> =>
  copy(client, insert, " (delimiter '|')", [lines]);

function* chunksOf(rows: number, textOf: (from: number, to: number) => string): Generator<Buffer> {
  for (let at = 0; at < rows; at += CHUNK_ROWS)
    yield Buffer.from(textOf(at, Math.min(at + CHUNK_ROWS, rows)));
}

function copy(
  client: pg.Client,
  insert: InsertShape,
  options: string,
  chunks: Iterable<Buffer>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let failure: Error | undefined;
    client.query({
      submit(connection: Wire) {
        connection.query(`copy ${insert.table} (${insert.columns.join(',')}) from stdin${options}`);
      },
      handleCopyInResponse(connection: Wire) {
        for (const chunk of chunks) connection.sendCopyFromChunk(chunk);
        connection.endCopyFrom();
      },
      handleError(error: Error) {
        failure ??= error;
        reject(error);
      },
      handleCommandComplete() {},
      handleReadyForQuery() {
        if (failure === undefined) resolve();
      },
    } as unknown as pg.Submittable);
  });
}
const CHUNK_ROWS = 1000;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const NEEDS_ESCAPE = /[\\\n\r\t]/;
function copyCell(value: Cell): string {
  if (value === null || value === '') return '\\N';
  const text = String(value);
  return NEEDS_ESCAPE.test(text) ? text.replace(/[\\\n\r\t]/g, (c) => ESCAPES[c] ?? c) : text;
}
const copyLine = (values: readonly Cell[]): string => `${values.map(copyCell).join('\t')}\n`;
