import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Database } from '../../../src/database/index.js';
import {
  batchOfDay,
  outcomesOf,
  processAnswer,
  reasonsOf,
  releaseBatch,
  reportOf,
  runDeduction,
} from '../../../src/exchange/deduction/index.js';
import type { AcceptedFile } from '../../../src/exchange/index.js';
import { verifyLedger } from '../../../src/revenue/index.js';
import { freshSerial, noon, payment, standing, today } from '../../revenue/world.js';
import { eachDatabase } from '../../support/databases.js';
import { lineOf, resultFile } from './result.js';
import { crashing, type DeductionWorld, deductionWorld } from './world.js';

eachDatabase('a deduction result', (db) => {
  let d: DeductionWorld;
  beforeEach(async () => {
    d = await deductionWorld(db());
  });
  afterEach(() => d.end());
  const counts = async (world = d) => {
    const batch = await batchOfDay(db(), world.unit, today);
    const sums = batch === undefined ? {} : await outcomesOf(db(), batch);
    const each = Object.entries(sums).map(([outcome, { count }]) => `${outcome} ${count}`);
    return [batch?.state, ...each].join(', ');
  };
  const process = (file: AcceptedFile, database: Database = db()) =>
    processAnswer(d.deductionOn(database), file);

  it('settles what was debited, frees what was not, keeps as prepaid what was paid meanwhile; again: nothing', async () => {
    const one = await d.signed({ a: 10_000, b: 20_000 });
    const two = await d.signed({ a: 500 });
    await d.go();
    expect((await d.world.revenue.pay(d.unit, payment(two, 509, { bills: [`${two}a`] }))).kind).equal(
      'booked',
    );
    const [, a = '', b = '', c = ''] = d.request();
    const file = resultFile(d, [lineOf(a), lineOf(b, { flag: '0', debited: '0', serial: '' }), lineOf(c)]);
    expect(await process(file)).to.include({ kind: 'processed' });
    expect(await counts()).equal('answered, failed 1, prepaid 1, settled 1');
    const batch = await batchOfDay(db(), d.unit, today);
    const why = batch === undefined ? [] : await reasonsOf(db(), batch);
    expect(why).to.deep.equal([{ reason: '入账标志 0', outcome: 'failed', count: 1, sum: 20_360n }]);
    const report: string[] = [];
    if (batch !== undefined)
      for await (const row of reportOf(db(), batch).rows) report.push([row[2], row[7], row[8]].join());
    expect(report).to.deep.equal([`${one}a,成功,`, `${one}b,失败,入账标志 0`, `${two}a,成功，转预存,`]);
    expect(await standing(d.world, d.unit, one)).equal('b 0');
    expect(await standing(d.world, d.unit, two)).equal(' 509');
    expect(await d.locks()).to.deep.equal([]);
    const records = await d.world.revenue.payments(d.unit, one, today, today);
    expect(records?.map(({ channel, amount }) => [channel, amount])).to.deep.equal([['deduction', 10_180n]]);

    expect(await process(file)).to.include({ kind: 'processed' });
    expect(await standing(d.world, d.unit, one)).equal('b 0');
    expect(await standing(d.world, d.unit, two)).equal(' 509');
    expect(await verifyLedger(db())).to.deep.equal([]);
  });

  it('refuses the file as a whole, before anything is written, for one bad line', async () => {
    const one = await d.signed({ a: 10_000, b: 20_000 });
    await d.go();
    const [, a = '', b = ''] = d.request();
    const serial = freshSerial();
    const changed = (column: number, text: string) => {
      const columns = b.split('|');
      columns[column] = text;
      return columns.join('|');
    };
    const bad: Record<string, readonly string[]> = {
      'unknown detId': [lineOf(a), lineOf(changed(0, `${a.slice(0, 24)}00000009`))],
      'customer differs': [lineOf(a), lineOf(changed(1, 'nobody'))],
      'amount differs': [lineOf(a), lineOf(changed(9, '20361'))],
      'bill differs': [lineOf(a), lineOf(changed(5, 'other'))],
      'detId stands in the file twice': [lineOf(a), lineOf(a)],
      'serial stands in the file twice': [lineOf(a, { serial }), lineOf(b, { serial })],
      'debited another amount': [lineOf(a), lineOf(b, { debited: '5' })],
      'without resDay': [lineOf(a), lineOf(b, { day: '' })],
      'lies in the future': [lineOf(a), lineOf(b, { day: '20240116' })],
      'without a serial': [lineOf(a), lineOf(b, { serial: '' })],
    };
    for (const [reason, lines] of Object.entries(bad)) {
      const outcome = await process(resultFile(d, lines));
      expect(outcome.kind, reason).equal('refused');
      expect(outcome.detail).contains(reason).and.contains('行');
    }
    const file = resultFile(d, [lineOf(a), lineOf(b)]);
    writeFileSync(file.path, `9|1|1|1|20240115|105||\r\n${lineOf(a)}\r\n`);
    expect((await process(file)).kind).equal('refused');
    expect(await counts()).equal('noticed, waiting 2');
    expect(await standing(d.world, d.unit, one)).equal('ab 0');
    expect(await d.locks()).to.have.length(2);
  });

  it('goes on after a crash at each transaction; the end is the same', async () => {
    for (const when of ['before', 'after'] as const)
      for (let at = 1; at <= 3; at += 1) {
        const w = await deductionWorld(db());
        const customer = await w.signed({ a: 100, b: 200 });
        await w.go();
        const [, a = '', b = ''] = w.request();
        const file = resultFile(w, [lineOf(a), lineOf(b, { flag: 'N' })]);
        const broken = await process(file, crashing(db(), at, when)).catch(() => 'broken');
        expect(broken).equal('broken');
        expect(await process(file)).to.include({ kind: 'processed' });
        expect(await counts(w), `${when} ${at}`).equal('answered, failed 1, settled 1');
        expect(await standing(w.world, w.unit, customer)).equal('b 0');
        await w.end();
      }
    expect(await verifyLedger(db())).to.deep.equal([]);
  });

  it('two nodes with the same file book it once; another file for answered lines is refused', async () => {
    const one = await d.signed({ a: 100, b: 200 });
    await d.go();
    const [, a = '', b = ''] = d.request();
    const file = resultFile(d, [lineOf(a)]);
    await Promise.all([process(file), process(file, await db.open())]);
    expect(await counts()).equal('noticed, settled 1, waiting 1');
    const other = await process(resultFile(d, [lineOf(a), lineOf(b)], 'other.txt'));
    expect(other).to.have.property('kind', 'refused');
    expect((await process(resultFile(d, [lineOf(b)], 'rest.txt'))).kind).equal('processed');
    expect(await counts()).equal('answered, settled 2');
    expect(await standing(d.world, d.unit, one)).equal(' 0');
    expect(await verifyLedger(db())).to.deep.equal([]);
  });

  it('an answer to a released batch is booked all the same; a bill that failed too often is left out', async () => {
    const one = await d.signed({ a: 100 });
    const batch = await d.go();
    await releaseBatch(d.releasing, d.unit, batch.id, 'no answer', 'test');
    const [, a = ''] = d.request();
    expect((await process(resultFile(d, [lineOf(a)]))).kind).equal('processed');
    expect(await counts()).equal('released, settled 1');
    expect(await standing(d.world, d.unit, one)).equal(' 0');

    const w = await deductionWorld(db());
    await w.signed({ a: 100 });
    await w.go();
    const [, line = ''] = w.request();
    await process(resultFile(w, [lineOf(line, { flag: '0' })]));
    const tomorrow = '20240116' as typeof today;
    const again = w.runOn(db(), w.exchange, { triesMax: 1 });
    expect(await runDeduction(again, tomorrow)).to.include({ state: 'empty' });
    expect(await verifyLedger(db())).to.deep.equal([]);
    await w.end();
  });

  it('a serial of another booking leaves the bill locked for an operator', async () => {
    const one = await d.signed({ a: 100 });
    const paid = payment(one, 50);
    await d.world.revenue.supplement(d.unit, { ...paid, bookingDay: today, orderedBy: 'test' });
    await d.go();
    const [, a = ''] = d.request();
    await process(resultFile(d, [lineOf(a, { serial: paid.serial })]));
    expect(await counts()).equal('noticed, conflict 1');
    expect(await d.locks()).to.have.length(1);
    const batch = await batchOfDay(db(), d.unit, today);
    await releaseBatch(d.releasing, d.unit, batch?.id ?? '', 'looked into', 'test');
    expect(await d.locks()).to.deep.equal([]);
    expect(await verifyLedger(db())).to.deep.equal([]);
  });

  it('takes a file in part where the unit wants it: good lines are booked, each bad one is noted with its reason', async () => {
    const customer = await d.signed({ a: 1000, b: 2000, c: 3000, e: 4000, f: 5000 });
    await d.go();
    const [, a = '', b = '', c = '', e = '', f = ''] = d.request();
    const strange = a.replace(/^\d{32}/, '0'.repeat(32));
    const serial = freshSerial();
    const lines = [
      strange,
      lineOf(a),
      lineOf(b, { debited: '5' }),
      ...[lineOf(c, { serial }), lineOf(e, { serial })],
      ...[lineOf(f), lineOf(f, { flag: '0', serial: '' })],
    ];
    const file = resultFile(d, [lineOf(strange), ...lines.slice(1)]);
    for (let n = 0; n < 2; n += 1) {
      const outcome = await processAnswer(d.books, file, { inPart: true });
      expect(outcome.kind).equal('processed');
      expect(outcome.detail).contains('refused 6');
      expect(await counts()).equal('noticed, settled 1, waiting 4');
      expect(await standing(d.world, d.unit, customer)).equal('bcef 0');
    }
    const batch = await batchOfDay(db(), d.unit, today);
    const refused: string[] = [];
    if (batch !== undefined)
      for await (const row of reportOf(db(), batch).rows)
        if (row[7] === '拒收') refused.push(String(row[8]).replace(/ \(.*/, ''));
    const at = (line: number, why: string) => `r.txt 第${line}行：${why}`;
    expect(refused).to.deep.equal([
      at(2, '明细标识未知'),
      at(4, '实扣金额不符'),
      ...[at(5, '平台流水重复'), at(6, '平台流水重复'), at(7, '明细标识重复'), at(8, '明细标识重复')],
    ]);
    // A corrected file brings the rest.
    const rest = resultFile(d, [lineOf(b), lineOf(c), lineOf(e), lineOf(f)], 'rest.txt');
    expect(await processAnswer(d.books, rest, { inPart: true })).to.include({ kind: 'processed' });
    expect(await counts()).equal('answered, settled 5');
    expect(await verifyLedger(db())).to.deep.equal([]);
  });

  it('books many lines of one customer with one balance, and lets a void serial give way', async () => {
    const bills = Object.fromEntries([...'abcdefgh'].map((bill, n) => [bill, 100 + n]));
    const customer = await d.signed(bills);
    await d.go();
    const [paid, ...others] = d.request().slice(1);
    const [first = '', second = ''] = [paid ?? '', others[0] ?? ''];
    let double = 0;
    for (const line of [first, second]) {
      const [, , , , , bill = '', , , , amount] = line.split('|');
      double += Number(amount);
      const order = payment(customer, Number(amount), { bills: [bill] });
      expect((await d.world.revenue.pay(d.unit, order)).kind).equal('booked');
    }
    const serial = freshSerial();
    expect(await d.world.revenue.paymentStatus(d.unit, serial, noon)).to.include({ kind: 'unknown' });
    const last = others.at(-1) ?? '';
    const lines = [first, ...others.slice(0, -1)].map((line) => lineOf(line));
    expect(await process(resultFile(d, [...lines, lineOf(last, { serial })]))).to.include({
      kind: 'processed',
    });
    expect(await counts()).equal('answered, prepaid 2, settled 6');
    expect(await standing(d.world, d.unit, customer)).equal(` ${double}`);
    expect(await d.locks()).to.deep.equal([]);
    expect(await verifyLedger(db())).to.deep.equal([]);
  });
});
