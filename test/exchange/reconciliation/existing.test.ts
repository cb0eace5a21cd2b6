/** The same run on a schema that the utility already has, through its statements. */
import { expect } from 'chai';
import { systemClock } from '../../../src/clock.js';
import { type Database, DatabaseError } from '../../../src/database/index.js';
import { exchangeSettings } from '../../../src/exchange/index.js';
import {
  differencesOfDay,
  noteSuspense,
  reconcileFile,
  summaryOf,
} from '../../../src/exchange/reconciliation/index.js';
import { type ReconciliationBooks, suspenseItems } from '../../../src/revenue/index.js';
import { unitWith } from '../../../src/revenue/unit.js';
import { traceSubject } from '../../../src/trace/index.js';
import {
  exampleSettings,
  type LegacyWorld,
  legacyWorld,
  makeLegacySchema,
  openTheirs,
} from '../../revenue/existing/legacy-world.js';
import {
  customerWith,
  fen,
  freshSerial,
  noon,
  payment,
  refundOf,
  standing,
  supplementOf,
  today,
} from '../../revenue/world.js';
import { eachDatabase } from '../../support/databases.js';
import { crashing } from '../deduction/world.js';
import { type ReconWorld, reconWorld } from './world.js';

for (const serials of ['as in the example', 'mapped'] as const)
  eachDatabase(
    `reconciling a day of an existing revenue schema, serials ${serials}`,
    (db) => {
      let [r, world, books]: [ReconWorld?, LegacyWorld?, ReconciliationBooks?] = [];
      let onJournal: ((journal: Database) => ReconciliationBooks) | undefined;
      let breaking: ((at: 'claimed' | 'their-commit') => ReconciliationBooks) | undefined;
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
        const booksOf = (journal: Database, at?: Parameters<typeof legacyWorld>[3]) => {
          const { reconciliation } = legacyWorld(settings, [journal, journal], theirs, at).revenue;
          if (reconciliation === undefined) throw new Error('the example gives the bookings of a day');
          return reconciliation;
        };
        onJournal = (journal) => booksOf(journal);
        breaking = (point) =>
          booksOf(db(), async (reached) => {
            if (reached === point) throw new DatabaseError('outcome-unknown', 'broken off');
          });
      });
      after(async () => {
        r?.end();
        for (const close of closers) await close();
      });

      it('supplements, reverses, replaces, lists and holds; again: nothing changes', async () => {
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
          'missing repaired supplemented',
          'missing repaired supplemented',
          'missing suspense suspense',
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
        expect(again.kind === 'done' && again.run.foundCount).equal(1);
        expect(await balances()).to.deep.equal(after);
        expect((await summaryOf(db(), unit.id, today))?.unresolved).equal(2);
        expect(await world.verify()).to.deep.equal([]);
      });

      it('money of nobody is assigned, returned or refunded, each once; then the day closes, and the file agrees', async () => {
        if (!r || !world || !books) throw new Error('not made');
        const { suspense } = books;
        const { revenue } = world;
        const unit = unitWith(`${r.unit.id}S`);
        const parts = { ...r.parts, books };
        const customer = await customerWith(world, unit, { a: 100 });
        const [mine, back, given] = [130, 70, 80].map((amount) => payment('nobody', amount));
        if (!mine || !back || !given) throw new Error('not made');
        // One of them was asked for before, and promised never to be booked.
        await revenue.paymentStatus(unit, mine.serial, 0);
        const file = { ...r.file([mine, back, given]), unit };
        expect((await reconcileFile(parts, file, r.signal)).kind).equal('done');
        const items = await suspenseItems(db(), unit, 'held');
        const numberOf = (serial: string) => items.find((one) => one.serial === serial)?.number ?? '';
        expect(items.map(({ amount }) => amount)).to.have.members([130n, 70n, 80n]);
        // For the platform it is booked, whoever it will be for.
        expect(await revenue.paymentStatus(unit, back.serial, noon)).to.include({
          kind: 'booked',
          refunded: false,
        });
        expect((await revenue.pay(unit, { ...mine, customer })).kind).equal('duplicate');
        const trace = async (subject: string) => {
          const ground = {
            database: db(),
            root: '/nowhere',
            units: [unit.id],
            exchange: exchangeSettings.parse({}),
          };
          return traceSubject({ ...ground, clock: world?.clock ?? systemClock }, subject);
        };
        expect((await trace(back.serial)).verdicts[0]?.booking).contains('暂挂');
        expect((await trace('nobody')).suspense.map(({ serial }) => serial)).to.include(given.serial);

        const assignMine = (to: string) => suspense.assign(unit, numberOf(mine.serial), to, 'wang');
        expect(await assignMine('nobody else')).to.deep.equal({
          kind: 'refused',
          refusal: 'unknown-customer',
        });
        // Two operators at once: one of them has it.
        const both = await Promise.all([assignMine(customer), assignMine(customer)]);
        expect(both.map(({ kind }) => kind).sort()).to.deep.equal(['done', 'refused']);
        expect(await standing(world, unit, customer)).equal(' 30');
        expect(await suspense.giveBack(unit, numberOf(mine.serial), 'late')).to.include({
          refusal: 'resolved-already',
        });
        expect((await suspense.giveBack(unit, numberOf(back.serial), 'wrong payer')).kind).equal('done');
        expect(await suspense.assign(unit, numberOf(back.serial), customer, 'wang')).to.include({
          refusal: 'resolved-already',
        });
        expect(await revenue.paymentStatus(unit, back.serial, noon)).to.include({ refunded: true });
        expect(await revenue.refund(unit, refundOf(given, { amount: fen(1) }))).to.include({
          refusal: 'amount-differs',
        });
        expect(await revenue.refund(unit, refundOf(given))).to.include({ kind: 'refunded', repeat: false });
        expect(await revenue.refund(unit, refundOf(given))).to.include({ kind: 'refunded', repeat: true });
        expect(await suspenseItems(db(), unit, 'held')).to.deep.equal([]);
        const [assigned] = await suspenseItems(db(), unit, 'assigned');
        expect(assigned).to.include({ serial: mine.serial, resolvedFor: `${customer} wang` });
        const found = await trace(mine.serial);
        expect(found.verdicts[0]?.booking).contains('已销账').and.contains(customer);
        expect(found.suspense).to.have.length(1);

        await noteSuspense(parts, () => unit, r.signal);
        const after: string[] = [];
        for await (const one of differencesOfDay(db(), unit.id, today))
          after.push(`${one.state} ${one.outcome}`);
        expect(after.sort()).to.deep.equal(['repaired assigned', 'repaired returned', 'repaired returned']);
        expect((await summaryOf(db(), unit.id, today))?.day.state).equal('closed');
        // What the platform named and what an operator made of it agree.
        const order = { by: 'li', reason: 'check' };
        const again = await reconcileFile(parts, { ...r.file([mine]), unit }, r.signal, order);
        expect(again.kind === 'done' && again.run.foundCount).equal(0);
        expect(await standing(world, unit, customer)).equal(' 30');
        expect(await world.verify()).to.deep.equal([]);
      });

      it('goes on after a fault at each transaction of ours; the end is the same as without', async function () {
        this.timeout(120_000);
        if (!r || !world || !books || !onJournal) throw new Error('not made');
        for (const when of ['before', 'after'] as const) {
          let crashed = true;
          for (let at = 1; crashed && at < 40; at += 1) {
            const name = `${when} ${at}`;
            const unit = unitWith(`${r.unit.id}${when[0]}${at}`);
            const customer = await customerWith(world, unit, { a: 100 });
            const [wrong, lost, nobody] = [
              payment(customer, 100),
              payment(customer, 200),
              payment('nobody', 70),
            ];
            expect((await world.revenue.pay(unit, wrong)).kind).equal('booked');
            const file = { ...r.file([{ ...wrong, customer: 'nobody' }, lost, nobody]), unit };
            const database = crashing(db(), at, when);
            const broken = { ...r.parts, database, books: onJournal(database) };
            const ended = await reconcileFile(broken, file, r.signal).catch(() => undefined);
            crashed = ended?.kind !== 'done';
            // As if the node that died had been gone for long, and its call with it.
            await db().run({ text: () => 'update recon_days set claimed_by = null' });
            world.clock.set(noon + 10 * 60_000);
            await world.other.resolve();
            world.clock.set(noon);
            const outcome = await reconcileFile({ ...r.parts, books }, file, r.signal);
            expect(['done', 'unchanged'], name).contains(outcome.kind);
            const found: string[] = [];
            for await (const one of differencesOfDay(db(), unit.id, today))
              found.push(`${one.class} ${one.state} ${one.outcome}`);
            expect(found.sort(), name).to.deep.equal([
              'customer suspense suspense',
              'missing repaired supplemented',
              'missing suspense suspense',
            ]);
            const held = await suspenseItems(db(), unit, 'held');
            expect(held.map(({ amount }) => amount).sort(), name).to.deep.equal([100n, 70n]);
            expect(await standing(world, unit, customer), name).equal(' 100');
          }
          expect(crashed, `${when}: it ends`).equal(false);
        }
        expect(await world.verify()).to.deep.equal([]);
      });

      for (const at of ['claimed', 'their-commit'] as const)
        it(`an assignment that is broken off (${at}) is settled, and its item with it`, async () => {
          if (!r || !world || !books || !breaking) throw new Error('not made');
          const unit = unitWith(`${r.unit.id}${at[0]}`);
          const customer = await customerWith(world, unit, { a: 100 });
          const held = await books.suspense.hold(unit, supplementOf(payment('nobody', 130)));
          if (held === 'already-booked') throw new Error('not held');
          const broken = breaking(at).suspense.assign(unit, held.number, customer, 'wang');
          expect(await broken.catch(() => 'broken')).equal('broken');
          const giveBack = () => books?.suspense.giveBack(unit, held.number, 'late').catch(() => 'in doubt');
          expect(await giveBack()).equal('in doubt');
          world.clock.set(noon + 10 * 60_000);
          await world.other.resolve();
          world.clock.set(noon);
          const booked = at === 'their-commit';
          expect(await standing(world, unit, customer)).equal(booked ? ' 30' : 'a 0');
          expect(await suspenseItems(db(), unit, booked ? 'assigned' : 'held')).to.have.length(1);
          const again = await books.suspense.assign(unit, held.number, customer, 'wang');
          expect(again.kind).equal(booked ? 'refused' : 'done');
          expect(await standing(world, unit, customer)).equal(' 30');
          expect(await world.verify()).to.deep.equal([]);
        });
    },
    { only: ['postgres'] },
  );
