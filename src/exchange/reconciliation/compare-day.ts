/** The comparison of a day: what differs is noted, and whether it may be repaired unasked is decided. */
import type { Moment } from '../../clock.js';
import type { Session } from '../../database/index.js';
import { parseSerial } from '../../protocol/values.js';
import type { Unit } from '../../revenue/unit.js';
import type { Lease } from '../lease.js';
import { carryDecisions, carryUndecided } from './carry-over.js';
import { lockDay, moveDay } from './days.js';
import { classOf, type DayState, type DifferenceClass, type FoundDifference } from './difference.js';
import { insertFound, isFound, removeFound, sumsOfRun, unresolvedOfDay } from './differences.js';
import type { ReconFile, ReconParts } from './parts.js';
import { findRun, type ReconRun, runsOfDay, setRunCompared, setRunState, standingRun } from './runs.js';
import { holdReason, repairsOf } from './threshold.js';

const DAY_MS = 86_400_000;

export type Comparison =
  | { readonly kind: 'compared'; readonly run: ReconRun }
  | { readonly kind: 'refused'; readonly detail: string };

/** Compares the file with the books, and notes every difference. May be repeated: what an earlier try noted is replaced. */
export async function compare(
  parts: ReconParts,
  file: ReconFile,
  run: ReconRun,
  lease: Lease,
  stop: AbortSignal,
): Promise<Comparison> {
  const { database, books, clock, comparer } = parts;
  const { unit, day } = file;
  const settings = parts.settingsOf(unit.id);
  const foundAt = clock.now();
  const dueAt = (of: DifferenceClass): Moment => foundAt + settings.dueDays[of] * DAY_MS;
  const ours = books.bookings;
  const refunded: FoundDifference[] = [];
  const verdict = await comparer(
    {
      unit: unit.id,
      day,
      path: file.path,
      settings: file.settings,
      bookings: ours === undefined ? undefined : () => ours(unit, day),
    },
    {
      async reset() {
        refunded.length = 0;
        await removeFound(database, run);
      },
      async add(found) {
        stop.throwIfAborted();
        const [kept, others] = partition(found, (one) => one.class === 'refunded');
        refunded.push(...kept);
        await insertFound(database, run, others, foundAt, dueAt);
      },
    },
    stop,
  );
  if (verdict.ok) {
    const alone = await standAlone(parts, unit, run, refunded);
    await insertFound(database, run, alone, foundAt, dueAt);
    if (run.number > 1) await carryUndecided(database, run, clock.now());
  }
  return database.transaction(async (tx): Promise<Comparison> => {
    const row = await lockDay(tx, unit.id, day, lease.token);
    const at = clock.now();
    if (!verdict.ok) {
      await setRunState(tx, run, 'refused', at, verdict.detail);
      await moveDay(tx, row, { state: await stateWithout(tx, run) }, at);
      return { kind: 'refused', detail: verdict.detail };
    }
    if (run.number > 1) await carryDecisions(tx, run, at);
    const sums = await sumsOfRun(tx, run);
    const ourSide = ourTotals(verdict, sums);
    const detail = holdReason(repairsOf(sums), ourSide.count, settings);
    const state = detail === '' ? 'compared' : 'held';
    const found = sums.reduce((all, { count }) => all + count, 0);
    await setRunCompared(tx, run, { state, theirs: verdict, ours: ourSide, found, detail }, at);
    await moveDay(tx, row, { state }, at);
    const compared = await findRun(tx, run);
    if (compared === undefined) throw new Error('a run of reconciliation has gone');
    return { kind: 'compared', run: compared };
  });
}

/** How the day stands when this run is none. */
async function stateWithout(tx: Session, run: ReconRun): Promise<DayState> {
  const others = (await runsOfDay(tx, run.unit, run.day)).filter(({ number }) => number !== run.number);
  if (standingRun(others) === undefined) return 'open';
  return (await unresolvedOfDay(tx, run.unit, run.day)) === 0 ? 'closed' : 'repaired';
}

/** Ours as the comparison saw it: what matched, and our living side of what did not. */
function ourTotals(
  theirs: { readonly lines: number; readonly amount: bigint },
  sums: Awaited<ReturnType<typeof sumsOfRun>>,
): { readonly count: number; readonly amount: bigint } {
  let [count, amount] = [theirs.lines, theirs.amount];
  for (const sum of sums) {
    if (sum.hasLine) {
      count -= sum.count;
      amount -= sum.lineAmount;
    }
    // Those without a booking of ours have no amount; what was refunded is not booked.
    if (sum.class === 'missing' || sum.class === 'refunded') continue;
    count += sum.count;
    amount += sum.ourAmount;
  }
  return { count, amount };
}

/**
 * A serial that was refunded and booked again by order stands twice in our books, and the one that counts is the living one.
 * @returns those that are refunded and nothing else
 */
async function standAlone(
  { database, books }: ReconParts,
  unit: Unit,
  run: ReconRun,
  refunded: readonly FoundDifference[],
): Promise<readonly FoundDifference[]> {
  const alone: FoundDifference[] = [];
  for (const one of refunded) {
    const serial = parseSerial(one.serial);
    if (serial === undefined || (await isFound(database, run, serial))) continue;
    const standing = await books.standing(unit, serial);
    const agrees =
      standing.kind === 'booked' && classOf(one.platform, { ...standing, state: 'booked' }) === undefined;
    if (!agrees) alone.push(one);
  }
  return alone;
}

function partition<T>(all: readonly T[], fits: (one: T) => boolean): [T[], T[]] {
  const [yes, no]: [T[], T[]] = [[], []];
  for (const one of all) (fits(one) ? yes : no).push(one);
  return [yes, no];
}
