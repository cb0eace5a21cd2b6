/** Payments and refunds of the day that arrive while the day is being reconciled: none is booked twice, none is lost. */
import { expect } from 'chai';
import type { Comparer } from '../../../src/exchange/reconciliation/index.js';
import type { ReconciliationBooks } from '../../../src/revenue/index.js';
import { customerWith, fen, freshSerial, payment, refundOf, standing } from '../../revenue/world.js';
import { eachDatabase } from '../../support/databases.js';
import { type ReconWorld, reconWorld } from './world.js';

eachDatabase(
  'reconciling a day while its payments go on',
  (db) => {
    let r: ReconWorld;
    beforeEach(() => {
      r = reconWorld(db);
    });
    afterEach(() => r.end());
    /** Something happens after the books were compared and before the first repair. */
    const afterComparing =
      (happens: () => Promise<unknown>): Comparer =>
      async (...args) => {
        const verdict = await r.parts.comparer(...args);
        await happens();
        return verdict;
      };
    /** Something happens between our look at a serial and what we then do. */
    const afterLooking = (happens: (serial: string) => Promise<unknown>): ReconciliationBooks => ({
      ...r.parts.books,
      async standing(unit, serial) {
        const seen = await r.parts.books.standing(unit, serial);
        await happens(serial);
        return seen;
      },
    });
    const pay = (order: ReturnType<typeof payment>) => r.world.other.pay(r.unit, order);

    it('what arrives after the comparison is not touched', async () => {
      const who = await customerWith(r.world, r.unit, { a: 100 });
      const [here, late] = [await r.paid(who, 100), payment(who, 40)];
      const outcome = await r.run(r.file([here]), { comparer: afterComparing(() => pay(late)) });
      expect(outcome.kind).equal('done');
      expect(await r.found()).to.deep.equal([]);
      expect(await standing(r.world, r.unit, who)).equal(' 40');
      expect(await r.day()).equal('closed: 1/100 0/0 0/0 0/0 0/0');
    });

    it('a lost payment that arrives after all is booked once: before our look, or between look and supplement', async () => {
      for (const way of ['before', 'between'] as const) {
        const who = await customerWith(r.world, r.unit, { a: 100 });
        const lost = payment(who, 100);
        const w = reconWorld(db);
        const once = () => r.world.other.pay(w.unit, lost);
        await r.world.addCustomer(w.unit, who, {
          bills: [{ bill: `${who}x`, month: '202301', amount: 100 }],
        });
        const outcome = await w.run(
          w.file([lost]),
          way === 'before'
            ? { comparer: afterComparing(once) }
            : { books: afterLooking((serial) => (serial === lost.serial ? once() : Promise.resolve())) },
        );
        expect(outcome.kind).equal('done');
        expect(await w.found()).to.deep.equal(['missing settled booked-meanwhile']);
        expect(await standing(w.world, w.unit, who)).equal(' 0');
        expect((await r.world.other.pay(w.unit, lost)).kind).equal('duplicate');
        w.end();
      }
    });

    it('one that arrives with another amount after our look is put right in the same run', async () => {
      const who = await customerWith(r.world, r.unit);
      const line = { serial: freshSerial(), customer: who, amount: fen(70) };
      const sent = payment(who, 50, { serial: line.serial });
      await r.run(r.file([line]), { comparer: afterComparing(() => pay(sent)) });
      expect(await r.found()).to.deep.equal(['amount repaired replaced']);
      expect(await standing(r.world, r.unit, who)).equal(' 70');
    });

    it('a refund of the platform that comes meanwhile is not made twice', async () => {
      const who = await customerWith(r.world, r.unit);
      for (const way of ['before', 'between'] as const) {
        const w = reconWorld(db);
        await r.world.addCustomer(w.unit, who, {});
        const order = await w.paid(who, 30);
        const refund = () => r.world.other.refund(w.unit, refundOf(order));
        await w.run(
          w.file([]),
          way === 'before'
            ? { comparer: afterComparing(refund) }
            : { books: afterLooking((serial) => (serial === order.serial ? refund() : Promise.resolve())) },
        );
        const [found] = await w.differences();
        expect(found?.class).equal('surplus');
        expect(['refunded-meanwhile', 'reversed']).contains(found?.outcome);
        expect(await standing(w.world, w.unit, who)).equal(' 0');
        expect((await w.day()).startsWith('closed')).equal(true);
        w.end();
      }
      expect(await r.world.verify()).to.deep.equal([]);
    });

    it('under a stream of payments and refunds the two books agree in the end, and nothing is counted twice', async () => {
      const people = await Promise.all(Array.from({ length: 6 }, () => customerWith(r.world, r.unit)));
      const who = (n: number) => people[n % people.length] ?? '';
      const orders = Array.from({ length: 60 }, (_, n) => payment(who(n), 100 + n));
      // In the file: all but every tenth, which the platform refunds while we run. Sent before: all but every third, which is sent again meanwhile.
      const file = r.file(orders.filter((_, n) => n % 10 !== 0));
      for (const [n, order] of orders.entries()) if (n % 3 !== 0 || n % 10 === 0) await pay(order);
      const meanwhile = async () => {
        for (const [n, order] of orders.entries()) {
          if (n % 10 === 0) await r.world.other.refund(r.unit, refundOf(order));
          else await pay(order);
        }
      };
      const [outcome] = await Promise.all([r.run(file), meanwhile()]);
      expect(outcome.kind).equal('done');
      const expected = people.map((_, p) =>
        orders.reduce(
          (sum, { amount }, n) => (n % 10 !== 0 && n % people.length === p ? sum + amount : sum),
          0n,
        ),
      );
      const balances = await Promise.all(people.map((one) => standing(r.world, r.unit, one)));
      expect(balances).to.deep.equal(expected.map((sum) => ` ${sum}`));
      expect(await r.world.verify()).to.deep.equal([]);
    });
  },
  { only: ['sqlite', 'postgres'] },
);
