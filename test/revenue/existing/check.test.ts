/** What `sluice existing check` finds before a crash does: locks that cannot be asked for again, and payments that do not say what they paid. */
import { expect } from 'chai';
import { systemClock } from '../../../src/clock.js';
import { checkOperations, type ExistingSettings, Theirs } from '../../../src/revenue/index.js';
import { unitWith } from '../../../src/revenue/unit.js';
import { eachDatabase } from '../../support/databases.js';
import { customerWith, payment, standing } from '../world.js';
import {
  exampleSettings,
  type LegacyWorld,
  legacyWorld,
  makeLegacySchema,
  openTheirs,
} from './legacy-world.js';

eachDatabase(
  'the check of a configuration for batch deduction',
  (db) => {
    it('tries a lock twice and wants the principal of a payment; nothing stays', async () => {
      const settings = exampleSettings(db.settings());
      await makeLegacySchema(db.settings().url ?? '');
      const theirs = await openTheirs(settings);
      try {
        const world: LegacyWorld = legacyWorld(settings, [db(), db()], [theirs, theirs]);
        const unit = unitWith('X1');
        const customer = await customerWith(world, unit, { a: 100, b: 200 });
        const order = payment(customer, 100, { bills: [`${customer}a`] });
        await world.revenue.pay(unitWith('X1', { billsChosen: 'byId' }), order);
        const faultsOf = async (changed: Partial<ExistingSettings['operations']>) => {
          const operations = { ...settings.operations, ...changed };
          const subject = { unit: unit.id, customer };
          const reports = await checkOperations(
            new Theirs(theirs, { ...settings, operations }, systemClock),
            subject,
          );
          return reports.filter(({ verdict }) => verdict === 'fault');
        };
        expect(await faultsOf({})).to.deep.equal([]);
        const { lockBill, paymentBySerial } = settings.operations;
        if (lockBill === undefined) throw new Error('the example locks');
        const [lock, ...others] = await faultsOf({
          lockBill: { ...lockBill, codes: { '0001': 'bill-locked' } },
        });
        expect(others).to.deep.equal([]);
        expect(lock).to.include({ operation: 'lockBill' });
        expect(lock?.detail).contains('it must be already');
        // The serial that the check asks for is of nobody, so one is put in its place.
        const { principal: _left, ...columns } = paymentBySerial.columns;
        const sql = paymentBySerial.sql.replace('j.jylsh = :serial', 'j.dwbm = :unit').replace('j.bj, ', '');
        const [by] = await faultsOf({ paymentBySerial: { ...paymentBySerial, sql, columns } });
        expect(by).to.include({ operation: 'paymentBySerial', detail: 'columns missing: principal' });
        expect(await standing(world, unit, customer)).equal('b 0');
      } finally {
        await theirs.close();
      }
    });
  },
  { only: ['postgres'] },
);
