/** Every statement and every table of the system, for all four databases, of which Oracle cannot be had here. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import SqliteDatabase from 'better-sqlite3';
import { expect } from 'chai';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { systemClock } from '../../src/clock.js';
import { compile } from '../../src/database/compile.js';
import {
  type Client,
  databaseSettings,
  migrate,
  openDatabase,
  renderMigration,
  type Statement,
} from '../../src/database/index.js';
import { migrations } from '../../src/database/migrations/index.js';
import { wordsFor } from '../../src/database/words.js';
import { silentLog } from '../../src/log.js';
import { eachDatabase, type SuiteDatabase } from '../support/databases.js';
import { h2Missing, h2Module, h2Prepare } from '../support/h2-oracle.js';
import { describeWith } from '../support/needs.js';
import { reservedWords } from './reserved-words.js';

const clients: readonly Client[] = ['sqlite', 'postgres', 'mysql', 'oracle'];
const src = fileURLToPath(new URL('../../src', import.meta.url));

/** All that is declared at module level anywhere in src. */
async function allStatements(): Promise<readonly Statement[]> {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts') && file !== join('cli', 'main.ts'))
    .sort();
  // The declaring module must be the very one that the others import.
  const { declaredStatements } = await import('../../src/database/database.js');
  for (const file of files) await import(join(src, file));
  return declaredStatements();
}
const rendered = async (client: Client): Promise<readonly string[]> => {
  const words = wordsFor(client);
  const styles = { sqlite: 'selected', postgres: 'dollar', mysql: 'question', oracle: 'colon' } as const;
  const style = styles[client];
  return (await allStatements()).map((statement) => compile(statement.text(words), '', style).text);
};
/** Without quoted text, so that a word in it is not taken for SQL. */
const bare = (text: string) =>
  text
    .replace(/'(?:[^']|'')*'/g, "'x'")
    .replace(/--[^\n]*/g, '')
    .replace(/\s+/g, ' ');

/** What Oracle (12.2 and newer) does not know, or means otherwise than the three that the tests run on. */
const refusals: readonly (readonly [RegExp, string])[] = [
  [/\blimit\b/i, 'LIMIT: words.limit()'],
  [/\b(?:from|join|update|into) \w+ as\b/i, 'AS before the alias of a table'],
  [/\) as \w+ (?:on|where|group|order|join|left)\b/i, 'AS before the alias of a subquery'],
  [/\b(?:true|false)\b/i, 'boolean literal'],
  [/(?<!')''(?!')/, "'' is null"],
  [/\bon conflict\b|\binsert (?:or )?ignore\b|\bon duplicate\b|\breplace into\b/i, 'upsert of one database'],
  [/\breturning\b/i, 'RETURNING needs INTO'],
  [/\bilike\b|\bregexp\b|\bsimilar to\b/i, 'operator of one database'],
  [/::/, ':: cast'],
  [/\bfilter \(/i, 'aggregate FILTER'],
  [/\bdistinct on\b/i, 'DISTINCT ON'],
  [
    /\b(?:group_concat|string_agg|array_agg|ifnull|now|unixepoch|strftime|date_trunc|concat_ws|if)\(/i,
    'function of one database',
  ],
  [/\bwith recursive\b/i, 'WITH RECURSIVE'],
  [/\bexcept\b/i, 'EXCEPT (before 21c)'],
  [/\bfull (?:outer )?join\b/i, 'FULL JOIN is unknown to MariaDB'],
  [/\bselect \*,|, ?\*(?= from)/i, '* beside other columns'],
  [/\bvalues \([^()]*\), ?\(/i, 'VALUES of several rows'],
  [/\bselect (?:exists|not exists)\b/i, 'EXISTS as a value'],
  [/\bfetch first .*\bfor update\b/i, 'ORA-02014: FETCH FIRST with FOR UPDATE'],
  [/\bgroup by \d/i, 'GROUP BY position'],
  [/\bboolean\b|\btext\)/i, 'type of another database'],
  [/\bnulls (?:first|last)\b/i, 'NULLS FIRST is unknown to MariaDB'],
  [/\bupdate \w+(?: \w+)? set .* from\b(?!.*\()/i, 'UPDATE … FROM'],
  [/"/, 'quoted name'],
];

describe('every statement, rendered for Oracle', () => {
  let texts: readonly string[] = [];
  before(async function () {
    this.timeout(60_000);
    texts = await rendered('oracle');
  });

  it('is found: there are many', () => {
    expect(texts.length).to.be.greaterThan(60);
  });
  for (const [pattern, why] of refusals)
    it(`has no ${why}`, () => {
      expect(texts.map(bare).filter((text) => pattern.test(text))).to.deep.equal([]);
    });
  it('selects from something, be it dual', () => {
    const without = texts.map(bare).filter((text) => /^select\b/i.test(text) && !/\bfrom\b/i.test(text));
    expect(without).to.deep.equal([]);
  });
  it('has no alias that is a reserved word anywhere, and no name over 30 characters', () => {
    const faults = texts.map(bare).flatMap((text) => {
      const aliases = [...text.matchAll(/\bas ([a-z_]\w*)(?! *\()/gi)]
        .map((found) => found[1] ?? '')
        .filter((word) => !/^(?:number|varchar2|integer|bigint|signed|char|varchar|text)$/i.test(word));
      const long = [...text.matchAll(/\b[a-z_]\w{30,}\b/gi)].map((found) => found[0]);
      return [...aliases.filter((word) => reservedWords.has(word.toLowerCase())), ...long].map(
        (word) => `${word}: ${text}`,
      );
    });
    expect(faults).to.deep.equal([]);
  });
});

describe('every table of the migrations', () => {
  for (const migration of migrations)
    it(`${migration.name}: names are short, lower case and reserved nowhere; types are Oracle's own`, () => {
      for (const client of clients) {
        for (const text of renderMigration(migration, 'up', client)) {
          const columns = [
            ...text.matchAll(
              /[(,] ?([a-zA-Z]\w*) (?:varchar2?|char|integer|number|bigint|text|clob|mediumtext)\b/g,
            ),
          ];
          const things = [...text.matchAll(/\b(?:table|constraint|index|unique) (\w+)/g)];
          for (const [, name = ''] of [...columns, ...things]) {
            if (/^(?:add|index|key|primary|on)$/.test(name)) continue;
            expect(name.length, name).to.be.lessThan(31);
            expect(name, text).to.match(/^[a-z][a-z0-9_]*$/);
            expect(reservedWords.get(name), `${name} is reserved; in ${text}`).to.equal(undefined);
          }
        }
      }
      for (const text of renderMigration(migration, 'up', 'oracle')) {
        expect(text).to.not.match(/\b(?:varchar|bigint|integer|text|boolean)\b\(?/);
        for (const [type] of text.matchAll(/varchar2\([^)]*\)/g))
          expect(type).to.match(/^varchar2\(\d+ char\)$/);
        // 4000 bytes are the most; a character may take four.
        for (const [, size] of text.matchAll(/varchar2\((\d+)/g)) expect(Number(size)).to.be.at.most(1000);
      }
    });
});

eachDatabase(
  'every statement',
  (db) => {
    it('is understood by the database: tables, columns, types', async function () {
      this.timeout(60_000);
      const { prepare, end } = await preparer(db);
      const faults: string[] = [];
      for (const text of await rendered(db.client))
        await prepare(text).catch((error: unknown) => faults.push(`${error}: ${text}`));
      await end();
      expect(faults).to.deep.equal([]);
    });
  },
  { only: ['sqlite', 'postgres', 'mysql'] },
);

interface Preparer {
  prepare(text: string): Promise<unknown>;
  end(): Promise<unknown>;
}
async function preparer(db: SuiteDatabase): Promise<Preparer> {
  const { file, url = '' } = db.settings();
  if (db.client === 'sqlite') {
    const sqlite = new SqliteDatabase(file);
    return { prepare: async (text) => sqlite.prepare(text), end: async () => sqlite.close() };
  }
  if (db.client === 'mysql') {
    const connection = await createConnection(url);
    await connection.query(
      "set session sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,STRICT_ALL_TABLES,ONLY_FULL_GROUP_BY'",
    );
    return { prepare: (text) => connection.prepare(text), end: () => connection.end() };
  }
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const prepare = async (text: string) => {
    await client.query(`prepare one as ${text}`);
    await client.query('deallocate one');
  };
  return { prepare, end: () => client.end() };
}

describeWith({ name: 'H2', missing: h2Missing }, 'every statement (H2 in Oracle mode)', () => {
  it('is understood by H2: tables, columns, types', async function () {
    this.timeout(60_000);
    const settings = databaseSettings.parse({
      client: 'oracle',
      user: 'sa',
      password: 'x',
      connectString: 'h2',
      // A Java machine starts first.
      pool: { acquireTimeoutMs: 30_000 },
    });
    const database = await openDatabase(settings, {
      clock: systemClock,
      log: silentLog,
      oracle: h2Module('statements'),
    });
    await migrate(database);
    await database.close();
    const faults = await h2Prepare('statements', await rendered('oracle'));
    expect([...faults].map(([text, fault]) => `${fault}: ${text}`)).to.deep.equal([]);
  });
});
