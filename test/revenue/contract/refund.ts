import { expect } from 'chai';
import type { Day } from '../../../src/protocol/values.js';
import type { RefundOutcome } from '../../../src/revenue/revenue-system.js';
import { unitWith } from '../../../src/revenue/unit.js';
import { customerWith, fen, freshSerial, noon, payment, refundOf, standing, type World } from '../world.js';

const resultOf = (outcome: RefundOutcome): string =>
  outcome.kind === 'refused' ? outcome.refusal : `${outcome.kind}${outcome.repeat ? ' again' : ''}`;

export function refundContract(world: () => World): void {
  const unit = unitWith('R1');

  it('opens the bills again and takes the rest from the balance; then it can be paid anew', async () => {
    const customer = await customerWith(world(), unit, { a: 100, b: 200 }, { prepaid: 30 });
    const first = payment(customer, 310);
    await world().revenue.pay(unit, first);
    expect(await standing(world(), unit, customer)).to.equal(' 40');
    expect(resultOf(await world().other.refund(unit, refundOf(first)))).to.equal('refunded');
    expect(await standing(world(), unit, customer)).to.equal('ab 30');
    const second = payment(customer, 270);
    expect((await world().revenue.pay(unit, second)).kind).to.equal('booked');
    expect(await standing(world(), unit, customer)).to.equal(' 0');
    expect((await world().revenue.pay(unit, first)).kind).to.equal('duplicate');
    expect(await world().verify()).to.deep.equal([]);
  });

  it('answers a repeat of the same refund like the first, and refuses any other of that payment', async () => {
    const customer = await customerWith(world(), unit, { a: 100 });
    const order = payment(customer, 100);
    await world().revenue.pay(unit, order);
    const back = refundOf(order);
    const first = await world().revenue.refund(unit, back);
    const again = await world().other.refund(unit, { ...back, receivedAt: noon + 5 });
    expect(resultOf(again)).to.equal('refunded again');
    if (first.kind === 'refunded' && again.kind === 'refunded') {
      expect(again.refundNumber).to.equal(first.refundNumber);
    }
    expect(resultOf(await world().revenue.refund(unit, { ...back, serial: undefined }))).to.equal(
      'refunded again',
    );
    expect(resultOf(await world().revenue.refund(unit, refundOf(order)))).to.equal('other-refund');
    expect(await standing(world(), unit, customer)).to.equal('a 0');
  });

  it('works without a serial of its own', async () => {
    const customer = await customerWith(world(), unit, { a: 100 });
    const order = payment(customer, 100);
    await world().revenue.pay(unit, order);
    const back = refundOf(order, { serial: undefined });
    expect(resultOf(await world().revenue.refund(unit, back))).to.equal('refunded');
    expect(resultOf(await world().revenue.refund(unit, back))).to.equal('refunded again');
  });

  it('refuses a refund serial that took back another payment', async () => {
    const customer = await customerWith(world(), unit, {});
    const [one, two] = [payment(customer, 100), payment(customer, 100)];
    await world().revenue.pay(unit, one);
    await world().revenue.pay(unit, two);
    const serial = freshSerial();
    expect(resultOf(await world().revenue.refund(unit, refundOf(one, { serial })))).to.equal('refunded');
    expect(resultOf(await world().revenue.refund(unit, refundOf(two, { serial })))).to.equal('other-refund');
    expect(await standing(world(), unit, customer)).to.equal(' 100');
  });

  it('refuses another amount, an unknown and a refused payment; what it did not find is void', async () => {
    const customer = await customerWith(world(), unit, { a: 100 });
    const order = payment(customer, 100);
    const refused = payment(customer, 1);
    await world().revenue.pay(unit, refused);
    expect(resultOf(await world().revenue.refund(unit, refundOf(refused)))).to.equal('no-payment');
    expect(resultOf(await world().revenue.refund(unit, refundOf(order)))).to.equal('no-payment');
    expect(await world().other.pay(unit, order)).to.deep.equal({ kind: 'refused', refusal: 'void-serial' });
    const paid = payment(customer, 100);
    await world().revenue.pay(unit, paid);
    const other = refundOf(paid, { amount: fen(99) });
    expect(resultOf(await world().revenue.refund(unit, other))).to.equal('amount-differs');
    expect(await standing(world(), unit, customer)).to.equal(' 0');
  });

  it('refuses after the window', async () => {
    const strict = unitWith('R1', {}, { refundDays: 3, acceptanceDays: undefined });
    const customer = await customerWith(world(), strict, {});
    const old = payment(customer, 100, { bankDay: '20240111' as Day });
    const young = payment(customer, 100, { bankDay: '20240112' as Day });
    await world().revenue.pay(strict, old);
    await world().revenue.pay(strict, young);
    expect(resultOf(await world().revenue.refund(strict, refundOf(old)))).to.equal('window-over');
    expect(resultOf(await world().revenue.refund(strict, refundOf(young)))).to.equal('refunded');
  });

  it('refuses when the balance is used, unless the unit lets it go below zero', async () => {
    const free = unitWith('R1', { amountRule: 'any' });
    const overdrawn = await customerWith(world(), unit, { a: 100, b: 100 });
    const first = payment(overdrawn, 130);
    // 130 settles one bill and leaves 30; 70 more settle the other with those 30.
    await world().revenue.pay(free, first);
    await world().revenue.pay(free, payment(overdrawn, 70));
    expect(await standing(world(), unit, overdrawn)).to.equal(' 0');
    expect(resultOf(await world().revenue.refund(unit, refundOf(first)))).to.equal('balance-used');
    const lenient = unitWith('R1', {}, { refundMayOverdraw: true });
    expect(resultOf(await world().revenue.refund(lenient, refundOf(first)))).to.equal('refunded');
    expect(await standing(world(), unit, overdrawn)).to.equal('a -30');
    // The debt is part of what is due: 100 + 30.
    expect((await world().revenue.pay(unit, payment(overdrawn, 129))).kind).to.equal('refused');
    expect((await world().revenue.pay(unit, payment(overdrawn, 130))).kind).to.equal('booked');
    expect(await standing(world(), unit, overdrawn)).to.equal(' 0');
  });
}
