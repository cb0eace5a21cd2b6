import { expect } from 'chai';
import { momentOf } from '../../../src/clock.js';
import type { UnitDialect } from '../../../src/protocol/dialect.js';
import type { Day } from '../../../src/protocol/values.js';
import type { PaymentOutcome } from '../../../src/revenue/revenue-system.js';
import { type UnitRules, unitWith } from '../../../src/revenue/unit.js';
import { customerWith, fen, freshSerial, payment, standing, today, type World } from '../world.js';

const refusalOf = (outcome: PaymentOutcome): string =>
  outcome.kind === 'refused' ? outcome.refusal : outcome.kind;

export function paymentContract(world: () => World): void {
  const plain = unitWith('P1');
  const withDialect = (dialect: Partial<UnitDialect>) => unitWith('P1', dialect);
  const withRules = (rules: Partial<UnitRules>) => unitWith('P1', {}, rules);

  it('settles all bills and keeps the surplus as prepaid', async () => {
    const customer = await customerWith(world(), plain, { a: 100, b: 200 });
    const outcome = await world().revenue.pay(plain, payment(customer, 350));
    expect(outcome.kind).to.equal('booked');
    if (outcome.kind === 'booked')
      expect(outcome.paymentNumber).to.match(world().paymentNumbers ?? /^\d{24}$/);
    expect(await standing(world(), plain, customer)).to.equal(' 50');
  });

  it('uses the prepaid balance before it asks for money', async () => {
    const customer = await customerWith(world(), plain, { a: 100, b: 200 }, { prepaid: 120 });
    expect(refusalOf(await world().revenue.pay(plain, payment(customer, 179)))).to.equal(
      'amount-does-not-fit',
    );
    expect(refusalOf(await world().revenue.pay(plain, payment(customer, 180)))).to.equal('booked');
    expect(await standing(world(), plain, customer)).to.equal(' 0');
  });

  it('is about the water fee, or about the kind of the bills it names, as the arrears were told', async () => {
    const customer = await customerWith(world(), plain, { a: 100, b: 70 }, { exempt: true, otherFees: 'b' });
    expect(refusalOf(await world().revenue.pay(plain, payment(customer, 100)))).to.equal('booked');
    expect(await standing(world(), plain, customer)).to.equal('b 0');
    const other = payment(customer, 70, { bills: [`${customer}b`] });
    expect(refusalOf(await world().revenue.pay(plain, other))).to.equal('booked');
    expect(await standing(world(), plain, customer)).to.equal(' 0');
  });

  it('counts the late fee as of the booking day', async () => {
    const customer = await customerWith(world(), plain, { a: 10_000 }, { late: '20240106' });
    const early = payment(customer, 10_000, { bankDay: '20240105' as Day });
    const owed = await world().revenue.arrears(plain, customer, today);
    expect(owed?.bills[0]?.lateFee).to.equal(300n); // ten days at 0.003
    expect(refusalOf(await world().revenue.pay(plain, payment(customer, 10_299)))).to.equal(
      'amount-does-not-fit',
    );
    expect(refusalOf(await world().revenue.pay(plain, early))).to.equal('booked');
    expect(await standing(world(), plain, customer)).to.equal(' 0');
  });

  it('or as of the day of receipt, and books on that day, where the unit says so', async () => {
    const unit = withDialect({ bookingDay: 'receivedDate', lateFeeAsOf: 'receivedDate' });
    const customer = await customerWith(world(), unit, { a: 10_000 }, { late: '20240106' });
    const order = payment(customer, 10_300, { bankDay: '20240105' as Day });
    expect(refusalOf(await world().revenue.pay(unit, order))).to.equal('booked');
    const records = await world().revenue.payments(unit, customer, today, today);
    expect(records?.map((one) => [one.amount, one.lateFee])).to.deep.equal([[10_300n, 300n]]);
  });

  it('takes any amount where the unit does, whole bills oldest first', async () => {
    const unit = withDialect({ amountRule: 'any' });
    const customer = await customerWith(world(), unit, { a: 100, b: 200, c: 300 });
    expect(refusalOf(await world().revenue.pay(unit, payment(customer, 150)))).to.equal('booked');
    expect(await standing(world(), unit, customer)).to.equal('bc 50');
    expect(refusalOf(await world().revenue.pay(unit, payment(customer, 149)))).to.equal('booked');
    expect(await standing(world(), unit, customer)).to.equal('bc 199');
    expect(refusalOf(await world().revenue.pay(unit, payment(customer, 1)))).to.equal('booked');
    expect(await standing(world(), unit, customer)).to.equal('c 0');
  });

  it('takes the exact amount only where the unit does', async () => {
    const unit = withDialect({ amountRule: 'exact' });
    const customer = await customerWith(world(), unit, { a: 100 });
    expect(refusalOf(await world().revenue.pay(unit, payment(customer, 101)))).to.equal(
      'amount-does-not-fit',
    );
    expect(refusalOf(await world().revenue.pay(unit, payment(customer, 100)))).to.equal('booked');
    expect(refusalOf(await world().revenue.pay(unit, payment(customer, 100)))).to.equal(
      'amount-does-not-fit',
    );
  });

  it('settles the named bills only where the unit pays by bill', async () => {
    const unit = withDialect({ billsChosen: 'byId' });
    const customer = await customerWith(world(), unit, { a: 100, b: 200, c: 300 });
    const stranger = await customerWith(world(), unit, { a: 100 });
    const named = (amount: number, ...letters: string[]) =>
      payment(customer, amount, { bills: letters.map((letter) => customer + letter) });
    expect(refusalOf(await world().revenue.pay(unit, named(400, 'a', 'c')))).to.equal('booked');
    expect(await standing(world(), unit, customer)).to.equal('b 0');
    expect(refusalOf(await world().revenue.pay(unit, named(300, 'a', 'b')))).to.equal('bill-settled');
    const foreign = payment(customer, 100, { bills: [`${stranger}a`] });
    expect(refusalOf(await world().revenue.pay(unit, foreign))).to.equal('bill-of-another');
    expect(refusalOf(await world().revenue.pay(unit, named(200, 'x')))).to.equal('bill-of-another');
    expect(refusalOf(await world().revenue.pay(unit, payment(customer, 200, { bills: ['0'] })))).to.equal(
      'booked',
    );
    expect(await standing(world(), unit, customer)).to.equal(' 0');
  });

  it('takes an unknown bill for any bill where any amount is taken', async () => {
    const unit = withDialect({ billsChosen: 'byId', amountRule: 'any' });
    const customer = await customerWith(world(), unit, { a: 100 });
    expect(
      refusalOf(await world().revenue.pay(unit, payment(customer, 100, { bills: ['nowhere'] }))),
    ).to.equal('booked');
    expect(await standing(world(), unit, customer)).to.equal(' 0');
  });

  it('follows the lock policy for bills that are out for deduction', async () => {
    for (const [lockPolicy, outcome, left] of [
      ['allow', 'booked', ' 0'],
      ['reject1006', 'bill-locked', 'ab 0'],
      ['hide', 'booked', ' 200'],
    ] as const) {
      const unit = withDialect({ lockPolicy });
      const customer = await customerWith(world(), unit, { a: 100, b: 200 });
      await world().lockBill(unit, `${customer}b`, 'batch-1');
      expect(refusalOf(await world().revenue.pay(unit, payment(customer, 300))), lockPolicy).to.equal(
        outcome,
      );
      expect(await standing(world(), unit, customer), lockPolicy).to.equal(left);
    }
  });

  it('refuses what the state of customer or unit forbids', async () => {
    const closed = await customerWith(world(), plain, { a: 100 }, { state: 'closed' });
    const unpayable = await customerWith(world(), plain, { a: 100 }, { state: 'unpayable' });
    const customer = await customerWith(world(), plain, { a: 100 });
    const suspended = unitWith('P1', {}, {}, { state: 'suspended' });
    expect(refusalOf(await world().revenue.pay(plain, payment(closed, 100)))).to.equal('closed-account');
    expect(refusalOf(await world().revenue.pay(plain, payment(unpayable, 100)))).to.equal(
      'unpayable-customer',
    );
    expect(refusalOf(await world().revenue.pay(plain, payment('nobody', 100)))).to.equal('unknown-customer');
    expect(refusalOf(await world().revenue.pay(suspended, payment(customer, 100)))).to.equal(
      'suspended-unit',
    );
    expect(await standing(world(), plain, customer)).to.equal('a 0');
  });

  it('refuses what limits, hours and days forbid', async () => {
    const customer = await customerWith(world(), plain, { a: 100 });
    const tries: [Partial<UnitRules>, Parameters<typeof payment>[2], string][] = [
      [{ amountMin: fen(101) }, {}, 'below-minimum'],
      [{ amountMax: fen(99) }, {}, 'over-limit'],
      [{ serviceHours: { from: '0600', to: '1200' } }, {}, 'outside-hours'],
      [{ serviceHours: { from: '2200', to: '0600' } }, {}, 'outside-hours'],
      [{}, { bankDay: '20240116' as Day }, 'future-day'],
      [{ acceptanceDays: 3 }, { bankDay: '20240111' as Day }, 'past-acceptance'],
    ];
    for (const [rules, order, expected] of tries) {
      const outcome = await world().revenue.pay(withRules(rules), payment(customer, 100, order));
      expect(refusalOf(outcome)).to.equal(expected);
    }
    expect(await standing(world(), plain, customer)).to.equal('a 0');
    const lastDay = payment(customer, 100, { bankDay: '20240112' as Day });
    expect(refusalOf(await world().revenue.pay(withRules({ acceptanceDays: 3 }), lastDay))).to.equal(
      'booked',
    );
  });

  it('takes a platform whose clock is a minute ahead at midnight at its word', async () => {
    const customer = await customerWith(world(), plain, { a: 100 });
    const order = payment(customer, 100, {
      receivedAt: momentOf(today, '235930'),
      bankDay: '20240116' as Day,
    });
    expect(refusalOf(await world().revenue.pay(plain, order))).to.equal('booked');
  });

  it('books a serial once: a repeat is told apart from another payment under the same serial', async () => {
    const customer = await customerWith(world(), plain, { a: 100 });
    const order = payment(customer, 100);
    const first = await world().revenue.pay(plain, order);
    expect(first.kind).to.equal('booked');
    const number = first.kind === 'booked' ? first.paymentNumber : '';
    const again = await world().other.pay(plain, {
      ...order,
      receivedAt: order.receivedAt + 1,
      payMode: '9',
    });
    expect(again).to.deep.equal({ kind: 'duplicate', paymentNumber: number, same: true });
    const differing = [{ amount: fen(101) }, { bankDay: '20240114' as Day }, { customer: 'x' }, { rows: [] }];
    for (const change of differing) {
      const outcome = await world().revenue.pay(plain, { ...order, ...change });
      expect(outcome).to.deep.equal({ kind: 'duplicate', paymentNumber: number, same: false });
    }
    expect(await standing(world(), plain, customer)).to.equal(' 0');
  });

  it('takes the same serial of another unit for another payment', async () => {
    const other = unitWith('P2');
    const serial = freshSerial();
    const here = await customerWith(world(), plain, { a: 100 });
    const there = await customerWith(world(), other, { a: 100 });
    expect(refusalOf(await world().revenue.pay(plain, payment(here, 100, { serial })))).to.equal('booked');
    expect(refusalOf(await world().revenue.pay(other, payment(there, 100, { serial })))).to.equal('booked');
  });

  it('remembers a refusal: the same again is refused the same, whatever has changed; other content too', async () => {
    const customer = await customerWith(world(), plain, { a: 100 });
    const early = payment(customer, 100);
    const night = withRules({ serviceHours: { from: '2200', to: '0600' } });
    expect(refusalOf(await world().revenue.pay(night, early))).to.equal('outside-hours');
    expect(refusalOf(await world().other.pay(plain, early))).to.equal('outside-hours');
    expect(refusalOf(await world().revenue.pay(plain, { ...early, amount: fen(200) }))).to.equal(
      'other-content',
    );
    const little = payment(customer, 50);
    expect(refusalOf(await world().revenue.pay(plain, little))).to.equal('amount-does-not-fit');
    expect(refusalOf(await world().revenue.pay(withDialect({ amountRule: 'any' }), little))).to.equal(
      'amount-does-not-fit',
    );
    expect(await standing(world(), plain, customer)).to.equal('a 0');
  });
}
