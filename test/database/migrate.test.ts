import { expect } from 'chai';
import {
  type Migration,
  migrate,
  migrationStatus,
  renderMigration,
  rollback,
  type Schema,
  sql,
} from '../../src/database/index.js';
import { migrations } from '../../src/database/migrations/index.js';
import { OperatorError } from '../../src/errors.js';
import { eachDatabase } from '../support/databases.js';

const table = (name: string): Migration => ({
  name: `0001-${name}`,
  up(schema) {
    schema.createTable(name, (columns) => {
      columns.text('id', 20);
      columns.day('since', { optional: true });
      columns.flag('active');
      columns.primary(`${name}_pk`, ['id']);
      columns.unique(`${name}_u1`, ['since', 'id']);
      columns.index(`${name}_i1`, ['active', 'since']);
      columns.check(`${name}_c1`, "active in ('Y', 'N')");
    });
    schema.addColumns(name, (columns) => columns.moment('changed_at', { optional: true }));
    schema.addIndex(name, `${name}_i2`, ['changed_at']);
  },
  down: (schema) => schema.dropTable(name),
});
const states = async (...args: Parameters<typeof migrationStatus>) =>
  (await migrationStatus(...args)).map(({ name, state }) => `${name} ${state}`);
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.fail('it did not fail'),
    (error: unknown) => error,
  );

eachDatabase(
  'migrations',
  (db) => {
    it('are applied once when five nodes start together', async () => {
      const nodes = await Promise.all(Array.from({ length: 5 }, () => db.open()));
      const list = [table('together'), { ...table('later'), name: '0002-later' }];
      const done = await Promise.all(nodes.map((node) => migrate(node, list)));
      expect(done.flat().sort()).to.deep.equal(['0001-together', '0002-later']);
      expect(done.filter((names) => names.length > 0)).to.have.length(1);
      expect(await states(db(), list)).to.deep.equal(['0001-together applied', '0002-later applied']);
    });

    it('are taken back batch by batch, newest first', async () => {
      const list = [table('together'), { ...table('later'), name: '0002-later' }];
      const more = [...list, { ...table('third'), name: '0003-third' }];
      expect(await migrate(db(), more)).to.deep.equal(['0003-third']);
      expect(await rollback(db(), more)).to.deep.equal(['0003-third']);
      expect(await rollback(db(), more)).to.deep.equal(['0002-later', '0001-together']);
      expect(await rollback(db(), more)).to.deep.equal([]);
      expect(await states(db(), list)).to.deep.equal(['0001-together pending', '0002-later pending']);
    });

    it('refuse a database that a newer version has changed', async () => {
      await migrate(db(), [table('newer')]);
      const error = await failure(migrate(db(), []));
      expect(error).to.be.instanceOf(OperatorError).with.property('code', 'database-newer');
      expect(await states(db(), [])).to.deep.equal(['0001-newer unknown']);
      await rollback(db(), [table('newer')]);
    });

    it('go on where a failed one stopped, once its cause is put right', async () => {
      const half = (fixed: boolean): Migration => ({
        name: '0001-half',
        up(schema: Schema) {
          table('half').up(schema);
          schema.run(
            fixed
              ? "insert into half (id, active) values ('x', 'Y')"
              : 'insert into no_such_table values (1)',
          );
          schema.run("insert into half (id, active) values ('y', 'N')");
        },
        down: (schema) => schema.dropTable('half'),
      });
      const error = await failure(migrate(db(), [half(false)]));
      expect(error).to.be.instanceOf(OperatorError).with.property('code', 'migration-failed');
      expect(String(error)).to.contain('0001-half');
      expect(await migrate(db(), [half(true)])).to.deep.equal(['0001-half']);
      expect(await db().all(sql('select id from half'))).to.have.length(2);
      await rollback(db(), [half(true)]);
    });

    it('see that a change was made whose note was lost with its node', async () => {
      if (db.client === 'sqlite' || db.client === 'postgres') return; // change and note are one transaction there
      const one = table('noted');
      const steps = renderMigration(one, 'up', db.client).length;
      for (let step = 0; step < steps; step++) {
        await migrate(db(), [one]);
        await db().run(sql(`update schema_migration set step = ${step} where name = '0001-noted'`));
        expect(await states(db(), [one])).to.deep.equal(['0001-noted partial']);
        // All statements up to this one are there; those behind it are taken away by hand, as if they had never been.
        for (const undo of undoAfter(step)) await db().run(sql(undo));
        expect(await migrate(db(), [one])).to.deep.equal(['0001-noted']);
        await rollback(db(), [one]);
      }
      function undoAfter(step: number): string[] {
        const index = (name: string) => `drop index ${name}${db.client === 'mysql' ? ' on noted' : ''}`;
        const undos =
          db.client === 'mysql'
            ? [
                index('noted_u1'),
                index('noted_i1'),
                'alter table noted drop column changed_at',
                index('noted_i2'),
              ]
            : [
                'alter table noted drop constraint noted_pk',
                'alter table noted drop constraint noted_u1',
                index('noted_i1'),
                'alter table noted drop column changed_at',
                index('noted_i2'),
              ];
        return undos.slice(step).reverse();
      }
    });

    it('change a table under nodes that have their statements prepared', async () => {
      const one = table('under');
      const star = sql('select * from under order by id');
      await migrate(db(), [one]);
      const node = await db.open();
      expect(await node.all(star)).to.have.length(0);
      const more: Migration = {
        name: '0002-more',
        up(schema) {
          schema.addColumns('under', (columns) => columns.fen('extra', { optional: true }));
          schema.run("insert into under (id, active, extra) values ('x', 'Y', 7)");
        },
        down: (schema) => schema.dropColumns('under', 'extra'),
      };
      await migrate(db(), [one, more]);
      expect((await node.all(star))[0]).to.include.keys('extra');
      await node.transaction(async (tx) => expect(await tx.all(star)).to.have.length(1));
      while ((await rollback(db(), [one, more])).length > 0);
    });

    it('of the house go up, come back, and go up again', async () => {
      await migrate(db());
      while ((await rollback(db())).length > 0);
      expect(new Set((await migrationStatus(db())).map(({ state }) => state)).has('applied')).to.equal(false);
      expect(await migrate(db())).to.have.length(migrations.length);
    });
  },
  { empty: true, h2: true },
);

describe('the list of migrations', () => {
  it('is in order, named in one way, without a number twice', () => {
    const names = migrations.map(({ name }) => name);
    for (const name of names) expect(name).to.match(/^\d{4}-[a-z][a-z0-9-]*$/);
    expect([...names].sort()).to.deep.equal(names);
    expect(new Set(names.map((name) => name.slice(0, 4))).size).to.equal(names.length);
  });
});
