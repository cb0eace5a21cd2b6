/** One call of theirs that books under a serial: its claim in our journal, what is bound, and its end. */
import { chinaStamp } from '../../clock.js';
import { type Binds, DatabaseError, hasLabel } from '../../database/database.js';
import type { Day } from '../../protocol/values.js';
import { newNumber } from '../builtin/books.js';
import type { PaymentOrder, PaymentRow, SupplementOrder } from '../revenue-system.js';
import type { Unit } from '../unit.js';
import { type Desk, inDoubt, waitForEnd } from './desk.js';
import { type Entry, findRow, type JournalRow, release } from './journal.js';
import { askPayment, resolveCall } from './resolve.js';
import type { Answer } from './theirs.js';

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

export function claimOf(
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
export const numbering = ({ journal: database, clock, ids }: Desk) => ({ database, clock, ids });

export const bindsOf = (
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
export async function call(
  desk: Desk,
  name: 'pay' | 'supplement' | 'debit',
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
export async function settledOrDoubt(
  desk: Desk,
  row: JournalRow,
  write: () => Promise<boolean>,
): Promise<void> {
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
