/** The built-in revenue system as a {@link World}. */
import { systemIds } from '../../src/clock.js';
import { bigintCell, type Database, sql } from '../../src/database/index.js';
import type { Day, Month } from '../../src/protocol/values.js';
import {
  addCustomers,
  issueBills,
  type NewBill,
  openBuiltinRevenue,
  verifyLedger,
} from '../../src/revenue/index.js';
import { fen, type TestBill, testClock, type World } from './world.js';

const lock = sql(
  'update bills set locked_by = :batch, late_fee_frozen = :frozen where unit = :unit and bill = :bill',
);

const sum = sql('select coalesce(sum(amount), 0) as amount from ledger_lines where unit = :unit');

const newBill = (customer: string, bill: TestBill): NewBill => ({
  bill: bill.bill,
  customer,
  month: bill.month as Month,
  amount: fen(bill.amount),
  volume: '10',
  issuedOn: '20240101' as Day,
  lateFeeFrom: (bill.lateFeeFrom ?? '20240201') as Day,
  lateFeeExempt: bill.lateFeeExempt ?? false,
  feeKind: bill.feeKind ?? '11',
  ...(bill.lateFeeFixed === undefined ? {} : { lateFeeFixed: fen(bill.lateFeeFixed) }),
});

export function builtinWorld(database: Database, second: Database): World {
  const clock = testClock();
  const books = { database, clock, ids: systemIds };
  return {
    revenue: openBuiltinRevenue(books),
    other: openBuiltinRevenue({ ...books, database: second }),
    clock,
    async addCustomer(unit, customer, { bills = [], prepaid = 0, ...details }) {
      await addCustomers(books, unit, [{ customer, prepaid: fen(prepaid), ...details }]);
      const asTheyAre = { ...unit, rules: { ...unit.rules, settleFromPrepaid: false } };
      await issueBills(
        books,
        asTheyAre,
        bills.map((bill) => newBill(customer, bill)),
      );
    },
    async issueBill(unit, customer, bill) {
      await issueBills(books, unit, [newBill(customer, bill)]);
    },
    async lockBill(unit, bill, batch, frozen = 0n) {
      const late = batch === undefined ? null : frozen;
      await database.run(lock, { unit: unit.id, bill, batch: batch ?? null, frozen: late });
    },
    async ledgerSum(unit) {
      const [row] = await database.all(sum, { unit: unit.id });
      return row === undefined ? 0n : bigintCell(row, 'amount');
    },
    verify: () => verifyLedger(database),
  };
}
