/*
  What the platform will do in its day, decided before it begins: the same seed, day and customers give the same serials, customers,
  amounts and order, whatever the gateway answers and however long it takes.
*/
import { addDays } from '../../clock.js';
import type { Day, Serial } from '../../protocol/index.js';
import { seededChance, seededIds } from '../chance.js';
import { freshSerial } from '../platform/request.js';
import type { Scenario } from './scenario.js';

/** `request`: it never arrives; `answer`: it comes and is not seen; `race`: the platform leaves while the gateway works. */
export type Loss = 'request' | 'answer' | 'race';

interface Step {
  /** In small pieces. */
  readonly slow: boolean;
  /** With the second certificate. */
  readonly second: boolean;
}
export interface PaymentStep extends Step {
  readonly kind: 'pay';
  readonly customer: string;
  readonly serial: Serial;
  readonly day: Day;
  /** Fen, where nothing is due. */
  readonly advance: bigint;
  readonly loss: Loss | undefined;
  /** After so many ms the platform leaves (`race`). */
  readonly leaveAfterMs: number;
  readonly duplicate: boolean;
  readonly refund: boolean;
}
export interface QuestionStep extends Step {
  readonly kind: 'query' | 'balance' | 'bills' | 'half';
  readonly customer: string;
}
export interface GarbageStep extends Step {
  readonly kind: 'garbage';
  readonly bytes: Buffer;
}
export type PlannedStep = PaymentStep | QuestionStep | GarbageStep;

export interface PlanParts {
  readonly scenario: Scenario;
  readonly day: Day;
  readonly customers: readonly [string, ...string[]];
}
const LEAVE_MS_MAX = 30;
const losses = ['request', 'answer', 'race'] as const;

/** The steps of the day; broken frames come beside the exchanges, and are not counted as such. */
export function* planOf({ scenario, day, customers }: PlanParts): Generator<PlannedStep> {
  const { trouble, mix, exchanges, rotation } = scenario;
  const chance = seededChance(scenario.seed);
  const ids = seededIds(chance);
  const payers = shuffled(customers, chance);
  const below = (count: number) => Math.floor(chance() * count);
  const anyone = () => customers[below(customers.length)] ?? customers[0];
  const total = mix.query + mix.pay + mix.balance + mix.bills;
  const [from, to] = scenario.amount;
  let paid = 0;

  const second = (number: number): boolean => {
    const [old, both] = [exchanges / 3, (exchanges * 2) / 3];
    return rotation && (number >= both || (number >= old && chance() < 0.5));
  };
  function payment(common: Step): PaymentStep {
    const bookingDay = chance() < trouble.yesterday ? addDays(day, -1) : day;
    // Each customer once before anybody twice: so what is due does not hang on what became of a lost answer.
    const customer = payers[paid++ % payers.length] ?? customers[0];
    return {
      ...common,
      kind: 'pay',
      customer,
      day: bookingDay,
      serial: freshSerial(bookingDay, ids),
      advance: BigInt(Math.min(from, to) + below(Math.abs(to - from) + 1)),
      loss: chance() < trouble.lostAnswers ? losses[below(losses.length)] : undefined,
      leaveAfterMs: below(LEAVE_MS_MAX),
      duplicate: chance() < trouble.duplicates,
      refund: chance() < trouble.refunds,
    };
  }

  for (let number = 0; number < exchanges; number++) {
    const common = { slow: chance() < trouble.slowPieces, second: second(number) };
    if (chance() < trouble.garbage)
      yield { ...common, kind: 'garbage', bytes: Buffer.concat([Buffer.of(0x67), ids.bytes(40)]) };
    if (chance() < trouble.halfFrames) yield { ...common, kind: 'half', customer: anyone() };
    const at = chance() * total;
    if (at < mix.pay) yield payment(common);
    else if (at < mix.pay + mix.query) yield { ...common, kind: 'query', customer: anyone() };
    else if (at < mix.pay + mix.query + mix.balance) yield { ...common, kind: 'balance', customer: anyone() };
    else yield { ...common, kind: 'bills', customer: anyone() };
  }
}
function shuffled(all: readonly string[], chance: () => number): readonly string[] {
  const out = [...all];
  for (let at = out.length - 1; at > 0; at--) {
    const other = Math.floor(chance() * (at + 1));
    [out[at], out[other]] = [out[other] ?? '', out[at] ?? ''];
  }
  return out;
}
