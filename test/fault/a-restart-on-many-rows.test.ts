/*
  A gateway that was killed starts again on a journal of a million serials and a million exchanges (M12; `npm run test:million-rows`, a
  tenth of that in `npm test`). Nothing of it is read through at a start: it is ready as soon as on an empty one, and answers.
*/
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { systemClock } from '../../src/clock.js';
import { loadConfig } from '../../src/config/index.js';
import { openDatabase, sql } from '../../src/database/index.js';
import { silentLog } from '../../src/log.js';
import { eachDatabase } from '../support/databases.js';
import { platformTls, sluice, startGateway } from '../support/gateway.js';
import { ask, freshSerial, paymentBody } from '../support/platform.js';

const ROWS = process.env.SLUICE_LONG === '1' ? 1_000_000 : 100_000;
/** A start that read a million rows through would take longer than the platform's patience; one that does not, a second. */
const PATIENCE_MS = 10_000;
const UNIT = '39536';
const many = `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${ROWS})`;
const serialAt = (row: string) => `concat('2024040400003001', 100000000000 + ${row})`;
const fillSerials = sql(`insert into serials (unit, serial, state, claimed_at, changed_at) ${many}
  select '${UNIT}', ${serialAt('i')}, 'void', 0, 0 from n`);
const fillExchanges =
  sql(`insert into exchanges (id, at_ms, day, peer, unit, service, message_id, serial, customer,
    result_code, duration_ms, request, answer) ${many}
  select concat('x', i), 1700000000000 + i, '20231115', 'platform', '${UNIT}', '200012', concat('m', i), ${serialAt('i')}, '022000',
    '3000', 1, '{}', '{}' from n`);

eachDatabase(
  `a journal of ${ROWS} rows`,
  (db) => {
    let dir: string;
    let env: NodeJS.ProcessEnv;
    before(async function () {
      this.timeout(60_000);
      dir = mkdtempSync(join(tmpdir(), 'sluice-rows-'));
      env = db.client === 'sqlite' ? {} : { SLUICE_DATABASE_URL: db.settings().url };
      const made = await sluice(['init', '--demo', '--dir', dir], env);
      expect(made.code, made.stderr).to.equal(0);
    });
    after(() => rmSync(dir, { recursive: true, force: true }));

    /** ms from the start of the program to its word that it is ready. */
    async function started() {
      const from = systemClock.now();
      const gateway = await startGateway(dir, env);
      return { gateway, ms: systemClock.now() - from };
    }

    it('does not hold up a restart after a kill, nor what is asked then', async () => {
      const serial = freshSerial();
      const paid = paymentBody(UNIT, '022000', 10, serial);
      const first = await started();
      const tls = { ...platformTls(dir), port: first.gateway.port };
      expect((await ask(tls, '200002', paid)).body.rtnCode).to.equal('9999');
      await first.gateway.kill();

      const { database } = loadConfig(dir, { ...process.env, ...env });
      const opened = await openDatabase(
        { ...database, statementTimeoutMs: 600_000 },
        { dir, clock: systemClock, log: silentLog },
      );
      await opened.run(fillSerials);
      await opened.run(fillExchanges);
      await opened.close();

      const again = await started();
      console.log(`      ready after ${first.ms} ms on an empty journal, after ${again.ms} ms on this`);
      try {
        expect(again.ms).to.be.below(PATIENCE_MS);
        const now = { ...platformTls(dir), port: again.gateway.port };
        const body = async (service: string, request: Record<string, unknown>) =>
          (await ask(now, service, { acctOrgNo: UNIT, ...request })).body;
        expect(await body('200002', paid)).to.include({ rtnCode: '2001' });
        expect(await body('200012', { bankSerial: serial, bankDate: paid.bankDate })).to.include({
          rtnCode: '9999',
        });
        const old = `2024040400003001${100_000_000_000 + ROWS}`;
        expect(await body('200012', { bankSerial: old, bankDate: '20240404' })).to.include({
          rtnCode: '3000',
        });
        const late = paymentBody(UNIT, '022000', 10, old);
        expect((await ask(now, '200002', late)).body).to.include({ rtnCode: '2005' });
        const found = await sluice(['log', '--serial', old, '--json', '--dir', dir], env);
        expect(found.stdout).to.contain(`x${ROWS}`);
      } finally {
        await again.gateway.stop();
      }
    }).timeout(300_000);
  },
  { only: process.env.SLUICE_LONG === '1' ? ['sqlite', 'postgres', 'mysql'] : ['sqlite'] },
);
