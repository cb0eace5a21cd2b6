/** Bookings that the platform's books prove, whatever else holds: supplements of T+1, and debits of a deduction. */
import { type Binds, DatabaseError } from '../../database/database.js';
import { contentHash } from '../builtin/books.js';
import type { SupplementOrder, SupplementOutcome } from '../revenue-system.js';
import type { Unit } from '../unit.js';
import { bindsOf, call, claimOf, knownSerial, settledOrDoubt } from './calls.js';
import { type Desk, inDoubt, theirSerialOf } from './desk.js';
import { type CallKind, claimAgain, insertEntry, type JournalRow, release } from './journal.js';
import { hasCustomer } from './queries.js';
import { refundOfPayment } from './refund-journal.js';
import { askPayment } from './resolve.js';
import { settleProven } from './suspense-journal.js';
import { textOr } from './theirs.js';

/** One way of proving: which statement books, and which known serials it may take. */
interface Proof {
  readonly by: 'supplement' | 'debit';
  readonly kind: CallKind;
  /** Bound beside what every booking binds. */
  readonly binds?: Binds;
  takes(known: JournalRow): boolean | Promise<boolean>;
}
export type ProvenOutcome =
  | { readonly kind: 'booked'; readonly row: JournalRow; readonly paymentNumber: string }
  /** Their tables have the serial, and our journal has not. */
  | { readonly kind: 'theirs-already'; readonly paymentNumber: string }
  /** Not taken: what the journal says of the serial. */
  | { readonly kind: 'known'; readonly row: JournalRow }
  | { readonly kind: 'unknown-customer' };

export async function bookProven(
  desk: Desk,
  unit: Unit,
  order: SupplementOrder,
  proof: Proof,
): Promise<ProvenOutcome> {
  const { journal, clock, theirs } = desk;
  const hash = contentHash(order.customer, order.amount, order.bookingDay, order.rows);
  for (;;) {
    const known = await knownSerial(desk, unit, order);
    if (known?.state === 'calling') throw inDoubt(proof.by);
    if (known !== undefined && !(await proof.takes(known))) return { kind: 'known', row: known };
    const theirSerial = await theirSerialFor(desk, unit, order, known);
    const claim = {
      ...claimOf(desk, order, order.bookingDay, hash, proof.kind, theirSerial),
      priorState: known?.state,
    };
    const claimed =
      known === undefined
        ? await insertEntry(journal, unit, order.serial, claim, clock.now())
        : await claimAgain(journal, known, claim, clock.now());
    if (!claimed) continue;
    const row = { ...claim, unit: unit.id, serial: order.serial };
    const day = theirs.formats.day(order.bookingDay);
    const { orderedBy } = order;
    const binds = { ...bindsOf(desk, unit, order, row), day, lateFeeDay: day, orderedBy, ...proof.binds };
    // Released to what it was: its old number and refusal are in the row that was seen.
    const before = { ...row, paymentNumber: known?.paymentNumber ?? '', refusal: known?.refusal };
    const { meaning, row: columns } = await call(desk, proof.by, row, binds, before);
    const paymentNumber = textOr(columns, 'payment_number', row.paymentNumber);
    if (meaning !== 'done' && meaning !== 'already') {
      await release(journal, before, clock.now());
      if (meaning === 'unknown-customer') return { kind: 'unknown-customer' };
      throw new DatabaseError('fault', `${proof.by}: refused as ${meaning}; what is proven must be booked`);
    }
    const why = `${order.customer} ${orderedBy}`;
    await settledOrDoubt(desk, row, () => settleProven(journal, row, paymentNumber, why, clock.now()));
    return meaning === 'done'
      ? { kind: 'booked', row, paymentNumber }
      : { kind: 'theirs-already', paymentNumber };
  }
}

/** What is in their tables under the serial already, because it was booked and taken back, leaves it no place there. */
async function theirSerialFor(desk: Desk, unit: Unit, { serial }: SupplementOrder, known?: JournalRow) {
  if (known === undefined) return theirSerialOf(desk, serial);
  const isTaken =
    known.paymentNumber !== '' && (await askPayment(desk, unit, known.theirSerial)) !== undefined;
  return isTaken ? theirSerialOf(desk, serial, true) : known.theirSerial;
}

export async function supplement(desk: Desk, unit: Unit, order: SupplementOrder): Promise<SupplementOutcome> {
  if (!(await hasCustomer(desk, unit, order.customer))) return { kind: 'unknown-customer' };
  const takes = (known: JournalRow) => mayBeSupplemented(desk, unit, known);
  const outcome = await bookProven(desk, unit, order, { by: 'supplement', kind: 'supplement', takes });
  switch (outcome.kind) {
    case 'booked':
      return { kind: 'booked', paymentNumber: outcome.paymentNumber };
    case 'theirs-already':
      return { kind: 'already-booked', paymentNumber: outcome.paymentNumber };
    case 'known':
      return { kind: 'already-booked', paymentNumber: outcome.row.paymentNumber };
    case 'unknown-customer':
      return outcome;
    default:
      return outcome satisfies never;
  }
}

/** Void, refused and freed serials; and one whose payment reconciliation itself took back. */
export async function mayBeSupplemented(desk: Desk, unit: Unit, known: JournalRow): Promise<boolean> {
  if (known.state !== 'booked') return true;
  const back = await refundOfPayment(desk.journal, unit, known.paymentNumber);
  return back?.kind === 'reversal' && back.state === 'done';
}
