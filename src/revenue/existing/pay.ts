/** Payment by the utility's procedure: intent → calling → outcome in our journal, theirs in between. */
import { DatabaseError } from '../../database/database.js';
import { bookingDayOf, contentHash, lateFeeDayOf } from '../builtin/books.js';
import { refusalOfMoment } from '../builtin/pay.js';
import { type PaymentOrder, type PaymentOutcome, type Refusal, refusals } from '../revenue-system.js';
import type { Unit } from '../unit.js';
import { bindsOf, call, claimOf, knownSerial, settledOrDoubt } from './calls.js';
import { type Desk, inDoubt, theirSerialOf } from './desk.js';
import { type Entry, insertEntry, type JournalRow, release, settle } from './journal.js';
import { type Answer, textOr } from './theirs.js';

export async function pay(desk: Desk, unit: Unit, order: PaymentOrder): Promise<PaymentOutcome> {
  const { journal, clock } = desk;
  const hash = contentHash(order.customer, order.amount, order.bankDay, order.rows);
  const atOnce = refusalOfMoment(unit, order);
  const bookingDay = bookingDayOf(unit, order.bankDay, order.receivedAt);
  const claim = claimOf(desk, order, bookingDay, hash, 'payment', theirSerialOf(desk, order.serial));
  const entry: Entry = atOnce === undefined ? claim : { ...claim, state: 'refused', refusal: atOnce };
  if (!(await insertEntry(journal, unit, order.serial, entry, clock.now()))) {
    return repeatOf(desk, unit, order, hash);
  }
  if (atOnce !== undefined) return { kind: 'refused', refusal: atOnce };
  const row = { ...claim, unit: unit.id, serial: order.serial };
  const binds = {
    ...bindsOf(desk, unit, order, row),
    day: desk.theirs.formats.day(bookingDay),
    lateFeeDay: desk.theirs.formats.day(lateFeeDayOf(unit, order.bankDay, order.receivedAt)),
    payMode: order.payMode,
    fundNumber: order.fundNumber,
    remark: order.remark,
  };
  const answer = await call(desk, 'pay', row, binds);
  return finish(desk, row, answer);
}

async function finish(
  desk: Desk,
  row: JournalRow,
  { meaning, row: columns }: Answer,
): Promise<PaymentOutcome> {
  const { journal, clock } = desk;
  const paymentNumber = textOr(columns, 'payment_number', row.paymentNumber);
  if (meaning === 'done' || meaning === 'already') {
    await settledOrDoubt(desk, row, () =>
      settle(journal, row, { state: 'booked', paymentNumber }, clock.now()),
    );
    return meaning === 'done'
      ? { kind: 'booked', paymentNumber }
      : { kind: 'duplicate', paymentNumber, same: false };
  }
  const refusal = refusals.find((one) => one === meaning);
  if (refusal === undefined) {
    await release(journal, row, clock.now());
    throw new DatabaseError('fault', `pay: a payment cannot be answered ${meaning}`);
  }
  await settledOrDoubt(desk, row, () => settle(journal, row, { state: 'refused', refusal }, clock.now()));
  return { kind: 'refused', refusal };
}

/** What a serial that is known already gets; nothing is done. */
async function repeatOf(desk: Desk, unit: Unit, order: PaymentOrder, hash: string): Promise<PaymentOutcome> {
  const known = await knownSerial(desk, unit, order);
  // It was released in this moment: nothing was done.
  if (known === undefined) throw new DatabaseError('unavailable', 'the call that this one repeats failed');
  const same = known.contentHash === hash;
  switch (known.state) {
    case 'booked':
    case 'freed':
      return { kind: 'duplicate', paymentNumber: known.paymentNumber, same };
    case 'refused':
      return refused(same && known.refusal !== undefined ? known.refusal : 'other-content');
    case 'void':
      return refused('void-serial');
    case 'calling':
      throw inDoubt('payment');
    default:
      return known.state satisfies never;
  }
}
const refused = (refusal: Refusal): PaymentOutcome => ({ kind: 'refused', refusal });
