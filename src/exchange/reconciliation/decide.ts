/** What an operator decides about a day: try again, close with a reason; and what suspense items became. */

import { OperatorError } from '../../errors.js';
import { type Day, parseSerial } from '../../protocol/values.js';
import type { SerialStanding } from '../../revenue/index.js';
import type { Unit } from '../../revenue/unit.js';
import { ensureDay, lockDay, moveDay } from './days.js';
import { isUnresolved } from './difference.js';
import {
  closeDifference,
  type Difference,
  differencesOfDay,
  endDifferences,
  heldDifferences,
  reopenDifference,
  unresolvedOfDay,
} from './differences.js';
import type { ReconParts } from './parts.js';
import { continueDay, type RunOutcome, withDay } from './reconciler.js';

export interface Decision {
  readonly operator: string;
  readonly reason: string;
}

/** The day's differences that no rule repaired; of one serial, where one is given. */
async function undecided(
  parts: ReconParts,
  unit: Unit,
  day: Day,
  serial: string | undefined,
): Promise<Difference[]> {
  const all: Difference[] = [];
  for await (const one of differencesOfDay(parts.database, unit.id, day)) {
    if (isUnresolved(one.state) && (serial === undefined || one.serial === serial)) all.push(one);
  }
  if (serial !== undefined && all.length === 0)
    throw new OperatorError(
      'recon-no-difference',
      `${day} has no open difference of this serial`,
      `See them with 'sluice recon show ${day} --unit ${unit.id}'.`,
    );
  return all;
}

/**
 * Tries to repair again what is listed, and goes on with what is open.
 * @param rebook what we refunded and the platform still has is booked again
 * @throws {OperatorError} `recon-no-difference`
 */
export async function retryDay(
  parts: ReconParts,
  unit: Unit,
  day: Day,
  { serial, rebook = false }: { readonly serial?: string | undefined; readonly rebook?: boolean },
  signal: AbortSignal,
): Promise<RunOutcome | undefined> {
  for (const one of await undecided(parts, unit, day, serial)) {
    if (one.state === 'listed') await reopenDifference(parts.database, one, parts.clock.now());
  }
  return continueDay(parts, unit, day, { kind: 'go-on', rebook }, signal);
}

/**
 * Closes one difference, or the day with all that is left of it, by an operator's signed reason.
 * @returns how many were closed by it
 * @throws {OperatorError} `recon-no-difference`, `recon-suspense`, `recon-unresolved`, `recon-busy`
 */
export async function closeByHand(
  parts: ReconParts,
  unit: Unit,
  day: Day,
  what: { readonly serial?: string | undefined; readonly all?: boolean },
  decision: Decision,
  signal: AbortSignal,
): Promise<number> {
  await ensureDay(parts.database, unit.id, day, parts.clock.now());
  const closed = await withDay(parts, unit, day, signal, async (lease) => {
    const left = await undecided(parts, unit, day, what.serial);
    if (left.some(({ state }) => state === 'suspense'))
      throw new OperatorError(
        'recon-suspense',
        'money in suspense is not closed by a reason: it belongs to somebody',
        `Assign or return it: 'sluice suspense list --unit ${unit.id}'.`,
      );
    if (what.serial === undefined && what.all !== true && left.length > 0)
      throw new OperatorError(
        'recon-unresolved',
        `${day} has ${left.length} differences that nobody decided`,
        `Close each with --serial and --reason, or all of them for one reason with --all.`,
      );
    await parts.database.transaction(async (tx) => {
      const row = await lockDay(tx, unit.id, day, lease.token);
      const at = parts.clock.now();
      for (const one of left) await closeDifference(tx, one, decision, at);
      if (row.state === 'closed' || (await unresolvedOfDay(tx, unit.id, day)) > 0) return;
      const byHand = { by: decision.operator, reason: decision.reason };
      await moveDay(tx, row, { state: 'closed', ...(what.serial === undefined && { byHand }) }, at);
    });
    return left.length;
  });
  if (typeof closed === 'number') return closed;
  throw busy(unit, day);
}

export const busy = (unit: Unit, day: Day): OperatorError =>
  new OperatorError(
    'recon-busy',
    `${day} of unit ${unit.id} is being worked on by another process`,
    'Wait until it is done, and call again; a process that died is taken over after a minute.',
  );

/** Notes what became of money in suspense: assigned, returned, or refunded by the platform; closes the days that this settles. */
export async function noteSuspense(
  parts: ReconParts,
  unitOf: (id: string) => Unit | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { database, books, clock } = parts;
  const days = new Map<string, { readonly unit: Unit; readonly day: Day }>();
  for (const one of await heldDifferences(database)) {
    const unit = unitOf(one.unit);
    const serial = parseSerial(one.serial);
    if (unit === undefined || serial === undefined) continue;
    const standing = await books.standing(unit, serial);
    if (standing.kind === 'held' || standing.kind === 'undecided') continue;
    const ending =
      standing.kind === 'booked'
        ? ({ state: 'repaired', outcome: 'assigned', paymentAfter: standing.paymentNumber } as const)
        : ({ state: 'repaired', outcome: 'returned', refundNumber: returnOf(standing) } as const);
    await endDifferences(database, [{ of: one, ending }], clock.now());
    days.set(`${one.unit} ${one.day}`, { unit, day: one.day });
  }
  for (const { unit, day } of days.values()) await closeIfSettled(parts, unit, day, signal);
}

const returnOf = (standing: SerialStanding): string =>
  standing.kind === 'returned' || standing.kind === 'refunded' ? standing.refundNumber : '';

/** Closes a repaired day that has nothing left. */
export async function closeIfSettled(
  parts: ReconParts,
  unit: Unit,
  day: Day,
  signal: AbortSignal,
): Promise<void> {
  await withDay(parts, unit, day, signal, (lease) =>
    parts.database.transaction(async (tx) => {
      const row = await lockDay(tx, unit.id, day, lease.token);
      if (row.state !== 'repaired' || (await unresolvedOfDay(tx, unit.id, day)) > 0) return;
      await moveDay(tx, row, { state: 'closed' }, parts.clock.now());
    }),
  );
}
