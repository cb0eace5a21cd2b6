/**
 * An update of many rows, each with values of its own. Where a statement is a turn over the network (PostgreSQL, MariaDB, MySQL) the rows go as
 * one JSON text that the server joins with the table; SQLite has no network, and Oracle's driver sends many binds at once by itself.
 */
import { type Binds, type Cell, type Client, type Session, type Statement, sql } from './database.js';

export interface ManyUpdate {
  /** For one row, with binds. */
  readonly one: Statement;
  /** For all rows of the bind `:rows`; only on databases of {@link joins}. */
  readonly all: Statement;
}
type Kind = 'text' | 'whole';

/** Rows of one turn: their JSON is some hundred kilobytes at most. */
const ROWS_MAX = 1000;
const joins = (client: Client): boolean => client === 'postgres' || client === 'mysql';

/**
 * @param set and where: SQL in which `{name:text}` or `{name:whole}` stands for the row's own value. Column names of the table stand bare,
 *   and each value of `where` on the right of a comparison.
 */
export function manyUpdate(table: string, set: string, where: string): ManyUpdate {
  const kinds = new Map<string, Kind>();
  for (const [, name = '', kind] of `${set} ${where}`.matchAll(VALUE)) kinds.set(name, kind as Kind);
  const fill = (text: string, value: (name: string, kind: Kind) => string) =>
    text.replace(VALUE, (_, name: string, kind: Kind) => value(name, kind));
  const bind = (name: string) => `:${name}`;
  const one = `update ${table} set ${fill(set, bind)} where ${fill(where, bind)}`;
  const column = (name: string) => `d.r_${name.toLowerCase()}`;
  const columns = (render: (name: string, kind: Kind) => string) =>
    [...kinds].map(([name, kind]) => render(name.toLowerCase(), kind)).join(', ');
  const all = sql(({ client }) => {
    if (client === 'postgres') {
      const typed = columns((name, kind) => `r_${name} ${kind === 'whole' ? 'bigint' : 'text'}`);
      return `update ${table} set ${fill(set, column)} from json_to_recordset(cast(:rows as json)) as d(${typed})
        where ${fill(where, column)}`;
    }
    if (client === 'mysql') {
      const typed = columns(
        (name, kind) => `r_${name} ${kind === 'whole' ? 'bigint' : 'varchar(200)'} path '$.r_${name}'`,
      );
      // The column's own collation, without which its index would not be used.
      const compared = (name: string, kind: Kind) =>
        kind === 'whole' ? column(name) : `${column(name)} collate utf8mb4_bin`;
      return `update ${table}, json_table(:rows, '$[*]' columns(${typed})) as d set ${fill(set, column)}
        where ${fill(where, compared)}`;
    }
    return one;
  });
  return { one: sql(one), all };
}
const VALUE = /\{(\w+):(text|whole)\}/g;

/** Updates the rows in the caller's transaction. */
export async function updateMany(tx: Session, update: ManyUpdate, rows: readonly Binds[]): Promise<void> {
  if (rows.length === 0) return;
  if (!joins(tx.client)) return tx.runMany(update.one, rows);
  for (let at = 0; at < rows.length; at += ROWS_MAX)
    await tx.run(update.all, { rows: JSON.stringify(rows.slice(at, at + ROWS_MAX).map(jsonRow)) });
}

/** What is absent is left out, and so is null. Whole numbers go as text: JSON readers would round the large ones. */
const jsonRow = (row: Binds): Record<string, string> =>
  Object.fromEntries(
    Object.entries(row)
      .filter((entry): entry is [string, Exclude<Cell, null>] => entry[1] !== null && entry[1] !== '')
      .map(([name, value]) => [`r_${name.toLowerCase()}`, String(value)]),
  );
