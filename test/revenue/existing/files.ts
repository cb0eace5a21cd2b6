/** Our files of a day from an existing schema, and what reconciliation compares: declared within the suite of each example. */
import { expect } from 'chai';
import type { Day } from '../../../src/protocol/values.js';
import { unitWith } from '../../../src/revenue/unit.js';
import { customerWith, noon, payment, refundOf, today } from '../world.js';
import type { LegacyWorld } from './legacy-world.js';

async function all<T>(rows: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = [];
  for await (const row of rows) found.push(row);
  return found;
}

export function filesContract(world: () => LegacyWorld): void {
  const unit = unitWith('F1');

  it('gives payments and refunds of a day with the platform’s serials', async () => {
    const customer = await customerWith(world(), unit, { a: 100 });
    const [kept, back] = [payment(customer, 100), payment(customer, 70)];
    for (const order of [kept, back]) await world().revenue.pay(unit, order);
    await world().revenue.refund(unit, refundOf(back));
    const records = await all(world().revenue.files.recordsOfDay(unit, today));
    expect(records.map(({ serial, kind, amount }) => [serial, kind, amount])).to.deep.equal([
      [kept.serial, 'payment', 100n],
      [back.serial, 'payment', 70n],
      [back.serial, 'refund', -70n],
    ]);
    expect(records[0]).to.include({ customer, customerName: '甲', channel: 'platform' });
    expect(await all(world().revenue.files.recordsOfDay(unit, '20240116' as Day))).to.deep.equal([]);
    const bookings = await all(world().revenue.bookingsOfDay(unit, today));
    expect(bookings.map(({ serial }) => serial)).to.deep.equal([kept.serial]);
  });

  it('gives bills issued on a day', async () => {
    const other = unitWith('F2');
    const customer = await customerWith(world(), other, { a: 100, b: 250 });
    const bills = await all(world().revenue.files.billsIssuedOn(other, '20240101' as Day));
    expect(bills.map((one) => [one.bill, one.customer, one.month, one.amount])).to.deep.equal([
      [`${customer}a`, customer, '202301', 100n],
      [`${customer}b`, customer, '202302', 250n],
    ]);
    expect(await all(world().revenue.files.billsIssuedOn(other, today))).to.deep.equal([]);
  });

  it('gives what bound customers owe', async () => {
    const third = unitWith('F3');
    const customer = await customerWith(world(), third, { a: 10_000 }, { late: '20240106' });
    await customerWith(world(), third, { a: 100 });
    await world().revenue.bind(third, customer, true, noon);
    expect(await all(world().revenue.files.dunnableBills(third, today))).to.deep.equal([
      { bill: `${customer}a`, customer, customerName: '甲', owed: 10_300n, lateFeeFrom: '20240106' },
    ]);
    await world().lockBill(third, `${customer}a`, 'batch');
    expect(await all(world().revenue.files.dunnableBills(third, today))).to.deep.equal([]);
  });
}
