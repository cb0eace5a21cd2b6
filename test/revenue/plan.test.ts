import { expect } from 'chai';
import { systemIds } from '../../src/clock.js';
import { sql } from '../../src/database/index.js';
import { addCustomers, issueBills, openBuiltinRevenue } from '../../src/revenue/index.js';
import { unitWith } from '../../src/revenue/unit.js';
import { eachDatabase } from '../support/databases.js';
import { explaining, wholeTable } from '../support/plans.js';
import { fen, noon, payment, refundOf, supplementOf, testClock, today } from './world.js';

const tables = [
  'customers',
  'accounts',
  'bills',
  'serials',
  'payments',
  'refunds',
  'allocations',
  'ledger_entries',
];

eachDatabase(
  'plans of the hot path',
  (db) => {
    it('no statement of a query, payment, status, refund, supplement or reversal reads a whole table', async () => {
      const unit = unitWith('X1', {}, { settleFromPrepaid: false });
      const clock = testClock(noon);
      const books = { database: db(), clock, ids: systemIds };
      const customers = Array.from({ length: 3000 }, (_, index) => `x${index}`);
      await addCustomers(
        books,
        unit,
        customers.map((customer) => ({ customer, mobile: `139${customer}` })),
      );
      const days = { issuedOn: today, lateFeeFrom: today, month: '202401' as never };
      const bills = customers.map((customer) => ({
        bill: `B${customer}`,
        customer,
        amount: fen(100),
        ...days,
      }));
      await issueBills(books, unit, bills);
      const plain = openBuiltinRevenue(books);
      for (const customer of customers.slice(0, 300)) {
        const order = payment(customer, 100, { bankDay: today });
        await plain.pay(unit, order);
        await plain.refund(unit, refundOf(order));
      }
      for (const table of tables) {
        const statement = sql(`${db.client === 'mysql' ? 'analyze table' : 'analyze'} ${table}`);
        await (db.client === 'mysql' ? db().all(statement) : db().run(statement));
      }

      const plans = new Map<string, string>();
      const revenue = openBuiltinRevenue({ ...books, database: explaining(db(), plans) });
      const order = payment('x2000', 130);
      await revenue.arrears(unit, 'x1999', today);
      await revenue.findCustomers(unit, 'mobile', '139x77');
      await revenue.pay(unit, order);
      await revenue.pay(unit, order);
      await revenue.paymentStatus(unit, order.serial, noon);
      await revenue.payments(unit, 'x2000', today, today);
      await revenue.issuedBills(unit, 'x2000', undefined, undefined);
      await revenue.refund(unit, refundOf(order));
      const lost = payment('x2001', 130);
      await revenue.supplement(unit, supplementOf(lost));
      await revenue.reverse(unit, {
        serial: lost.serial,
        receivedAt: noon,
        orderedBy: 'test',
        replaced: true,
      });
      expect(plans.size).to.be.greaterThan(12);
      for (const [text, plan] of plans) expect(plan, text).not.to.match(wholeTable[db.client]);
    });
  },
  { only: ['sqlite', 'postgres', 'mysql'] },
);
