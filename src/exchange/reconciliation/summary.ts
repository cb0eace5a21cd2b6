/** A day of reconciliation in five figures: what an operator, a report and a trend show. */
import type { Session } from '../../database/index.js';
import type { Day } from '../../protocol/values.js';
import { findDay, type ReconDay } from './days.js';
import { type DifferenceSum, sumsOfDay, sumsOfRun, unresolvedOfDay } from './differences.js';
import { type ReconRun, runsOfDay, standingRun } from './runs.js';

export interface Figure {
  readonly count: number;
  /** Fen. */
  readonly amount: bigint;
}
export interface DaySummary {
  readonly day: ReconDay;
  readonly runs: readonly ReconRun[];
  /** The run that counts. */
  readonly run: ReconRun | undefined;
  /** Both have it, with the same customer and amount, as the run's comparison saw it. */
  readonly matched: Figure;
  /** Booked after the platform's line, also out of suspense for the customer that an operator named. */
  readonly supplemented: Figure;
  readonly reversed: Figure;
  /** With the platform's amount. */
  readonly replaced: Figure;
  /** Held now. */
  readonly suspense: Figure;
  /** Differences that keep the day open, suspense among them. */
  readonly unresolved: number;
}

export async function summaryOf(session: Session, unit: string, day: Day): Promise<DaySummary | undefined> {
  const row = await findDay(session, unit, day);
  if (row === undefined) return undefined;
  const runs = await runsOfDay(session, unit, day);
  const run = standingRun(runs);
  const sums = await sumsOfDay(session, unit, day);
  return {
    day: row,
    runs,
    run,
    matched: run === undefined ? nothing : matchedOf(run, await sumsOfRun(session, run)),
    ...figuresOf(sums),
    unresolved: await unresolvedOfDay(session, unit, day),
  };
}
const nothing: Figure = { count: 0, amount: 0n };

/** The lines that are no difference. */
function matchedOf(run: ReconRun, sums: readonly DifferenceSum[]): Figure {
  if (run.comparedAt === undefined) return nothing;
  const lines = total(sums.filter(({ hasLine }) => hasLine));
  return { count: run.lineCount - lines.count, amount: run.lineAmount - lines.amount };
}
const total = (sums: readonly DifferenceSum[], side: 'lineAmount' | 'ourAmount' = 'lineAmount'): Figure => ({
  count: sums.reduce((all, { count }) => all + count, 0),
  amount: sums.reduce((all, sum) => all + sum[side], 0n),
});

export function figuresOf(
  sums: readonly DifferenceSum[],
): Pick<DaySummary, 'supplemented' | 'reversed' | 'replaced' | 'suspense'> {
  const done = (...outcomes: readonly (string | undefined)[]) =>
    sums.filter(({ state, outcome }) => state === 'repaired' && outcomes.includes(outcome));
  return {
    supplemented: total(done('supplemented', 'assigned')),
    reversed: total(done('reversed'), 'ourAmount'),
    replaced: total(done('replaced')),
    suspense: total(sums.filter(({ state }) => state === 'suspense')),
  };
}
