import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { outcomesOf, releaseBatch, runDeduction } from '../../../src/exchange/deduction/index.js';
import { verifyLedger } from '../../../src/revenue/index.js';
import { customerWith, today } from '../../revenue/world.js';
import { eachDatabase } from '../../support/databases.js';
import { crashing, type DeductionWorld, deductionWorld } from './world.js';

eachDatabase('a deduction run', (db) => {
  let d: DeductionWorld;
  beforeEach(async () => {
    d = await deductionWorld(db());
  });
  afterEach(() => d.end());

  it('locks what is eligible with its late fee frozen and publishes one whole file', async () => {
    const one = await d.signed({ a: 10_000, b: 20_000 });
    const two = await d.signed({ a: 500 });
    await customerWith(d.world, d.unit, { a: 700 }); // No agreement.
    const batch = await runDeduction(d.run, today);
    expect(batch).to.include({ state: 'published', count: 3, sum: 31_049n, fileName: d.run.fileName });
    expect(await d.locks()).to.deep.equal([`${one}a`, `${one}b`, `${two}a`]);
    const [summary, ...lines] = d.request();
    expect(summary).equal('3|31049|20240115|105||');
    expect(lines.map((line) => line.split('|').slice(1))).to.deep.equal(
      [
        [one, 'a', '10000', '180', '10180'],
        [one, 'b', '20000', '360', '20360'],
        [two, 'a', '500', '9', '509'],
      ].map(([customer, bill, ...amounts]) => [
        ...[customer, d.unit.id, '6222000011112222', '10', `${customer}${bill}`],
        ...[expectedMonth(lines, `${customer}${bill}`), ...amounts, '20240115', ''],
      ]),
    );
    expect(d.files()).to.deep.equal([d.run.fileName]);
  });

  it('happens once on a day: run again, or by two nodes at once, there is one batch and one file', async () => {
    await d.signed({ a: 100, b: 200 });
    const other = { ...d.run, books: { ...d.books, database: await db.open() } };
    const [one, two] = await Promise.all([runDeduction(d.run, today), runDeduction(other, today)]);
    expect(one).to.include({ state: 'published', count: 2 });
    expect(two.id).equal(one.id);
    const before = d.request();
    expect((await runDeduction(d.run, today)).id).equal(one.id);
    expect(d.request()).to.deep.equal(before);
    expect(d.files()).to.have.length(1);
  });

  it('goes on after a crash at each step as if there had been none', async () => {
    for (const when of ['before', 'after'] as const)
      for (let at = 1; at <= 6; at += 1) {
        const w = await deductionWorld(db());
        const customer = await w.signed({ a: 100, b: 200 });
        const database = crashing(db(), at, when);
        const broken = await runDeduction({ ...w.run, books: { ...w.books, database } }, today).catch(
          () => undefined,
        );
        if (broken === undefined) {
          const batch = await runDeduction(w.run, today);
          expect(batch, `${when} ${at}`).to.include({ state: 'published', count: 2, sum: 306n });
        }
        expect(w.request(), `${when} ${at}`).to.have.length(3);
        expect(w.files()).to.deep.equal([w.run.fileName]);
        expect(await w.locks()).to.deep.equal([`${customer}a`, `${customer}b`]);
        w.end();
      }
  });

  it('never takes the place of a file with other content', async () => {
    await d.signed({ a: 100 });
    const path = join(d.run.downloadDir, d.run.fileName);
    const batch = await runDeduction({ ...d.run, downloadDir: d.dir, fileName: 'other.txt' }, today);
    expect(batch.state).equal('published');
    const w = await deductionWorld(db());
    await w.signed({ a: 100 });
    writeFileSync(join(w.dir, w.run.fileName), 'something else');
    const error = await runDeduction({ ...w.run, downloadDir: w.dir }, today).catch((e: unknown) => e);
    expect(error).to.have.property('code', 'deduct-file-exists');
    expect(readFileSync(join(w.dir, w.run.fileName), 'utf8')).equal('something else');
    expect(path).contains('download');
    w.end();
  });

  it('without anything eligible there is no file; a release lets the bills go', async () => {
    expect(await runDeduction(d.run, today)).to.include({ state: 'empty', count: 0 });
    const w = await deductionWorld(db());
    await w.signed({ a: 100, b: 200 });
    const batch = await runDeduction(w.run, today);
    expect(await releaseBatch(w.books, w.unit, batch.id, 'no answer')).to.include({ unlocked: 2 });
    expect(await w.locks()).to.deep.equal([]);
    expect((await outcomesOf(db(), batch)).released?.count).equal(2);
    expect(await verifyLedger(db())).to.deep.equal([]);
    w.end();
  });
});

/** The month is of no interest here. */
const expectedMonth = (lines: readonly string[], bill: string): string | undefined =>
  lines.find((line) => line.split('|')[5] === bill)?.split('|')[6];
