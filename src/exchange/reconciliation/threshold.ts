/** When repairs wait for an operator (spec money.md: "when repairs exceed a threshold then nothing is repaired until an operator confirms"). */

import { fenOf } from '../../protocol/values.js';
import { yuanText } from '../../revenue/index.js';
import type { DifferenceSum } from './differences.js';
import type { ReconciliationSettings } from './settings.js';

/** An empty or cut file would take back a whole day: so many reversals are never made unasked when they are half of our bookings. */
const REVERSALS_MIN = 5;

export interface Repairs {
  readonly count: number;
  /** Fen moved, both ways. */
  readonly amount: bigint;
  readonly reversals: number;
}
export function repairsOf(sums: readonly DifferenceSum[]): Repairs {
  let [count, amount, reversals] = [0, 0n, 0];
  for (const sum of sums) {
    if (sum.state !== 'open' || sum.class === 'refunded') continue;
    count += sum.count;
    amount += sum.lineAmount + sum.ourAmount;
    if (sum.class === 'surplus') reversals += sum.count;
  }
  return { count, amount, reversals };
}

/** Why the repairs are held; `''`: they are not. */
export function holdReason(
  repairs: Repairs,
  ourCount: number,
  { repairsMax, repairFenMax }: ReconciliationSettings,
): string {
  if (repairs.count > repairsMax) return `需修复 ${repairs.count} 笔，超过阈值 ${repairsMax} 笔`;
  if (repairs.amount > BigInt(repairFenMax))
    return `需修复金额 ${yuanText(fenOf(repairs.amount))} 元，超过阈值 ${yuanText(fenOf(BigInt(repairFenMax)))} 元`;
  if (repairs.reversals >= REVERSALS_MIN && repairs.reversals * 2 > ourCount)
    return `需冲正 ${repairs.reversals} 笔，超过我方 ${ourCount} 笔的一半，文件可能不完整`;
  return '';
}
