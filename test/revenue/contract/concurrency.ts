import { expect } from 'chai';
import type { PaymentOutcome } from '../../../src/revenue/revenue-system.js';
import { unitWith } from '../../../src/revenue/unit.js';
import { customerWith, payment, refundOf, standing, supplementOf, type World } from '../world.js';

const tally = (outcomes: readonly { readonly kind: string }[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { kind } of outcomes) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
};

export function concurrencyContract(world: () => World): void {
  const unit = unitWith('N1');
  const nodes = () => [world().revenue, world().other] as const;
  const many = <T>(
    count: number,
    call: (node: ReturnType<typeof nodes>[number], index: number) => Promise<T>,
  ) =>
    Promise.all(Array.from({ length: count }, (_, index) => call(nodes()[index % 2 === 0 ? 0 : 1], index)));

  it('200 identical payments on two nodes: one booked, 199 duplicates of it', async () => {
    const customer = await customerWith(world(), unit, { a: 100 });
    const order = payment(customer, 130);
    const outcomes: PaymentOutcome[] = await many(200, (node) => node.pay(unit, order));
    expect(tally(outcomes)).to.deep.equal({ booked: 1, duplicate: 199 });
    const numbers = new Set(outcomes.map((one) => (one.kind === 'refused' ? '' : one.paymentNumber)));
    expect(numbers.size).to.equal(1);
    expect(await standing(world(), unit, customer)).to.equal(' 30');
  });

  it('20 payments of one bill under different serials: every fen is kept, the bill is settled once', async () => {
    const customer = await customerWith(world(), unit, { a: 100 });
    const outcomes = await many(20, (node) => node.pay(unit, payment(customer, 100)));
    expect(tally(outcomes)).to.deep.equal({ booked: 20 });
    expect(await standing(world(), unit, customer)).to.equal(' 1900');
  });

  it('20 identical refunds: done once, repeated 19 times', async () => {
    const customer = await customerWith(world(), unit, { a: 100 });
    const order = payment(customer, 150);
    await world().revenue.pay(unit, order);
    const back = refundOf(order);
    const outcomes = await many(20, (node) => node.refund(unit, back));
    expect(outcomes.filter((one) => one.kind === 'refunded' && !one.repeat)).to.have.length(1);
    expect(tally(outcomes)).to.deep.equal({ refunded: 20 });
    expect(await standing(world(), unit, customer)).to.equal('a 0');
  });

  it('the same payment, its supplement and its status at once: booked once or void, never both', async () => {
    for (let round = 0; round < 10; round++) {
      const customer = await customerWith(world(), unit, { a: 100 });
      const order = payment(customer, 100);
      const outcomes = await Promise.all([
        world().revenue.pay(unit, order),
        world().other.supplement(unit, supplementOf(order)),
        world().revenue.paymentStatus(unit, order.serial, order.receivedAt),
      ]);
      const booked = outcomes.slice(0, 2).filter((one) => one.kind === 'booked');
      expect(booked).to.have.length(1);
      expect(await standing(world(), unit, customer)).to.equal(' 0');
    }
  });
}
