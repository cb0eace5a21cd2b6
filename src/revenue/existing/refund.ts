/** Refund and reversal by the utility's procedure, with a journal row for each payment that is taken back. */
import { chinaDay, chinaStamp, daysBetween } from '../../clock.js';
import { DatabaseError, hasLabel } from '../../database/database.js';
import type { Day, Fen } from '../../protocol/values.js';
import { bookingDayOf, newNumber } from '../builtin/books.js';
import { refundFromSuspense } from '../builtin/suspense.js';
import { findItem } from '../builtin/suspense-items.js';
import type { RefundOrder, RefundOutcome, ReversalOrder, ReversalOutcome } from '../revenue-system.js';
import type { Unit } from '../unit.js';
import { knownSerial } from './calls.js';
import { type Desk, inDoubt } from './desk.js';
import { type JournalRow, moveTo } from './journal.js';
import {
  finishRefund,
  insertRefund,
  type RefundRow,
  refundKeyOf,
  refundOfKey,
  refundOfPayment,
  releaseRefund,
} from './refund-journal.js';
import { askPayment, resolveRefund } from './resolve.js';
import type { Meaning } from './settings.js';
import { findOrAdopt } from './status.js';
import { giveBack } from './suspense.js';
import { textOr } from './theirs.js';

type RefundRefusal = Extract<RefundOutcome, { kind: 'refused' }>['refusal'];
const refused = (refusal: RefundRefusal): RefundOutcome => ({ kind: 'refused', refusal });
const PAUSE_MS = 40;
const WAIT_MS = 6000;

export async function refund(desk: Desk, unit: Unit, order: RefundOrder): Promise<RefundOutcome> {
  await findOrAdopt(desk, unit, order.originalSerial, order.receivedAt);
  const known = await knownSerial(desk, unit, { serial: order.originalSerial });
  if (known?.state === 'calling') throw inDoubt('payment');
  if (known === undefined || (known.state !== 'booked' && known.state !== 'freed'))
    return refused('no-payment');
  const number = known.paymentNumber;
  if ((await findItem(desk.journal, unit, number)) !== undefined)
    return refundFromSuspense(desk.journal, unit, order, number, (reason) =>
      giveBack(desk, unit, number, reason),
    );
  if (order.amount !== (await amountOf(desk, unit, known))) return refused('amount-differs');
  for (;;) {
    const earlier = await endOfRefund(desk, unit, known.paymentNumber);
    if (earlier !== undefined) {
      const repeat =
        earlier.kind === 'refund' && (order.serial === undefined || earlier.refundKey === order.serial);
      return repeat
        ? { kind: 'refunded', refundNumber: earlier.refundNumber, repeat: true }
        : refused('other-refund');
    }
    const key = refundKeyOf(order.serial, known.paymentNumber);
    const sameKey = await refundOfKey(desk.journal, unit, key);
    // The same refund, begun by another in this moment.
    if (sameKey?.paymentNumber === known.paymentNumber) continue;
    if (sameKey !== undefined) return refused('other-refund');
    const { refundDays } = unit.rules;
    const paidOn = known.bookingDay;
    if (refundDays !== undefined && paidOn !== undefined) {
      if (daysBetween(paidOn, chinaDay(order.receivedAt)) > refundDays) return refused('window-over');
    }
    const day = bookingDayOf(unit, order.bankDay, order.receivedAt);
    const done = await takeBack(desk, unit, known, 'refund', key, day, order);
    if (done === 'claimed by another') continue;
    if (typeof done !== 'string') return { kind: 'refunded', ...done, repeat: false };
    switch (done) {
      case 'no-payment':
      case 'amount-differs':
      case 'window-over':
      case 'balance-used':
      case 'paid-later':
      case 'other-refund':
        return refused(done);
      default:
        throw new DatabaseError('fault', `refund: a refund cannot be answered ${done}`);
    }
  }
}

export async function reverse(desk: Desk, unit: Unit, order: ReversalOrder): Promise<ReversalOutcome> {
  const known = await knownSerial(desk, unit, order);
  if (known?.state === 'calling') throw inDoubt('payment');
  if (known === undefined || known.paymentNumber === '' || !['booked', 'freed'].includes(known.state))
    return { kind: 'refused', refusal: 'no-payment' };
  const free = async () => {
    if (order.replaced && known.state === 'booked')
      await moveTo(desk.journal, known, 'freed', desk.clock.now());
  };
  for (;;) {
    const earlier = await endOfRefund(desk, unit, known.paymentNumber);
    if (earlier !== undefined) {
      await free();
      return { kind: 'already-reversed', refundNumber: earlier.refundNumber };
    }
    const key = refundKeyOf(undefined, known.paymentNumber);
    const day = known.bookingDay ?? chinaDay(order.receivedAt);
    const done = await takeBack(desk, unit, known, 'reversal', key, day, order);
    if (done === 'claimed by another') continue;
    if (typeof done !== 'string') {
      await free();
      return { kind: 'reversed', ...done };
    }
    if (done === 'no-payment' || done === 'balance-used' || done === 'paid-later')
      return { kind: 'refused', refusal: done };
    throw new DatabaseError('fault', `refund: a reversal cannot be answered ${done}`);
  }
}

/** What became of an earlier refund of this payment; waits for one that runs. */
async function endOfRefund(desk: Desk, unit: Unit, paymentNumber: string): Promise<RefundRow | undefined> {
  for (let waited = 0; ; waited += PAUSE_MS) {
    const row = await refundOfPayment(desk.journal, unit, paymentNumber);
    if (row?.state !== 'calling') return row;
    if (waited >= WAIT_MS) break;
    await desk.clock.sleep(PAUSE_MS);
  }
  const row = await refundOfPayment(desk.journal, unit, paymentNumber);
  if (row?.state === 'calling') await resolveRefund(desk, row);
  const now = await refundOfPayment(desk.journal, unit, paymentNumber);
  if (now?.state === 'calling') throw inDoubt('refund');
  return now;
}

async function amountOf(desk: Desk, unit: Unit, known: JournalRow): Promise<Fen | undefined> {
  return known.amount ?? (await askPayment(desk, unit, known.theirSerial))?.amount;
}

type TakenBack = { readonly refundNumber: string } | Meaning | 'claimed by another';

async function takeBack(
  desk: Desk,
  unit: Unit,
  known: JournalRow,
  kind: RefundRow['kind'],
  refundKey: string,
  day: Day,
  order: Pick<RefundOrder, 'receivedAt'> & { readonly orderedBy?: string },
): Promise<TakenBack> {
  const { journal, theirs, clock, ids } = desk;
  const row: RefundRow = {
    unit: unit.id,
    paymentNumber: known.paymentNumber,
    serial: known.serial,
    refundKey,
    kind,
    state: 'calling',
    refundNumber: newNumber({ database: journal, clock, ids }),
    attempt: ids.digits(24),
    unsureUntil: clock.now() + theirs.callMsMax,
  };
  if (!(await insertRefund(journal, row, clock.now()))) return 'claimed by another';
  await desk.at?.('claimed');
  const binds = {
    unit: unit.id,
    serial: known.theirSerial,
    paymentNumber: known.paymentNumber,
    refundNumber: row.refundNumber,
    customer: known.customer,
    amount: known.amount === undefined ? null : theirs.formats.amount(known.amount),
    kind,
    day: theirs.formats.day(day),
    receivedAt: chinaStamp(order.receivedAt),
    bookedAt: chinaStamp(clock.now()),
    mayOverdraw: theirs.formats.flag(unit.rules.refundMayOverdraw),
    orderedBy: order.orderedBy ?? '',
  };
  try {
    const answer = await theirs.change('refund', binds, row.unsureUntil - theirs.callMsMax / 2);
    await desk.at?.('their-commit');
    if (answer.meaning !== 'done' && answer.meaning !== 'already') {
      await releaseRefund(journal, row);
      return answer.meaning;
    }
    const refundNumber = textOr(answer.row, 'refund_number', row.refundNumber);
    await finish(desk, row, refundNumber);
    return { refundNumber };
  } catch (error) {
    if (!hasLabel(error, 'outcome-unknown')) await releaseRefund(journal, row);
    throw error;
  }
}

async function finish({ journal, clock }: Desk, row: RefundRow, refundNumber: string): Promise<void> {
  try {
    await finishRefund(journal, row, refundNumber, clock.now());
  } catch (error) {
    throw new DatabaseError('outcome-unknown', 'the journal could not be written', { cause: error });
  }
}
