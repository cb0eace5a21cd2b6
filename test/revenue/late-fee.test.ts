import { expect } from 'chai';
import fc from 'fast-check';
import { addDays } from '../../src/clock.js';
import { type Day, fenOf } from '../../src/protocol/values.js';
import { type LateFeeBasis, lateDays, lateFeeOf } from '../../src/revenue/late-fee.js';
import { defaultRules, type LateFeeRule } from '../../src/revenue/unit.js';

const base = '20240101' as Day;
const none: ReadonlySet<Day> = new Set();
const rule = (changes: Partial<LateFeeRule> = {}): LateFeeRule => ({ ...defaultRules.lateFee, ...changes });
const bill = (principal: bigint, more: Partial<LateFeeBasis> = {}): LateFeeBasis => ({
  principal: fenOf(principal),
  from: base,
  exempt: false,
  fixed: undefined,
  frozen: undefined,
  ...more,
});
const someDay = fc.integer({ min: -400, max: 4000 }).map((days) => addDays(base, days));
const someRule: fc.Arbitrary<LateFeeRule> = fc.record({
  dailyRate: fc.integer({ min: 0, max: 99999 }).map((n) => `0.${String(n).padStart(5, '0')}`),
  countStartDay: fc.boolean(),
  countPayDay: fc.boolean(),
  graceDays: fc.integer({ min: 0, max: 40 }),
  skipHolidays: fc.boolean(),
  capShare: fc.constantFrom('0', '0.3', '1', '1.5'),
  rounding: fc.constantFrom('half-up', 'down', 'up'),
});
const someHolidays = fc.array(someDay, { maxLength: 60 }).map((days) => new Set(days));
const principal = fc.bigInt(1n, 10n ** 12n);

/** The definition of the spec, day by day: slow and obvious. */
function daysOneByOne(from: Day, payDay: Day, r: LateFeeRule, holidays: ReadonlySet<Day>): number {
  let count = 0;
  const start = addDays(from, r.graceDays);
  for (let day = start; day <= payDay; day = addDays(day, 1)) {
    if (day === start && !r.countStartDay) continue;
    if (day === payDay && !r.countPayDay) continue;
    if (r.skipHolidays && holidays.has(day)) continue;
    count += 1;
  }
  return count;
}

describe('late fee', () => {
  it('counts the days that the definition counts, for every setting', () => {
    fc.assert(
      fc.property(someDay, someRule, someHolidays, (payDay, r, holidays) => {
        expect(lateDays(base, payDay, r, holidays)).to.equal(daysOneByOne(base, payDay, r, holidays));
      }),
      { numRuns: 60 },
    );
  });

  it('equals the same sum in whole numbers', () => {
    fc.assert(
      fc.property(principal, someDay, someRule, someHolidays, (amount, payDay, r, holidays) => {
        const days = BigInt(lateDays(base, payDay, r, holidays));
        const scaled = amount * BigInt(r.dailyRate.slice(2)) * days; // in 1/100000 fen
        const scale = 100_000n;
        const rest = scaled % scale;
        const up = r.rounding === 'up' ? rest > 0n : r.rounding === 'half-up' && rest * 2n >= scale;
        const fee = scaled / scale + (up ? 1n : 0n);
        const cap = (amount * BigInt(Number(r.capShare) * 10)) / 10n;
        expect(lateFeeOf(bill(amount), payDay, r, holidays)).to.equal(fee < cap ? fee : cap);
      }),
      { numRuns: 1000 },
    );
  });

  it('never falls as days go by, and never passes the cap', () => {
    fc.assert(
      fc.property(principal, someDay, someRule, someHolidays, (amount, payDay, r, holidays) => {
        const today = lateFeeOf(bill(amount), payDay, r, holidays);
        const tomorrow = lateFeeOf(bill(amount), addDays(payDay, 1), r, holidays);
        expect(today >= 0n && tomorrow >= today).to.equal(true);
        expect(tomorrow * 10n <= amount * 15n).to.equal(true);
      }),
    );
  });

  it('is nothing before its day and for who is exempt', () => {
    expect(lateFeeOf(bill(10_000n), '20231231' as Day, rule(), none)).to.equal(0n);
    expect(lateFeeOf(bill(10_000n, { exempt: true }), '20240601' as Day, rule(), none)).to.equal(0n);
  });

  it('gives way to a fee stored on the bill: frozen before fixed before exemption', () => {
    const later = '20240601' as Day;
    expect(lateFeeOf(bill(10_000n, { fixed: fenOf(7n) }), later, rule(), none)).to.equal(7n);
    expect(lateFeeOf(bill(10_000n, { fixed: fenOf(7n), exempt: true }), later, rule(), none)).to.equal(7n);
    expect(lateFeeOf(bill(10_000n, { fixed: fenOf(7n), frozen: fenOf(9n) }), later, rule(), none)).to.equal(
      9n,
    );
  });
});
