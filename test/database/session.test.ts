import { expect } from 'chai';
import { bigintCell, hasLabel, type Migration, migrate, sql, textCell } from '../../src/database/index.js';
import { eachDatabase } from '../support/databases.js';

const people: Migration = {
  name: '0001-people',
  up: (schema) =>
    schema.createTable('person', (table) => {
      table.text('id', 20);
      table.text('full_name', 40, { optional: true });
      table.fen('balance');
      table.primary('person_pk', ['id']);
    }),
  down: (schema) => schema.dropTable('person'),
};
const insert = sql('insert into person (id, full_name, balance) values (:id, :full_name, :balance)');
const byId = sql('select id, full_name, balance from person where id = :id');
const every = sql('select id, balance from person order by id');
const add = sql('update person set balance = balance + :more where id = :id');
const remove = sql('delete from person');

eachDatabase(
  'a session',
  (db) => {
    before(() => migrate(db(), [people]));
    beforeEach(() => db().run(remove));

    it('gives back what was written: Chinese, large amounts, empty text as absent', async () => {
      await db().run(insert, { id: '0001', full_name: '李小满𠮷', balance: 9_007_199_254_740_993n });
      await db().run(insert, { id: '0002', full_name: '', balance: -5 });
      const [first] = await db().all(byId, { id: '0001' });
      const [second] = await db().all(byId, { id: '0002' });
      expect(first && textCell(first, 'full_name')).to.equal('李小满𠮷');
      expect(second?.full_name).to.equal(null);
      expect(second && bigintCell(second, 'balance')).to.equal(-5n);
    });

    it('counts changed rows', async () => {
      await db().run(insert, { id: 'a', full_name: null, balance: 1 });
      expect(await db().run(add, { id: 'a', more: 2 })).to.equal(1);
      expect(await db().run(add, { id: 'a', more: 0 })).to.equal(1);
      expect(await db().run(add, { id: 'b', more: 2 })).to.equal(0);
    });

    it('commits a transaction and takes a failed one back', async () => {
      await db().transaction((tx) => tx.run(insert, { id: 'a', full_name: null, balance: 1 }));
      const failed = await db()
        .transaction(async (tx) => {
          await tx.run(add, { id: 'a', more: 10 });
          await tx.run(insert, { id: 'a', full_name: null, balance: 2 });
        })
        .catch((error: unknown) => error);
      expect(hasLabel(failed, 'duplicate')).to.equal(true);
      const [row] = await db().all(byId, { id: 'a' });
      expect(row && bigintCell(row, 'balance')).to.equal(1n);
    });

    it('writes many rows and streams them', async () => {
      const rows = Array.from({ length: 3001 }, (_, i) => ({
        id: `p${String(i).padStart(5, '0')}`,
        full_name: null,
        balance: i,
      }));
      await db().runMany(insert, rows);
      let sum = 0n;
      for await (const row of db().stream(every)) sum += bigintCell(row, 'balance');
      expect(sum).to.equal(BigInt((3000 * 3001) / 2));
      for await (const _ of db().stream(every)) break;
      expect(await db().all(every)).to.have.length(3001);
    });
  },
  { empty: true, h2: true },
);

eachDatabase(
  'a procedure of somebody else',
  (db) => {
    it('gives its outputs as one row', async () => {
      const make = {
        postgres:
          "create function fee_of(fen bigint, out fee bigint, out verdict text) language sql as $$ select fen * 2, 'ok' $$",
        mysql: "create procedure fee_of(fen bigint) select fen * 2 as fee, 'ok' as verdict",
      }[db.client === 'mysql' ? 'mysql' : 'postgres'];
      await db().run(sql(make));
      const call = sql(db.client === 'mysql' ? 'call fee_of(:fen)' : 'select * from fee_of(:fen)');
      const row = await db().transaction((tx) => tx.call(call, { fen: 21n }, ['fee', 'verdict']));
      expect([bigintCell(row, 'fee'), textCell(row, 'verdict')]).to.deep.equal([42n, 'ok']);
      expect(textCell(await db().call(call, { fen: 1 }, ['fee', 'verdict']), 'verdict')).to.equal('ok');
    });
  },
  { empty: true, only: ['postgres', 'mysql'] },
);
