/** What batch deduction asks of a schema of the utility's own, statement by statement; its runs are proved in test/exchange/deduction. */
import { expect } from 'chai';
import type { Database } from '../../../src/database/index.js';
import type { Debit, DebitOutcome, DeductibleBill } from '../../../src/revenue/index.js';
import { unitWith } from '../../../src/revenue/unit.js';
import { customerWith, fen, freshSerial, noon, payment, standing, today } from '../world.js';
import type { LegacyWorld } from './legacy-world.js';

/** @param journal ours, where the agreements are */
export function deductionContract(there: () => LegacyWorld, journal: () => Database): void {
  const unit = unitWith('KD');
  const books = () => there().revenue.deduction(async () => journal());

  it('locks what is eligible once and with its fee, debits it once, frees what failed, and lets a batch go', async () => {
    const world = there();
    const customer = await customerWith(world, unit, { a: 10_000, b: 500, c: 700 }, { late: '20240110' });
    const order = {
      agreementNumber: `XY${customer}`,
      customer,
      bankCode: '105',
      bankAccount: '6222',
      deal: 'sign',
    } as const;
    const rest = {
      bankAccountName: '',
      certType: '',
      certNumber: '',
      mobile: '',
      email: '',
      receivedAt: noon,
    };
    expect((await world.revenue.maintainAgreement(unit, { ...order, ...rest })).kind).equal('done');
    const bills: DeductibleBill[] = [];
    for await (const bill of books().eligible(unit, today)) bills.push(bill);
    expect(bills.map(({ bill, principal, lateFee }) => [bill, principal, lateFee])).to.deep.equal([
      [`${customer}a`, 10_000n, 180n],
      [`${customer}b`, 500n, 9n],
      [`${customer}c`, 700n, 13n],
    ]);
    const hold = (batch: string) =>
      journal().transaction((tx) => books().hold(tx, unit, batch, today, bills));
    const all = new Set(bills.map(({ bill }) => bill));
    expect(await hold('one')).to.deep.equal(all);
    expect(await hold('one'), 'again').to.deep.equal(all);
    expect(await hold('two'), 'another').to.deep.equal(new Set());
    const arrears = await world.revenue.arrears(unit, customer, '20240201' as typeof today);
    expect(arrears?.bills.map(({ locked, lateFee }) => [locked, lateFee])).to.deep.equal([
      [true, 180n],
      [true, 9n],
      [true, 13n],
    ]);
    // Paid at the office meanwhile: the debit becomes prepaid.
    const paid = { ...unit, dialect: { ...unit.dialect, billsChosen: 'byId' } } as const;
    const meanwhile = payment(customer, 509, { bills: [`${customer}b`] });
    expect((await world.revenue.pay(paid, meanwhile)).kind).equal('booked');
    const debit = (bill: string, amount: number): Debit => ({
      ...{ batch: 'one', serial: freshSerial(), customer, bill: customer + bill, amount: fen(amount) },
      ...{ day: today, receivedAt: noon },
    });
    const debits = [debit('a', 10_180), debit('b', 509)];
    const settle = async () => {
      let seen: readonly DebitOutcome[] = [];
      await books().settle(
        unit,
        'one',
        async () => ({ debits, failed: [] }),
        async (_tx, _results, outcomes) => {
          seen = outcomes;
        },
      );
      return seen;
    };
    const outcomes = await settle();
    expect(outcomes.map(({ kind }) => kind)).to.deep.equal(['settled', 'prepaid']);
    expect(await settle(), 'again').to.deep.equal(outcomes);
    expect(await standing(world, unit, customer)).equal('c 509');
    expect(await books().release(unit, 'one', async () => {})).equal(1);
    expect(await books().release(unit, 'one', async () => {}), 'again').equal(0);
    expect(await hold('two')).to.deep.equal(new Set([`${customer}c`]));
    await books().settle(
      unit,
      'two',
      async () => ({ debits: [], failed: [`${customer}c`] }),
      async () => {},
    );
    expect(await hold('three')).to.deep.equal(new Set([`${customer}c`]));
    expect(await world.verify()).to.deep.equal([]);
  });
}
