/**
 * Suspense (暂挂) beside a schema of the utility's own, which knows nothing of it: the item and its serial's row in the journal are ours, until an
 * operator names the customer and it is booked there like a supplement.
 */
import { DatabaseError } from '../../database/database.js';
import { contentHash, newNumber } from '../builtin/books.js';
import { findItem, insertHeldItem, resolveItem } from '../builtin/suspense-items.js';
import type { ResolveOutcome } from '../reconciliation-books.js';
import type { SupplementOrder } from '../revenue-system.js';
import type { Unit } from '../unit.js';
import { knownSerial, numbering } from './calls.js';
import { type Desk, inDoubt, theirSerialOf } from './desk.js';
import { type Entry, holdBooked, insertEntry, takeForSuspense } from './journal.js';
import { bookProven, mayBeSupplemented } from './proven.js';
import { hasCustomer } from './queries.js';

/** Thrown within a transaction to end it: another node has the serial. */
class Taken extends Error {}

/** Holds a supplement whose customer is unknown; a serial that is booked or held already stays as it is. */
export async function hold(
  desk: Desk,
  unit: Unit,
  order: SupplementOrder,
): Promise<{ readonly number: string } | 'already-booked'> {
  const { journal, clock, ids } = desk;
  const { serial, customer, amount, bookingDay, rows } = order;
  for (;;) {
    const known = await knownSerial(desk, unit, order);
    if (known?.state === 'calling') throw inDoubt('supplement');
    if (known !== undefined && !(await mayBeSupplemented(desk, unit, known))) return 'already-booked';
    const number = newNumber(numbering(desk));
    const entry: Entry = {
      ...{
        theirSerial: known?.theirSerial ?? theirSerialOf(desk, serial),
        state: 'booked',
        kind: 'suspense',
      },
      ...{ priorState: undefined, refusal: undefined, customer, amount, bookingDay, paymentNumber: number },
      ...{ contentHash: contentHash(customer, amount, bookingDay, rows), attempt: ids.digits(24) },
      unsureUntil: 0,
    };
    const at = clock.now();
    try {
      await journal.transaction(async (tx) => {
        const taken =
          known === undefined
            ? await insertEntry(tx, unit, serial, entry, at)
            : await takeForSuspense(tx, known, entry, at);
        if (!taken) throw new Taken();
        await insertHeldItem(tx, unit, { ...order, number }, at);
      });
      return { number };
    } catch (error) {
      if (!(error instanceof Taken)) throw error;
    }
  }
}

/** Books a held item for a customer of theirs. What is in doubt is settled like every call, and the item with it. */
export async function assign(
  desk: Desk,
  unit: Unit,
  number: string,
  customer: string,
  operator: string,
): Promise<ResolveOutcome> {
  const item = await findItem(desk.journal, unit, number);
  if (item === undefined) return refused('no-item');
  if (item.state !== 'held') return refused('resolved-already');
  if (!(await hasCustomer(desk, unit, customer))) return refused('unknown-customer');
  const order = { ...item, customer, rows: [], orderedBy: operator };
  const outcome = await bookProven(desk, unit, order, {
    by: 'supplement',
    kind: 'supplement',
    takes: ({ state, paymentNumber }) => state === 'booked' && paymentNumber === number,
  });
  switch (outcome.kind) {
    case 'booked':
      return { kind: 'done', number: outcome.paymentNumber };
    case 'unknown-customer':
      return refused('unknown-customer');
    case 'known':
      return refused('resolved-already');
    case 'theirs-already':
      throw new DatabaseError('fault', 'supplement: a serial that we hold is booked at theirs');
    default:
      return outcome satisfies never;
  }
}

/** Gives a held item back to the platform. Their books never had it. */
export const giveBack = (
  { journal, clock, ids }: Desk,
  unit: Unit,
  number: string,
  reason: string,
): Promise<ResolveOutcome> =>
  journal.transaction(async (tx): Promise<ResolveOutcome> => {
    const before = await findItem(tx, unit, number);
    if (before === undefined) return refused('no-item');
    // The serial's row is the lock: it is not ours to give back while it is being assigned.
    if (!(await holdBooked(tx, unit, before.serial, number, clock.now()))) {
      if (before.state === 'held') throw inDoubt('assignment');
      return refused('resolved-already');
    }
    const item = await findItem(tx, unit, number);
    if (item?.state !== 'held') return refused('resolved-already');
    const by = newNumber({ database: journal, clock, ids });
    await resolveItem(tx, unit, number, { state: 'returned', by, why: reason }, clock.now());
    return { kind: 'done', number: by };
  });

const refused = (refusal: Extract<ResolveOutcome, { kind: 'refused' }>['refusal']): ResolveOutcome => ({
  kind: 'refused',
  refusal,
});
