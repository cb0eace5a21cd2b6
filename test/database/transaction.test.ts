import { expect } from 'chai';
import { systemClock } from '../../src/clock.js';
import {
  bigintCell,
  type Database,
  type DatabaseErrorLabel,
  hasLabel,
  type Migration,
  migrate,
  type Session,
  sql,
} from '../../src/database/index.js';
import { TRY_AGAIN_MS } from '../../src/database/write-gate.js';
import { eachDatabase } from '../support/databases.js';

const accounts: Migration = {
  name: '0001-account',
  up: (schema) =>
    schema.createTable('account', (table) => {
      table.text('id', 20);
      table.fen('balance');
      table.primary('account_pk', ['id']);
    }),
  down: (schema) => schema.dropTable('account'),
};
const insert = sql('insert into account (id, balance) values (:id, :balance)');
const read = sql('select balance from account where id = :id');
const lock = sql((words) => `select balance from account where id = :id ${words.forUpdate}`);
const set = sql('update account set balance = :balance where id = :id');
const clear = sql('delete from account');
const every = sql('select id from account order by id');

const balanceOf = async (session: Session, id: string): Promise<bigint | undefined> => {
  const [row] = await session.all(read, { id });
  return row === undefined ? undefined : bigintCell(row, 'balance');
};
const failure = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.fail('it did not fail'),
    (error: unknown) => error,
  );
const expectLabel = (error: unknown, label: DatabaseErrorLabel) =>
  expect(hasLabel(error, label), String(error)).to.equal(true);

eachDatabase(
  'a transaction',
  (db) => {
    let other: Database;
    before(async () => {
      await migrate(db(), [accounts]);
      other = await db.open();
    });
    beforeEach(async () => {
      await db().run(clear);
      await db().runMany(insert, [
        { id: 'a', balance: 0 },
        { id: 'b', balance: 0 },
      ]);
    });

    it('loses no update: 2 nodes × 8 workers add to one row', async () => {
      const worker = async (node: Database) => {
        for (let i = 0; i < 10; i++)
          await node.transaction(async (tx) => {
            const [row] = await tx.all(lock, { id: 'a' });
            await tx.run(set, { id: 'a', balance: (row ? bigintCell(row, 'balance') : 0n) + 1n });
          });
      };
      await Promise.all([db(), other].flatMap((node) => Array.from({ length: 8 }, () => worker(node))));
      expect(await balanceOf(db(), 'a')).to.equal(160n);
    });

    it('lets exactly one of many insert the same key', async () => {
      const tries = Array.from({ length: 20 }, (_, i) =>
        (i % 2 === 0 ? db() : other).transaction((tx) => tx.run(insert, { id: 'one', balance: i })),
      );
      const results = await Promise.allSettled(tries);
      const refused = results.filter((result) => result.status === 'rejected');
      expect(refused).to.have.length(19);
      for (const result of refused) expectLabel(result.reason, 'duplicate');
    });

    it('shows nobody what is not committed, and sees its own', async () => {
      await db().transaction(async (tx) => {
        await tx.run(set, { id: 'a', balance: 5 });
        expect(await balanceOf(tx, 'a')).to.equal(5n);
        expect(await balanceOf(db(), 'a')).to.equal(0n);
        expect(await balanceOf(other, 'a')).to.equal(0n);
      });
      expect(await balanceOf(other, 'a')).to.equal(5n);
    });

    it('rolls back when the work throws, and throws just that', async () => {
      const own = new Error('refused');
      const work = async (tx: Session) => {
        await tx.run(set, { id: 'a', balance: 5 });
        throw own;
      };
      expect(await failure(db().transaction(work))).to.equal(own);
      expect(await balanceOf(db(), 'a')).to.equal(0n);
    });

    it('commits nothing after a failed statement, even when its error was caught', async () => {
      const error = await failure(
        db().transaction(async (tx) => {
          await tx.run(set, { id: 'a', balance: 5 });
          await failure(tx.run(insert, { id: 'b', balance: 1 }));
          expectLabel(await failure(tx.run(set, { id: 'b', balance: 7 })), 'duplicate');
        }),
      );
      expectLabel(error, 'duplicate');
      expect(await balanceOf(db(), 'a')).to.equal(0n);
    });

    it('cannot be used after its end', async () => {
      let kept: Session | undefined;
      await db().transaction(async (tx) => {
        kept = tx;
      });
      expect(String(await failure(kept?.run(clear) ?? Promise.resolve()))).to.contain('is over');
    });

    it('refuses anything else while a stream is open, and works again after it', async () => {
      await db().transaction(async (tx) => {
        const ids: string[] = [];
        for await (const row of tx.stream(every)) ids.push(String(row.id));
        expect(ids).to.deep.equal(['a', 'b']);
        for await (const _ of tx.stream(every)) break;
        await tx.run(set, { id: 'a', balance: 1 });
      });
      const error = await failure(
        db().transaction(async (tx) => {
          for await (const _ of tx.stream(every)) await tx.run(set, { id: 'a', balance: 2 });
        }),
      );
      expectLabel(error, 'fault');
      expect(await balanceOf(db(), 'a')).to.equal(1n);
    });

    it('waits for a lock only as long as it may', async () => {
      const error = await db().transaction(async (tx) => {
        await tx.all(lock, { id: 'a' });
        await tx.run(set, { id: 'a', balance: 1 });
        return failure(
          other.transaction((second) => second.run(set, { id: 'a', balance: 2 }), { lockWaitMs: 1000 }),
        );
      });
      expectLabel(error, 'lock-timeout');
      await other.transaction((tx) => tx.run(set, { id: 'a', balance: 3 }));
      expect(await balanceOf(db(), 'a')).to.equal(3n);
    });

    it('gives the connection back after each kind of end', async () => {
      const one = await db.open({ pool: { min: 0, max: 1, acquireTimeoutMs: 2000, idleTimeoutMs: 60_000 } });
      await failure(one.transaction((tx) => tx.run(insert, { id: 'a', balance: 1 })));
      await failure(one.transaction(() => Promise.reject(new Error('x'))));
      await failure(one.transaction((tx) => tx.run(sql('update no_such_table set x = 1'))));
      for await (const _ of one.stream(every)) break;
      await failure(one.all(sql('select nonsense from account')));
      await one.transaction((tx) => tx.run(set, { id: 'a', balance: 9 }));
      expect(await balanceOf(one, 'a')).to.equal(9n);
    });

    it('labels a wrong statement as our own fault', async () => {
      expectLabel(await failure(db().all(sql('select nonsense from account'))), 'fault');
    });

    it('tells a pool that is used up from everything else, in time', async () => {
      // SQLite reads without a pool to speak of.
      if (db.client === 'sqlite') return;
      const one = await db.open({ pool: { min: 0, max: 1, acquireTimeoutMs: 300, idleTimeoutMs: 60_000 } });
      const error = await one.transaction(() => failure(one.all(every)));
      expectLabel(error, 'unavailable');
      expect(await one.all(every)).to.have.length(2);
    });
  },
  { empty: true, h2: true },
);

eachDatabase(
  'transactions that collide',
  (db) => {
    before(async () => {
      await migrate(db(), [accounts]);
      await db().runMany(insert, [
        { id: 'a', balance: 0 },
        { id: 'b', balance: 0 },
      ]);
    });

    it('a deadlock is tried again until both are done', async () => {
      let meet: (() => void) | undefined;
      const met = new Promise<void>((resolve) => {
        meet = resolve;
      });
      let arrived = 0;
      let attempts = 0;
      const transfer = (from: string, to: string) =>
        db().transaction(async (tx) => {
          attempts++;
          const [row] = await tx.all(lock, { id: from });
          if (++arrived === 2) meet?.();
          await met;
          await tx.run(set, { id: from, balance: (row ? bigintCell(row, 'balance') : 0n) - 1n });
          const [target] = await tx.all(lock, { id: to });
          await tx.run(set, { id: to, balance: (target ? bigintCell(target, 'balance') : 0n) + 1n });
        });
      await Promise.all([transfer('a', 'b'), transfer('b', 'a')]);
      expect(attempts).to.be.greaterThan(2);
      expect([await balanceOf(db(), 'a'), await balanceOf(db(), 'b')]).to.deep.equal([0n, 0n]);
    });

    it('a statement that takes too long is ended, and the connection lives on', async () => {
      const sleep = db.client === 'postgres' ? 'select pg_sleep(30) as x' : 'select sleep(30) as x';
      const quick = await db.open({ statementTimeoutMs: 300 });
      expectLabel(await failure(quick.all(sql(sleep))), 'statement-timeout');
      expectLabel(await failure(quick.transaction((tx) => tx.all(sql(sleep)))), 'statement-timeout');
      expect(await balanceOf(quick, 'a')).to.equal(0n);
    });

    it('set-sized work may take longer than a request', async () => {
      const sleep = db.client === 'postgres' ? 'select pg_sleep(0.6) as x' : 'select sleep(0.6) as x';
      const quick = await db.open({ statementTimeoutMs: 300 });
      await quick.transaction((tx) => tx.all(sql(sleep)), { statementTimeoutMs: 20_000 });
      expectLabel(await failure(quick.transaction((tx) => tx.all(sql(sleep)))), 'statement-timeout');
    });
  },
  { empty: true, only: ['postgres', 'mysql'] },
);

eachDatabase(
  'a full disk',
  (db) => {
    it('is read-only until there is room again, and nothing is half-written', async () => {
      await migrate(db(), [accounts]);
      await db().run(insert, { id: 'a', balance: 0 });
      const pages = async (count: number) =>
        db().transaction((tx) => tx.all(sql(`pragma max_page_count = ${count}`)));
      await pages(12);
      const much = Array.from({ length: 5000 }, (_, i) => ({ id: `x${i}`, balance: i }));
      const error = await failure(
        db().transaction(async (tx) => {
          await tx.run(set, { id: 'a', balance: 5 });
          await tx.runMany(insert, much);
        }),
      );
      expectLabel(error, 'read-only');
      expect(await balanceOf(db(), 'a')).to.equal(0n);
      expect(await db().all(every)).to.have.length(1);
      // The next write is refused unasked; the one after the pause finds that there is room.
      expectLabel(await failure(db().runMany(insert, much)), 'read-only');
      await systemClock.sleep(TRY_AGAIN_MS);
      await db().runMany(insert, much);
      expect(await db().all(every)).to.have.length(5001);
    });
  },
  { empty: true, only: ['sqlite'] },
);
