import { expect } from 'chai';
import pg from 'pg';
import { ask, BEGIN } from '../../src/database/postgres-wire.js';
import { codeOf } from '../../src/errors.js';
import { eachDatabase, postgresUrl } from '../support/databases.js';

eachDatabase(
  'a prepared statement',
  () => {
    let client: pg.Client;
    let described = 0;
    beforeEach(async () => {
      client = new pg.Client(postgresUrl);
      await client.connect();
      await client.query('create temporary table t (a int, b text, c bigint)');
      await client.query({ name: BEGIN, text: 'begin' });
      await client.query('rollback');
      described = 0;
      client.connection.on('rowDescription', () => {
        described += 1;
      });
    });
    afterEach(() => client.end());
    const insert = (a: number, b: string | null, c: bigint | null) =>
      ask(client, { name: 'i', text: 'insert into t values ($1, $2, $3)', values: [a, b, c] });
    const select = (from: number, opening = false) =>
      ask(client, { name: 's', text: 'select * from t where a >= $1 order by a', values: [from] }, opening);

    it('is described once, and reads its rows in the same way afterwards', async () => {
      for (const a of [1, 2, 3]) {
        const { command, rowCount, rows } = await insert(
          a,
          a === 2 ? null : `é${a}`,
          a === 3 ? null : 9_007_199_254_740_993n,
        );
        expect({ command, rowCount, rows }).to.deep.equal({ command: 'INSERT', rowCount: 1, rows: [] });
      }
      const all = [
        { a: 1, b: 'é1', c: '9007199254740993' },
        { a: 2, b: null, c: '9007199254740993' },
        { a: 3, b: 'é3', c: null },
      ];
      for (const from of [1, 2, 3, 4, 1]) {
        const { command, rowCount, rows } = await select(from);
        const due = all.filter(({ a }) => a >= from);
        expect(rows.map((row) => ({ ...row }))).to.deep.equal(due);
        expect({ command, rowCount }).to.deep.equal({ command: 'SELECT', rowCount: due.length });
      }
      expect(described).to.equal(1);
    });

    it('may begin a transaction, the first time and later', async () => {
      for (let time = 0; time < 3; time += 1) {
        expect((await select(0, true)).rows).to.deep.equal([]);
        await insert(time, null, null);
        expect((await select(0)).rows).to.have.length(1);
        expect((await ask(client, { text: 'rollback' })).command).to.equal('ROLLBACK');
      }
      expect(described).to.equal(1);
    });

    it('is described when it first succeeds, after it failed', async () => {
      const divide = (by: number) =>
        ask(client, { name: 'd', text: 'select 6 / $1::int as n', values: [by] });
      expect(await divide(0).catch(codeOf)).to.equal('22012');
      expect([(await divide(2)).rows, (await divide(3)).rows]).to.deep.equal([[{ n: 3 }], [{ n: 2 }]]);
      expect(await divide(0).catch(codeOf)).to.equal('22012');
      expect((await divide(1)).rows).to.deep.equal([{ n: 6 }]);
    });

    it('is refused, and never read wrongly, when its table has changed', async () => {
      await insert(1, 'x', 1n);
      await select(0);
      await client.query('alter table t add column d text');
      expect(await select(0).catch(codeOf)).to.equal('0A000');
    });
  },
  { only: ['postgres'], empty: true },
);
