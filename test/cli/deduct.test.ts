/** `sluice deduct`, as typed. */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import iconv from 'iconv-lite';
import { systemClock, systemIds } from '../../src/clock.js';
import { loadConfig } from '../../src/config/index.js';
import { addCustomers, openBuiltinRevenue } from '../../src/revenue/index.js';
import { unitWith } from '../../src/revenue/unit.js';
import { withDatabase } from '../../src/with-database.js';
import { sluiceInside as sluice } from '../support/command-line.js';
import { temporaryDirectory } from '../support/directory.js';

describe('sluice deduct', () => {
  const dir = temporaryDirectory();
  const deduct = (...args: string[]) => sluice(['deduct', ...args, '--unit', '39536', '--dir', dir.at('g')]);
  before(async () => {
    const made = await sluice(['init', '--demo', '--dir', dir.at('g')]);
    expect(made.code, made.stderr).equal(0);
    const account = await sluice([
      'sftp',
      'account',
      'add',
      'platform',
      '--unit',
      '39536',
      '--dir',
      dir.at('g'),
    ]);
    expect(account.code, account.stderr).equal(0);
  });

  it('runs once a day, shows the run and lists it', async () => {
    const ran = await deduct('run', '--day', '20240115', '--json');
    expect(ran.code, ran.stderr).equal(0);
    const batch = JSON.parse(ran.stdout);
    expect(batch).to.include({ unit: '39536', day: '20240115' });
    const again = JSON.parse((await deduct('run', '--day', '20240115', '--json')).stdout);
    expect(again.batch).equal(batch.batch);
    expect(JSON.parse((await deduct('list', '--json')).stdout)).to.have.length(1);
    const report = dir.at('report.csv');
    expect((await deduct('show', batch.batch, '--csv', report, '--xlsx', dir.at('report.xlsx'))).code).equal(
      0,
    );
    expect(readFileSync(report, 'utf8')).contains('明细标识,户号,应收标识');
    expect(readFileSync(dir.at('report.xlsx')).subarray(0, 2).toString()).equal('PK');
    expect((await deduct('show', batch.batch)).stdout)
      .contains(batch.batch)
      .and.contains(batch.state);
  });

  it('says in two lines what is wrong with what was typed', async () => {
    expect((await deduct('show', '1')).stderr)
      .contains('there is no deduction batch 1')
      .and.contains('→');
    expect((await deduct('run', '--day', '20990101')).stderr).contains('no day up to today');
    const other = await sluice(['deduct', 'list', '--unit', 'none', '--dir', dir.at('g')]);
    expect(other.stderr).contains('not configured');
  });

  it('agreements are listed with masked accounts, cancelled once, and unknown customers named', async () => {
    const agreement = (verb: string, customer: string) =>
      sluice(['agreement', verb, '--unit', '39536', '--customer', customer, '--dir', dir.at('g'), '--json']);
    expect((await agreement('list', 'nobody')).stderr).contains('no such customer');
    await withDatabase(loadConfig(dir.at('g')), async (database) => {
      const books = { database, clock: systemClock, ids: systemIds };
      await addCustomers(books, unitWith('39536'), [{ customer: '70001' }]);
      const outcome = await openBuiltinRevenue(books).maintainAgreement(unitWith('39536'), {
        ...{
          agreementNumber: 'XY70001',
          customer: '70001',
          bankCode: '105',
          bankAccount: '6222000011112222',
        },
        ...{ bankAccountName: '', certType: '', certNumber: '', mobile: '', email: '' },
        ...{ deal: 'sign', receivedAt: systemClock.now() },
      });
      expect(outcome.kind).equal('done');
    });
    const [listed] = JSON.parse((await agreement('list', '70001')).stdout);
    expect(listed).to.include({ agreement: 'XY70001', bankAccount: '************2222' });
    expect(JSON.parse((await agreement('cancel', '70001')).stdout)).to.deep.equal({ cancelled: 'XY70001' });
    expect(JSON.parse((await agreement('cancel', '70001')).stdout)).to.deep.equal({ cancelled: null });
    expect(JSON.parse((await agreement('list', '70001')).stdout)).to.deep.equal([]);
  });

  it('agreements are imported from CSV as a spreadsheet writes it, once, each bad line named; all are listed', async () => {
    const customers = ['80001', '80002', '80003'].map((customer) => ({ customer }));
    await withDatabase(loadConfig(dir.at('g')), (database) =>
      addCustomers({ database, clock: systemClock, ids: systemIds }, unitWith('39536'), customers),
    );
    const path = dir.at('agreements.csv');
    const lines = (account: string) => [
      '户号,银行账号,协议号,银行代码,账户名',
      `80001,${account},XY1,105,"王 ""小"" 明"`,
      '80002,6222000011110002,,105,',
      'nobody,6222000011110003,,105,',
      ',6222000011110004,,105,',
    ];
    const add = async (content: string, ...more: string[]) => {
      writeFileSync(path, iconv.encode(content, 'gb18030'));
      const args = ['agreement', 'import', path, '--unit', '39536', '--dir', dir.at('g'), '--json', ...more];
      const { stdout, stderr } = await sluice(args);
      const end = JSON.parse(stdout || `"${stderr}"`);
      return [
        end.done,
        ...(end.faults ?? []).map((one: { line: number; reason: string }) => `${one.line} ${one.reason}`),
      ];
    };
    const faults = ['4 户号不存在 (unknown customer)', '5 customer 为空 (empty)'];
    const first = lines('6222000011110001').join('\r\n');
    expect(await add(first, '--dry-run')).to.deep.equal([0, '5 customer 为空 (empty)']);
    expect(await add(first)).to.deep.equal([2, ...faults]);
    expect(await add(first)).to.deep.equal([2, ...faults]);
    const other = lines('6222000011119999').join('\r\n');
    expect((await add(other))[1]).contains('another agreement');
    expect(await add(other, '--change')).to.deep.equal([2, ...faults]);
    const all = (...more: string[]) =>
      sluice(['agreement', 'list', '--unit', '39536', '--dir', dir.at('g'), ...more]);
    const listed: { customer: string; bankAccount: string }[] = JSON.parse((await all('--json')).stdout);
    expect(listed.filter(({ customer }) => customer.startsWith('8'))).to.deep.equal([
      { ...listed.find(({ customer }) => customer === '80001'), bankAccount: '************9999' },
      { ...listed.find(({ customer }) => customer === '80002'), bankAccount: '************0002' },
    ]);
    expect((await all()).stdout)
      .contains('XY1')
      .and.contains('valid agreements');
    await all('--csv', dir.at('list.csv'));
    expect(readFileSync(dir.at('list.csv'), 'utf8')).contains('XY1,80001,105,************9999');
    writeFileSync(path, 'a,b\n1,2\n');
    const without = await sluice(['agreement', 'import', path, '--unit', '39536', '--dir', dir.at('g')]);
    expect(without.stderr).contains('no column customer');
  });
});
