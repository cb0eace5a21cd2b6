import { expect } from 'chai';
import { continueDay, orderRun, reconcileFile } from '../../../src/exchange/reconciliation/index.js';
import type { Day } from '../../../src/protocol/values.js';
import {
  customerWith,
  fen,
  freshSerial,
  noon,
  payment,
  refundOf,
  standing,
  today,
} from '../../revenue/world.js';
import { eachDatabase } from '../../support/databases.js';
import { crashing } from '../deduction/world.js';
import { type Line, type ReconWorld, reconWorld } from './world.js';

eachDatabase('reconciling a day', (db) => {
  let r: ReconWorld;
  beforeEach(() => {
    r = reconWorld(db);
  });
  afterEach(() => r.end());
  const customer = (bills: Record<string, number> = {}, more = {}) =>
    customerWith(r.world, r.unit, bills, more);
  const line = (of: Line, more: Partial<Line> = {}): Line => ({ ...of, ...more });

  it('with two connections, the least that the configuration takes', async () => {
    const { pool } = db.settings();
    const two = await db.open({ pool: { ...pool, min: 0, max: 2, acquireTimeoutMs: 5000 } });
    const small = reconWorld(Object.assign(() => two, db));
    try {
      const somebody = await customerWith(small.world, small.unit, { a: 100 });
      const lost = payment(somebody, 100);
      expect((await small.run(small.file([lost]))).kind).equal('done');
      expect(await small.found()).deep.equal(['missing repaired supplemented']);
    } finally {
      small.end();
      await two.close();
    }
  });

  it('supplements, reverses, replaces and holds what differs; again: nothing changes', async () => {
    const [a, b, c, d, e] = await Promise.all([1, 2, 3, 4, 5].map((n) => customer({ a: 100 * n })));
    if (!a || !b || !c || !d || !e) throw new Error('no customers');
    const [right, surplus, amount, who] = [
      await r.paid(a, 100),
      await r.paid(b, 200),
      await r.paid(c, 300),
      await r.paid(d, 400),
    ];
    const lost = payment(e, 500);
    await r.world.revenue.paymentStatus(r.unit, lost.serial, noon); // Void: only reconciliation revives it.
    const nobody = { serial: freshSerial(), customer: 'nobody', amount: fen(77) };
    const other = await customer();
    const file = r.file([
      right,
      line(amount, { amount: fen(310) }),
      line(who, { customer: other }),
      lost,
      nobody,
    ]);
    expect((await r.run(file)).kind).equal('done');
    expect(await r.found()).to.deep.equal([
      'amount repaired replaced',
      'customer repaired replaced',
      'missing repaired supplemented',
      'missing suspense suspense',
      'surplus repaired reversed',
    ]);
    expect(await r.day()).equal('repaired: 1/100 1/500 1/200 2/710 1/77');
    const after = async () =>
      Promise.all([a, b, c, d, e, other].map((one) => standing(r.world, r.unit, one)));
    const state = await after();
    expect(state).to.deep.equal([' 0', 'a 0', ' 10', 'a 0', ' 0', ' 400']);
    expect(surplus.serial).not.equal(right.serial);

    expect((await r.run(file)).kind).equal('unchanged');
    expect(await after()).to.deep.equal(state);
    // Compared once more by an operator's order: the two books agree.
    const again = await continueDay(r.parts, r.unit, today, { kind: 'go-on' }, r.signal);
    expect(again?.kind).equal('done');
    expect(await after()).to.deep.equal(state);
    expect(await r.world.verify()).to.deep.equal([]);
  });

  it('is run by one of two nodes; the other finds it busy or done', async () => {
    const lost = payment(await customer(), 70);
    const file = r.file([lost]);
    const other = { ...r.parts, database: await db.open() };
    const kinds = (await Promise.all([r.run(file), r.run(file, other)])).map(({ kind }) => kind);
    expect(kinds).contains('done');
    expect(
      kinds.filter((kind) => kind !== 'done').every((kind) => kind === 'busy' || kind === 'unchanged'),
    ).equal(true);
    expect(await r.found()).to.deep.equal(['missing repaired supplemented']);
    expect(await standing(r.world, r.unit, lost.customer)).equal(' 70');
  });

  it('links both bookings of a replacement, before and after', async () => {
    const one = await customer({ a: 100 });
    const order = await r.paid(one, 100);
    await r.run(r.file([line(order, { amount: fen(150) })]));
    const [found] = await r.differences();
    expect(found?.ours).to.include({ amount: 100n, customer: one });
    expect(found?.platform).to.include({ amount: 150n, customer: one });
    expect(
      [found?.ours?.paymentNumber, found?.paymentAfter, found?.refundNumber].every((n) =>
        /^\d{24}$/.test(n ?? ''),
      ),
    ).equal(true);
    expect(found?.ours?.paymentNumber).not.equal(found?.paymentAfter);
    expect(await r.day()).equal('closed: 0/0 0/0 0/0 1/150 0/0');
  });

  it('goes on after a crash at each transaction; the end is the same as without', async () => {
    // Every transaction on one database; on the others those that differ.
    const points = db.client === 'sqlite' ? [1, 2, 3, 4, 5, 6, 7] : [4];
    for (const when of ['before', 'after'] as const)
      for (const at of points) {
        const w = reconWorld(db);
        const who = await customerWith(w.world, w.unit, { a: 100 });
        const [wrong, lost] = [await w.paid(who, 100), payment(who, 200)];
        const surplus = await w.paid(await customerWith(w.world, w.unit, { a: 50 }), 50);
        const file = w.file([line(wrong, { amount: fen(90) }), lost]);
        await w.run(file, { database: crashing(db(), at, when) }).catch(() => 'crashed');
        await w.database.run({ text: () => 'update recon_days set claimed_by = null' });
        const outcome = await w.run(file);
        expect(['done', 'unchanged'], `${when} ${at}`).contains(outcome.kind);
        expect(await w.found(), `${when} ${at}`).to.deep.equal([
          'amount repaired replaced',
          'missing repaired supplemented',
          'surplus repaired reversed',
        ]);
        expect(await w.day()).equal('closed: 0/0 1/200 1/50 1/90 0/0');
        // The record, too: what was there before, what is there now, what took it back.
        const numbers = (await w.differences()).map((one) => [
          one.class,
          ...[one.ours?.paymentNumber, one.paymentAfter, one.refundNumber].map((n) => (n ? 'number' : '')),
        ]);
        expect(numbers.sort(), `${when} ${at}`).to.deep.equal([
          ['amount', 'number', 'number', 'number'],
          ['missing', '', 'number', ''],
          ['surplus', 'number', '', 'number'],
        ]);
        expect(surplus.amount).equal(50n);
        w.end();
      }
    expect(await r.world.verify()).to.deep.equal([]);
  });

  it('holds repairs over the threshold until an operator confirms, and half of a day’s reversals', async () => {
    const one = await customer({}, { prepaid: 0 });
    const orders = [];
    for (let n = 0; n < 6; n += 1) orders.push(await r.paid(one, 10 + n));
    const held = await r.run(r.file([]));
    expect(held).to.have.property('kind', 'held');
    expect(await r.day()).equal('held: 0/0 0/0 0/0 0/0 0/0');
    expect(await standing(r.world, r.unit, one)).equal(' 75');
    expect((await r.run(r.file([]))).kind).equal('held');
    expect((await continueDay(r.parts, r.unit, today, { kind: 'go-on' }, r.signal))?.kind).equal('held');
    const done = await continueDay(r.parts, r.unit, today, { kind: 'confirm', by: 'li' }, r.signal);
    expect(done?.kind).equal('done');
    expect(await standing(r.world, r.unit, one)).equal(' 0');
    expect(await r.day()).equal('closed: 0/0 0/0 6/75 0/0 0/0');
  });

  it('takes a corrected file only by order; what an earlier run did is put right', async () => {
    const one = await customer({ a: 100 });
    const order = await r.paid(one, 100);
    const extra = payment(one, 200);
    await r.run(r.file([order, extra]));
    expect(await standing(r.world, r.unit, one)).equal(' 200');
    const corrected = r.file([order]);
    const refused = await r.run(corrected);
    expect(refused.kind === 'refused' && refused.detail).contains('sluice recon rerun');
    expect(await r.day()).equal('closed: 1/100 1/200 0/0 0/0 0/0');
    await orderRun(
      r.database,
      { unit: r.unit.id, day: today, sha256: corrected.sha256 },
      { by: 'li', reason: '更正' },
      noon,
    );
    expect((await r.run(corrected)).kind).equal('done');
    expect(await standing(r.world, r.unit, one)).equal(' 0');
    expect(await r.day()).equal('closed: 1/100 1/200 1/200 0/0 0/0');
    expect(await r.world.verify()).to.deep.equal([]);
  });

  it('a corrected file takes the place of one that is held; money in suspense that it does not prove goes back', async () => {
    const one = await customer();
    const orders = [];
    for (let n = 0; n < 6; n += 1) orders.push(await r.paid(one, 10 + n));
    const nobody = { serial: freshSerial(), customer: 'nobody', amount: fen(9) };
    expect((await r.run(r.file([]))).kind).equal('held');
    const due = (await r.differences()).map(({ dueAt }) => dueAt)[0];
    const by = { by: 'li', reason: '更正' };
    const corrected = r.file([...orders.slice(1), nobody]);
    expect((await reconcileFile(r.parts, corrected, r.signal, by)).kind).equal('done');
    expect(await r.found()).to.deep.equal(
      [
        'missing suspense suspense',
        ...Array(5).fill('surplus settled not-in-file'),
        'surplus repaired reversed',
      ].sort(),
    );
    const again = (await r.differences()).find(({ outcome }) => outcome === 'reversed');
    expect([again?.run, again?.dueAt]).to.deep.equal([2, due]);
    const last = await reconcileFile(r.parts, r.file(orders.slice(1)), r.signal, by);
    expect(last.kind === 'done' && last.day.state).equal('closed');
    expect((await r.differences()).find(({ serial }) => serial === nobody.serial)?.outcome).equal('returned');
    expect(await standing(r.world, r.unit, one)).equal(' 65');
    expect(await r.world.verify()).to.deep.equal([]);
  });

  it('lists what cannot be reversed, and what we refunded although the platform did not', async () => {
    const free = await customer({ a: 100, b: 100 });
    const any = { ...r.unit, dialect: { ...r.unit.dialect, amountRule: 'any' as const } };
    const first = payment(free, 130);
    await r.world.revenue.pay(any, first);
    const second = payment(free, 70);
    await r.world.revenue.pay(any, second);
    const given = await r.paid(await customer({ a: 5 }), 5);
    await r.world.revenue.refund(r.unit, refundOf(given));
    const later = await r.paid(await customer({ a: 6 }), 6);
    await r.world.revenue.refund(
      r.unit,
      refundOf(later, { bankDay: '20240116' as Day, receivedAt: noon + 86_400_000 }),
    );
    expect((await r.run(r.file([second, given, later]))).kind).equal('done');
    expect(await r.found()).to.deep.equal([
      'refunded listed refunded-here',
      'refunded settled refunded-later',
      'surplus listed balance-used',
    ]);
    expect(await r.day()).match(/^repaired/);
  });

  it('knows one that was refunded and booked again by order as booked', async () => {
    const [one, two] = [await r.paid(await customer({ a: 5 }), 5), await r.paid(await customer({ a: 6 }), 6)];
    for (const order of [one, two]) await r.world.revenue.refund(r.unit, refundOf(order));
    const file = r.file([one, two]);
    await r.run(file);
    const again = { kind: 'go-on', rebook: true } as const;
    for (const each of await r.differences())
      await r.database.run({
        text: () =>
          `update recon_differences set state = 'open' where unit = '${r.unit.id}' and serial = '${each.serial}'`,
      });
    await continueDay(r.parts, r.unit, today, again, r.signal);
    expect(await r.day()).equal('closed: 0/0 0/0 0/0 2/11 0/0');
    const changed = r.file([one, line(two, { amount: fen(9) })]);
    const done = await reconcileFile(r.parts, changed, r.signal, { by: 'li', reason: '更正' });
    expect(done.kind === 'done' && done.run.foundCount).equal(1);
    expect((await r.found()).filter((text) => text.startsWith('amount'))).to.deep.equal([
      'amount repaired replaced',
    ]);
    expect(await r.world.verify()).to.deep.equal([]);
  });

  it('a refused file leaves no trace but its reason; a day without payments closes', async () => {
    const order = payment(await customer({ a: 1 }), 1);
    const outcome = await r.run(r.file([order, order]));
    expect(outcome.kind === 'refused' && outcome.detail).contains('重复');
    expect(await r.day()).equal('open: 0/0 0/0 0/0 0/0 0/0');
    expect((await r.run(r.file([], '20240113' as Day))).kind).equal('done');
    expect(await r.day('20240113' as Day)).equal('closed: 0/0 0/0 0/0 0/0 0/0');
    expect((await r.run(r.file([order]))).kind).equal('done');
    expect(await r.day()).equal('closed: 0/0 1/1 0/0 0/0 0/0');
  });

  it('a payment that we booked on another day than the platform is left alone on both', async () => {
    const w = reconWorld(db, { bookingDay: 'receivedDate' });
    const who = await customerWith(w.world, w.unit);
    const fourteenth = '20240114' as Day;
    const order = await w.paid(who, 12, { bankDay: fourteenth }); // Received on the 15th.
    expect((await w.run(w.file([order], fourteenth))).kind).equal('done');
    expect(await w.found(fourteenth)).to.deep.equal(['other-day settled reconciled-elsewhere']);
    expect((await w.run(w.file([]))).kind).equal('done');
    expect(await w.found()).to.deep.equal(['other-day settled reconciled-elsewhere']);
    expect(await standing(w.world, w.unit, who)).equal(' 12');
    expect([await w.day(fourteenth), await w.day()].every((text) => text.startsWith('closed'))).equal(true);
    w.end();
  });

  it('counts the late fee of a supplement as of the platform’s day', async () => {
    // 100.00 yuan, late from 20240110, 0.3 ‰ … 0.003 a day, both days counted: 5 days to the 14th, 6 to the 15th.
    const [early, same] = [
      await customer({ a: 10_000 }, { late: '20240110' }),
      await customer({ a: 10_000 }, { late: '20240110' }),
    ];
    const fourteenth = '20240114' as Day;
    await r.run(r.file([{ ...payment(early, 10_150) }], fourteenth));
    await r.run(r.file([{ ...payment(same, 10_180) }]));
    expect(await standing(r.world, r.unit, early)).equal(' 0');
    expect(await standing(r.world, r.unit, same)).equal(' 0');
    const records = await r.world.revenue.payments(r.unit, early, fourteenth, fourteenth);
    expect(records?.map(({ principal, lateFee }) => [principal, lateFee])).to.deep.equal([[10_000n, 150n]]);
  });
});
