import { expect } from 'chai';
import fc from 'fast-check';
import { type Fen, fenOf } from '../../src/protocol/values.js';
import {
  type AllocationRules,
  allocatePayment,
  billsForSupplement,
  dueAmount,
  type OwedBill,
  owedOf,
  settleAsFar,
} from '../../src/revenue/allocation.js';
import { sumFen } from '../../src/revenue/money.js';

const rules = (changes: Partial<AllocationRules> = {}): AllocationRules => ({
  amountRule: 'atLeastDue',
  billsChosen: 'oldestFirst',
  lockPolicy: 'allow',
  prepaidNetted: true,
  ...changes,
});
const bill = (id: string, month: string, principal: bigint, lateFee = 0n, locked = false): OwedBill => ({
  bill: id,
  month,
  principal: fenOf(principal),
  lateFee: fenOf(lateFee),
  locked,
});
const three = [bill('c', '202403', 300n), bill('a', '202401', 100n, 5n), bill('b', '202402', 200n, 2n)];
const pay = (r: AllocationRules, amount: bigint, prepaid: bigint, open = three, named: string[] = ['']) =>
  allocatePayment(r, fenOf(amount), fenOf(prepaid), open, named);
const outcome = (result: ReturnType<typeof pay>): string =>
  result.ok
    ? `${result.allocation.settled.map((b) => b.bill).join('')} ${result.allocation.prepaidChange}`
    : JSON.stringify(result.refusal);

describe('allocation', () => {
  it('settles by the amount rule of the unit', () => {
    const cases: [AllocationRules, bigint, bigint, string][] = [
      [rules(), 607n, 0n, 'abc 0'],
      [rules(), 606n, 0n, '"amount-does-not-fit"'],
      [rules(), 700n, 0n, 'abc 93'],
      [rules(), 507n, 100n, 'abc -100'],
      [rules(), 506n, 100n, '"amount-does-not-fit"'],
      [rules(), 1n, 1000n, 'abc -606'],
      [rules({ amountRule: 'exact' }), 607n, 0n, 'abc 0'],
      [rules({ amountRule: 'exact' }), 608n, 0n, '"amount-does-not-fit"'],
      [rules({ amountRule: 'exact' }), 507n, 100n, 'abc -100'],
      [rules({ amountRule: 'exact', prepaidNetted: false }), 607n, 100n, 'abc 0'],
      [rules({ prepaidNetted: false }), 507n, 100n, '"amount-does-not-fit"'],
      [rules({ amountRule: 'any' }), 104n, 0n, ' 104'],
      [rules({ amountRule: 'any' }), 105n, 0n, 'a 0'],
      [rules({ amountRule: 'any' }), 400n, 0n, 'ab 93'],
      [rules({ amountRule: 'any' }), 4n, 101n, 'a -101'],
    ];
    for (const [r, amount, prepaid, expected] of cases) {
      expect(outcome(pay(r, amount, prepaid)), `${JSON.stringify(r)} ${amount} ${prepaid}`).to.equal(
        expected,
      );
    }
  });

  it('takes a payment without anything due as prepayment, except where the amount must be exact', () => {
    expect(outcome(pay(rules(), 500n, 0n, []))).to.equal(' 500');
    expect(outcome(pay(rules({ amountRule: 'any' }), 500n, 0n, []))).to.equal(' 500');
    expect(outcome(pay(rules({ amountRule: 'exact' }), 500n, 0n, []))).to.equal('"amount-does-not-fit"');
  });

  it('settles the named bills only where the unit pays by bill', () => {
    const byId = rules({ billsChosen: 'byId' });
    expect(outcome(pay(byId, 502n, 0n, three, ['b', 'c']))).to.equal('bc 0');
    expect(outcome(pay(byId, 502n, 0n, three, ['b', 'c', 'b']))).to.equal('bc 0');
    expect(outcome(pay(byId, 501n, 0n, three, ['b', 'c']))).to.equal('"amount-does-not-fit"');
    expect(outcome(pay(byId, 607n, 0n, three, ['0']))).to.equal('abc 0');
    expect(outcome(pay(byId, 607n, 0n, three, ['b', '']))).to.equal('abc 0');
    expect(outcome(pay(byId, 502n, 0n, three, ['b', 'x']))).to.equal('{"namedButNotOpen":["x"]}');
  });

  it('follows the lock policy', () => {
    const open = [bill('a', '202401', 100n), bill('b', '202402', 200n, 7n, true)];
    expect(outcome(pay(rules(), 307n, 0n, open))).to.equal('ab 0');
    expect(outcome(pay(rules({ lockPolicy: 'reject1006' }), 307n, 0n, open))).to.equal('"bill-locked"');
    expect(outcome(pay(rules({ lockPolicy: 'hide' }), 307n, 0n, open))).to.equal('a 207');
    const byId = rules({ lockPolicy: 'hide', billsChosen: 'byId' });
    expect(outcome(pay(byId, 207n, 0n, open, ['b']))).to.equal('"bill-locked"');
    expect(outcome(pay(byId, 100n, 0n, open, ['a']))).to.equal('a 0');
    expect(billsForSupplement(rules({ lockPolicy: 'hide' }), open, ['']).map((b) => b.bill)).to.deep.equal([
      'a',
    ]);
  });

  const someBills = fc
    .array(
      fc.record({
        month: fc.integer({ min: 202401, max: 202406 }).map(String),
        principal: amount(1n),
        lateFee: amount(0n),
        locked: fc.boolean(),
      }),
      { maxLength: 6 },
    )
    .map((bills) => bills.map((b, i) => ({ ...b, bill: String(i) })));
  function amount(min: bigint): fc.Arbitrary<Fen> {
    return fc.bigInt(min, 500n).map(fenOf);
  }
  const someRules: fc.Arbitrary<AllocationRules> = fc.record({
    amountRule: fc.constantFrom('atLeastDue', 'exact', 'any'),
    billsChosen: fc.constantFrom('oldestFirst', 'byId'),
    lockPolicy: fc.constantFrom('allow', 'reject1006', 'hide'),
    prepaidNetted: fc.boolean(),
  });
  const someNames = fc.array(fc.constantFrom('', '0', '0', '1', '2', '3', '9'), {
    minLength: 1,
    maxLength: 4,
  });

  it('keeps every fen: amount = principal + late fee + change of the balance; the balance never goes below zero', () => {
    fc.assert(
      fc.property(
        someRules,
        amount(1n),
        amount(0n),
        someBills,
        someNames,
        (r, paid, prepaid, open, named) => {
          const result = allocatePayment(r, paid, prepaid, open, named);
          if (!result.ok) return;
          const { settled, principal, lateFee, prepaidChange } = result.allocation;
          expect(principal + lateFee + prepaidChange).to.equal(paid);
          expect(sumFen(settled.map(owedOf))).to.equal(principal + lateFee);
          expect(prepaid + prepaidChange >= 0n).to.equal(true);
          expect(new Set(settled).size).to.equal(settled.length);
          if (r.lockPolicy !== 'allow') expect(settled.some((b) => b.locked)).to.equal(false);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('accepts exactly what is due, under every rule', () => {
    fc.assert(
      fc.property(someRules, amount(0n), someBills, (r, prepaid, bills) => {
        const open = bills.map((b) => ({ ...b, locked: false }));
        const due = dueAmount(open, prepaid, r.prepaidNetted);
        const result = allocatePayment(r, due, prepaid, open, ['']);
        expect(result.ok && result.allocation.settled.length).to.equal(open.length);
      }),
    );
  });

  it('never lets a younger bill overtake an older one', () => {
    fc.assert(
      fc.property(amount(0n), amount(0n), someBills, (paid, prepaid, open) => {
        const { settled } = settleAsFar(open, paid, prepaid);
        const months = open.map((b) => b.month).toSorted();
        expect(settled.map((b) => b.month)).to.deep.equal(months.slice(0, settled.length));
      }),
    );
  });
});
