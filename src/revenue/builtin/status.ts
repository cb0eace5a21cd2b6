/** Payment status (spec messages.md "200012"). Not a query: who is told "never seen" holds a promise that it never will be. */
import type { Moment } from '../../clock.js';
import { hasLabel } from '../../database/database.js';
import type { Serial } from '../../protocol/values.js';
import type { StatusOutcome } from '../revenue-system.js';
import type { Unit } from '../unit.js';
import type { Books } from './books.js';
import { claimSerial, findSerial, type KnownSerial } from './serials.js';

/** A payment in flight holds its serial; longer than this we do not wait for it, and say so. */
const LOCK_WAIT_MS = 1500;

export async function paymentStatus(
  books: Books,
  unit: Unit,
  serial: Serial,
  at: Moment,
): Promise<StatusOutcome> {
  const known = await findSerial(books.database, unit, serial);
  if (known !== undefined) return outcomeOf(known);
  if (unit.dialect.unknownSerial === 'open') {
    // A database that takes no writes may be a standby that lags behind: what it does not know may still be booked.
    return { kind: books.database.writes.readOnly ? 'undecided' : 'unknown' };
  }
  return (await voidSerial(books, unit, serial, at)) ?? { kind: 'unknown' };
}

/**
 * Makes an unknown serial void. `undefined`: it is void now; else what it turned out to be in the meantime.
 * The primary key decides between this and a payment that arrives in the same instant, on whatever node.
 */
export async function voidSerial(
  books: Books,
  unit: Unit,
  serial: Serial,
  at: Moment,
): Promise<StatusOutcome | undefined> {
  try {
    await books.database.transaction((tx) => claimSerial(tx, unit, serial, { state: 'void' }, at), {
      lockWaitMs: LOCK_WAIT_MS,
    });
    return undefined;
  } catch (error) {
    if (!hasLabel(error, 'duplicate', 'lock-timeout')) throw error;
    const known = await findSerial(books.database, unit, serial);
    return known === undefined ? { kind: 'undecided' } : outcomeOf(known);
  }
}

function outcomeOf(known: KnownSerial): StatusOutcome {
  switch (known.state) {
    case 'booked':
    case 'freed':
      return {
        kind: 'booked',
        paymentNumber: known.paymentNumber,
        refunded: known.paymentState !== 'booked',
      };
    case 'suspense':
      // Taken and kept: for the platform it is booked, whoever it will be for.
      return { kind: 'booked', paymentNumber: known.paymentNumber, refunded: false };
    case 'returned':
      return { kind: 'booked', paymentNumber: known.paymentNumber, refunded: true };
    case 'refused':
      return { kind: 'refused' };
    case 'void':
      return { kind: 'unknown' };
    default:
      return known.state satisfies never;
  }
}
