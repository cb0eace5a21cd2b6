/** What a run would do: compares and judges, and changes nothing. */
import type { Unit } from '../../revenue/unit.js';
import type { FoundDifference } from './difference.js';
import type { Difference, DifferenceSum } from './differences.js';
import type { LineTotals } from './line-batch.js';
import type { ReconFile, ReconParts } from './parts.js';
import { planFor } from './repair.js';
import type { ReconRun } from './runs.js';
import type { Figure } from './summary.js';
import { holdReason, repairsOf } from './threshold.js';

export const foreseenActs = {
  supplement: '将补销账',
  suspense: '将转暂挂',
  reverse: '将冲正',
  replace: '将冲正后补销账',
  'give-back': '将退回暂挂',
  end: '无需修复或待人工处理',
  later: '正在处理中',
} as const;
export interface Foreseen {
  readonly found: FoundDifference;
  readonly act: keyof typeof foreseenActs;
}
export type DryRun =
  | { readonly kind: 'refused'; readonly detail: string }
  | {
      readonly kind: 'foreseen';
      readonly theirs: LineTotals;
      readonly matched: Figure;
      readonly foreseen: readonly Foreseen[];
      /** Why an operator would be asked first; `''`: nobody would. */
      readonly hold: string;
    };

export async function dryRun(parts: ReconParts, file: ReconFile, signal: AbortSignal): Promise<DryRun> {
  const { books, comparer, clock } = parts;
  const { unit, day } = file;
  const ours = books.bookings;
  const found: FoundDifference[] = [];
  const verdict = await comparer(
    {
      unit: unit.id,
      day,
      path: file.path,
      settings: file.settings,
      bookings: ours === undefined ? undefined : () => ours(unit, day),
    },
    {
      reset: async () => void found.splice(0),
      add: async (some) => void found.push(...some),
    },
    signal,
  );
  if (!verdict.ok) return { kind: 'refused', detail: verdict.detail };
  const run = { unit: unit.id, day, number: 0, fileAt: file.storedAt };
  const foreseen: Foreseen[] = [];
  for (const one of found) {
    signal.throwIfAborted();
    foreseen.push({ found: one, act: await foresee(parts, unit, run, one, clock.now()) });
  }
  const lines = found.filter(({ platform }) => platform !== undefined);
  const sums = found.map(sumOf);
  const missing = found.filter((one) => one.ours === undefined).length;
  const ourCount = verdict.lines - lines.length + found.length - missing;
  return {
    kind: 'foreseen',
    theirs: verdict,
    matched: {
      count: verdict.lines - lines.length,
      amount: verdict.amount - lines.reduce((sum, { platform }) => sum + (platform?.amount ?? 0n), 0n),
    },
    foreseen,
    hold: holdReason(repairsOf(sums), ourCount, parts.settingsOf(unit.id)),
  };
}

async function foresee(
  parts: ReconParts,
  unit: Unit,
  run: Pick<ReconRun, 'unit' | 'day' | 'number' | 'fileAt'>,
  found: FoundDifference,
  now: number,
): Promise<Foreseen['act']> {
  const difference = { ...found, ...notStored, unit: run.unit, day: run.day, foundAt: now } as Difference;
  const plan = await planFor(parts, { unit, run }, difference);
  const customer = found.platform?.customer;
  const isBooked = plan.do === 'supplement' || plan.do === 'replace';
  if (isBooked && customer !== undefined && !(await parts.books.hasCustomer(unit, customer)))
    return 'suspense';
  return plan.do;
}
const notStored = {
  run: 0,
  state: 'open',
  outcome: undefined,
  paymentAfter: '',
  refundNumber: '',
  operator: '',
  reason: '',
  signature: '',
  dueAt: 0,
  changedAt: 0,
} as const;
const sumOf = (found: FoundDifference): DifferenceSum => ({
  class: found.class,
  state: 'open',
  outcome: undefined,
  hasLine: found.platform !== undefined,
  count: 1,
  lineAmount: found.platform?.amount ?? 0n,
  ourAmount: found.ours?.amount ?? 0n,
});
