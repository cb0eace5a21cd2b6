/** A schema of the utility's own as reconciliation sees it: the journal says what we did, their tables what stands. */
import type { Serial } from '../../protocol/values.js';
import { findItem, itemBehind, type SuspenseItem } from '../builtin/suspense-items.js';
import type { SerialStanding, StandingBooking } from '../reconciliation-books.js';
import type { Unit } from '../unit.js';
import { knownSerial } from './calls.js';
import { type Desk, theirSerialOf } from './desk.js';
import { refundOfPayment } from './refund-journal.js';
import { askPayment } from './resolve.js';
import { findOrAdopt } from './status.js';

export async function serialStanding(desk: Desk, unit: Unit, serial: Serial): Promise<SerialStanding> {
  const row = await knownSerial(desk, unit, { serial });
  if (row?.state === 'calling') return { kind: 'undecided' };
  if (row?.state === 'void' || row?.state === 'refused') return { kind: 'none', reversal: '' };
  const item = row && (await findItem(desk.journal, unit, row.paymentNumber));
  if (item !== undefined) return standingOfItem(item);
  // What the journal has never seen may be older than the journal.
  const found = await askPayment(desk, unit, row?.theirSerial ?? theirSerialOf(desk, serial));
  if (found === undefined) return { kind: 'none', reversal: '' };
  // So that it can be taken back like one of ours.
  if (row === undefined) await findOrAdopt(desk, unit, serial, desk.clock.now());
  const back = await refundOfPayment(desk.journal, unit, found.paymentNumber);
  if (back?.state === 'calling') return { kind: 'undecided' };
  if (back?.kind === 'reversal' || row?.state === 'freed')
    return { kind: 'none', reversal: back?.refundNumber ?? '' };
  const booking: StandingBooking = {
    paymentNumber: found.paymentNumber,
    // As the platform names it, also where an operator has assigned the money to another.
    customer: (await itemBehind(desk.journal, unit, found.paymentNumber))?.customer ?? found.customer,
    amount: found.amount,
    bookingDay: row?.bookingDay,
    receivedAt: undefined,
    orderedBy: undefined,
  };
  return found.refunded
    ? {
        kind: 'refunded',
        ...booking,
        refundNumber: back?.refundNumber ?? found.refundNumber,
        refundDay: undefined,
      }
    : { kind: 'booked', ...booking };
}

function standingOfItem(item: SuspenseItem): SerialStanding {
  const { number: paymentNumber, state, resolvedBy: refundNumber } = item;
  const { customer, amount, bookingDay, receivedAt, orderedBy } = item;
  const booking = { paymentNumber, customer, amount, bookingDay, receivedAt, orderedBy };
  return state === 'returned' ? { kind: 'returned', refundNumber, ...booking } : { kind: 'held', ...booking };
}
