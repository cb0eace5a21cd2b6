import { expect } from 'chai';
import { sql } from '../src/database/index.js';
import { makeMetrics } from '../src/metrics.js';
import { measureOpenDays } from '../src/open-days.js';
import { eachDatabase } from './support/databases.js';

const insert = sql(`insert into recon_days (unit, day, state, run_no, changed_at, alarmed_at, claimed_until)
  values (:unit, :day, :state, 0, 0, 0, 0)`);

eachDatabase(
  'the metric of open days',
  (db) => {
    it('counts them by state, and forgets those that are closed', async () => {
      const metrics = makeMetrics();
      measureOpenDays(metrics, db());
      const values = async () =>
        [
          ...(await metrics.registry.metrics()).matchAll(/^sluice_recon_days_open\{state="(\w+)"\} (\d+)$/gm),
        ].map(([, state, days]) => `${state} ${days}`);
      for (const [unit, day, state] of [
        ['39536', '20260401', 'open'],
        ['39536', '20260402', 'held'],
        ['36745', '20260402', 'held'],
        ['36745', '20260401', 'closed'],
      ] as const)
        await db().run(insert, { unit, day, state });
      expect((await values()).sort()).to.deep.equal(['held 2', 'open 1']);
      await db().run(sql("update recon_days set state = 'closed'"));
      expect(await values()).to.deep.equal([]);
    });
  },
  { only: ['sqlite', 'postgres'] },
);
