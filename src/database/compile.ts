/** From `:name` binds to what a driver understands, once per statement and database. */
import { type Binds, type Cell, DatabaseError, type DialectWords, type Statement } from './database.js';

/**
 * How a driver marks a bind: `?`, `$1` (the same name is the same number) or `:1`.
 * `selected` is `?` too, but `(select ?)` outside of a plain insert. SQLite (built with STAT4, as ours is) parses and plans a
 * prepared statement anew for each new value that it met while planning: a join or an order that a bind helps to choose
 * took four times as long. A value inside of a subquery is not looked at, and without statistics the plan is the same.
 */
export type BindStyle = 'question' | 'selected' | 'dollar' | 'colon';

/** A plain `insert into t (a, b) values (:a, :b)`, of which many rows can be sent at once. */
export interface InsertShape {
  readonly table: string;
  readonly columns: readonly string[];
  /** Bind names in the order of the columns. */
  readonly names: readonly string[];
}
export interface Compiled {
  /** Unique within the database: the name of the prepared statement; `''` = not to be prepared. */
  readonly name: string;
  readonly text: string;
  /** The bind name of each position. */
  readonly names: readonly string[];
  readonly insert: InsertShape | undefined;
}

// Quoted text, quoted names, comments and `::` casts are passed over; only then can a colon begin a bind.
const TOKENS = /'(?:[^']|'')*'|"[^"]*"|`[^`]*`|--[^\n]*|\/\*[\s\S]*?\*\/|::|:([A-Za-z_]\w*)/g;
const INSERT = /^\s*insert\s+into\s+(\w+)\s*\(([\w\s,]+)\)\s*values\s*\(([\s:\w,]+)\)\s*$/i;

/** The text of a statement for one database, with its binds in the driver's form. */
export function compile(text: string, name: string, style: BindStyle): Compiled {
  const names: string[] = [];
  const insert = insertShape(text);
  const native = text.trim().replace(TOKENS, (token, bind: string | undefined) => {
    if (bind === undefined) return token;
    if (style === 'question' || style === 'selected') {
      names.push(bind);
      return style === 'selected' && insert === undefined ? '(select ?)' : '?';
    }
    const known = style === 'dollar' ? names.indexOf(bind) + 1 : 0;
    const place = known > 0 ? known : names.push(bind);
    return style === 'dollar' ? `$${place}` : `:${place}`;
  });
  return { name, text: native, names, insert };
}

/** The text with its positions named again, `:b_name`: in a PL/SQL block an output is one bind wherever it stands. */
export const renamed = ({ text, names }: Compiled): string =>
  text.replace(
    /'(?:[^']|'')*'|"[^"]*"|--[^\n]*|\/\*[\s\S]*?\*\/|:(\d+)/g,
    (token, place: string | undefined) => (place === undefined ? token : `:b_${names[Number(place) - 1]}`),
  );

function insertShape(text: string): InsertShape | undefined {
  const found = INSERT.exec(text);
  if (found === null) return undefined;
  const [, table = '', columns = '', values = ''] = found;
  const split = (list: string) => list.split(',').map((part) => part.trim());
  const names = split(values);
  if (names.some((name) => !/^:[A-Za-z_]\w*$/.test(name)) || names.length !== split(columns).length)
    return undefined;
  return { table, columns: split(columns), names: names.map((name) => name.slice(1)) };
}

/**
 * The values in the order of the positions. Empty text becomes null, because Oracle cannot tell them apart and the others shall not behave otherwise.
 * @throws {DatabaseError} `fault` for a bind that is missing
 */
export function valuesOf(names: readonly string[], binds: Binds): Cell[] {
  return names.map((name) => {
    const value = binds[name];
    if (value === undefined) throw new DatabaseError('fault', `bind :${name} is missing`);
    if (typeof value === 'number' && !Number.isSafeInteger(value))
      throw new DatabaseError('fault', `bind :${name} is a number but not a whole one: bind decimal text`);
    return value === '' ? null : value;
  });
}

/** Statements that are prepared and kept; those that a caller puts together anew each time would otherwise grow without end. */
const PREPARED_MAX = 2000;

/** Compiles each statement once. The same text is the same prepared statement. */
export class StatementCache {
  readonly #byStatement = new WeakMap<Statement, Compiled>();
  readonly #byText = new Map<string, Compiled>();
  constructor(
    readonly words: DialectWords,
    readonly style: BindStyle,
  ) {}

  get(statement: Statement): Compiled {
    return this.#byStatement.get(statement) ?? this.#compile(statement);
  }
  #compile(statement: Statement): Compiled {
    const text = statement.text(this.words);
    const room = this.#byText.size < PREPARED_MAX;
    const made = this.#byText.get(text) ?? compile(text, room ? `s${this.#byText.size + 1}` : '', this.style);
    if (room) this.#byText.set(text, made);
    this.#byStatement.set(statement, made);
    return made;
  }
}
