/** What `sluice existing check` finds before a crash does: locks that cannot be asked for again, and payments that do not say what they paid; whose rights suffice. */
import { expect } from 'chai';
import pg from 'pg';
import { systemClock } from '../../../src/clock.js';
import { sql } from '../../../src/database/index.js';
import { checkOperations, type ExistingSettings, Theirs } from '../../../src/revenue/index.js';
import { unitWith } from '../../../src/revenue/unit.js';
import { eachDatabase, postgresUrl } from '../../support/databases.js';
import { customerWith, payment, standing } from '../world.js';
import {
  exampleSettings,
  type LegacyWorld,
  legacyWorld,
  makeLegacySchema,
  openTheirs,
} from './legacy-world.js';

eachDatabase(
  'a database user who may select and call the procedures, and no more',
  (db) => {
    const role = `sluice_user_${process.pid}`;
    const client = new pg.Client({ connectionString: postgresUrl });
    before(() => client.connect());
    after(async () => {
      await client.query(`drop role if exists ${role}`);
      await client.end();
    });

    it('is enough for every operation of the example', async () => {
      const { url = '' } = db.settings();
      await makeLegacySchema(url);
      await client.query(`create role ${role} login password 'sluice'`);
      const owned = await db.open();
      await owned.run(sql(`grant select on yh_da, ys_zd, ys_mx, jf_jl to ${role}`));
      const settings = exampleSettings(db.settings());
      const asUser = Object.assign(new URL(url), { username: role, password: 'sluice' }).href;
      const limited = await openTheirs({ ...settings, database: { ...settings.database, url: asUser } });
      try {
        const world = legacyWorld(settings, [db(), db()], [owned, limited]);
        const unit = unitWith('X2');
        const customer = await customerWith(world, unit, { a: 100, b: 200 });
        const theirs = new Theirs(limited, settings, systemClock);
        const reports = await checkOperations(theirs, { unit: unit.id, customer });
        expect(reports.filter(({ verdict }) => verdict === 'fault')).to.deep.equal([]);
        const order = payment(customer, 300);
        expect(await world.other.pay(unit, order)).to.include({ kind: 'booked' });
        expect(await standing(world, unit, customer)).equal(' 0');
      } finally {
        await limited.close();
        await owned.run(sql(`revoke all on yh_da, ys_zd, ys_mx, jf_jl from ${role}`));
      }
    });
  },
  { only: ['postgres'] },
);

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
