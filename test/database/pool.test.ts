import { expect } from 'chai';
import { hasLabel } from '../../src/database/database.js';
import { Pool } from '../../src/database/pool.js';
import { TestClock } from '../support/test-clock.js';

class Connection {
  dead = false;
  answerBy = 0;
  destroyed = '';
  destroy(reason: string) {
    this.dead = true;
    this.destroyed = reason;
  }
}
function setUp(max = 2, min = 0) {
  const clock = new TestClock();
  const made: Connection[] = [];
  const state = { refuse: undefined as Error | undefined };
  const pool = new Pool<Connection>({
    connect: async () => {
      if (state.refuse !== undefined) throw state.refuse;
      const connection = new Connection();
      made.push(connection);
      return connection;
    },
    max,
    min,
    acquireTimeoutMs: 1000,
    timeoutLabel: 'unavailable',
    idleTimeoutMs: 60_000,
    clock,
  });
  return { pool, clock, made, state };
}
const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('the pool', () => {
  it('gives a free connection at once, without a promise', async () => {
    const { pool, made } = setUp();
    const first = await pool.acquire();
    pool.release(first);
    expect(pool.acquire()).to.equal(first);
    expect(made).to.have.length(1);
  });
  it('makes no more than it may, and serves in order', async () => {
    const { pool, made } = setUp(2);
    const a = await pool.acquire();
    const b = await pool.acquire();
    const order: string[] = [];
    const c = Promise.resolve(pool.acquire()).then(() => order.push('c'));
    const d = Promise.resolve(pool.acquire()).then(() => order.push('d'));
    pool.release(b);
    pool.release(a);
    await Promise.all([c, d]);
    expect(order).to.deep.equal(['c', 'd']);
    expect(made).to.have.length(2);
  });
  it('refuses who waited too long, and whoever comes later is served', async () => {
    const { pool, clock } = setUp(1);
    const only = await pool.acquire();
    const waiting = caught(Promise.resolve(pool.acquire()));
    await clock.advance(1001);
    expect(hasLabel(await waiting, 'unavailable')).to.equal(true);
    pool.release(only);
    expect(pool.acquire()).to.equal(only);
  });
  it('never gives out a dead connection', async () => {
    const { pool } = setUp();
    const first = await pool.acquire();
    pool.release(first);
    first.dead = true;
    expect(await pool.acquire()).to.not.equal(first);
    expect(first.destroyed).to.equal('found dead');
  });
  it('does not take a dead one back, and makes another for who waits', async () => {
    const { pool } = setUp(1);
    const first = await pool.acquire();
    const second = Promise.resolve(pool.acquire());
    first.dead = true;
    pool.release(first);
    expect(await second).to.not.equal(first);
  });
  it('tells who waits why no connection can be made, and recovers', async () => {
    const { pool, state } = setUp(1);
    state.refuse = new Error('refused');
    expect(await caught(Promise.resolve(pool.acquire()))).to.equal(state.refuse);
    const both = [caught(Promise.resolve(pool.acquire())), caught(Promise.resolve(pool.acquire()))];
    expect(await Promise.all(both)).to.deep.equal([state.refuse, state.refuse]);
    state.refuse = undefined;
    expect(await pool.acquire()).to.be.instanceOf(Connection);
  });
  it('closes what is idle, down to the minimum', async () => {
    const { pool, clock, made } = setUp(3, 1);
    const all = [await pool.acquire(), await pool.acquire(), await pool.acquire()];
    for (const one of all) pool.release(one);
    await clock.advance(120_000);
    expect(made.filter((one) => !one.dead)).to.have.length(1);
  });
  it('a release twice changes nothing', async () => {
    const { pool } = setUp(2);
    const first = await pool.acquire();
    pool.release(first);
    pool.release(first);
    expect(await pool.acquire()).to.equal(first);
    expect(await pool.acquire()).to.not.equal(first);
  });
  it('closing waits for what is in use and refuses who waits', async () => {
    const { pool } = setUp(1);
    const first = await pool.acquire();
    const waiting = caught(Promise.resolve(pool.acquire()));
    const closing = pool.close();
    expect(hasLabel(await waiting, 'unavailable')).to.equal(true);
    pool.release(first);
    await closing;
    expect(first.dead).to.equal(true);
    expect(() => pool.acquire()).to.throw('closed');
  });
});
