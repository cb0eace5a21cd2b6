/** What every operation of the built-in revenue system works with. */
import { createHash } from 'node:crypto';
import { type Clock, chinaDay, chinaStamp, type Ids, type Moment } from '../../clock.js';
import type { Database } from '../../database/database.js';
import type { Day, Fen } from '../../protocol/values.js';
import type { PaymentRow } from '../revenue-system.js';
import type { Unit } from '../unit.js';

export interface Books {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** A payment, refund or entry number: 24 digits, `yyyyMMddHHmmss` in China and ten that nobody can guess. */
export const newNumber = (books: Books): string => chinaStamp(books.clock.now()) + books.ids.digits(10);

/** The day a payment belongs to, as the unit's dialect says (spec "booking day"). */
export const bookingDayOf = (unit: Unit, bankDay: Day, receivedAt: Moment): Day =>
  unit.dialect.bookingDay === 'bankDate' ? bankDay : chinaDay(receivedAt);

/** The day as of which late fees are counted (spec "late fee as of"). */
export const lateFeeDayOf = (unit: Unit, bankDay: Day, receivedAt: Moment): Day =>
  unit.dialect.lateFeeAsOf === 'bankDate' ? bankDay : chinaDay(receivedAt);

/** Recognises a repeat: two orders with the same hash name the same customer, amount, day and rows. */
export function contentHash(customer: string, amount: Fen, day: Day, rows: readonly PaymentRow[]): string {
  const content = [
    customer,
    amount.toString(),
    day,
    rows.map((row) => [row.customer, row.bill, row.month ?? '']),
  ];
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}
