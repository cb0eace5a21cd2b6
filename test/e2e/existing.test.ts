/* The gateway on the example of a revenue schema that a utility already has: every service over the socket. */
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse, stringify } from 'yaml';
import { checkConfig } from '../../src/config/index.js';
import { messageOf } from '../../src/errors.js';
import { exampleSection, makeLegacySchema } from '../revenue/existing/legacy-world.js';
import { sluiceInside as sluice } from '../support/command-line.js';
import { eachDatabase } from '../support/databases.js';
import { demoDirectory, type Gateway, platformTls, startGateway } from '../support/gateway.js';
import { ask, freshSerial, paymentBody } from '../support/platform.js';

const UNIT = '39536';
const CUSTOMER = '990001';

eachDatabase(
  'the gateway on an existing revenue schema',
  (db) => {
    let gateway: Gateway;
    let made: Awaited<ReturnType<typeof demoDirectory>>;
    let tls: ReturnType<typeof platformTls> & { port: number };
    before(async function () {
      this.timeout(60_000);
      const url = db.settings().url ?? '';
      await makeLegacySchema(url);
      await db().run({
        text: () =>
          `insert into yh_da (dwbm, yhbh, hm, yc_ye) values ('${UNIT}', '${CUSTOMER}', '王小明', 5.000)`,
      });
      await db().run({
        text: () => `insert into ys_zd (dwbm, ys_id, yhbh, ny, sl, je, fp_rq, znj_qsr) values
          ('${UNIT}', 'B1', '${CUSTOMER}', '2024.03', 12, 63.700, '2024-04-01', '2099-01-01')`,
      });
      made = await demoDirectory();
      const section = { revenue: { ...exampleSection().revenue, database: { url } } };
      appendFileSync(join(made.dir, 'sluice.yaml'), `\n${stringify(section)}`);
      gateway = await startGateway(made.dir);
      tls = { ...platformTls(made.dir), port: gateway.port };
    });
    after(async () => {
      await gateway.stop();
      made.remove();
    });
    const body = async (service: string, request: Record<string, unknown>) =>
      (await ask(tls, service, { acctOrgNo: UNIT, ...request })).body;
    const query = { queryType: '0', queryValue: CUSTOMER };
    const serial = freshSerial();

    it('is found right by `sluice existing check`, and nothing stays of it', async () => {
      const done = await sluice([
        'existing',
        'check',
        '--dir',
        made.dir,
        '--unit',
        UNIT,
        '--customer',
        CUSTOMER,
        '--json',
      ]);
      expect(done.code, done.stdout + done.stderr).to.equal(0);
      const { reports } = JSON.parse(done.stdout) as { reports: { operation: string; verdict: string }[] };
      expect(reports.map(({ verdict }) => verdict)).to.deep.equal(Array(13).fill('ok'));
    });
    it('answers queries', async () => {
      expect(await body('200001', query)).to.include({
        rtnCode: '9999',
        totalOweAmt: '5870',
        prepayAmt: '500',
      });
      expect(await body('200001', { ...query, queryValue: '1' })).to.include({ rtnCode: '1002' });
      for (const service of ['200003', '200005', '200006', '200007', '200014'])
        expect(await body(service, { ...query, consNo: CUSTOMER }), service).to.include({ rtnCode: '9999' });
      expect(await body('200004', { consNo: CUSTOMER, dealType: '1' })).to.include({ rtnCode: '9999' });
    });
    it('signs an agreement, shows it and cancels it', async () => {
      const agreement = {
        consNo: CUSTOMER,
        agreementNo: 'XY1',
        bankCode: '102',
        bankAcctNo: '6222',
        bankAcctName: '王',
      };
      expect(await body('200009', { ...agreement, dealType: '1' })).to.include({ rtnCode: '9999' });
      const { payModeInfo } = await body('200006', query);
      expect(payModeInfo).to.have.length(1);
      expect(await body('200009', { ...agreement, dealType: '2' })).to.include({ rtnCode: '9999' });
      expect((await body('200006', query)).payModeInfo).to.deep.equal([]);
    });
    it('has nothing in doubt', async () => {
      const done = await sluice(['existing', 'pending', '--dir', made.dir]);
      expect(done.code, done.stdout + done.stderr).to.equal(0);
    });
    it('pays, answers repeats and status, and refunds', async () => {
      const pay = paymentBody(UNIT, CUSTOMER, 6000, serial);
      const today = { ...pay, bankDate: serial.slice(0, 8) };
      expect((await ask(tls, '200002', today)).body).to.include({ rtnCode: '9999' });
      expect((await ask(tls, '200002', today)).body).to.include({ rtnCode: '2001' });
      const status = { bankSerial: serial, bankDate: serial.slice(0, 8) };
      expect(await body('200012', status)).to.include({ rtnCode: '9999' });
      expect(await body('200007', { consNo: CUSTOMER })).to.include({ acctBal: '130' });
      expect(await body('200008', query)).to.include({ rtnCode: '9999' });
      const refund = { originalBankSerial: serial, bankDate: serial.slice(0, 8), rcvAmt: '6000' };
      expect(await body('300002', refund)).to.include({ rtnCode: '9999' });
      expect(await body('300002', refund)).to.include({ rtnCode: '9999' });
      expect(await body('200001', query)).to.include({ totalOweAmt: '5870' });
      const never = { ...status, bankSerial: freshSerial() };
      expect(await body('200012', never)).to.include({ rtnCode: '3000' });
      expect((await ask(tls, '200002', { ...today, bankSerial: never.bankSerial })).body).to.include({
        rtnCode: '2005',
      });
    });
    it('makes the file of a day’s payments from their statement', async () => {
      const args = ['--unit', UNIT, '--date', serial.slice(0, 8), '--dir', made.dir, '--json'];
      const done = await sluice(['exchange', 'make', 'jf', ...args]);
      expect(done.code, done.stdout + done.stderr).to.equal(0);
      const file = JSON.parse(done.stdout) as Record<string, unknown>;
      // The payment and its refund.
      expect(file, done.stdout).to.include({ type: 'JF', count: 2 });
    });
    it('is refused at the start when something is switched on that no statement gives', () => {
      const section = exampleSection().revenue as { operations: Record<string, unknown> };
      const { paymentsOfDay: _left, ...operations } = section.operations;
      const files = { JF: { schedule: '30 2 * * *' }, DZZD: { schedule: '30 2 * * *' } };
      const { units } = parse(readFileSync(join(made.dir, 'sluice.yaml'), 'utf8'));
      const text = stringify({
        units,
        revenue: { ...section, operations },
        exchange: { units: { [UNIT]: { files, deduction: { days: [5] } } } },
      });
      let said = '';
      try {
        checkConfig(made.dir, text, {});
      } catch (error) {
        said = messageOf(error);
      }
      expect(said).to.match(/sluice\.yaml:\d+: exchange\.units\.39536\.files\.JF\.schedule: .*paymentsOfDay/);
      expect(said).to.match(/exchange\.units\.39536\.deduction\.days: batch deduction/);
      expect(said).not.to.contain('billsOfDay');
    });
  },
  { only: ['postgres'] },
);
