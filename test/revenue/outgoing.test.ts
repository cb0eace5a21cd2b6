import { expect } from 'chai';
import { systemIds } from '../../src/clock.js';
import {
  billsIssuedOn,
  dunnableBills,
  issueBills,
  openBuiltinRevenue,
  recordsOfDay,
} from '../../src/revenue/index.js';
import { unitWith } from '../../src/revenue/unit.js';
import { eachDatabase } from '../support/databases.js';
import { builtinWorld } from './builtin-world.js';
import { customerWith, fen, noon, payment, refundOf, testClock, today } from './world.js';

async function collect<T>(all: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of all) found.push(one);
  return found;
}

eachDatabase(
  'what the outgoing files are made of',
  (db) => {
    it('streams bills of a day with their lines, records of a day, and bills to remind of', async () => {
      const world = builtinWorld(db(), db());
      const unit = unitWith('O1');
      const books = { database: db(), clock: testClock(), ids: systemIds };
      const revenue = openBuiltinRevenue(books);
      const customer = await customerWith(world, unit, {});
      const other = await customerWith(world, unit, { a: 700 });
      const issue = (bill: string, lines: number) => ({
        bill,
        customer,
        month: '202312' as never,
        amount: fen(1000),
        issuedOn: today,
        lateFeeFrom: today,
        fees: Array.from({ length: lines }, (_, index) => ['01', `项${index}`, '', '1.00']),
        tiers: [['1', '第一阶梯']],
      });
      await issueBills(books, unit, [issue('o-3', 2), issue('o-1', 0), issue('o-2', 11)]);
      const issued = await collect(billsIssuedOn(db(), unit, today));
      expect(issued.map((bill) => [bill.bill, bill.fees.length, bill.tiers.length])).to.deep.equal([
        ['o-1', 0, 1],
        ['o-2', 11, 1],
        ['o-3', 2, 1],
      ]);
      expect(issued[1]?.fees[10]).to.deep.equal(['01', '项10', '', '1.00']);
      expect(await collect(billsIssuedOn(db(), unit, '20240116' as typeof today))).to.deep.equal([]);

      expect(await collect(dunnableBills(db(), unit, today))).to.deep.equal([]);
      await revenue.bind(unit, customer, true, noon);
      const dunned = await collect(dunnableBills(db(), unit, '20240117' as typeof today));
      expect(dunned.map((bill) => [bill.bill, bill.owed])).to.deep.equal([
        ['o-1', 1009n],
        ['o-2', 1009n],
        ['o-3', 1009n],
      ]);
      const order = payment(other, 700);
      await revenue.pay(unit, order);
      await revenue.refund(unit, refundOf(order));
      const records = await collect(recordsOfDay(db(), unit, today));
      expect(records.map((one) => [one.kind, one.amount])).to.have.deep.members([
        ['payment', 700n],
        ['refund', -700n],
      ]);
    });
  },
  { h2: true },
);
