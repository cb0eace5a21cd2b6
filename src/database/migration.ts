/** What a migration is written in: tables of house column kinds, rendered for each database by knex' schema builder. */
import type { Knex } from 'knex';
import knexModule from 'knex';
import type { Client, DialectWords } from './database.js';
import { wordsFor } from './words.js';

export interface Migration {
  /** `NNNN-what`, never changed once released. */
  readonly name: string;
  up(schema: Schema): void;
  /** The way back for `sluice db rollback`. */
  down(schema: Schema): void;
}

/** Names are snake_case, at most 30 characters, no reserved word of any of the four (a test checks them). */
export interface Schema {
  createTable(name: string, columns: (table: Table) => void): void;
  dropTable(name: string): void;
  addColumns(table: string, columns: (table: Table) => void): void;
  dropColumns(table: string, ...columns: string[]): void;
  addIndex(table: string, name: string, columns: readonly string[]): void;
  dropIndex(table: string, name: string): void;
  /** Any other statement, without binds; none where the text is empty. */
  run(text: string | ((words: DialectWords) => string)): void;
}

export interface ColumnOptions {
  /** May be null. Text that may be empty must be: Oracle stores `''` as null, and so do we everywhere. */
  readonly optional?: boolean;
}
export interface Table {
  /** Text of 1 to `max` characters (not bytes), compared byte by byte; at most 1000. */
  text(name: string, max: number, options?: ColumnOptions): void;
  /** Text of exactly `length` ASCII characters or fewer, from a closed set. */
  code(name: string, length: number, options?: ColumnOptions): void;
  /** Text of any length; cannot be compared or indexed. */
  longText(name: string, options?: ColumnOptions): void;
  /** 64-bit whole number: amounts in fen, any other large count. */
  fen(name: string, options?: ColumnOptions): void;
  /** Milliseconds since 1970. */
  moment(name: string, options?: ColumnOptions): void;
  /** 32-bit whole number. */
  count(name: string, options?: ColumnOptions): void;
  /** `yyyyMMdd`. */
  day(name: string, options?: ColumnOptions): void;
  /** `yyyyMM`. */
  month(name: string, options?: ColumnOptions): void;
  /** `Y` or `N`. */
  flag(name: string, options?: ColumnOptions): void;
  primary(name: string, columns: readonly string[]): void;
  unique(name: string, columns: readonly string[]): void;
  index(name: string, columns: readonly string[]): void;
  foreign(name: string, columns: readonly string[], table: string, references: readonly string[]): void;
  /** A condition in SQL that all four know. */
  check(name: string, condition: string): void;
}

const types: Readonly<
  Record<
    Client,
    {
      readonly text: (max: number) => string;
      readonly long: string;
      readonly big: string;
      readonly int: string;
      readonly fixed: (n: number) => string;
    }
  >
> = {
  sqlite: {
    text: (max) => `varchar(${max})`,
    long: 'text',
    big: 'integer',
    int: 'integer',
    fixed: (n) => `char(${n})`,
  },
  postgres: {
    text: (max) => `varchar(${max})`,
    long: 'text',
    big: 'bigint',
    int: 'integer',
    fixed: (n) => `char(${n})`,
  },
  mysql: {
    text: (max) => `varchar(${max})`,
    long: 'mediumtext',
    big: 'bigint',
    int: 'integer',
    fixed: (n) => `char(${n})`,
  },
  // CHAR semantics: a Chinese name of 20 characters needs 60 bytes.
  oracle: {
    text: (max) => `varchar2(${max} char)`,
    long: 'clob',
    big: 'number(19)',
    int: 'number(10)',
    fixed: (n) => `char(${n})`,
  },
};
const KNEX_CLIENT = {
  sqlite: 'better-sqlite3',
  postgres: 'pg',
  mysql: 'mysql2',
  oracle: 'oracledb',
} as const;

/** The statements of one direction of a migration for one database, in order. Needs no connection. */
export function renderMigration(migration: Migration, direction: 'up' | 'down', client: Client): string[] {
  const words = wordsFor(client);
  // Names stay unquoted, so that Oracle's upper case and PostgreSQL's lower case are each database's own.
  const knex = knexModule({
    client: KNEX_CLIENT[client],
    wrapIdentifier: (name) => name,
    useNullAsDefault: true,
  });
  const out: string[] = [];
  const add = (builder: Knex.SchemaBuilder) => {
    for (const { sql } of [builder.toSQL()].flat()) out.push(sql.trim().replace(/;$/, ''));
  };
  const change =
    (columns: (table: Table) => void, created: boolean) => (builder: Knex.CreateTableBuilder) => {
      if (client === 'mysql' && created) {
        builder.engine('InnoDB');
        builder.charset('utf8mb4');
        builder.collate('utf8mb4_bin');
      }
      columns(tableOf(builder, client, created));
    };
  migration[direction]({
    createTable: (name, columns) => add(knex.schema.createTable(name, change(columns, true))),
    // Not knex': on Oracle it looks for a sequence to drop, too.
    dropTable: (name) => out.push(`drop table ${name}`),
    addColumns: (name, columns) => add(knex.schema.alterTable(name, change(columns, false))),
    dropColumns: (table, ...columns) => {
      for (const column of columns) out.push(`alter table ${table} drop column ${column}`);
    },
    addIndex: (table, name, columns) => out.push(`create index ${name} on ${table} (${columns.join(', ')})`),
    dropIndex: (table, name) =>
      out.push(client === 'mysql' ? `drop index ${name} on ${table}` : `drop index ${name}`),
    run: (text) => {
      const own = typeof text === 'string' ? text : text(words);
      if (own !== '') out.push(own);
    },
  });
  return out;
}

function tableOf(builder: Knex.CreateTableBuilder, client: Client, created: boolean): Table {
  const kinds = types[client];
  const column = (name: string, type: string, options: ColumnOptions = {}) => {
    const made = builder.specificType(name, type);
    if (options.optional === true) made.nullable();
    else made.notNullable();
  };
  const check = (name: string, condition: string) => {
    builder.check(condition, {}, name);
  };
  return {
    text(name, max, options) {
      column(name, kinds.text(max), options);
      // The others refuse text that is too long by themselves. SQLite cannot add a check to a table that exists.
      if (client === 'sqlite' && created) builder.check(`length(${name}) <= ${max}`);
    },
    code: (name, length, options) => column(name, kinds.text(length), options),
    longText: (name, options) => column(name, kinds.long, options),
    fen: (name, options) => column(name, kinds.big, options),
    moment: (name, options) => column(name, kinds.big, options),
    count: (name, options) => column(name, kinds.int, options),
    day: (name, options) => column(name, kinds.fixed(8), options),
    month: (name, options) => column(name, kinds.fixed(6), options),
    flag: (name, options) => column(name, kinds.fixed(1), options),
    primary: (name, columns) => void builder.primary([...columns], name),
    unique: (name, columns) => void builder.unique([...columns], name),
    index: (name, columns) => void builder.index([...columns], name),
    foreign: (name, columns, table, references) =>
      void builder
        .foreign([...columns], name)
        .references([...references])
        .inTable(table),
    check,
  };
}
