/** The built-in revenue system as a {@link World}. */
import { systemIds } from '../../src/clock.js';
import { type Database, sql } from '../../src/database/index.js';
import type { Day, Month } from '../../src/protocol/values.js';
import { addCustomers, issueBills, openBuiltinRevenue, verifyLedger } from '../../src/revenue/index.js';
import { fen, testClock, type World } from './world.js';

const lock = sql(
  'update bills set locked_by = :batch, late_fee_frozen = :frozen where unit = :unit and bill = :bill',
);

export function builtinWorld(database: Database, second: Database): World {
  const clock = testClock();
  const books = { database, clock, ids: systemIds };
  return {
    revenue: openBuiltinRevenue(books),
    other: openBuiltinRevenue({ ...books, database: second }),
    clock,
    async addCustomer(unit, customer, { bills = [], prepaid = 0, ...details }) {
      await addCustomers(books, unit, [{ customer, prepaid: fen(prepaid), ...details }]);
      const issued = bills.map((bill) => ({
        bill: bill.bill,
        customer,
        month: bill.month as Month,
        amount: fen(bill.amount),
        volume: '10',
        issuedOn: '20240101' as Day,
        lateFeeFrom: (bill.lateFeeFrom ?? '20240201') as Day,
        lateFeeExempt: bill.lateFeeExempt ?? false,
        ...(bill.lateFeeFixed === undefined ? {} : { lateFeeFixed: fen(bill.lateFeeFixed) }),
      }));
      const keep = { ...unit, rules: { ...unit.rules, settleFromPrepaid: false } };
      if (issued.length > 0) await issueBills(books, keep, issued);
    },
    async lockBill(unit, bill, batch) {
      const frozen = batch === undefined ? null : 0n;
      await database.run(lock, { unit: unit.id, bill, batch: batch ?? null, frozen });
    },
    verify: () => verifyLedger(database),
  };
}
