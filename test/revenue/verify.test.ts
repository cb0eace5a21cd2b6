import { expect } from 'chai';
import { systemIds } from '../../src/clock.js';
import { sql } from '../../src/database/index.js';
import type { Serial } from '../../src/protocol/values.js';
import { holdInSuspense } from '../../src/revenue/builtin/suspense.js';
import { type LedgerPromise, ledgerPromises, verifyLedger } from '../../src/revenue/index.js';
import { unitWith } from '../../src/revenue/unit.js';
import { eachDatabase } from '../support/databases.js';
import { builtinWorld } from './builtin-world.js';
import { customerWith, fen, noon, payment, refundOf, testClock, today } from './world.js';

const heldItem = {
  serial: 'V1-suspense-1' as Serial,
  customer: 'nobody',
  amount: fen(70),
  bookingDay: today,
  receivedAt: noon,
};

const set = (table: string, change: string, where: string) =>
  sql(`update ${table} set ${change} where ${where}`);

/** A hand in the tables, what must be noticed, and the hand that puts it back. */
const tampering: readonly {
  readonly promise: LedgerPromise;
  readonly spoil: string;
  readonly mend: string;
}[] = [
  {
    promise: 'bill-paid',
    spoil: 'bills: received_late_fee = 7; paid',
    mend: 'bills: received_late_fee = 0; paid',
  },
  {
    promise: 'allocation-has-bill',
    spoil: "allocations: bill = 'x'; paid",
    mend: 'allocations: bill = :bill; x',
  },
  {
    promise: 'entry-allocated',
    spoil: 'allocations: principal = 99; paid',
    mend: 'allocations: principal = 100; paid',
  },
  {
    promise: 'allocation-has-entry',
    spoil: "allocations: entry_no = 'x'; paid",
    mend: 'allocations: entry_no = :number; paid',
  },
  {
    promise: 'account-balance',
    spoil: 'accounts: prepaid = 31; customer',
    mend: 'accounts: prepaid = 30; customer',
  },
  {
    promise: 'entry-has-account',
    spoil: "ledger_entries: customer = 'x'; number",
    mend: 'ledger_entries: customer = :customer; number',
  },
  {
    promise: 'payment-posted',
    spoil: 'ledger_entries: clearing = 131, suspense = -1; number',
    mend: 'ledger_entries: clearing = 130, suspense = 0; number',
  },
  {
    promise: 'refund-posted',
    spoil: 'ledger_entries: clearing = -51, suspense = 1; amends',
    mend: 'ledger_entries: clearing = -50, suspense = 0; amends',
  },
  {
    promise: 'posting-recorded',
    spoil: "payments: payment_no = 'x'; number",
    mend: 'payments: payment_no = :number; spoiled',
  },
  {
    promise: 'refund-whole',
    spoil: "payments: state = 'refunded'; number",
    mend: "payments: state = 'booked'; number",
  },
  {
    promise: 'serial-booked',
    spoil: "serials: payment_no = 'x'; number",
    mend: 'serials: payment_no = :number; spoiled',
  },
  {
    promise: 'suspense-posted',
    spoil: 'suspense_items: amount = 71; held',
    mend: 'suspense_items: amount = 70; held',
  },
  {
    promise: 'payment-claimed',
    spoil: "serials: serial = 'x'; number",
    mend: 'serials: serial = :serial; number',
  },
];

eachDatabase(
  'sluice verify',
  (db) => {
    it('names every place where a hand was in the tables', async () => {
      const world = builtinWorld(db(), db());
      const unit = unitWith('V1');
      const customer = await customerWith(world, unit, { a: 100 });
      const order = payment(customer, 130);
      const booked = await world.revenue.pay(unit, order);
      const number = booked.kind === 'booked' ? booked.paymentNumber : '';
      const other = payment(await customerWith(world, unit), 50);
      const otherBooked = await world.revenue.pay(unit, other);
      const otherNumber = otherBooked.kind === 'booked' ? otherBooked.paymentNumber : '';
      await world.revenue.refund(unit, refundOf(other));
      const books = { database: db(), clock: testClock(), ids: systemIds };
      await holdInSuspense(books, unit, { ...heldItem, rows: [], orderedBy: 'test' });
      expect(await verifyLedger(db())).to.deep.equal([]);

      const bill = `${customer}a`;
      const values: Record<string, string> = {
        ':bill': bill,
        ':number': number,
        ':customer': customer,
        ':serial': order.serial,
      };
      const places: Record<string, string> = {
        paid: `bill = '${bill}'`,
        x: "bill = 'x'",
        held: "customer = 'nobody'",
        customer: `customer = '${customer}'`,
        amends: `amends = '${otherNumber}'`,
        spoiled: "payment_no = 'x'",
      };
      const run = async (text: string) => {
        const [table = '', change = '', place = ''] = text.split(/: |; /);
        const key = table === 'ledger_entries' ? 'entry_no' : 'payment_no';
        const where = places[place] ?? `${key} = '${number}'`;
        const filled = change.replace(/:[a-z]+/, (name) => `'${values[name]}'`);
        expect(await db().run(set(table, filled, where)), text).to.equal(1);
      };
      for (const { promise, spoil, mend } of tampering) {
        await run(spoil);
        expect(
          (await verifyLedger(db())).map((finding) => finding.promise),
          spoil,
        ).to.include(promise);
        await run(mend);
        expect(await verifyLedger(db()), mend).to.deep.equal([]);
      }
      // Two promises cannot be broken by hand: the database refuses the row itself.
      const untouched = Object.keys(ledgerPromises).filter(
        (name) => !tampering.some((one) => one.promise === name),
      );
      expect(untouched).to.deep.equal(['entry-balanced', 'ledger-balanced']);
      let refused = false;
      await db()
        .run(set('ledger_entries', 'clearing = 999', `entry_no = '${number}'`))
        .catch(() => {
          refused = true;
        });
      expect(refused).to.equal(true);
    });
  },
  { h2: true },
);
