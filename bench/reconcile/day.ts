/** A day with so many payments, and the platform's file about it with one line in a thousand differing. */

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { type Database, sql } from '../../src/database/index.js';

export const UNIT = '39536';
export const DAY = '20240404';
/** Of the lines: one in so many differs, by turns missing here, missing there, of another amount, of another customer. */
export const ONE_IN = 1000;
const BATCH = 20_000;

const serialOf = (n: number) => `${DAY}00003001${String(n).padStart(12, '0')}`;
const customerOf = (n: number) => String(1_000_000 + n);
const amountOf = (n: number) => 1000 + (n % 9973);
const kindOf = (n: number) => (n % ONE_IN === 0 ? (n / ONE_IN) % 4 : -1);

const insert = sql(`
  insert into payments (payment_no, unit, serial, customer, channel, state, booking_day, received_at, booked_at, amount,
    principal, late_fee, prepaid_change, balance_after)
  values (:no, :unit, :serial, :customer, :channel, :state, :day, :received, :booked, :amount, :principal, :lateFee, :prepaid, :balance)`);

/** Our bookings. */
export async function bookDay(database: Database, count: number): Promise<void> {
  for (let from = 0; from < count; from += BATCH) {
    const some = Array.from({ length: Math.min(BATCH, count - from) }, (_, i) => from + i).filter(
      (n) => kindOf(n) !== 0,
    );
    const fixed = <T>(value: T) => some.map(() => value);
    const amounts = some.map((n) => BigInt(amountOf(n)));
    await database.transaction((tx) =>
      tx.load(insert, [
        some.map((n) => `P${String(n).padStart(23, '0')}`),
        fixed(UNIT),
        some.map(serialOf),
        some.map(customerOf),
        fixed('platform'),
        fixed('booked'),
        fixed(DAY),
        fixed(0),
        fixed(0),
        amounts,
        amounts,
        fixed(0),
        fixed(0),
        fixed(0),
      ]),
    );
  }
}

/** The platform's file, in another order than ours: as its own books give it. */
export async function writeDay(path: string, count: number): Promise<void> {
  const out = createWriteStream(path);
  const step = coprime(count);
  let [lines, total] = [0, 0];
  for (let n = 0; n < count; n += 1) {
    if (kindOf(n) === 1) continue;
    lines += 1;
    total += amountOf(n) + (kindOf(n) === 2 ? 1 : 0);
  }
  let text = `${total}|${lines}|\r\n`;
  for (let i = 0; i < count; i += 1) {
    const n = (i * step) % count;
    const kind = kindOf(n);
    if (kind === 1) continue;
    const customer = kind === 3 ? `${customerOf(n)}X` : customerOf(n);
    text += `${customer}|${serialOf(n)}|${DAY}|${amountOf(n) + (kind === 2 ? 1 : 0)}|1|${customer}$$202403$#|\r\n`;
    if (text.length < 1 << 20) continue;
    if (!out.write(text)) await once(out, 'drain');
    text = '';
  }
  out.end(text);
  await once(out, 'close');
}
/** Goes through all of 0…count-1, neighbours far from each other. */
function coprime(count: number): number {
  let step = Math.floor(count * 0.618);
  while (greatest(step, count) !== 1) step += 1;
  return step;
}
const greatest = (a: number, b: number): number => (b === 0 ? a : greatest(b, a % b));
