/** What every operation on an existing revenue schema works with. */
import type { Clock, Ids } from '../../clock.js';
import { type Database, DatabaseError } from '../../database/database.js';
import type { Serial } from '../../protocol/values.js';
import type { Unit } from '../unit.js';
import { findByTheirs, findRow, type JournalRow } from './journal.js';
import type { Theirs } from './theirs.js';

export interface Desk {
  /** Ours: the journal. */
  readonly journal: Database;
  readonly theirs: Theirs;
  readonly clock: Clock;
  readonly ids: Ids;
  /** A named point that a fault test may stop at. */
  readonly at?: (point: 'claimed' | 'their-commit') => Promise<void>;
}

/** How long a repeat waits for the call that it repeats (ms). */
const WAIT_MS = 6000;
const PAUSE_MS = 40;

const PLATFORM_SERIAL = /^(\d{8})00003001(\d{12})$/;
const SHORTENED_SERIAL = /^(\d{8})(\d{12})$/;
/**
 * The serial as their column takes it (docs/integration.md "Serials"). What is not of the platform's form, and what is booked anew under a serial
 * that was taken back, gets a number of ours that begins with a letter, so that it cannot be a shortened serial; the journal keeps which is whose.
 */
export function theirSerialOf({ theirs, ids }: Desk, serial: Serial, anew = false): string {
  const { as, length } = theirs.settings.serial;
  if (!anew && as === 'whole') return serial;
  const [, day, number] = (as === 'shortened' && !anew && PLATFORM_SERIAL.exec(serial)) || [];
  return day === undefined || number === undefined
    ? `S${ids.digits(Math.min(length, 31) - 1)}`
    : day + number;
}

/** The platform's serial of what stands in their column. Only numbers of ours need the journal. */
export async function platformSerialOf(
  { journal, theirs }: Desk,
  unit: Pick<Unit, 'id'>,
  theirSerial: string,
): Promise<string> {
  if (theirSerial === '') return '';
  const { as } = theirs.settings.serial;
  const [, day, number] = (as === 'shortened' && SHORTENED_SERIAL.exec(theirSerial)) || [];
  if (day !== undefined && number !== undefined) return `${day}00003001${number}`;
  if (as === 'whole' && !theirSerial.startsWith('S')) return theirSerial;
  // What the journal does not know stays as it is: it may be older.
  return (await findByTheirs(journal, unit, theirSerial))?.serial ?? theirSerial;
}

/** Nobody is told anything about a call that still runs: who repeats it waits for its end. */
export async function waitForEnd(desk: Desk, unit: Unit, serial: Serial): Promise<JournalRow | undefined> {
  for (let waited = 0; ; waited += PAUSE_MS) {
    const row = await findRow(desk.journal, unit, serial);
    if (row?.state !== 'calling' || waited >= WAIT_MS) return row;
    await desk.clock.sleep(PAUSE_MS);
  }
}
/** The end of a change: answered 0009, and 200012 then says undecided until the resolver has asked them. */
export const inDoubt = (what: string) =>
  new DatabaseError('outcome-unknown', `${what}: in doubt, the resolver asks for it`);
