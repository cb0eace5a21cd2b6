/* A node dies between their commit and our answer, or before it: the serial tells, and nothing is paid twice. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import { systemClock } from '../../../src/clock.js';
import { unitWith } from '../../../src/revenue/unit.js';
import { eachDatabase } from '../../support/databases.js';
import { customerWith, freshSerial, noon, payment, standing } from '../world.js';
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
    const dieAt = (customer: string, serial: string, point: string): Promise<string | undefined> =>
      new Promise((resolve) => {
        const script = join(import.meta.dirname, 'dying-node.ts');
        const args = ['--import', 'tsx', script, db.settings().url ?? '', customer, serial, point];
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
  },
  { only: ['postgres'] },
);
