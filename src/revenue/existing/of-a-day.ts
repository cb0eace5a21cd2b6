/** What their tables say of a whole day, in bounded memory: for reconciliation and for our files (JF, DZZD, CFTZ). */
import { DatabaseError, type Row, sql } from '../../database/database.js';
import { textCell } from '../../database/index.js';
import { type Day, fenOf } from '../../protocol/values.js';
import type { DunnableBill } from '../builtin/dunning.js';
import { itemsOfDay } from '../builtin/suspense-items.js';
import type { Booking, IssuedBill, PaymentRecord } from '../revenue-system.js';
import type { Unit } from '../unit.js';
import { type Desk, platformSerialOf } from './desk.js';
import { serialOf } from './journal.js';
import { openBillsOf, readIssuedBill } from './queries.js';
import { readRecord } from './records.js';
import { textOr } from './theirs.js';

/**
 * Bookings of the platform channel of a day as reconciliation compares them, in bounded memory: with the platform's serials, for the customers that
 * the platform named, and what is in suspense among them.
 */
export async function* bookingsOfDay(desk: Desk, unit: Unit, day: Day): AsyncIterable<Booking> {
  const { theirs } = desk;
  const items = await itemsOfDay(desk.journal, unit, day);
  for (const { serial, customer, amount, number, state } of items)
    if (state === 'held') yield { serial, customer, amount, paymentNumber: number };
  const assigned = new Map(items.map((item) => [item.resolvedBy, item.customer]));
  for await (const row of theirs.stream('bookingsOfDay', { unit: unit.id, day: theirs.formats.day(day) }))
    yield {
      serial: serialOf(await platformSerialOf(desk, unit, textCell(row, 'serial'))),
      customer: assigned.get(textCell(row, 'payment_number')) ?? textCell(row, 'customer'),
      amount: theirs.formats.readAmount(row, 'amount'),
      paymentNumber: textCell(row, 'payment_number'),
    };
}

const ownerOf = (row: Row) => ({
  customer: textCell(row, 'customer'),
  name: textOr(row, 'name'),
  address: textOr(row, 'address'),
  office: textOr(row, 'office'),
  officeName: textOr(row, 'office_name'),
});

/** Payments, refunds and reversals of a booking day, every channel. */
export async function* paymentsOfDay(desk: Desk, unit: Unit, day: Day): AsyncIterable<PaymentRecord> {
  const { theirs } = desk;
  for await (const row of theirs.stream('paymentsOfDay', { unit: unit.id, day: theirs.formats.day(day) }))
    yield readRecord(desk, unit, row, ownerOf(row));
}
export async function* billsOfDay({ theirs }: Desk, unit: Unit, day: Day): AsyncIterable<IssuedBill> {
  for await (const row of theirs.stream('billsOfDay', { unit: unit.id, day: theirs.formats.day(day) }))
    yield readIssuedBill(theirs, row, ownerOf(row));
}

const selectBound = sql(
  "select customer from existing_bindings where unit = :unit and bound = 'Y' order by customer",
);
/** Open bills, not out for deduction, of those who follow their account in the app. Each is asked for by itself: they are few. */
export async function* dunnableBills(desk: Desk, unit: Unit, asOf: Day): AsyncIterable<DunnableBill> {
  for await (const bound of desk.journal.stream(selectBound, { unit: unit.id })) {
    const found = await openBillsOf(desk, unit, textCell(bound, 'customer'), asOf);
    if (found === undefined) continue;
    for (const { bill, row } of found.bills) {
      if (bill.locked) continue;
      if (textOr(row, 'late_fee_from') === '')
        throw new DatabaseError(
          'fault',
          'revenue.operations.openBills gives no late_fee_from, which CFTZ needs',
        );
      yield {
        bill: bill.bill,
        customer: found.customer.customer,
        customerName: found.customer.name,
        owed: fenOf(bill.receivable - bill.received + bill.lateFee),
        lateFeeFrom: desk.theirs.formats.readDay(row, 'late_fee_from'),
      };
    }
  }
}
