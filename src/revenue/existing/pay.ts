/** Payment and supplement by the utility's procedure: intent → calling → outcome in our journal, theirs in between. */
import { chinaStamp } from '../../clock.js';
import { type Binds, DatabaseError, hasLabel } from '../../database/database.js';
import type { Day } from '../../protocol/values.js';
import { bookingDayOf, contentHash, lateFeeDayOf, newNumber } from '../builtin/books.js';
import { refusalOfMoment } from '../builtin/pay.js';
import {
  type PaymentOrder,
  type PaymentOutcome,
  type PaymentRow,
  type Refusal,
  refusals,
  type SupplementOrder,
  type SupplementOutcome,
} from '../revenue-system.js';
import type { Unit } from '../unit.js';
import { type Desk, inDoubt, theirSerialOf, waitForEnd } from './desk.js';
import {
  claimForSupplement,
  type Entry,
  findRow,
  insertEntry,
  type JournalRow,
  release,
  settle,
} from './journal.js';
import { refundOfPayment } from './refund-journal.js';
import { askPayment, resolveCall } from './resolve.js';
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

/** The serial's row when its call has ended, or has been asked for. */
export async function knownSerial(
  desk: Desk,
  unit: Unit,
  { serial }: Pick<PaymentOrder, 'serial'>,
): Promise<JournalRow | undefined> {
  const row = await waitForEnd(desk, unit, serial);
  if (row?.state !== 'calling') return row;
  await resolveCall(desk, row);
  return findRow(desk.journal, unit, serial);
}

export async function supplement(desk: Desk, unit: Unit, order: SupplementOrder): Promise<SupplementOutcome> {
  const { journal, clock, theirs } = desk;
  const customers = await theirs.ask('findCustomers', {
    unit: unit.id,
    key: 'customer',
    value: order.customer,
  });
  if (customers.length === 0) return { kind: 'unknown-customer' };
  const hash = contentHash(order.customer, order.amount, order.bookingDay, order.rows);
  for (;;) {
    const known = await knownSerial(desk, unit, order);
    if (known?.state === 'calling') throw inDoubt('supplement');
    if (known !== undefined && !(await mayBeSupplemented(desk, unit, known)))
      return { kind: 'already-booked', paymentNumber: known.paymentNumber };
    const anew = known !== undefined && known.paymentNumber !== '';
    const theirSerial = anew ? theirSerialOf(desk, order.serial, true) : known?.theirSerial;
    const claim = {
      ...claimOf(
        desk,
        order,
        order.bookingDay,
        hash,
        'supplement',
        theirSerial ?? theirSerialOf(desk, order.serial),
      ),
      priorState: known?.state,
    };
    const claimed =
      known === undefined
        ? await insertEntry(journal, unit, order.serial, claim, clock.now())
        : await claimForSupplement(journal, known, claim, clock.now());
    if (!claimed) continue;
    const row = { ...claim, unit: unit.id, serial: order.serial };
    const day = theirs.formats.day(order.bookingDay);
    const binds = { ...bindsOf(desk, unit, order, row), day, lateFeeDay: day, orderedBy: order.orderedBy };
    // Released to what it was: its old number and refusal are in the row that was seen.
    const before = { ...row, paymentNumber: known?.paymentNumber ?? '', refusal: known?.refusal };
    const { meaning, row: columns } = await call(desk, 'supplement', row, binds, before);
    const paymentNumber = textOr(columns, 'payment_number', row.paymentNumber);
    if (meaning === 'unknown-customer') {
      await release(journal, before, clock.now());
      return { kind: 'unknown-customer' };
    }
    if (meaning !== 'done' && meaning !== 'already') {
      await release(journal, before, clock.now());
      throw new DatabaseError('fault', `supplement: refused as ${meaning}; a supplement must book`);
    }
    await settledOrDoubt(desk, row, () =>
      settle(journal, row, { state: 'booked', paymentNumber }, clock.now()),
    );
    return { kind: meaning === 'done' ? 'booked' : 'already-booked', paymentNumber };
  }
}

/** Void, refused and freed serials; and one whose payment reconciliation itself took back. */
async function mayBeSupplemented(desk: Desk, unit: Unit, known: JournalRow): Promise<boolean> {
  if (known.state !== 'booked') return true;
  const back = await refundOfPayment(desk.journal, unit, known.paymentNumber);
  return back?.kind === 'reversal' && back.state === 'done';
}

function claimOf(
  desk: Desk,
  order: Pick<PaymentOrder, 'customer' | 'amount'>,
  bookingDay: Day,
  contentHashOf: string,
  kind: Entry['kind'],
  theirSerial: string,
): Entry {
  return {
    theirSerial,
    state: 'calling',
    kind,
    priorState: undefined,
    contentHash: contentHashOf,
    refusal: undefined,
    customer: order.customer,
    amount: order.amount,
    bookingDay,
    // Ours, for a system that gives none of its own; what they give replaces it.
    paymentNumber: newNumber(numbering(desk)),
    attempt: desk.ids.digits(24),
    unsureUntil: desk.clock.now() + desk.theirs.callMsMax,
  };
}
const numbering = ({ journal: database, clock, ids }: Desk) => ({ database, clock, ids });

const bindsOf = (
  { theirs: { formats }, clock }: Desk,
  unit: Unit,
  order: PaymentOrder | SupplementOrder,
  row: JournalRow,
): Binds => ({
  unit: unit.id,
  serial: row.theirSerial,
  platformSerial: order.serial,
  paymentNumber: row.paymentNumber,
  customer: order.customer,
  amount: formats.amount(order.amount),
  bills: named(order.rows).join(','),
  receivedAt: chinaStamp(order.receivedAt),
  bookedAt: chinaStamp(clock.now()),
  amountRule: unit.dialect.amountRule,
  billsChosen: unit.dialect.billsChosen,
  lockPolicy: unit.dialect.lockPolicy,
});
const named = (rows: readonly PaymentRow[]): string[] =>
  rows.map(({ bill }) => bill).filter((bill) => bill !== '' && bill !== '0');

/** Their part. What fails before their commit frees the serial again; what may have happened stays `calling`. */
async function call(
  desk: Desk,
  name: 'pay' | 'supplement',
  row: JournalRow,
  binds: Binds,
  before: JournalRow = row,
): Promise<Answer> {
  const { theirs, journal, clock } = desk;
  await desk.at?.('claimed');
  try {
    const beginBy = row.unsureUntil - theirs.callMsMax / 2;
    const answer = await theirs.change(name, binds, beginBy);
    await desk.at?.('their-commit');
    return answer;
  } catch (error) {
    if (!hasLabel(error, 'outcome-unknown')) await release(journal, before, clock.now());
    throw error;
  }
}

/** They have committed; when our journal cannot be written now, the resolver finds it at theirs. */
async function settledOrDoubt(desk: Desk, row: JournalRow, write: () => Promise<boolean>): Promise<void> {
  let written: boolean;
  try {
    written = await write();
  } catch (error) {
    throw new DatabaseError('outcome-unknown', 'the journal could not be written', { cause: error });
  }
  if (written) return;
  // The resolver was there before us: it has found the booking, or has given the serial up, which T+1 then puts right.
  const now = await findRow(desk.journal, { id: row.unit }, row.serial);
  if (now?.state !== 'booked' || (await askPayment(desk, { id: row.unit }, row.theirSerial)) === undefined)
    throw inDoubt('payment');
}
