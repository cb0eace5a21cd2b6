import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { outcomesOf, releaseBatch, runDeduction } from '../../../src/exchange/deduction/index.js';
import type { ExchangePlace } from '../../../src/exchange/index.js';
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
    const batch = await d.go();
    expect(batch).to.include({ state: 'noticed', count: 3, sum: 31_049n, fileName: d.fileName });
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
    expect(d.files()).to.deep.equal([d.fileName]);
  });

  it('happens once on a day: run again, or by two nodes at once, there is one batch, one file, one notice', async () => {
    await d.signed({ a: 100, b: 200 });
    const otherDatabase = await db.open();
    const other = d.runOn(otherDatabase, d.node(otherDatabase));
    const [one, two] = await Promise.all([d.go(), runDeduction(other, today)]);
    expect(two.id).equal(one.id);
    // Whoever did not have the file has only seen it on its way.
    expect(await d.go()).to.include({ id: one.id, state: 'noticed', count: 2 });
    const before = d.request();
    expect((await d.go()).id).equal(one.id);
    expect(d.request()).to.deep.equal(before);
    expect(d.files()).to.have.length(1);
    expect(d.notices).to.have.length(1);
    expect(d.notices[0]).contains(d.fileName);
  });

  it('goes on after a crash at each step as if there had been none', async function () {
    this.timeout(120_000);
    for (const when of ['before', 'after'] as const) {
      let crashed = true;
      for (let at = 1; crashed && at < 40; at += 1) {
        const w = await deductionWorld(db());
        const customer = await w.signed({ a: 100, b: 200 });
        const database = crashing(db(), at, when);
        const broken = await runDeduction(w.runOn(database, w.node(database)), today).catch(() => undefined);
        crashed = broken?.state !== 'noticed';
        w.later();
        expect(await w.go(), `${when} ${at}`).to.include({ state: 'noticed', count: 2, sum: 306n });
        expect(w.request(), `${when} ${at}`).to.have.length(3);
        expect(w.files()).to.deep.equal([w.fileName]);
        expect(await w.locks()).to.deep.equal([`${customer}a`, `${customer}b`]);
        expect(crashed || at > 5, `${when}: only ${at} transactions`).equal(true);
        await w.end();
      }
    }
  });

  it('waits where another file has its name, and goes on when that is away', async () => {
    await d.signed({ a: 100 });
    mkdirSync(d.download, { recursive: true });
    writeFileSync(join(d.download, d.fileName), 'something else');
    expect(await d.go()).to.include({ state: 'written' });
    expect(readFileSync(join(d.download, d.fileName), 'utf8')).equal('something else');
    expect(d.log.events.map(({ fields }) => fields.reason).join()).contains('is not ours');
    rmSync(join(d.download, d.fileName));
    d.later();
    expect(await d.go()).to.include({ state: 'noticed' });
    expect(d.request()).to.have.length(2);
  });

  it('is announced until the platform takes it; a refusal leaves it published, a release takes it back', async () => {
    await d.signed({ a: 100 });
    d.answerNoticesWith('0009');
    expect(await d.go()).to.include({ state: 'published' });
    d.later();
    d.answerNoticesWith('9999');
    expect(await d.go()).to.include({ state: 'noticed' });
    const w = await deductionWorld(db());
    await w.signed({ a: 100 });
    w.answerNoticesWith('4000');
    const batch = await w.go();
    expect(batch.state).equal('published');
    expect((await w.exchange.outgoing.find(batch.outgoingId))?.state).equal('failed');
    expect(await releaseBatch(w.releasing, w.unit, batch.id, 'refused', 'test')).to.include({ unlocked: 1 });
    expect(w.files()).to.deep.equal([]);
    expect((await w.go()).state).equal('released');
    await w.end();
  });

  it('publishes on a server of the platform as well', async () => {
    const put = new Map<string, string>();
    const remote: ExchangePlace = {
      incoming: {
        name: 'r',
        list: async () => [],
        find: async () => undefined,
        isUnfinished: async () => false,
        take: async () => false,
        settle: async () => {},
        watch: () => () => {},
      },
      outgoing: {
        name: 'us@platform',
        noticePath: '/',
        put: async (name, source) => void put.set(name, readFileSync(source, 'latin1')),
        check: async (name) => {
          const text = put.get(name);
          return text === undefined ? undefined : { bytes: text.length, sha256: undefined };
        },
        remove: async (name) => void put.delete(name),
      },
      archive: '.archive/r',
      close: async () => {},
    };
    const w = await deductionWorld(db(), undefined, { remote });
    await w.signed({ a: 100 });
    expect(await w.go()).to.include({ state: 'noticed' });
    expect(put.get(w.fileName)).contains('1|102|20240115|105||');
    await w.end();
  });

  it('without anything eligible there is no file; a release lets the bills go', async () => {
    expect(await d.go()).to.include({ state: 'empty', count: 0 });
    const w = await deductionWorld(db());
    await w.signed({ a: 100, b: 200 });
    const batch = await w.go();
    expect(await releaseBatch(w.releasing, w.unit, batch.id, 'no answer', 'test')).to.include({
      unlocked: 2,
    });
    expect(await w.locks()).to.deep.equal([]);
    expect((await outcomesOf(db(), batch)).released?.count).equal(2);
    expect(await verifyLedger(db())).to.deep.equal([]);
    await w.end();
  });
});

/** The month is of no interest here. */
const expectedMonth = (lines: readonly string[], bill: string): string | undefined =>
  lines.find((line) => line.split('|')[5] === bill)?.split('|')[6];
