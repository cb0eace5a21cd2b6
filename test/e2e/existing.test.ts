/* The gateway on the example of a revenue schema that a utility already has: every service over the socket. */
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse, stringify } from 'yaml';
import { checkConfig } from '../../src/config/index.js';
import { messageOf } from '../../src/errors.js';
import { type Day, fenOf, type Serial } from '../../src/protocol/values.js';
import { lineOf } from '../exchange/deduction/result.js';
import { lineText } from '../exchange/reconciliation/world.js';
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
    const locks = async () =>
      (await db().all({ text: () => "select sd_pc from ys_zd where sd_bz = 'Y'" })).map((row) => row.sd_pc);
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
      expect(reports.map(({ verdict }) => verdict)).to.deep.equal(Array(15).fill('ok'));
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
    it('debits in a batch: the bill is locked for the platform, the result settles it', async () => {
      const command = async (...args: string[]) => {
        const done = await sluice([...args, '--unit', UNIT, '--dir', made.dir, '--json']);
        expect(done.stdout, done.stderr).not.to.equal('');
        return JSON.parse(done.stdout);
      };
      const account = ['sftp', 'account', 'add', 'platform', '--unit', UNIT, '--dir', made.dir];
      expect((await sluice(account)).code).to.equal(0);
      const agreement = {
        consNo: CUSTOMER,
        agreementNo: 'XY2',
        bankCode: '102',
        bankAcctNo: '6222',
        bankAcctName: '王',
      };
      expect(await body('200009', { ...agreement, dealType: '1' })).to.include({ rtnCode: '9999' });
      const batch = await command('deduct', 'run');
      expect(batch).to.include({ count: 1, amount: 6370 });
      expect(await locks()).to.deep.equal([batch.batch]);
      const root = join(made.dir, 'exchange');
      const request = readdirSync(root, { recursive: true, encoding: 'utf8' }).find(
        (name) => name.includes('download') && name.includes('_DKKK_'),
      );
      const [, line = ''] = readFileSync(join(root, request ?? ''), 'latin1').split('\r\n');
      const debited = freshSerial();
      const path = join(made.dir, `WATER_REDKKK_${UNIT}_${batch.day}.txt`);
      const result = lineOf(line, { serial: debited, day: batch.day });
      writeFileSync(path, `1|6370|1|6370|${batch.day}|||\r\n${result}\r\n`);
      const imported = await sluice(['exchange', 'import', path, '--unit', UNIT, '--dir', made.dir]);
      expect(imported.code, imported.stdout + imported.stderr).to.equal(0);
      expect((await command('deduct', 'show', batch.batch)).results).to.deep.equal({
        settled: { count: 1, amount: 6370 },
      });
      expect(await locks()).to.deep.equal([]);
      expect(await body('200001', query)).to.include({ totalOweAmt: '0', prepayAmt: '500' });
      for (const subject of ['B1', CUSTOMER, debited]) {
        const traced = await sluice(['trace', subject, '--unit', UNIT, '--dir', made.dir]);
        expect(traced.stdout, subject).to.contain(batch.batch).and.contain(debited);
      }
      const status = { bankSerial: debited, bankDate: batch.day };
      expect(await body('200012', status)).to.include({ rtnCode: '9999' });
    });
    it('holds money of nobody in suspense, assigns it, and closes the day', async () => {
      const command = (...args: string[]) => sluice([...args, '--unit', UNIT, '--dir', made.dir]);
      const day = '20240403' as Day;
      const line = { serial: freshSerial() as Serial, customer: '888', amount: fenOf(700n) };
      const path = join(made.dir, `WATER_DSDZ_${UNIT}_${day}.txt`);
      writeFileSync(path, ['700|1|', lineText(line, day), ''].join('\r\n'));
      const run = await command('recon', 'run', day, '--file', path);
      expect(run.stdout, run.stderr).to.contain('暂挂');
      const [item] = JSON.parse((await command('suspense', 'list', '--json')).stdout);
      expect(item).to.include({ serial: line.serial, customer: '888', amount: 700, state: 'held' });
      expect((await command('trace', line.serial)).stdout).to.contain('held in suspense');
      const wrong = await command('suspense', 'assign', item.number, '--customer', '889');
      expect(wrong.stderr).to.contain('no such customer');
      const assigned = await command('suspense', 'assign', item.number, '--customer', CUSTOMER);
      expect(assigned.code, assigned.stderr).to.equal(0);
      expect(await body('200007', { consNo: CUSTOMER })).to.include({ acctBal: '1200' });
      expect(JSON.parse((await command('recon', 'show', day, '--json')).stdout)).to.include({
        state: 'closed',
      });
      expect((await command('suspense', 'return', item.number, '--reason', 'x')).stderr).to.contain(
        'already',
      );
    });
    it('is refused at the start when something is switched on that no statement gives', () => {
      const section = exampleSection().revenue as { operations: Record<string, unknown> };
      const { paymentsOfDay: _left, debit: _too, unlockBatch: _and, ...operations } = section.operations;
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
      expect(said).to.match(/exchange\.units\.39536\.deduction\.days: batch deduction needs the statements/);
      expect(said)
        .to.contain('revenue.operations.unlockBatch, revenue.operations.debit')
        .and.not.contain('lockBill');
      expect(said).not.to.contain('billsOfDay');
    });
  },
  { only: ['postgres'] },
);
