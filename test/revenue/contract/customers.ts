import { expect } from 'chai';
import type { Month } from '../../../src/protocol/values.js';
import { unitWith } from '../../../src/revenue/unit.js';
import { customerWith, freshSerial, noon, payment, refundOf, today, type World } from '../world.js';

export function customersContract(world: () => World): void {
  const unit = unitWith('C1');

  it('finds customers by number and mobile, in their own unit only', async () => {
    const customer = await customerWith(world(), unit, {}, { mobile: '13900001111', name: '王𠮷祥' });
    const second = await customerWith(world(), unit, {}, { mobile: '13900001111' });
    const found = await world().revenue.findCustomers(unit, 'mobile', '13900001111');
    expect(found.map((one) => one.customer)).to.deep.equal([customer, second]);
    const [one] = await world().revenue.findCustomers(unit, 'customer', customer);
    expect(one).to.include({ customer, name: '王𠮷祥', state: 'active' });
    expect(await world().revenue.findCustomers(unitWith('C2'), 'customer', customer)).to.deep.equal([]);
    expect(await world().revenue.findCustomers(unit, 'mobile', '')).to.deep.equal([]);
    expect(await world().revenue.findCustomers(unit, 'idCard', 'none')).to.deep.equal([]);
  });

  it('gives arrears oldest first, by months and kind, and nothing of an unknown customer', async () => {
    const customer = await customerWith(world(), unit, { b: 200, a: 100, c: 300 }, { prepaid: 7 });
    const all = await world().revenue.arrears(unit, customer, today);
    expect(all?.bills.map((bill) => bill.receivable)).to.deep.equal([100n, 200n, 300n]);
    expect(all).to.deep.include({ prepaid: 7n });
    const some = await world().revenue.arrears(unit, customer, today, {
      from: '202302' as Month,
      to: '202302' as Month,
      feeKind: '11',
    });
    expect(some?.bills.map((bill) => bill.month)).to.deep.equal(['202302']);
    expect((await world().revenue.arrears(unit, customer, today, { feeKind: '12' }))?.bills).to.deep.equal(
      [],
    );
    expect(await world().revenue.arrears(unit, 'nobody', today)).to.equal(undefined);
    expect(
      (await world().revenue.arrears(unit, await customerWith(world(), unit), today))?.bills,
    ).to.deep.equal([]);
  });

  it('marks locked bills, and hides them where the unit does', async () => {
    const customer = await customerWith(world(), unit, { a: 100, b: 200 });
    await world().lockBill(unit, `${customer}a`, 'batch-9');
    const seen = await world().revenue.arrears(unit, customer, today);
    expect(seen?.bills.map((bill) => bill.locked)).to.deep.equal([true, false]);
    const hidden = await world().revenue.arrears(unitWith('C1', { lockPolicy: 'hide' }), customer, today);
    expect(hidden?.bills.map((bill) => bill.bill)).to.deep.equal([`${customer}b`]);
  });

  it('gives issued bills of a period, settled or not', async () => {
    const customer = await customerWith(world(), unit, { a: 100, b: 200 });
    await world().revenue.pay(unit, payment(customer, 300));
    const all = await world().revenue.issuedBills(unit, customer, undefined, undefined);
    expect(all?.map((bill) => [bill.month, bill.amount])).to.deep.equal([
      ['202301', 100n],
      ['202302', 200n],
    ]);
    const some = await world().revenue.issuedBills(unit, customer, '202302' as Month, undefined);
    expect(some?.map((bill) => bill.bill)).to.deep.equal([`${customer}b`]);
    expect(await world().revenue.issuedBills(unit, 'nobody', undefined, undefined)).to.equal(undefined);
    expect(
      await world().revenue.issuedBills(unit, await customerWith(world(), unit), undefined, undefined),
    ).to.deep.equal([]);
  });

  it('gives the records of payments and refunds of a period', async () => {
    const customer = await customerWith(world(), unit, { a: 100 }, { prepaid: 20 });
    const order = payment(customer, 95, { payMode: '01' });
    await world().revenue.pay(unit, order);
    await world().revenue.refund(unit, refundOf(order));
    const records = await world().revenue.payments(unit, customer, today, today);
    expect(
      records?.map(({ kind, amount, principal, prepaidChange, balanceAfter, serial }) => ({
        kind,
        amount,
        principal,
        prepaidChange,
        balanceAfter,
        serial,
      })),
    ).to.deep.equal([
      {
        kind: 'payment',
        amount: 95n,
        principal: 100n,
        prepaidChange: -5n,
        balanceAfter: 15n,
        serial: order.serial,
      },
      {
        kind: 'refund',
        amount: -95n,
        principal: -100n,
        prepaidChange: 5n,
        balanceAfter: 20n,
        serial: order.serial,
      },
    ]);
    expect(
      await world().revenue.payments(unit, customer, undefined, '20240114' as typeof today),
    ).to.deep.equal([]);
    expect(await world().revenue.payments(unit, 'nobody', undefined, undefined)).to.equal(undefined);
  });

  it('binds and unbinds, again and again', async () => {
    const customer = await customerWith(world(), unit);
    for (const bound of [true, true, false, false]) {
      expect(await world().revenue.bind(unit, customer, bound, noon)).to.equal(true);
    }
    expect(await world().revenue.bind(unit, 'nobody', true, noon)).to.equal(false);
  });

  it('signs, changes and cancels one agreement per customer; each may be repeated', async () => {
    const customer = await customerWith(world(), unit);
    const closed = await customerWith(world(), unit, {}, { state: 'closed' });
    const fields = {
      bankCode: '102',
      bankAccount: '622200',
      bankAccountName: '王',
      certType: '01',
      certNumber: '4200',
    };
    const order = {
      ...fields,
      customer,
      agreementNumber: `XY${freshSerial()}`,
      mobile: '139',
      email: '',
      receivedAt: noon,
    };
    const deal = (kind: 'sign' | 'change' | 'cancel', more: Partial<typeof order> = {}) =>
      world().revenue.maintainAgreement(unit, { ...order, ...more, deal: kind });
    const done = { kind: 'done', agreementNumber: order.agreementNumber };
    const no = (refusal: string) => ({ kind: 'refused', refusal });

    expect(await deal('change')).to.deep.equal(no('no-agreement'));
    expect(await deal('cancel')).to.deep.equal(no('no-agreement'));
    expect(await deal('sign')).to.deep.equal(done);
    expect(await deal('sign')).to.deep.equal(done);
    expect(await deal('sign', { agreementNumber: 'another' })).to.deep.equal(no('other-agreement'));
    expect(await deal('sign', { customer: closed, agreementNumber: 'closed1' })).to.deep.equal(
      no('closed-account'),
    );
    expect(await deal('sign', { customer: 'nobody' })).to.deep.equal(no('unknown-customer'));
    expect(await deal('change', { bankAccount: '622201', agreementNumber: '' })).to.deep.equal(done);
    const [agreement] = (await world().revenue.agreements(unit, customer)) ?? [];
    expect(agreement).to.include({ bankAccount: '622201', signedOn: today });
    expect(await deal('cancel')).to.deep.equal(done);
    expect(await deal('cancel')).to.deep.equal(done);
    expect(await world().revenue.agreements(unit, customer)).to.deep.equal([]);
    expect(await deal('sign', { agreementNumber: '' })).to.include({ kind: 'done' });
    expect(await world().revenue.agreements(unit, 'nobody')).to.equal(undefined);
  });

  it('answers a ping', () => world().revenue.ping());
}
