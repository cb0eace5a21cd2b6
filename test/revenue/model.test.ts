import { expect } from 'chai';
import fc from 'fast-check';
import { unitWith } from '../../src/revenue/unit.js';
import { eachDatabase } from '../support/databases.js';
import { builtinWorld } from './builtin-world.js';
import { History, someHistory, someRules } from './model/history.js';
import { Model } from './model/model.js';
import { noon } from './world.js';

/** Histories per database, by what a durable commit costs there; `SLUICE_RUNS` for a longer run. */
const runsOf = { sqlite: 60, postgres: 30, mysql: 12, oracle: 12 } as const;

let unitCount = 0;

eachDatabase(
  'random histories',
  (db) => {
    it('the system and the plain model agree after each step, and the ledger is proved', async function () {
      const runs = Number(process.env.SLUICE_RUNS ?? runsOf[db.client]);
      // Some 22 durable commits each: 0.25 s on MariaDB, and many times that where others use the disk.
      this.timeout(60_000 + runs * 5000);
      const world = builtinWorld(db(), await db.open());
      await fc.assert(
        fc.asyncProperty(someRules, someHistory, async (rules, steps) => {
          const model = new Model(rules);
          const unit = unitWith(`M${++unitCount}`, rules, {
            refundMayOverdraw: rules.refundMayOverdraw,
            settleFromPrepaid: rules.settleFromPrepaid,
            acceptanceDays: undefined,
          });
          world.clock.set(noon);
          for (const [customer, prepaid] of [
            ['a', 0],
            ['b', 3000],
            ['c', 1],
          ] as const) {
            await world.addCustomer(unit, customer, { prepaid });
            model.balances.set(customer, BigInt(prepaid));
          }
          const history = new History(world, unit, model);
          for (const step of steps) {
            const [expected, found] = await history.take(step);
            expect(found, JSON.stringify(step)).to.equal(expected);
            for (const customer of ['a', 'b', 'c']) {
              const [owed, seen] = await history.standings(customer);
              expect(seen, `${customer} after ${JSON.stringify(step)}`).to.equal(owed);
            }
            expect(await world.ledgerSum(unit)).to.equal(0n);
          }
          expect(await world.verify()).to.deep.equal([]);
        }),
        { numRuns: runs },
      );
    });
  },
  { h2: true },
);
