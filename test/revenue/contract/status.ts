import { expect } from 'chai';
import { unitWith } from '../../../src/revenue/unit.js';
import { customerWith, freshSerial, noon, payment, refundOf, type World } from '../world.js';

export function statusContract(world: () => World): void {
  const unit = unitWith('S1');

  it('tells a booked payment with its number, and whether it was refunded', async () => {
    const customer = await customerWith(world(), unit, { a: 100 });
    const order = payment(customer, 100);
    const booked = await world().revenue.pay(unit, order);
    const number = booked.kind === 'booked' ? booked.paymentNumber : '';
    const before = await world().other.paymentStatus(unit, order.serial, noon);
    expect(before).to.deep.equal({ kind: 'booked', paymentNumber: number, refunded: false });
    await world().revenue.refund(unit, refundOf(order));
    const after = await world().other.paymentStatus(unit, order.serial, noon);
    expect(after).to.deep.equal({ kind: 'booked', paymentNumber: number, refunded: true });
  });

  it('tells a refused payment as refused for good', async () => {
    const order = payment('nobody', 100);
    await world().revenue.pay(unit, order);
    expect(await world().other.paymentStatus(unit, order.serial, noon)).to.deep.equal({ kind: 'refused' });
    expect((await world().revenue.pay(unit, order)).kind).to.equal('refused');
  });

  it('makes an unknown serial void: a late payment with it is refused, on any node', async () => {
    const customer = await customerWith(world(), unit, { a: 100 });
    const order = payment(customer, 100);
    expect(await world().revenue.paymentStatus(unit, order.serial, noon)).to.deep.equal({ kind: 'unknown' });
    const late = await world().other.pay(unit, order);
    expect(late).to.deep.equal({ kind: 'refused', refusal: 'void-serial' });
    expect(await world().other.paymentStatus(unit, order.serial, noon)).to.deep.equal({ kind: 'unknown' });
  });

  it('leaves an unknown serial open where the unit says so', async () => {
    const open = unitWith('S1', { unknownSerial: 'open' });
    const customer = await customerWith(world(), open, { a: 100 });
    const order = payment(customer, 100);
    expect(await world().revenue.paymentStatus(open, order.serial, noon)).to.deep.equal({ kind: 'unknown' });
    expect((await world().other.pay(open, order)).kind).to.equal('booked');
  });

  it('asked while the payment runs, both agree on what became of it', async () => {
    for (let round = 0; round < 12; round++) {
      const customer = await customerWith(world(), unit, { a: 100 });
      const order = payment(customer, 100, { serial: freshSerial() });
      const [paid, status] = await Promise.all([
        world().revenue.pay(unit, order),
        world().other.paymentStatus(unit, order.serial, noon),
      ]);
      const after = await world().other.paymentStatus(unit, order.serial, noon);
      if (paid.kind === 'booked') {
        expect(status.kind).to.be.oneOf(['booked', 'undecided']);
        expect(after.kind).to.equal('booked');
      } else {
        expect(paid).to.deep.equal({ kind: 'refused', refusal: 'void-serial' });
        expect([status.kind, after.kind]).to.deep.equal(['unknown', 'unknown']);
      }
    }
  });
}
