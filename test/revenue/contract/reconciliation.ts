import { expect } from 'chai';
import type { Day } from '../../../src/protocol/values.js';
import { unitWith } from '../../../src/revenue/unit.js';
import { customerWith, fen, noon, payment, refundOf, standing, supplementOf, type World } from '../world.js';

export function reconciliationContract(world: () => World): void {
  const unit = unitWith('T1');
  const reversal = (order: ReturnType<typeof payment>, replaced = false) => ({
    serial: order.serial,
    receivedAt: noon,
    orderedBy: 'recon test',
    replaced,
  });

  it('supplements what was never seen, with the late fee of the platform’s day, once', async () => {
    const customer = await customerWith(world(), unit, { a: 10_000 }, { late: '20240106' });
    const lost = payment(customer, 10_030, { bankDay: '20240106' as Day });
    expect((await world().revenue.supplement(unit, supplementOf(lost))).kind).to.equal('booked');
    expect(await standing(world(), unit, customer)).to.equal(' 0');
    expect((await world().other.supplement(unit, supplementOf(lost))).kind).to.equal('already-booked');
    const status = await world().revenue.paymentStatus(unit, lost.serial, noon);
    expect(status).to.include({ kind: 'booked', refunded: false });
    expect(await world().revenue.pay(unit, lost)).to.include({ kind: 'duplicate', same: true });
  });

  it('is never refused for its amount: whole bills as far as it reaches, the rest prepaid', async () => {
    const customer = await customerWith(world(), unit, { a: 100, b: 200 }, { prepaid: 10 });
    const little = supplementOf(payment(customer, 95));
    expect((await world().revenue.supplement(unit, little)).kind).to.equal('booked');
    expect(await standing(world(), unit, customer)).to.equal('b 5');
  });

  it('revives a void and a refused serial, and nothing else does', async () => {
    const customer = await customerWith(world(), unit, { a: 100, b: 200 });
    const [lost, refused] = [payment(customer, 300), payment(customer, 1)];
    await world().revenue.paymentStatus(unit, lost.serial, noon);
    await world().revenue.pay(unit, refused);
    expect((await world().revenue.pay(unit, lost)).kind).to.equal('refused');
    expect((await world().revenue.supplement(unit, supplementOf(lost))).kind).to.equal('booked');
    expect((await world().revenue.supplement(unit, supplementOf(refused))).kind).to.equal('booked');
    expect(await standing(world(), unit, customer)).to.equal(' 1');
    const status = await world().revenue.paymentStatus(unit, refused.serial, noon);
    expect(status).to.include({ kind: 'booked' });
  });

  it('books on closed accounts, and tells an unknown customer without touching the serial', async () => {
    const closed = await customerWith(world(), unit, {}, { state: 'closed' });
    expect((await world().revenue.supplement(unit, supplementOf(payment(closed, 100)))).kind).to.equal(
      'booked',
    );
    const nobody = payment('nobody', 100);
    expect((await world().revenue.supplement(unit, supplementOf(nobody))).kind).to.equal('unknown-customer');
    expect((await world().revenue.paymentStatus(unit, nobody.serial, noon)).kind).to.equal('unknown');
  });

  it('settles the named bills where the unit pays by bill', async () => {
    const byId = unitWith('T1', { billsChosen: 'byId' });
    const customer = await customerWith(world(), byId, { a: 100, b: 200 });
    const lost = payment(customer, 200, { bills: [`${customer}b`] });
    expect((await world().revenue.supplement(byId, supplementOf(lost))).kind).to.equal('booked');
    expect(await standing(world(), byId, customer)).to.equal('a 0');
  });

  it('reverses a payment that the platform’s books do not know, once', async () => {
    const customer = await customerWith(world(), unit, { a: 100 });
    const order = payment(customer, 120);
    await world().revenue.pay(unit, order);
    expect((await world().revenue.reverse(unit, reversal(order))).kind).to.equal('reversed');
    expect(await standing(world(), unit, customer)).to.equal('a 0');
    expect((await world().other.reverse(unit, reversal(order))).kind).to.equal('already-reversed');
    expect(await world().revenue.pay(unit, order)).to.include({ kind: 'duplicate' });
    expect(await world().revenue.refund(unit, refundOf(order))).to.deep.equal({
      kind: 'refused',
      refusal: 'other-refund',
    });
    // A corrected file proves it after all.
    expect((await world().revenue.supplement(unit, supplementOf(order))).kind).to.equal('booked');
    expect(await standing(world(), unit, customer)).to.equal(' 20');
  });

  it('replaces a payment whose amount differs: reversed, then booked under the same serial', async () => {
    const customer = await customerWith(world(), unit, { a: 100 });
    const order = payment(customer, 100);
    await world().revenue.pay(unit, order);
    expect((await world().revenue.reverse(unit, reversal(order, true))).kind).to.equal('reversed');
    expect(await world().revenue.pay(unit, order)).to.include({ kind: 'duplicate' });
    const right = supplementOf(order, { amount: fen(160) });
    const booked = await world().revenue.supplement(unit, right);
    expect(booked.kind).to.equal('booked');
    expect((await world().revenue.supplement(unit, right)).kind).to.equal('already-booked');
    expect(await standing(world(), unit, customer)).to.equal(' 60');
    const status = await world().revenue.paymentStatus(unit, order.serial, noon);
    expect(status.kind === 'booked' && booked.kind === 'booked' && status.paymentNumber).to.equal(
      booked.kind === 'booked' && booked.paymentNumber,
    );
    expect(await world().verify()).to.deep.equal([]);
  });

  it('does not book again what the platform had refunded, unless it is freed for that', async () => {
    const customer = await customerWith(world(), unit, { a: 100 });
    const order = payment(customer, 100);
    await world().revenue.pay(unit, order);
    await world().revenue.refund(unit, refundOf(order));
    expect((await world().revenue.supplement(unit, supplementOf(order))).kind).to.equal('already-booked');
    expect((await world().revenue.reverse(unit, reversal(order, true))).kind).to.equal('already-reversed');
    expect((await world().revenue.supplement(unit, supplementOf(order))).kind).to.equal('booked');
    expect(await standing(world(), unit, customer)).to.equal(' 0');
  });

  it('refuses to reverse what is not there, or whose balance is used', async () => {
    const free = unitWith('T1', { amountRule: 'any' });
    const customer = await customerWith(world(), free, { a: 100, b: 100 });
    const first = payment(customer, 130);
    await world().revenue.pay(free, first);
    await world().revenue.pay(free, payment(customer, 70));
    const used = await world().revenue.reverse(unit, reversal(first, true));
    expect(used).to.deep.equal({ kind: 'refused', refusal: 'balance-used' });
    expect((await world().revenue.supplement(unit, supplementOf(first))).kind).to.equal('already-booked');
    const nothing = await world().revenue.reverse(unit, reversal(payment(customer, 1)));
    expect(nothing).to.deep.equal({ kind: 'refused', refusal: 'no-payment' });
  });
}
