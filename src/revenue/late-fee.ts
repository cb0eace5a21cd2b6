/** Late fee (违约金): principal × daily rate × days, in decimal arithmetic (spec money.md "Late fee"). */
import { Decimal } from 'decimal.js';
import { addDays, daysBetween } from '../clock.js';
import { type Day, type Fen, fenOf, zeroFen } from '../protocol/values.js';
import { minFen } from './money.js';
import type { LateFeeRule } from './unit.js';

/** What of a bill decides its late fee. */
export interface LateFeeBasis {
  readonly principal: Fen;
  /** The first day that may cost a late fee. */
  readonly from: Day;
  /** Exempt by the bill itself or by its customer. */
  readonly exempt: boolean;
  /** A fee reduced or agreed by the utility; wins over exemption and calculation. */
  readonly fixed: Fen | undefined;
  /** The fee as it stands in a deduction request that is out; wins over everything. */
  readonly frozen: Fen | undefined;
}

// 40 digits hold an amount of 18 digits × a rate of 12 × a number of days of 6 without rounding before the last step.
const Exact = Decimal.clone({ precision: 40 });
const roundings = {
  'half-up': Decimal.ROUND_HALF_UP,
  down: Decimal.ROUND_DOWN,
  up: Decimal.ROUND_UP,
} as const;

/** The late fee of the bill as of a day, in fen. Never negative, never above the cap. */
export function lateFeeOf(bill: LateFeeBasis, asOf: Day, rule: LateFeeRule, holidays: ReadonlySet<Day>): Fen {
  if (bill.frozen !== undefined) return bill.frozen;
  if (bill.fixed !== undefined) return bill.fixed;
  if (bill.exempt || bill.principal <= 0n) return zeroFen;
  const days = lateDays(bill.from, asOf, rule, holidays);
  if (days === 0) return zeroFen;
  const principal = new Exact(bill.principal.toString());
  const fee = principal.times(rule.dailyRate).times(days).toDecimalPlaces(0, roundings[rule.rounding]);
  // The cap is a limit, so its own fraction of a fen is cut, whatever the rounding of the fee.
  const cap = principal.times(rule.capShare).toDecimalPlaces(0, Decimal.ROUND_DOWN);
  return minFen(fenOf(BigInt(fee.toFixed(0))), fenOf(BigInt(cap.toFixed(0))));
}

/**
 * The number of days that cost a late fee: all days from the start to the pay day, both included, without those that the rule leaves out.
 * Grace days move the start: they are free for ever, not only for who pays within them.
 */
export function lateDays(from: Day, payDay: Day, rule: LateFeeRule, holidays: ReadonlySet<Day>): number {
  const start = rule.graceDays === 0 ? from : addDays(from, rule.graceDays);
  const first = rule.countStartDay ? start : addDays(start, 1);
  const last = rule.countPayDay ? payDay : addDays(payDay, -1);
  if (last < first) return 0;
  const days = daysBetween(first, last) + 1;
  return rule.skipHolidays ? days - holidaysWithin(first, last, holidays) : days;
}

function holidaysWithin(first: Day, last: Day, holidays: ReadonlySet<Day>): number {
  let count = 0;
  for (const day of holidays) if (day >= first && day <= last) count += 1;
  return count;
}
