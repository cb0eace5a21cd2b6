/* A node dies between their commit and our answer, or before it: the serial tells, and nothing is paid twice. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import { systemClock } from '../../../src/clock.js';
import { pendingCalls } from '../../../src/revenue/index.js';
import { unitWith } from '../../../src/revenue/unit.js';
import { eachDatabase } from '../../support/databases.js';
import { customerWith, freshSerial, noon, payment, refundOf, standing } from '../world.js';
import {
  exampleSettings,
  type LegacyWorld,
  legacyWorld,
  makeLegacySchema,
  openTheirs,
} from './legacy-world.js';

eachDatabase(
  'a node that dies while it pays into an existing schema',
  (db) => {
    const unit = unitWith('X1');
    let world: LegacyWorld;
    const closers: (() => Promise<void>)[] = [];
    before(async () => {
      const settings = exampleSettings(db.settings());
      await makeLegacySchema(db.settings().url ?? '');
      const theirs = [await openTheirs(settings), await openTheirs(settings)] as const;
      for (const one of theirs) closers.push(() => one.close());
      world = legacyWorld(settings, [db(), await db.open()], theirs);
    });
    after(async () => {
      for (const close of closers) await close();
    });
    const dieAt = (
      customer: string,
      serial: string,
      point: string,
      operation = 'pay',
    ): Promise<string | undefined> =>
      new Promise((resolve) => {
        const script = join(import.meta.dirname, 'dying-node.ts');
        const args = ['--import', 'tsx', script, db.settings().url ?? '', customer, serial, operation, point];
        const child = execFile(process.execPath, args, (error) => resolve(error?.signal ?? error?.message));
        closers.push(async () => void child.kill('SIGKILL'));
      });

    it('after their commit: the status says booked, a repeat is a duplicate, the money is there once', async () => {
      const customer = await customerWith(world, unit, { a: 100 });
      const serial = freshSerial();
      expect(await dieAt(customer, serial, 'their-commit')).to.equal('SIGKILL');
      expect(await standing(world, unit, customer)).to.equal(' 30');
      const status = await world.revenue.paymentStatus(unit, serial, noon);
      expect(status).to.include({ kind: 'booked', refunded: false });
      const again = await world.other.pay(unit, payment(customer, 130, { serial }));
      expect(again).to.include({ kind: 'duplicate', same: true });
      expect(await standing(world, unit, customer)).to.equal(' 30');
    });

    it('before their call: undecided until the call can no longer run, then void; never paid', async () => {
      const customer = await customerWith(world, unit, { a: 100 });
      const serial = freshSerial();
      expect(await dieAt(customer, serial, 'claimed')).to.equal('SIGKILL');
      expect(await world.revenue.paymentStatus(unit, serial, noon)).to.deep.equal({ kind: 'undecided' });
      expect((await world.revenue.resolve()).settled).to.equal(0);
      world.clock.set(systemClock.now() + 10 * 60_000);
      expect(await world.other.resolve()).to.deep.equal({ settled: 1, open: 0 });
      world.clock.set(noon);
      expect(await world.revenue.paymentStatus(unit, serial, noon)).to.deep.equal({ kind: 'unknown' });
      const late = await world.revenue.pay(unit, payment(customer, 130, { serial }));
      expect(late).to.deep.equal({ kind: 'refused', refusal: 'void-serial' });
      expect(await standing(world, unit, customer)).to.equal('a 0');
    });

    /** A payment of 130 of which 30 became prepaid. */
    const paid = async () => {
      const customer = await customerWith(world, unit, { a: 100 });
      const order = payment(customer, 130);
      expect(await world.revenue.pay(unit, order)).to.include({ kind: 'booked' });
      return { customer, order };
    };
    it('a refund, after their commit: the repeat says done, the money is back once', async () => {
      const { customer, order } = await paid();
      expect(await dieAt(customer, order.serial, 'their-commit', 'refund')).to.equal('SIGKILL');
      expect(await standing(world, unit, customer)).to.equal('a 0');
      world.clock.set(systemClock.now() + 10 * 60_000);
      expect(await world.other.resolve()).to.deep.equal({ settled: 1, open: 0 });
      world.clock.set(noon);
      const status = await world.revenue.paymentStatus(unit, order.serial, noon);
      expect(status).to.include({ kind: 'booked', refunded: true });
      const again = await world.revenue.refund(unit, refundOf(order, { serial: undefined }));
      expect(again).to.include({ kind: 'refunded', repeat: true });
      expect(await standing(world, unit, customer)).to.equal('a 0');
    });
    it('a refund, before their call: listed as pending, then given up, then it can be done', async () => {
      const { customer, order } = await paid();
      expect(await dieAt(customer, order.serial, 'claimed', 'refund')).to.equal('SIGKILL');
      const [pending, ...more] = await pendingCalls(db());
      expect(more).to.deep.equal([]);
      expect(pending).to.include({ what: 'refund', serial: order.serial, customer, amount: 130n });
      expect((await world.revenue.resolve()).settled).to.equal(0);
      world.clock.set(systemClock.now() + 10 * 60_000);
      expect(await world.other.resolve()).to.deep.equal({ settled: 1, open: 0 });
      world.clock.set(noon);
      expect(await pendingCalls(db())).to.deep.equal([]);
      expect(await standing(world, unit, customer)).to.equal(' 30');
      const now = await world.revenue.refund(unit, refundOf(order));
      expect(now).to.include({ kind: 'refunded', repeat: false });
      expect(await standing(world, unit, customer)).to.equal('a 0');
    });
  },
  { only: ['postgres'] },
);
