/*
  The counter at the office pays the same bill in the same second, by its own software beside ours (M10): psql and the utility's own
  function, on the example of an existing schema. The customer's row is held until both wait for it, so they do meet.
*/
import { execFile } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import pg from 'pg';
import { stringify } from 'yaml';
import { exampleSection, makeLegacySchema } from '../revenue/existing/legacy-world.js';
import { eachDatabase } from '../support/databases.js';
import { demoDirectory, type Gateway, platformTls, startGateway } from '../support/gateway.js';
import { ask, freshSerial, paymentBody } from '../support/platform.js';
import { until } from '../support/until.js';

/** Its amounts must fit what is due (the default), so a bill that is paid already makes the payment a prepayment. */
const UNIT = '37101';
const BILL_FEN = 6370;

eachDatabase(
  'a bill that the counter pays in the same second',
  (db) => {
    let url: string;
    let gateway: Gateway;
    let made: Awaited<ReturnType<typeof demoDirectory>>;
    let office: pg.Client;
    before(async function () {
      this.timeout(60_000);
      url = db.settings().url ?? '';
      await makeLegacySchema(url);
      made = await demoDirectory();
      const section = { revenue: { ...exampleSection().revenue, database: { url } } };
      appendFileSync(join(made.dir, 'sluice.yaml'), `\n${stringify(section)}`);
      gateway = await startGateway(made.dir);
    });
    beforeEach(async () => {
      office = new pg.Client({ connectionString: url });
      await office.connect();
    });
    afterEach(() => office.end());
    after(async () => {
      await gateway.stop();
      made.remove();
    });

    /** What the counter's function says: 0000 paid, 2003 the bill is paid already. */
    async function counterPays(customer: string, bill: string): Promise<string> {
      const call = `select jgdm from p_jf('${UNIT}', '${customer}', null, 63.70, current_date, current_date, '20240404120000',
        '${bill}', 'exact', 'byId', 'reject', '', '', false)`;
      return (await promisify(execFile)('psql', [url, '-AtX', '-c', call])).stdout.trim();
    }
    const waiting = async () => {
      const { rows } = await office.query('select 1 from pg_locks where not granted');
      return rows.length;
    };

    for (const first of ['the counter', 'the platform'] as const)
      it(`is settled once, and every answer is true, when ${first} was there first`, async () => {
        for (let round = 0; round < 5; round++) {
          const customer = `${first === 'the counter' ? 71 : 72}${round}`;
          const bill = `B${customer}`;
          const serial = freshSerial();
          await office.query(`insert into yh_da (dwbm, yhbh, hm) values ('${UNIT}', '${customer}', '李')`);
          await office.query(`insert into ys_zd (dwbm, ys_id, yhbh, ny, sl, je, fp_rq, znj_qsr)
            values ('${UNIT}', '${bill}', '${customer}', '2024.03', 12, 63.700, '2024-04-01', '2099-01-01')`);
          await office.query('begin');
          await office.query(`select from yh_da where dwbm = '${UNIT}' and yhbh = '${customer}' for update`);
          const body = paymentBody(UNIT, customer, BILL_FEN, serial, serial.slice(0, 8));
          const platformPays = () => ask({ ...platformTls(made.dir), port: gateway.port }, '200002', body);
          const pays = {
            'the counter': () => counterPays(customer, bill),
            'the platform': async () => String((await platformPays()).body.rtnCode),
          };
          const second = first === 'the counter' ? 'the platform' : 'the counter';
          const ahead = pays[first]();
          await until(async () => (await waiting()) === 1);
          const behind = pays[second]();
          await until(async () => (await waiting()) === 2);
          await office.query('commit');
          const said = { [first]: await ahead, [second]: await behind };

          const { rows } = await office.query(
            `select jylsh is null as counter, bj, yc_bd, jf_lsh from jf_jl where dwbm = $1 and yhbh = $2`,
            [UNIT, customer],
          );
          const settling = rows.filter((row) => Number(row.bj) > 0);
          expect(settling, JSON.stringify({ said, rows })).to.have.length(1);
          expect(said[first]).to.equal(first === 'the counter' ? '0000' : '9999');
          // The counter must not pay it again; the platform's money, if it was taken, is the customer's.
          if (first === 'the platform') expect(said['the counter']).to.equal('2003');
          expect(rows.filter((row) => !row.counter)).to.have.length(said['the platform'] === '9999' ? 1 : 0);
          const paid = await office.query(
            `select z.jf_bz, z.jf_lsh, d.yc_ye from ys_zd z join yh_da d using (dwbm, yhbh) where z.ys_id = $1`,
            [bill],
          );
          expect(paid.rows[0]).to.include({ jf_bz: 'Y', jf_lsh: settling[0].jf_lsh });
          const balance = rows.reduce((sum, row) => sum + Number(row.yc_bd), 0);
          expect(Number(paid.rows[0].yc_ye)).to.equal(balance);
          expect(
            (
              await ask({ ...platformTls(made.dir), port: gateway.port }, '200012', {
                acctOrgNo: UNIT,
                bankSerial: serial,
                bankDate: serial.slice(0, 8),
              })
            ).body.rtnCode,
          ).to.equal(said['the platform'] === '9999' ? '9999' : '3003');
        }
      }).timeout(120_000);
  },
  { only: ['postgres'] },
);
