/** `sluice recon` and `sluice suspense`, as typed. */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { momentOf, systemClock, systemIds } from '../../src/clock.js';
import { loadConfig } from '../../src/config/index.js';
import type { Day } from '../../src/protocol/values.js';
import { addCustomers, openBuiltinRevenue } from '../../src/revenue/index.js';
import { unitWith } from '../../src/revenue/unit.js';
import { withDatabase } from '../../src/with-database.js';
import { type Line, lineText } from '../exchange/reconciliation/world.js';
import { fen, payment } from '../revenue/world.js';
import { sluiceInside as sluice } from '../support/command-line.js';
import { temporaryDirectory } from '../support/directory.js';

const unit = unitWith('39536', {}, { acceptanceDays: undefined });

describe('sluice recon', function () {
  this.timeout(120_000);
  const dir = temporaryDirectory();
  const recon = (...args: string[]) => sluice(['recon', ...args, '--unit', '39536', '--dir', dir.at('g')]);
  const json = async (...args: string[]) => {
    const result = await recon(...args, '--json');
    expect(result.code, result.stderr).equal(0);
    return JSON.parse(result.stdout);
  };
  let files = 0;
  /** A DSDZ file, whose name tells unit and day. */
  function fileOf(lines: readonly Line[], day: Day): string {
    const total = lines.reduce((sum, { amount }) => sum + amount, 0n);
    const folder = dir.at(`f${++files}`);
    const path = `${folder}_DSDZ_39536_${day}.txt`;
    writeFileSync(
      path,
      [`${total}|${lines.length}|`, ...lines.map((one) => lineText(one, day)), ''].join('\r\n'),
    );
    return path;
  }
  const pay = (customer: string, amount: number, day: Day) =>
    withDatabase(loadConfig(dir.at('g')), async (database) => {
      const books = { database, clock: systemClock, ids: systemIds };
      const order = payment(customer, amount, { bankDay: day, receivedAt: momentOf(day, '120000') });
      const outcome = await openBuiltinRevenue(books).pay(unit, order);
      expect(outcome.kind).equal('booked');
      return order;
    });
  before(async () => {
    const made = await sluice(['init', '--demo', '--dir', dir.at('g')]);
    expect(made.code, made.stderr).equal(0);
    await withDatabase(loadConfig(dir.at('g')), (database) =>
      addCustomers({ database, clock: systemClock, ids: systemIds }, unit, [
        { customer: '90001' },
        { customer: '90002' },
      ]),
    );
  });

  it('shows what would happen and changes nothing; runs; shows the day exactly as documented', async () => {
    const day = '20240404' as Day;
    const right = await pay('90001', 100, day);
    const wrong = await pay('90001', 200, day);
    const lost = payment('90002', 300, { bankDay: day });
    const nobody = payment('nobody', 77, { bankDay: day });
    const file = fileOf([right, { ...wrong, amount: fen(250) }, lost, nobody], day);
    const dry = await json('run', day, '--file', file, '--dry-run');
    expect(dry).to.deep.include({
      state: 'dry-run',
      matched: { count: 1, amount: 100 },
      supplemented: { count: 1, amount: 300 },
      replaced: { count: 1, amount: 250 },
      suspense: { count: 1, amount: 77 },
    });
    expect((await recon('show', day)).stderr).contains('there is no DSDZ file');

    const ran = await json('run', day, '--file', file, '--operator', 'li');
    expect(Object.keys(ran)).to.deep.equal([
      ...[
        'day',
        'unit',
        'state',
        'matched',
        'supplemented',
        'reversed',
        'replaced',
        'suspense',
        'differences',
      ],
    ]);
    expect(ran).to.deep.include({
      day,
      unit: '39536',
      state: 'repaired',
      matched: { count: 1, amount: 100 },
      supplemented: { count: 1, amount: 300 },
      reversed: { count: 0, amount: 0 },
      replaced: { count: 1, amount: 250 },
      suspense: { count: 1, amount: 77 },
    });
    expect(ran.differences).to.have.length(3);
    expect(await json('show', day)).to.deep.equal(ran);
    expect(await json('run', day)).to.deep.equal(ran);
    const text = (await recon('show', day)).stdout;
    expect(text).contains('补销账').and.contains('暂挂').and.contains('2.50').and.contains(nobody.serial);
    expect((await recon('list')).stdout).to.contain('没有对账日');
    expect((await sluice(['recon', 'list', '--days', '36500', '--dir', dir.at('g')])).stdout).contains(day);
  });

  it('money in suspense is assigned or returned; then its day closes', async () => {
    const suspense = (...args: string[]) =>
      sluice(['suspense', ...args, '--unit', '39536', '--dir', dir.at('g'), '--json']);
    const day = '20240405' as Day;
    const nobody = [payment('nobody', 11, { bankDay: day }), payment('nobody', 22, { bankDay: day })];
    await json('run', day, '--file', fileOf(nobody, day));
    const items = JSON.parse((await suspense('list')).stdout).filter(
      (one: { day: string }) => one.day === day,
    );
    expect(items.map((one: { amount: number }) => one.amount)).to.have.members([11, 22]);
    const refusedClose = await recon('close', day, '--all', '--reason', 'x');
    expect(refusedClose.stderr).contains('suspense');
    const [one, two] = items;
    expect((await suspense('assign', one.number, '--customer', 'nobody')).stderr).contains(
      'no such customer',
    );
    expect((await suspense('assign', one.number, '--customer', '90001')).code).equal(0);
    expect((await suspense('assign', one.number, '--customer', '90001')).stderr).contains('already');
    expect((await json('show', day)).state).equal('repaired');
    expect((await suspense('return', two.number, '--reason', 'wrong payer')).code).equal(0);
    const shown = await json('show', day);
    expect(shown.state).equal('closed');
    expect(shown.differences.map((d: { outcome: string }) => d.outcome)).to.have.members([
      'assigned',
      'returned',
    ]);
    expect((await sluice(['verify', '--dir', dir.at('g')])).code).equal(0);
  });

  it('holds an empty file; confirms by order; closes a listed difference by a signed reason', async () => {
    const day = '20240406' as Day;
    for (let n = 0; n < 6; n += 1) await pay('90002', 10 + n, day);
    expect((await json('run', day, '--file', fileOf([], day))).state).equal('held');
    expect((await recon('show', day)).stdout)
      .contains('待确认')
      .and.contains('可能不完整');
    const confirmed = await json('confirm', day, '--operator', 'wang');
    expect(confirmed).to.deep.include({ state: 'closed', reversed: { count: 6, amount: 75 } });
    expect((await recon('confirm', day)).stderr).contains('nothing of 20240406 waits');

    const other = '20240407' as Day;
    const given = await pay('90001', 5, other);
    await withDatabase(loadConfig(dir.at('g')), (database) =>
      openBuiltinRevenue({ database, clock: systemClock, ids: systemIds }).refund(unit, {
        originalSerial: given.serial,
        serial: undefined,
        amount: given.amount,
        bankDay: other,
        receivedAt: systemClock.now(),
      }),
    );
    const shown = await json('run', other, '--file', fileOf([given], other));
    expect(shown.differences).to.have.length(1);
    expect(shown.differences[0]).to.include({ class: 'refunded', state: 'listed', outcome: 'refunded-here' });
    const past = `update recon_differences set due_at = 1 where serial = '${given.serial}'`;
    await withDatabase(loadConfig(dir.at('g')), (database) => database.run({ text: () => past }));
    expect((await json('show', other)).differences[0].overdue).equal(true);
    expect((await recon('show', other)).stdout).contains('逾期');
    const listed = JSON.parse((await recon('list', '--days', '36500', '--json')).stdout);
    expect(listed.find((one: { day: string }) => one.day === other)).to.include({
      unresolved: 1,
      overdue: 1,
    });
    expect((await recon('close', other)).stderr).contains('for a reason only');
    expect((await recon('close', other, '--reason', 'x')).stderr).contains('nobody decided');
    const closed = await json(
      'close',
      other,
      '--serial',
      given.serial,
      '--reason',
      '已线下退款',
      '--operator',
      'li',
    );
    expect(closed.state).equal('closed');
    expect(closed.differences[0]).to.include({
      state: 'closed',
      operator: 'li',
      reason: '已线下退款',
      signed: true,
    });
    // The same decision holds for the same difference when the file is compared again.
    expect((await recon('rerun', other)).stderr).contains('for a reason only');
    const again = await json('rerun', other, '--reason', 'check');
    expect(again.differences).to.have.length(1);
    expect(again.differences[0]).to.include({ state: 'closed', operator: 'li', run: 2 });
  });

  it('books again what we refunded and the platform has, by order', async () => {
    const day = '20240408' as Day;
    const given = await pay('90001', 9, day);
    await withDatabase(loadConfig(dir.at('g')), (database) =>
      openBuiltinRevenue({ database, clock: systemClock, ids: systemIds }).refund(unit, {
        originalSerial: given.serial,
        serial: undefined,
        amount: given.amount,
        bankDay: day,
        receivedAt: systemClock.now(),
      }),
    );
    await json('run', day, '--file', fileOf([given], day));
    expect((await json('retry', day)).state).equal('repaired');
    expect((await recon('retry', day, '--rebook')).stderr).contains('--serial');
    const done = await json('retry', day, '--serial', given.serial, '--rebook');
    expect(done).to.deep.include({ state: 'closed', replaced: { count: 1, amount: 9 } });
  });

  it('a corrected file needs an order, also where its name is the same', async () => {
    const day = '20240409' as Day;
    const [a, b] = [payment('90001', 31, { bankDay: day }), payment('90001', 32, { bankDay: day })];
    const first = fileOf([a, b], day);
    await json('run', day, '--file', first);
    const corrected = fileOf([a], day);
    expect((await recon('run', day, '--file', corrected)).stderr).contains('sluice recon rerun');
    writeFileSync(first, readFileSync(corrected));
    expect((await json('rerun', day, '--file', first, '--dry-run')).reversed).to.deep.equal({
      count: 1,
      amount: 32,
    });
    const done = await json('rerun', day, '--file', corrected, '--reason', '平台更正', '--operator', 'li');
    expect(done).to.deep.include({
      state: 'closed',
      matched: { count: 1, amount: 31 },
      reversed: { count: 1, amount: 32 },
    });
    expect((await recon('show', day)).stdout).contains('平台更正');
    const audit = await sluice(['audit', 'list', '--dir', dir.at('g')]);
    expect(audit.stdout)
      .contains('recon rerun')
      .and.contains('recon confirm')
      .and.contains('suspense assign');
  });

  it('names a file that was refused, with the reason, before and after a good one came', async () => {
    const day = '20240410' as Day;
    const one = payment('90001', 41, { bankDay: day });
    const twice = fileOf([one, one], day);
    expect((await recon('run', day, '--file', twice)).stderr).contains('重复');
    expect((await recon('show', day)).stdout + (await recon('show', day)).stderr).contains('重复');
    const cut = dir.at(`cut_DSDZ_39536_${day}.txt`);
    writeFileSync(cut, readFileSync(fileOf([one], day), 'utf8').slice(0, -9));
    expect((await recon('run', day, '--file', cut)).stderr).contains('第2行');
    expect((await json('run', day, '--file', fileOf([one], day))).state).equal('closed');
    const shown = (await recon('show', day)).stdout;
    expect(shown).contains('未采用').and.contains('重复').and.contains('第2行').and.contains('补销账');
    await recon('report', day, '--out', dir.at('refused.html'));
    expect(readFileSync(dir.at('refused.html'), 'utf8'))
      .contains('未采用的文件')
      .and.contains('重复');
  });

  it('says what is wrong with what was typed', async () => {
    expect((await recon('show', '20240231')).stderr).contains('is no day');
    expect((await recon('run', '20240101')).stderr).contains('there is no DSDZ file');
    expect(
      (await sluice(['recon', 'show', '20240404', '--unit', 'x', '--dir', dir.at('g')])).stderr,
    ).contains('--unit x');
  });
});
