/** The same deduction cycle on a schema that the utility already has, through its statements; faults at each transaction on either side. */
import { expect } from 'chai';
import { type Clock, systemClock, systemIds } from '../../../src/clock.js';
import { type Database, databaseSettings, migrate, openDatabase, sql } from '../../../src/database/index.js';
import {
  batchOfDay,
  outcomesOf,
  processAnswer,
  releaseBatch,
  runDeduction,
} from '../../../src/exchange/deduction/index.js';
import { silentLog } from '../../../src/log.js';
import { openExistingRevenue } from '../../../src/revenue/index.js';
import {
  exampleSettings,
  legacyWorld,
  makeLegacySchema,
  openTheirs,
} from '../../revenue/existing/legacy-world.js';
import { customerWith, freshSerial, noon, payment, standing, today } from '../../revenue/world.js';
import { eachDatabase } from '../../support/databases.js';
import { temporaryDirectory } from '../../support/directory.js';
import { lineOf, resultFile } from './result.js';
import { crashing, type DeductionWorld, deductionWorld, type ExistingSchema } from './world.js';

const lockOf = sql('select sd_znj as fee, sd_pc as batch from ys_zd where dwbm = :unit and ys_id = :bill');
const twice = sql('select jylsh from jf_jl group by jylsh, lx having count(*) > 1');
const rename = sql('update ys_zd set sd_pc = :batch where dwbm = :unit and ys_id = :bill');
const DOUBT_MS = 10 * 60_000;

for (const journal of ['PostgreSQL', 'SQLite'] as const)
  eachDatabase(
    `deduction on an existing revenue schema, the journal on ${journal}`,
    (db) => {
      const dir = temporaryDirectory();
      const settings = databaseSettings.parse({ client: 'sqlite', file: 'journal.db' });
      const openOurs = async () => {
        if (journal === 'PostgreSQL') return db.open();
        const opened = await openDatabase(settings, { dir: dir.path, clock: systemClock, log: silentLog });
        closers.push(() => opened.close());
        await migrate(opened);
        return opened;
      };
      /** Nobody else's call can end: what is in doubt need not be waited for. */
      let isAlone = false;
      let opened: Database | undefined;
      const ours = (): Database => {
        if (opened === undefined) throw new Error('it is there only while the suite runs');
        return opened;
      };
      let existing: ExistingSchema | undefined;
      let d: DeductionWorld;
      const closers: (() => Promise<void>)[] = [];
      before(async () => {
        opened = await openOurs();
        const example = exampleSettings(db.settings());
        await makeLegacySchema(db.settings().url ?? '');
        const theirs = [await openTheirs(example), await openTheirs(example)] as const;
        for (const one of theirs) closers.push(() => one.close());
        const world = legacyWorld(example, [ours(), await openOurs()], theirs);
        existing = {
          world,
          theirs: theirs[0],
          deductionOn(ledger, database = theirs[0]) {
            const sleep: Clock['sleep'] = (...given) =>
              isAlone ? Promise.resolve() : world.clock.sleep(...given);
            const clock = { ...world.clock, sleep };
            return openExistingRevenue({
              journal: ledger,
              database,
              settings: example,
              clock,
              ids: systemIds,
            }).deduction(async () => ledger);
          },
        };
      });
      after(async () => {
        for (const close of closers) await close();
      });
      const schema = (): ExistingSchema => {
        if (existing === undefined) throw new Error('it is there only while the suite runs');
        return existing;
      };
      const make = () => {
        schema().world.clock.set(noon);
        return deductionWorld(ours(), undefined, { existing: schema() });
      };
      beforeEach(async () => {
        isAlone = false;
        d = await make();
      });
      afterEach(() => d.end());
      const counts = async (w = d) => {
        const batch = await batchOfDay(ours(), w.unit, today);
        const sums = batch === undefined ? {} : await outcomesOf(ours(), batch);
        return [batch?.state, ...Object.entries(sums).map(([name, { count }]) => `${name} ${count}`)].join(
          ', ',
        );
      };
      const checkBooks = async () => {
        expect(await schema().world.verify()).to.deep.equal([]);
        expect(await schema().theirs.all(twice), 'booked twice').to.deep.equal([]);
      };

      it('locks with the fee frozen, requests, settles, frees and keeps as prepaid; again: nothing', async () => {
        const one = await d.signed({ a: 10_000, b: 20_000 });
        const two = await d.signed({ a: 500 });
        await customerWith(d.world, d.unit, { a: 700 }); // No agreement.
        const batch = await d.go();
        expect(batch).to.include({ state: 'noticed', count: 3, sum: 31_049n });
        expect(await d.locks()).to.deep.equal([`${one}a`, `${one}b`, `${two}a`]);
        const lock = await schema().theirs.all(lockOf, { unit: d.unit.id, bill: `${one}b` });
        expect(lock).to.deep.equal([{ fee: '3.600', batch: batch.id }]);
        const later = await d.world.revenue.arrears(d.unit, one, '20240201' as typeof today);
        expect(later?.bills.map(({ lateFee, locked }) => [lateFee, locked])).to.deep.equal([
          [180n, true],
          [360n, true],
        ]);
        // What follows from a lock, by the unit's policy.
        const policy = (lockPolicy: 'allow' | 'reject1006' | 'hide') => ({
          ...d.unit,
          dialect: { ...d.unit.dialect, lockPolicy },
        });
        expect((await d.world.revenue.arrears(policy('hide'), one, today))?.bills).to.deep.equal([]);
        const refusedNow = payment(one, 10_180, { bills: [`${one}a`] });
        expect(await d.world.revenue.pay(policy('reject1006'), refusedNow)).to.deep.equal({
          kind: 'refused',
          refusal: 'bill-locked',
        });
        const meanwhile = payment(two, 509, { bills: [`${two}a`] });
        expect((await d.world.revenue.pay(policy('allow'), meanwhile)).kind).equal('booked');

        const [, a = '', b = '', c = ''] = d.request();
        const serial = freshSerial();
        const file = resultFile(d, [
          lineOf(a, { serial }),
          lineOf(b, { flag: '0', debited: '0', serial: '' }),
          lineOf(c),
        ]);
        for (let n = 0; n < 2; n += 1) {
          expect(await processAnswer(d.books, file)).to.include({ kind: 'processed' });
          expect(await counts()).equal('answered, failed 1, prepaid 1, settled 1');
          expect(await standing(d.world, d.unit, one)).equal('b 0');
          expect(await standing(d.world, d.unit, two)).equal(' 509');
          expect(await d.locks()).to.deep.equal([]);
        }
        const records = await d.world.revenue.payments(d.unit, one, today, today);
        expect(records?.map((record) => [record.channel, record.serial, record.amount])).to.deep.equal([
          ['deduction', serial, 10_180n],
        ]);
        expect(await d.world.revenue.paymentStatus(d.unit, serial, noon)).to.include({ kind: 'booked' });
        await checkBooks();
      });

      it('goes on after a fault at each transaction of ours and of theirs as if there had been none', async function () {
        this.timeout(240_000);
        isAlone = true;
        for (const side of ['ours', 'theirs'] as const)
          for (const when of ['before', 'after'] as const) {
            let crashed = true;
            for (let at = 1; crashed && at < 40; at += 1) {
              const w = await make();
              const name = `${side} ${when} ${at}`;
              const customer = await w.signed({ a: 100, b: 200 });
              const other = await w.signed({ a: 300 });
              const onOurs: Database = side === 'ours' ? crashing(ours(), at, when) : ours();
              const theirs = side === 'theirs' ? crashing(schema().theirs, at, when) : undefined;
              const books = schema().deductionOn(onOurs, theirs);
              const run = { ...w.runOn(ours(), w.node(onOurs)), books };
              const broken = await runDeduction(run, today).catch(() => undefined);
              w.later();
              expect(await w.go(), name).to.include({ state: 'noticed', count: 3, sum: 611n });
              expect(await w.locks(), name).to.deep.equal([`${customer}a`, `${customer}b`, `${other}a`]);
              const [, a = '', b = '', c = ''] = w.request();
              const file = resultFile(w, [lineOf(a), lineOf(b, { flag: 'N' }), lineOf(c)]);
              const answered = await processAnswer(books, file).catch(() => undefined);
              // A debit in doubt stays so until its call can no longer be running.
              w.clock.set(w.clock.now() + DOUBT_MS);
              expect(await processAnswer(w.books, file), name).to.include({ kind: 'processed' });
              expect(await counts(w), name).equal('answered, failed 1, settled 2');
              expect(await standing(w.world, w.unit, customer), name).equal('b 0');
              expect(await standing(w.world, w.unit, other), name).equal(' 0');
              expect(await w.locks(), name).to.deep.equal([]);
              crashed = broken?.state !== 'noticed' || answered?.kind !== 'processed';
              expect(crashed || at > 5, `${name}: only so many transactions`).equal(true);
              await w.end();
            }
          }
        await checkBooks();
      });

      it('a release lets all go that bears its batch, may be repeated, and what is answered then is booked', async () => {
        const one = await d.signed({ a: 100, b: 200 });
        const batch = await d.go();
        expect(await releaseBatch(d.releasing, d.unit, batch.id, 'no answer', 'test')).to.include({
          unlocked: 2,
        });
        expect(await d.locks()).to.deep.equal([]);
        // As a lock of a node that died comes through afterwards.
        await schema().world.lockBill(d.unit, `${one}a`, batch.id, 2n);
        await schema().theirs.run(rename, { unit: d.unit.id, bill: `${one}a`, batch: batch.id });
        expect(await releaseBatch(d.releasing, d.unit, batch.id, 'again', 'test')).to.include({
          unlocked: 1,
        });
        expect(await d.locks()).to.deep.equal([]);
        const [, a = ''] = d.request();
        expect(await processAnswer(d.books, resultFile(d, [lineOf(a)]))).to.include({ kind: 'processed' });
        expect(await counts()).equal('released, released 1, settled 1');
        expect(await standing(d.world, d.unit, one)).equal('b 0');
        await checkBooks();
      });

      it('two nodes make one request and book a result once', async () => {
        const one = await d.signed({ a: 100, b: 200 });
        const otherDatabase = await openOurs();
        const other = d.runOn(otherDatabase, d.node(otherDatabase));
        const [mine, theirs] = await Promise.all([d.go(), runDeduction(other, today)]);
        expect(theirs.id).equal(mine.id);
        d.later();
        await d.go();
        const [, a = '', b = ''] = d.request();
        const file = resultFile(d, [lineOf(a), lineOf(b)]);
        await Promise.all([
          processAnswer(d.books, file),
          processAnswer(schema().deductionOn(otherDatabase), file),
        ]);
        expect(await counts()).equal('answered, settled 2');
        expect(await standing(d.world, d.unit, one)).equal(' 0');
        await checkBooks();
      });

      it('a serial of another booking is a conflict, a void one gives way, a bill of another batch is left alone', async () => {
        const one = await d.signed({ a: 100, b: 200, c: 300 });
        await schema().world.lockBill(d.unit, `${one}c`, 'elsewhere', 0n);
        const paid = payment(one, 50);
        await d.world.revenue.supplement(d.unit, { ...paid, bookingDay: today, orderedBy: 'test' });
        expect(await d.go()).to.include({ count: 2 });
        const voided = freshSerial();
        expect(await d.world.revenue.paymentStatus(d.unit, voided, noon)).to.include({ kind: 'unknown' });
        const [, a = '', b = ''] = d.request();
        await processAnswer(
          d.books,
          resultFile(d, [lineOf(a, { serial: paid.serial }), lineOf(b, { serial: voided })]),
        );
        expect(await counts()).equal('noticed, conflict 1, settled 1');
        expect(await d.locks()).to.deep.equal([`${one}a`, `${one}c`]);
        await checkBooks();
      });
    },
    { only: ['postgres'] },
  );
