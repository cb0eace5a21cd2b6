/** `sluice deduct`, as typed. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { withDatabase } from '../../src/cli/record-change.js';
import { systemClock, systemIds } from '../../src/clock.js';
import { addCustomers, openBuiltinRevenue } from '../../src/revenue/index.js';
import { unitWith } from '../../src/revenue/unit.js';
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
    await withDatabase(dir.at('g'), async (database) => {
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
});
