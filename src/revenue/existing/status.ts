/** Payment status: from the journal; what is in doubt there, and what it has never seen, from them. */
import type { Moment } from '../../clock.js';
import type { Serial } from '../../protocol/values.js';
import { findItem } from '../builtin/suspense-items.js';
import type { StatusOutcome } from '../revenue-system.js';
import type { Unit } from '../unit.js';
import { type Desk, theirSerialOf } from './desk.js';
import { type Entry, findRow, insertEntry, type JournalRow } from './journal.js';
import { refundOfPayment } from './refund-journal.js';
import { askPayment, resolveCall } from './resolve.js';

export async function paymentStatus(
  desk: Desk,
  unit: Unit,
  serial: Serial,
  at: Moment,
): Promise<StatusOutcome> {
  let row = await findOrAdopt(desk, unit, serial, at);
  if (row?.state === 'calling') {
    await resolveCall(desk, row);
    row = await findRow(desk.journal, unit, serial);
  }
  if (row === undefined) return { kind: 'unknown' };
  switch (row.state) {
    case 'void':
      return { kind: 'unknown' };
    case 'calling':
      return { kind: 'undecided' };
    case 'refused':
      return { kind: 'refused' };
    case 'booked':
    case 'freed': {
      const back = await refundOfPayment(desk.journal, unit, row.paymentNumber);
      const item = await findItem(desk.journal, unit, row.paymentNumber);
      return {
        kind: 'booked',
        paymentNumber: row.paymentNumber,
        refunded: back?.state === 'done' || item?.state === 'returned',
      };
    }
    default:
      return row.state satisfies never;
  }
}

/**
 * The serial's row. One that the journal has never seen is asked for once, since it may be older than the journal; what they do not have either becomes
 * void here, unless the unit says otherwise (then `undefined`). Whoever calls them has a row before, so the void cannot overtake a call.
 */
export async function findOrAdopt(
  desk: Desk,
  unit: Unit,
  serial: Serial,
  at: Moment,
): Promise<JournalRow | undefined> {
  const { journal } = desk;
  const known = await findRow(journal, unit, serial);
  if (known !== undefined) return known;
  const theirSerial = theirSerialOf(desk, serial);
  const found = await askPayment(desk, unit, theirSerial);
  if (found !== undefined) {
    const { paymentNumber, customer, amount } = found;
    const entry = { ...emptyEntry(theirSerial, 'booked'), paymentNumber, customer, amount };
    await insertEntry(journal, unit, serial, entry, at);
  } else if (unit.dialect.unknownSerial === 'void') {
    await insertEntry(journal, unit, serial, emptyEntry(theirSerial, 'void'), at);
  }
  return findRow(journal, unit, serial);
}

const emptyEntry = (theirSerial: string, state: 'void' | 'booked'): Entry => ({
  theirSerial,
  state,
  kind: 'payment',
  priorState: undefined,
  contentHash: '',
  refusal: undefined,
  customer: '',
  amount: undefined,
  bookingDay: undefined,
  paymentNumber: '',
  attempt: '',
  unsureUntil: 0,
});
