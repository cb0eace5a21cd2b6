/**
 * The example of examples/legacy-oracle behind our Oracle driver: the whole contract of the revenue port, by PL/SQL blocks with IN and OUT binds. Where
 * SLUICE_TEST_ORACLE_URL names a server, on that; and on MariaDB's Oracle mode, which runs PL/SQL, in any case.
 */
import { expect } from 'chai';
import { eachDatabase, type SuiteDatabase } from '../../support/databases.js';
import { loadOnMariadb, plsqlModule, scriptOf } from '../../support/plsql-mariadb.js';
import { revenueContract } from '../contract/contract.js';
import { filesContract } from './files.js';
import { exampleFile, exampleSettings, type LegacyWorld, legacyWorld, openTheirs } from './legacy-world.js';

const script = scriptOf(exampleFile('legacy-oracle', 'schema.sql'));
/** Every text that went to the driver. */
const seen: string[] = [];

async function theirsOf(db: SuiteDatabase) {
  const url = db.settings().url ?? '';
  if (db.client === 'oracle') {
    for (const text of script) await db().run({ text: () => text });
    const settings = exampleSettings({ url }, 'legacy-oracle');
    return { settings, open: () => openTheirs(settings) };
  }
  await loadOnMariadb(url, script);
  const settings = exampleSettings({ url: 'oracle://sluice:x@mariadb:1521/YINGSHOU' }, 'legacy-oracle');
  return { settings, open: () => openTheirs(settings, plsqlModule(url, seen)) };
}

eachDatabase(
  'existing revenue schema, Oracle text',
  (db) => {
    let world: LegacyWorld | undefined;
    const closers: (() => Promise<void>)[] = [];
    before(async function () {
      this.timeout(60_000);
      const { settings, open } = await theirsOf(db);
      const theirs = [await open(), await open()] as const;
      for (const one of theirs) closers.push(() => one.close());
      world = legacyWorld(settings, [db(), await db.open()], theirs);
    });
    after(async () => {
      for (const close of closers) await close();
    });
    const there = () => {
      if (world === undefined) throw new Error('the world is there only while the suite runs');
      return world;
    };
    revenueContract(there);
    describe('files of a day', () => filesContract(there));
    describe('what was sent', () => {
      it('were blocks whose outputs are binds', () => {
        const calls = seen.filter((text) => text.startsWith('begin'));
        if (db.client !== 'oracle') expect(calls.length).to.be.greaterThan(100);
        for (const text of calls) expect(text).to.match(/, :b_jgdm(?:, :b_lsh)?\);\s+end;$/);
      });
    });
  },
  { only: ['mysql', 'oracle'] },
);
