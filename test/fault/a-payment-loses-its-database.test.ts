/** M2 and M3 of the fault catalogue on the whole money path: whatever is lost at whichever call, the books hold and the answers are true. */
import { expect } from 'chai';
import { systemClock, systemIds } from '../../src/clock.js';
import { type Database, DatabaseError, type DatabaseSettings, sql } from '../../src/database/index.js';
import { openBuiltinRevenue } from '../../src/revenue/index.js';
import type { RevenueSystem } from '../../src/revenue/revenue-system.js';
import { unitWith } from '../../src/revenue/unit.js';
import { builtinWorld } from '../revenue/builtin-world.js';
import {
  customerWith,
  freshSerial,
  noon,
  payment,
  refundOf,
  supplementOf,
  type World,
} from '../revenue/world.js';
import { eachDatabase } from '../support/databases.js';
import { FaultProxy } from '../support/fault-proxy.js';
import { ask, paymentBody } from '../support/platform.js';
import { startServer, type TestServer } from '../support/server.js';

const hold = sql('update accounts set changed_at = changed_at where unit = :unit and customer = :customer');
/** Each payment's row takes ten seconds. */
const makeSlow = {
  postgres: [
    `create function slow() returns trigger language plpgsql as 'begin perform pg_sleep(10); return new; end'`,
    'create trigger slow before insert on payments for each row execute function slow()',
  ],
  mysql: ['create trigger slow before insert on payments for each row set @slow = sleep(10)'],
} as const;

const unit = unitWith('36745', {}, { acceptanceDays: undefined });
type Told = { readonly kind: string } | DatabaseError;

eachDatabase(
  'money while the connection to the database is lost',
  (db) => {
    let proxy: FaultProxy;
    let world: World;
    /** The node whose connections are hurt; `world.other` sees the truth. */
    let node: RevenueSystem;
    let hurt: Database;

    const through = (more: Partial<DatabaseSettings> = {}) => {
      const url = new URL(db.settings().url ?? '');
      url.host = `127.0.0.1:${proxy.port}`;
      const pool = { min: 0, max: 1, acquireTimeoutMs: 1000, idleTimeoutMs: 60_000 };
      const limits = { statementTimeoutMs: 600, lockWaitMs: 600, connectTimeoutMs: 600 };
      return db.open({ url: url.href, pool, ...limits, ...more });
    };
    before(async () => {
      const { hostname, port } = new URL(db.settings().url ?? '');
      proxy = await FaultProxy.open({ host: hostname, port: Number(port) });
      hurt = await through();
      world = builtinWorld(db(), await db.open());
      node = openBuiltinRevenue({ database: hurt, clock: world.clock, ids: systemIds });
    });
    after(() => proxy.close());
    afterEach(async () => {
      proxy.heal();
      expect(await world.verify()).to.deep.equal([]);
      expect(await world.ledgerSum(unit)).to.equal(0n);
    });

    /** What the node says, or the error that a platform gets as 0009. */
    const told = (work: Promise<{ readonly kind: string }>): Promise<Told> =>
      work.catch((error: unknown) => {
        if (error instanceof DatabaseError) return error;
        throw error;
      });
    /** Runs the operation with the n-th request of it hurt, for n = 1, 2, … until none is met. */
    async function atEachRequest(
      prepare: () => Promise<() => Promise<{ readonly kind: string }>>,
      check: (said: Told, at: string) => Promise<void>,
    ): Promise<void> {
      for (const fault of ['reset', 'reset-after-answer'] as const) {
        for (let n = 1; ; n++) {
          const work = await prepare();
          // A connection that has everything prepared: the requests are those of the operation.
          await node.pay(unit, payment(await customerWith(world, unit), 1));
          proxy.onChunk(n, fault);
          const said = await told(work());
          const met = proxy.spent;
          proxy.heal();
          await check(said, `${fault} at request ${n}`);
          if (!met) break;
          expect(n).to.be.lessThan(60);
        }
      }
    }

    it('a payment: booked once or not at all; 200012 and a repeat tell which', async function () {
      this.timeout(60_000);
      let order = payment('', 0);
      const labels = new Set<string>();
      await atEachRequest(
        async () => {
          order = payment(await customerWith(world, unit, { a: 100, b: 200 }), 350);
          return () => node.pay(unit, order);
        },
        async (said, at) => {
          if (said instanceof DatabaseError) labels.add(said.label);
          const truth = await world.other.paymentStatus(unit, order.serial, noon);
          if (said instanceof DatabaseError && said.label === 'unavailable')
            expect(truth.kind, at).to.equal('unknown');
          else if (said instanceof DatabaseError) {
            expect(said.label, at).to.equal('outcome-unknown');
            expect(truth.kind, at).to.be.oneOf(['booked', 'unknown']);
          } else {
            expect([said.kind, truth.kind], at).to.deep.equal(['booked', 'booked']);
          }
          const again = await world.other.pay(unit, order);
          expect(again.kind, at).to.equal(truth.kind === 'booked' ? 'duplicate' : 'refused');
        },
      );
      expect([...labels]).to.include('outcome-unknown');
    });

    it('a refund: done once or not at all; a repeat completes it', async function () {
      this.timeout(60_000);
      let order = payment('', 0);
      await atEachRequest(
        async () => {
          order = payment(await customerWith(world, unit, { a: 100 }), 100);
          await world.other.pay(unit, order);
          const refund = refundOf(order);
          return () => node.refund(unit, refund);
        },
        async (said, at) => {
          const truth = await world.other.paymentStatus(unit, order.serial, noon);
          const refunded = truth.kind === 'booked' && truth.refunded;
          if (!(said instanceof DatabaseError))
            expect([said.kind, refunded], at).to.deep.equal(['refunded', true]);
          if (said instanceof DatabaseError && said.label !== 'outcome-unknown')
            expect(refunded, at).to.equal(false);
        },
      );
    });

    it('a supplement, and its reversal: the same', async function () {
      this.timeout(60_000);
      let order = payment('', 0);
      await atEachRequest(
        async () => {
          order = payment(await customerWith(world, unit, { a: 100 }), 100);
          return () => node.supplement(unit, supplementOf(order));
        },
        async (said, at) => {
          const again = await world.other.supplement(unit, supplementOf(order));
          if (!(said instanceof DatabaseError))
            expect(said.kind, at).to.be.oneOf(['booked', 'already-booked']);
          if (said instanceof DatabaseError && said.label === 'unavailable')
            expect(again.kind, at).to.equal('booked');
          const reversal = { serial: order.serial, receivedAt: noon, orderedBy: 'test', replaced: false };
          expect((await world.other.reverse(unit, reversal)).kind, at).to.equal('reversed');
        },
      );
    });

    it('a status question whose answer is lost still voids the serial, or does not: never half', async function () {
      this.timeout(60_000);
      let order = payment('', 0);
      await atEachRequest(
        async () => {
          order = payment(await customerWith(world, unit, { a: 100 }), 100);
          return () => node.paymentStatus(unit, order.serial, noon);
        },
        async (said, at) => {
          const paid = await world.other.pay(unit, order);
          // What was answered is kept: after 3000 the serial is never booked.
          if (!(said instanceof DatabaseError))
            expect([said.kind, paid.kind], at).to.deep.equal(['unknown', 'refused']);
          else if (said.label === 'unavailable') expect(paid.kind, at).to.equal('booked');
        },
      );
    });

    describe('through the gateway', () => {
      let server: TestServer;
      before(async () => {
        const database = await through({
          pool: { min: 0, max: 4, acquireTimeoutMs: 1000, idleTimeoutMs: 60_000 },
        });
        const revenue = openBuiltinRevenue({ database, clock: systemClock, ids: systemIds });
        server = await startServer({ revenue, units: [unit], limits: { requestMs: 6000 } });
      });
      after(() => server.close());

      const day = '20240115';
      const pay = async (customer: string, serial: string) => {
        const { body } = await ask(server.client, '200002', paymentBody(unit.id, customer, 100, serial, day));
        return body.rtnCode;
      };
      const status = async (serial: string) => {
        const body = { acctOrgNo: unit.id, bankSerial: serial, bankDate: day };
        return (await ask(server.client, '200012', body)).body.rtnCode;
      };

      /** The row may still be held by a transaction whose client fell silent: 3002 or 0009 until the server ends it. */
      const decided = async (serial: string): Promise<string> => {
        let answer: string;
        do answer = String(await status(serial));
        while (answer === '0009' || answer === '3002');
        return answer;
      };

      for (const [what, hurtIt, truth] of [
        ['COMMIT and its answer are lost', () => proxy.onText('commit', 'reset'), '3000'],
        ['the answer to COMMIT is lost', () => proxy.onText('commit', 'reset-after-answer'), '9999'],
        ['the answer to COMMIT never comes', () => proxy.onText('commit', 'swallow-answer'), '9999'],
        ['the network swallows everything', () => proxy.swallowAll(), '3000'],
        ['the server refuses every connection', () => cutOff(), '3000'],
      ] as const)
        it(`${what}: 0009 in time, then 200012 answers ${truth}, and the next payment is booked`, async () => {
          const customer = await customerWith(world, unit, { a: 100 }, { exempt: true });
          const warm = await customerWith(world, unit, { a: 100 }, { exempt: true });
          expect(await pay(warm, freshSerial())).to.equal('9999');
          const serial = freshSerial();
          hurtIt();
          const since = performance.now();
          expect(await pay(customer, serial)).to.equal('0009');
          expect(performance.now() - since).to.be.lessThan(6500);
          proxy.heal();
          expect(await decided(serial)).to.equal(truth);
          const next = await customerWith(world, unit, { a: 100 }, { exempt: true });
          expect(await pay(next, freshSerial())).to.equal('9999');
        });

      it('another holds the account for too long: 0009 in time, nothing is booked', async () => {
        const customer = await customerWith(world, unit, { a: 100 }, { exempt: true });
        const serial = freshSerial();
        await db().transaction(async (tx) => {
          await tx.run(hold, { unit: unit.id, customer });
          const since = performance.now();
          expect(await pay(customer, serial)).to.equal('0009');
          expect(performance.now() - since).to.be.lessThan(6500);
        });
        expect(await decided(serial)).to.equal('3000');
        expect(await pay(customer, freshSerial())).to.equal('9999');
      });
      it('statements take too long and the pool is used up: each 0009 in time, nothing is booked, then all is well', async function () {
        this.timeout(60_000);
        const customers = await Promise.all(
          Array.from({ length: 12 }, () => customerWith(world, unit, { a: 100 }, { exempt: true })),
        );
        const serials = customers.map(() => freshSerial());
        for (const text of makeSlow[db.client === 'mysql' ? 'mysql' : 'postgres'])
          await db().run({ text: () => text });
        const since = performance.now();
        const told = await Promise.all(customers.map((customer, at) => pay(customer, serials[at] ?? '')));
        expect(told).to.deep.equal(customers.map(() => '0009'));
        expect(performance.now() - since).to.be.lessThan(6500);
        await db().run({
          text: () => (db.client === 'mysql' ? 'drop trigger slow' : 'drop trigger slow on payments'),
        });
        for (const serial of serials) expect(await decided(serial)).to.equal('3000');
        for (const customer of customers) expect(await pay(customer, freshSerial())).to.equal('9999');
      });

      function cutOff(): void {
        proxy.refusing = true;
        proxy.resetAll();
      }
    });
  },
  { only: ['postgres', 'mysql'] },
);
