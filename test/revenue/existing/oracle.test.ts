/**
 * The example of examples/legacy-oracle behind our Oracle driver: the whole contract of the revenue port, by PL/SQL blocks with IN and OUT binds. Where
 * SLUICE_TEST_ORACLE_URL names a server, on that; and on MariaDB's Oracle mode, which runs PL/SQL, in any case.
 */
import { expect } from 'chai';
import { systemClock } from '../../../src/clock.js';
import type { Database } from '../../../src/database/index.js';
import { changeNames } from '../../../src/revenue/existing/settings.js';
import { checkOperations, type ExistingSettings, Theirs } from '../../../src/revenue/index.js';
import { unitWith } from '../../../src/revenue/unit.js';
import { eachDatabase, type SuiteDatabase } from '../../support/databases.js';
import { loadOnMariadb, plsqlModule, scriptOf } from '../../support/plsql-mariadb.js';
import { revenueContract } from '../contract/contract.js';
import { customerWith, payment, standing } from '../world.js';
import { deductionContract } from './deduction.js';
import { filesContract } from './files.js';
import { exampleFile, exampleSettings, type LegacyWorld, legacyWorld, openTheirs } from './legacy-world.js';

const text = exampleFile('legacy-oracle', 'schema.sql');
const script = scriptOf(text);
/** The same procedures, but each commits by itself at its end. */
const committing = scriptOf(
  text.replaceAll(/^( *)p_jgdm := '0000';\nend;/gm, "$1p_jgdm := '0000';\n$1commit;\nend;"),
);
/** Every text that went to the driver. */
const seen: string[] = [];

async function theirsOf(db: SuiteDatabase, commit: ExistingSettings['commit']) {
  const statements = commit === 'gateway' ? script : committing;
  const url = db.settings().url ?? '';
  if (db.client === 'oracle') {
    for (const one of statements) await db().run({ text: () => one });
    const settings = { ...exampleSettings({ url }, 'legacy-oracle'), commit };
    return { settings, open: () => openTheirs(settings) };
  }
  await loadOnMariadb(url, statements);
  const example = exampleSettings({ url: 'oracle://sluice:x@mariadb:1521/YINGSHOU' }, 'legacy-oracle');
  const settings = { ...example, commit };
  return { settings, open: () => openTheirs(settings, plsqlModule(url, seen)) };
}

// Procedures that commit by themselves, in the long form.
const variants =
  process.env.SLUICE_LONG === '1' ? (['gateway', 'procedure'] as const) : (['gateway'] as const);
for (const commit of variants)
  eachDatabase(
    `existing revenue schema, Oracle text, the ${commit} commits`,
    (db) => {
      const unit = unitWith('K1');
      let world: LegacyWorld | undefined;
      let found: { readonly settings: ExistingSettings; readonly database: Database } | undefined;
      const theirs = () => {
        if (found === undefined) throw new Error('it is there only while the suite runs');
        return found;
      };
      const closers: (() => Promise<void>)[] = [];
      before(async function () {
        this.timeout(60_000);
        const { settings, open } = await theirsOf(db, commit);
        const databases = [await open(), await open()] as const;
        found = { settings, database: databases[0] };
        for (const one of databases) closers.push(() => one.close());
        world = legacyWorld(settings, [db(), await db.open()], databases);
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
      describe('batch deduction', () => deductionContract(there, db));
      it('is found right by the check of its configuration, and nothing stays of it', async () => {
        const customer = await customerWith(there(), unit, { a: 100 });
        const order = payment(customer, 30_000);
        await there().revenue.pay(unitWith(unit.id, { amountRule: 'any' }), order);
        const more = await customerWith(there(), unit, { a: 100 });
        const { settings, database } = theirs();
        const subject = { unit: unit.id, customer: more };
        const reports = await checkOperations(new Theirs(database, settings, systemClock), subject);
        const expected = reports.map(({ operation }) =>
          commit === 'procedure' && changeNames.some((name) => name === operation) ? 'not-run' : 'ok',
        );
        expect(
          reports.map(({ verdict }) => verdict),
          JSON.stringify(reports),
        ).to.deep.equal(expected);
        expect(await standing(there(), unit, more)).to.equal('a 0');
      });
      describe('what was sent', () => {
        it('were blocks whose outputs are binds', () => {
          const calls = seen.filter((text) => text.startsWith('begin'));
          if (db.client !== 'oracle') expect(calls.length).to.be.greaterThan(100);
          for (const text of calls) expect(text).to.match(/, :b_jgdm(?:, :b_(?:lsh|zds))?\);\s+end;$/);
        });
      });
    },
    { only: ['mysql', 'oracle'] },
  );
