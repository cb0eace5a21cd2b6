/** Tests that hold on every database are written once and declared for each that this machine has. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'mocha';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { systemClock } from '../../src/clock.js';
import {
  type Client,
  type Database,
  type DatabaseSettings,
  databaseSettings,
  migrate,
  type OpenContext,
  openDatabase,
  sql,
} from '../../src/database/index.js';
import { silentLog } from '../../src/log.js';
import { h2Missing, h2Module } from './h2-oracle.js';
import { describeWith } from './needs.js';

export const postgresUrl = process.env.SLUICE_TEST_PG_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres';
export const mysqlUrl = process.env.SLUICE_TEST_MYSQL_URL ?? 'mysql://root@127.0.0.1:3306/test';
const oracleUrl = process.env.SLUICE_TEST_ORACLE_URL;

/** The database of one suite: `db()` is open and migrated. */
export interface SuiteDatabase {
  (): Database;
  readonly client: Client;
  /** Another node on the same database; closed after the suite. */
  open(overrides?: Partial<DatabaseSettings>): Promise<Database>;
  settings(): DatabaseSettings;
}
export interface EachOptions {
  /** Without the tables of the migrations. */
  readonly empty?: boolean;
  readonly only?: readonly Client[];
  /** On H2 in Oracle mode too: our Oracle driver and dialect, as far as they can be run without Oracle. */
  readonly h2?: boolean;
}

/** Declares the same suite for SQLite, PostgreSQL and MariaDB (and Oracle, where one is named), each in a fresh database of its own. */
export function eachDatabase(
  title: string,
  body: (db: SuiteDatabase) => void,
  options: EachOptions = {},
): void {
  for (const kind of kinds) {
    if (options.only !== undefined && !options.only.includes(kind.client)) continue;
    if (kind.name === H2 && options.h2 !== true && process.env.SLUICE_TEST_H2 !== '1') continue;
    describeWith({ name: kind.name, missing: kind.missing }, `${title} (${kind.name})`, () => {
      let place: Place | undefined;
      const opened: Database[] = [];
      const settings = (): DatabaseSettings => {
        if (place === undefined) throw new Error('the database is there only while the suite runs');
        return patient(place.settings);
      };
      const open = async (overrides: Partial<DatabaseSettings> = {}) => {
        const database = await openDatabase(
          { ...settings(), ...overrides },
          { ...context, ...place?.context },
        );
        opened.push(database);
        return database;
      };
      before(async () => {
        place = await kind.make(options.empty !== true);
        await open();
      });
      after(async () => {
        for (const database of opened) await database.close();
        await place?.drop();
      });
      const db = () => {
        const [first] = opened;
        if (first === undefined) throw new Error('the database is there only while the suite runs');
        return first;
      };
      body(Object.assign(db, { client: kind.client, open, settings }));
    });
  }
}

const H2 = 'H2 in Oracle mode';
const context: OpenContext = { clock: systemClock, log: silentLog };

interface Place {
  readonly context?: Partial<OpenContext>;
  readonly settings: DatabaseSettings;
  drop(): Promise<void>;
}
interface Kind {
  readonly client: Client;
  readonly name: string;
  readonly missing: string | undefined;
  make(migrated: boolean): Promise<Place>;
}

/** A first connection starts a Java machine (H2) or a server's process, on a machine that may be busy. */
const patient = (settings: DatabaseSettings): DatabaseSettings => ({
  ...settings,
  pool: { ...settings.pool, acquireTimeoutMs: 30_000 },
});

let count = 0;
const freshName = () => `sluice_t_${process.pid}_${++count}`;
async function migrated(settings: DatabaseSettings, more: Partial<OpenContext> = {}): Promise<void> {
  const database = await openDatabase(patient(settings), { ...context, ...more });
  try {
    await migrate(database);
  } finally {
    await database.close();
  }
}

let sqliteTemplate: string | undefined;
async function makeSqlite(withTables: boolean): Promise<Place> {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-db-'));
  const settings = databaseSettings.parse({ client: 'sqlite', file: join(dir, 'revenue.sqlite') });
  if (withTables) {
    if (sqliteTemplate === undefined) {
      const home = mkdtempSync(join(tmpdir(), 'sluice-db-'));
      process.once('exit', () => rmSync(home, { recursive: true, force: true }));
      const file = join(home, 'template.sqlite');
      await migrated({ ...settings, file });
      sqliteTemplate = file;
    }
    copyFileSync(sqliteTemplate, settings.file);
  }
  return { settings, drop: async () => rmSync(dir, { recursive: true, force: true }) };
}

async function withPostgres<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: postgresUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
const postgresAt = (name: string): DatabaseSettings =>
  databaseSettings.parse({
    client: 'postgres',
    url: Object.assign(new URL(postgresUrl), { pathname: `/${name}` }).href,
  });
const dropPostgres = (name: string) =>
  withPostgres((client) => client.query(`drop database if exists ${name} with (force)`));

let postgresTemplate: Promise<string> | undefined;
/** Migrated once per run; copying it costs a tenth of migrating again. */
async function makePostgresTemplate(): Promise<string> {
  const name = freshName();
  await withPostgres((client) => client.query(`create database ${name}`));
  await migrated(postgresAt(name));
  after(() => dropPostgres(name));
  return name;
}
async function makePostgres(withTables: boolean): Promise<Place> {
  const name = freshName();
  if (withTables) postgresTemplate ??= makePostgresTemplate();
  const template = withTables ? await postgresTemplate : 'template1';
  await withPostgres((client) => client.query(`create database ${name} template ${template}`));
  return { settings: postgresAt(name), drop: async () => void (await dropPostgres(name)) };
}

async function makeMysql(withTables: boolean): Promise<Place> {
  const name = freshName();
  const admin = async (text: string) => {
    const connection = await createConnection(mysqlUrl);
    await connection.query(text).finally(() => connection.end());
  };
  await admin(`create database ${name} character set utf8mb4 collate utf8mb4_bin`);
  const url = Object.assign(new URL(mysqlUrl), { pathname: `/${name}` }).href;
  const settings = databaseSettings.parse({ client: 'mysql', url });
  if (withTables) await migrated(settings);
  return { settings, drop: () => admin(`drop database ${name}`) };
}

/** `oracle://user:password@host:1521/service`: an empty schema; its tables are taken back afterwards. */
async function makeOracle(withTables: boolean): Promise<Place> {
  const url = new URL(oracleUrl ?? '');
  const settings = databaseSettings.parse({
    client: 'oracle',
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    connectString: `${url.host}${url.pathname}`,
  });
  if (withTables) await migrated(settings);
  const drop = async () => {
    const database = await openDatabase(settings, context);
    for (const { table_name: name } of await database.all(sql('select table_name from user_tables')))
      await database.run(sql(`drop table "${name}" cascade constraints purge`));
    await database.close();
  };
  return { settings, drop };
}

async function makeH2(withTables: boolean): Promise<Place> {
  const settings = databaseSettings.parse({ client: 'oracle', user: 'sa', password: 'x', connectString: H2 });
  const more = { oracle: h2Module(freshName()) };
  if (withTables) await migrated(settings, more);
  return { settings, context: more, drop: async () => {} };
}

function reachable(url: string, port: string): string | undefined {
  const { hostname, port: given } = new URL(url);
  const probe = `require('node:net').connect(${given || port}, '${hostname}').on('connect', () => process.exit(0)).on('error', () => process.exit(1))`;
  try {
    execFileSync(process.execPath, ['-e', probe], { stdio: 'ignore', timeout: 5000 });
    return undefined;
  } catch {
    return `nothing listens on ${hostname}:${given || port}`;
  }
}

const kinds: readonly Kind[] = [
  { client: 'sqlite', name: 'SQLite', missing: undefined, make: makeSqlite },
  { client: 'postgres', name: 'PostgreSQL', missing: reachable(postgresUrl, '5432'), make: makePostgres },
  { client: 'mysql', name: 'MariaDB', missing: reachable(mysqlUrl, '3306'), make: makeMysql },
  { client: 'oracle', name: H2, missing: h2Missing, make: makeH2 },
  ...(oracleUrl === undefined
    ? []
    : [{ client: 'oracle' as const, name: 'Oracle', missing: undefined, make: makeOracle }]),
];
