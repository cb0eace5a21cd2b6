/** The same run on a schema that the utility already has, through its statements. */
import { expect } from 'chai';
import { differencesOfDay, reconcileFile, summaryOf } from '../../../src/exchange/reconciliation/index.js';
import type { ReconciliationBooks } from '../../../src/revenue/index.js';
import {
  exampleSettings,
  type LegacyWorld,
  legacyWorld,
  makeLegacySchema,
  openTheirs,
} from '../../revenue/existing/legacy-world.js';
import { customerWith, fen, freshSerial, payment, refundOf, standing, today } from '../../revenue/world.js';
import { eachDatabase } from '../../support/databases.js';
import { type ReconWorld, reconWorld } from './world.js';

for (const serials of ['as in the example', 'mapped'] as const)
  eachDatabase(
    `reconciling a day of an existing revenue schema, serials ${serials}`,
    (db) => {
      let [r, world, books]: [ReconWorld?, LegacyWorld?, ReconciliationBooks?] = [];
      const closers: (() => Promise<void>)[] = [];
      before(async () => {
        const settings = {
          ...exampleSettings(db.settings()),
          ...(serials === 'mapped' && { serial: { as: 'mapped' as const, length: 20 } }),
        };
        await makeLegacySchema(db.settings().url ?? '');
        const theirs = [await openTheirs(settings), await openTheirs(settings)] as const;
        for (const one of theirs) closers.push(() => one.close());
        world = legacyWorld(settings, [db(), await db.open()], theirs);
        books = world.revenue.reconciliation;
        r = reconWorld(db);
      });
      after(async () => {
        r?.end();
        for (const close of closers) await close();
      });

      it('supplements, reverses, replaces and lists; again: nothing changes', async () => {
        if (!r || !world || !books) throw new Error('not made');
        const { unit } = r;
        const customers: string[] = [];
        for (let n = 0; n < 6; n += 1) customers.push(await customerWith(world, unit, { a: 100 }));
        const [a = '', b = '', c = '', d = '', e = '', f = ''] = customers;
        const [right, surplus, amount, given] = [
          payment(a, 100),
          payment(b, 100),
          payment(c, 100),
          payment(e, 100),
        ];
        for (const order of [right, surplus, amount, given])
          expect((await world.revenue.pay(unit, order)).kind).equal('booked');
        await world.revenue.refund(unit, refundOf(given));
        const lost = payment(d, 100);
        const nobody = { serial: freshSerial(), customer: 'nobody', amount: fen(5) };
        const voided = payment(f, 100);
        await world.revenue.paymentStatus(unit, voided.serial, 0);
        const lines = [right, { ...amount, amount: fen(150) }, given, lost, nobody, voided];
        const file = r.file(lines);
        const outcome = await r.run(file, { books });
        expect(outcome.kind).equal('done');
        const found = [];
        for await (const one of differencesOfDay(db(), unit.id, today)) found.push(one);
        expect(found.map((one) => `${one.class} ${one.state} ${one.outcome}`).sort()).to.deep.equal([
          'amount repaired replaced',
          'missing listed unknown-customer',
          'missing repaired supplemented',
          'missing repaired supplemented',
          'refunded listed refunded-here',
          'surplus repaired reversed',
        ]);
        const replaced = found.find((one) => one.class === 'amount');
        expect(
          [replaced?.ours?.paymentNumber, replaced?.paymentAfter, replaced?.refundNumber].every(Boolean),
        ).equal(true);
        const balances = async () =>
          Promise.all(customers.map((one) => standing(world as LegacyWorld, unit, one)));
        const after = await balances();
        expect(after).to.deep.equal([' 0', 'a 0', ' 50', ' 0', 'a 0', ' 0']);
        expect((await r.run(file, { books })).kind).equal('unchanged');
        // Compared once more by order: what was repaired agrees, what was listed is listed again.
        const again = await reconcileFile({ ...r.parts, books }, file, r.signal, {
          by: 'li',
          reason: 'check',
        });
        expect(again.kind === 'done' && again.run.foundCount).equal(2);
        expect(await balances()).to.deep.equal(after);
        expect((await summaryOf(db(), unit.id, today))?.unresolved).equal(2);
        expect(await world.verify()).to.deep.equal([]);
      });
    },
    { only: ['postgres'] },
  );
