/*
  The revenue system answers a little before or after the time for a request is over (faults M9), a thousand times with SLUICE_LONG=1:
  whatever the platform is told, 200012 tells it the truth afterwards, and nothing is booked behind a promise.
*/
import { expect } from 'chai';
import { systemClock } from '../../src/clock.js';
import type { PaymentOutcome } from '../../src/revenue/revenue-system.js';
import { unitWith } from '../../src/revenue/unit.js';
import { builtinWorld } from '../revenue/builtin-world.js';
import { eachDatabase } from '../support/databases.js';
import { ask, freshSerial, paymentBody } from '../support/platform.js';
import { startServer } from '../support/server.js';

const REQUEST_MS = 600;
/** How much earlier or later than the deadline. */
const SPREAD_MS = 100;
const LONG = process.env.SLUICE_LONG === '1';
const EXCHANGES = LONG ? 1000 : 200;
const AT_ONCE = 50;
const FEN = 7;

eachDatabase(
  'answers around the deadline',
  (db) => {
    it(`${EXCHANGES} payments: no 9999 without a booking, no booking behind a promise`, async () => {
      const world = builtinWorld(db(), db());
      const unit = unitWith('M9', { amountRule: 'any' }, { acceptanceDays: undefined });
      await world.addCustomer(unit, 'late', {});
      let nth = 0;
      const late: Promise<PaymentOutcome>[] = [];
      const server = await startServer({
        units: [unit],
        limits: { requestMs: REQUEST_MS, paymentsAtOnce: AT_ONCE },
        revenue: {
          paymentStatus: (...asked) => world.revenue.paymentStatus(...asked),
          /** Half of them are slow before they book, half after it; each a little earlier or later than the one before. */
          pay(of, order) {
            const begun = systemClock.now();
            const index = nth++;
            const until = REQUEST_MS - SPREAD_MS + ((index * 37) % (2 * SPREAD_MS));
            const wait = () => systemClock.sleep(Math.max(0, begun + until - systemClock.now()));
            const work = async () => {
              if (index % 2 === 0) await wait();
              const outcome = await world.revenue.pay(of, order);
              if (index % 2 === 1) await wait();
              return outcome;
            };
            const outcome = work();
            late.push(outcome);
            return outcome;
          },
        },
      });
      const told = new Map<string, { payment: string; status: string }>();
      const exchange = async () => {
        const serial = freshSerial();
        const payment = await ask(server.client, '200002', paymentBody('M9', 'late', FEN, serial));
        const question = { acctOrgNo: 'M9', bankSerial: serial, bankDate: '20240404' };
        const status = await ask(server.client, '200012', question);
        told.set(serial, { payment: String(payment.body.rtnCode), status: String(status.body.rtnCode) });
      };
      for (let done = 0; done < EXCHANGES; done += AT_ONCE)
        await Promise.all(Array.from({ length: AT_ONCE }, exchange));
      await Promise.allSettled(late);

      const pairs: Record<string, number> = {};
      let booked = 0;
      for (const [serial, { payment, status }] of told) {
        const pair = `${payment} ${status}`;
        pairs[pair] = (pairs[pair] ?? 0) + 1;
        const { kind } = await world.revenue.paymentStatus(unit, serial as never, systemClock.now());
        if (kind === 'booked') booked++;
        const now = kind === 'booked' ? '9999' : '3000';
        // Undecided (3002) or unanswerable in time (0009) promises nothing.
        expect(['3002', '0009'].includes(status) ? now : status, `${serial}: told ${pair}`).to.equal(now);
        if (payment === '9999') expect(kind, serial).to.equal('booked');
      }
      await server.close();
      // Both sides of the deadline were met, and the promise of 3000 too.
      expect(pairs['9999 9999'] ?? 0, JSON.stringify(pairs)).to.be.greaterThan(EXCHANGES / 10);
      expect(pairs['0009 9999'] ?? 0, JSON.stringify(pairs)).to.be.greaterThan(EXCHANGES / 10);
      const arrears = await world.revenue.arrears(unit, 'late', '20240404' as never);
      expect(arrears?.prepaid).to.equal(BigInt(FEN * booked));
      expect(await world.verify()).to.deep.equal([]);
    }).timeout(180_000);
  },
  { only: LONG ? ['sqlite', 'postgres'] : ['sqlite'] },
);
