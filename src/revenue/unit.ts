import { defaultUnitDialect, type UnitDialect } from '../protocol/dialect.js';
import type { Day, Fen } from '../protocol/values.js';
import { fenOf } from '../protocol/values.js';

/** Late fee settings of a unit (spec money.md "Late fee"). */
export interface LateFeeRule {
  /** Daily rate as a decimal text, e.g. `0.003`: never a binary fraction. */
  readonly dailyRate: string;
  readonly countStartDay: boolean;
  readonly countPayDay: boolean;
  readonly graceDays: number;
  readonly skipHolidays: boolean;
  /** Cap as a share of the principal, decimal text. */
  readonly capShare: string;
  readonly rounding: 'half-up' | 'down' | 'up';
}

/** What a unit allows, beside its dialect (spec money.md). */
export interface UnitRules {
  readonly lateFee: LateFeeRule;
  /** Days without work; late fee may skip them, deduction runs shift over them. */
  readonly holidays: ReadonlySet<Day>;
  readonly amountMin: Fen;
  readonly amountMax: Fen;
  /** Payments are taken from `from` until before `to` (HHmm, China time); the same twice = always. */
  readonly serviceHours: { readonly from: string; readonly to: string };
  /** How many days a booking day may lie back; `undefined` = any past day. */
  readonly acceptanceDays: number | undefined;
  /** How many days after booking a refund is taken; `undefined` = always. */
  readonly refundDays: number | undefined;
  /** May a refund make the prepaid balance negative? */
  readonly refundMayOverdraw: boolean;
  /** Newly issued bills are settled from the prepaid balance where it covers them whole. */
  readonly settleFromPrepaid: boolean;
}

/** One clearing unit (清算单位), as configured: the tenant. */
export interface Unit {
  readonly id: string;
  readonly name: string;
  /** Its short name as sender (`source`), e.g. `WTHNCHANGSHA`. */
  readonly shortName: string;
  /** A suspended unit answers payments 2005. */
  readonly state: 'open' | 'suspended';
  /** Names, phones and id numbers in 200003 answers are masked (张*, 138****0000). */
  readonly maskPersonal: boolean;
  readonly dialect: UnitDialect;
  readonly rules: UnitRules;
}

export const defaultRules: UnitRules = {
  lateFee: {
    dailyRate: '0.003',
    countStartDay: true,
    countPayDay: true,
    graceDays: 0,
    skipHolidays: false,
    capShare: '1',
    rounding: 'half-up',
  },
  holidays: new Set(),
  amountMin: fenOf(1n),
  amountMax: fenOf(10_000_000_00n),
  serviceHours: { from: '0000', to: '0000' },
  acceptanceDays: 30,
  refundDays: undefined,
  refundMayOverdraw: false,
  settleFromPrepaid: true,
};

/** A unit with all defaults but what is given: for the demo and for tests. */
export const unitWith = (
  id: string,
  dialect: Partial<UnitDialect> = {},
  rules: Partial<UnitRules> = {},
  more: Partial<Pick<Unit, 'name' | 'shortName' | 'state' | 'maskPersonal'>> = {},
): Unit => ({
  id,
  name: more.name ?? id,
  shortName: more.shortName ?? id,
  state: more.state ?? 'open',
  maskPersonal: more.maskPersonal ?? true,
  dialect: { ...defaultUnitDialect, ...dialect },
  rules: { ...defaultRules, ...rules },
});
