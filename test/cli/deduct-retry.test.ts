/** `sluice deduct retry`, and who debits (`deduction.by`), as typed. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse, stringify } from 'yaml';
import { chinaDay, systemClock, systemIds } from '../../src/clock.js';
import { checkConfig, loadConfig } from '../../src/config/index.js';
import { sql, textCell } from '../../src/database/index.js';
import { messageOf } from '../../src/errors.js';
import type { Day, Month } from '../../src/protocol/values.js';
import { addCustomers, issueBills, openBuiltinRevenue, verifyLedger } from '../../src/revenue/index.js';
import { unitWith } from '../../src/revenue/unit.js';
import { withDatabase } from '../../src/with-database.js';
import { lineOf } from '../exchange/deduction/result.js';
import { fen } from '../revenue/world.js';
import { sluiceInside as sluice } from '../support/command-line.js';
import { demoDirectory } from '../support/gateway.js';

const UNIT = '39536';
const DAY = '20240116';
const selectLocked = sql('select bill from bills where unit = :unit and locked_by is not null order by bill');

describe('sluice deduct retry', function () {
  this.timeout(60_000);
  let made: Awaited<ReturnType<typeof demoDirectory>>;
  const inside = (...args: string[]) => sluice([...args, '--unit', UNIT, '--dir', made.dir]);
  const json = async (...args: string[]) => {
    const { stdout, stderr } = await inside(...args, '--json');
    expect(stdout, stderr).not.equal('');
    return JSON.parse(stdout);
  };
  const locked = () =>
    withDatabase(loadConfig(made.dir), async (database) =>
      (await database.all(selectLocked, { unit: UNIT })).map((row) => textCell(row, 'bill')),
    );
  /** The lines of the request of a day, as the platform finds them. */
  const requestOf = (day: string): string[] => {
    const root = join(made.dir, 'exchange');
    const name = readdirSync(root, { recursive: true, encoding: 'utf8' }).find(
      (one) => one.includes('download') && one.endsWith(`_DKKK_${UNIT}_${day}.txt`),
    );
    const text = readFileSync(join(root, name ?? `no request of ${day}`), 'latin1');
    return text.split('\r\n').filter((line) => line !== '');
  };
  before(async () => {
    made = await demoDirectory();
    expect((await inside('sftp', 'account', 'add', 'platform')).code).equal(0);
    await withDatabase(loadConfig(made.dir), async (database) => {
      const books = { database, clock: systemClock, ids: systemIds };
      const unit = unitWith(UNIT);
      await addCustomers(books, unit, [{ customer: '60001' }]);
      const bill = { customer: '60001', month: '202312' as Month, issuedOn: '20240101' as Day };
      const late = { lateFeeFrom: '20990101' as Day };
      await issueBills(books, unit, [
        { ...bill, ...late, bill: 'good', amount: fen(1000) },
        { ...bill, ...late, bill: 'poor', amount: fen(2000) },
      ]);
      const signed = await openBuiltinRevenue(books).maintainAgreement(unit, {
        ...{
          agreementNumber: 'XY60001',
          customer: '60001',
          bankCode: '105',
          bankAccount: '6222000011112222',
        },
        ...{ bankAccountName: '', certType: '', certNumber: '', mobile: '', email: '' },
        ...{ deal: 'sign', receivedAt: systemClock.now() },
      });
      expect(signed.kind).equal('done');
    });
  });
  after(() => made.remove());

  it('refuses, and locks nothing, where the platform debits by itself; a schedule is refused then, too', async () => {
    const file = join(made.dir, 'sluice.yaml');
    const before = readFileSync(file, 'utf8');
    const section = parse(before);
    const withDeduction = (deduction: object) =>
      stringify({ ...section, exchange: { units: { [UNIT]: { deduction } } } });
    writeFileSync(file, withDeduction({ by: 'platform' }));
    const refused = await inside('deduct', 'run', '--day', DAY);
    expect(refused.code).equal(1);
    expect(refused.stderr).contains('debited by the platform itself').and.contains('deduction.by');
    expect(await locked()).to.deep.equal([]);
    expect(await json('deduct', 'list')).to.deep.equal([]);
    let said = '';
    try {
      checkConfig(made.dir, withDeduction({ by: 'platform', days: [5] }), {});
    } catch (error) {
      said = messageOf(error);
    }
    expect(said).contains('deduction').and.contains('platform');
    writeFileSync(file, before);
  });

  it('goes on with a run that is on its way, with the same bills and the same file', async () => {
    const batch = await json('deduct', 'run', '--day', DAY);
    expect(batch).to.include({ count: 2, amount: 3000 });
    const before = requestOf(DAY);
    const again = await json('deduct', 'retry', batch.batch);
    expect(again).to.include({ batch: batch.batch, day: DAY, count: 2 });
    expect(requestOf(DAY)).to.deep.equal(before);
    expect(await json('deduct', 'list')).to.have.length(1);
    expect(await locked()).to.deep.equal(['good', 'poor']);
  });

  it('requests again, as today’s run, what failed in one that is answered, and only that', async () => {
    const [first] = await json('deduct', 'list');
    const [, good = '', poor = ''] = requestOf(DAY);
    const lines = [lineOf(good), lineOf(poor, { flag: '0', debited: '0', serial: '' })];
    const path = join(made.dir, `WATER_REDKKK_${UNIT}_${DAY}.txt`);
    writeFileSync(path, [`2|3000|1|1000|${DAY}|||`, ...lines, ''].join('\r\n'));
    const imported = await inside('exchange', 'import', path);
    expect(imported.code, imported.stdout + imported.stderr).equal(0);
    expect((await json('deduct', 'show', first.batch)).results).to.have.keys('settled', 'failed');
    const { stdout } = await inside('deduct', 'show', first.batch);
    expect(stdout)
      .contains('已回盘 answered')
      .and.matches(/成功 settled +1 +10\.00/);
    expect(await locked()).to.deep.equal([]);
    // Issued since: it belongs into the next run, not into a retry.
    await withDatabase(loadConfig(made.dir), (database) =>
      issueBills({ database, clock: systemClock, ids: systemIds }, unitWith(UNIT), [
        {
          ...{ customer: '60001', bill: 'new', month: '202401' as Month, amount: fen(500) },
          ...{ issuedOn: '20240201' as Day, lateFeeFrom: '20990101' as Day },
        },
      ]),
    );
    const today = chinaDay(systemClock.now());
    const retried = await json('deduct', 'retry', first.batch);
    expect(retried).to.include({ day: today, retryOf: first.batch, count: 1, amount: 2000 });
    expect(await locked()).to.deep.equal(['poor']);
    expect(requestOf(today)[1]?.split('|')[5]).equal('poor');
    // Once more: that run is gone on with, not another one made.
    expect((await json('deduct', 'retry', first.batch)).batch).equal(retried.batch);
    expect(await json('deduct', 'list')).to.have.length(2);
  });

  it('says what is in its way: an unknown run, and a day that has had its run', async () => {
    expect((await inside('deduct', 'retry', '1')).stderr).contains('there is no deduction batch 1');
    const [newest] = await json('deduct', 'list');
    const released = await json('deduct', 'release', newest.batch, '--reason', 'no answer');
    expect(released).to.include({ unlocked: 1 });
    const taken = await inside('deduct', 'retry', newest.batch);
    expect(taken.code).equal(1);
    expect(taken.stderr).contains('has had its run of today').and.contains('Retry tomorrow');
    expect(await locked()).to.deep.equal([]);
    expect(await withDatabase(loadConfig(made.dir), (database) => verifyLedger(database))).to.deep.equal([]);
  });
});
