/*
  A day of the platform: queries, payments, lost answers with 200012 after them, duplicates, refunds, as planned.
  It keeps the platform's own books, and notes each answer that breaks a promise of the protocol (spec messages.md).
*/
import type { Clock } from '../../clock.js';
import {
  arrearsQuery,
  type Day,
  fenOf,
  type Serial,
  type UnitDialect,
  wireDialectOf,
} from '../../protocol/index.js';
import { type Asked, askingOf } from '../platform/asking.js';
import { requestFrame, type Sender } from '../platform/request.js';
import { type PaymentStep, type PlannedStep, planOf } from './plan.js';
import type { Scenario } from './scenario.js';
import type { Talk } from './talk.js';

export interface SimulationParts {
  readonly scenario: Scenario;
  readonly talk: Talk;
  readonly unit: string;
  readonly dialect: UnitDialect;
  readonly customers: readonly [string, ...string[]];
  /** The day that is played. */
  readonly day: Day;
  readonly sender: Sender;
  readonly clock: Clock;
  readonly progress?: (done: number, broken: number) => void;
}
/** A payment in the platform's books. */
export interface Charge {
  readonly serial: Serial;
  readonly day: Day;
  readonly customer: string;
  /** Fen. */
  readonly amount: bigint;
  state: 'booked' | 'refunded' | 'undecided' | 'void';
}
export interface Simulation {
  readonly charges: readonly Charge[];
  /** Broken promises, in words. */
  readonly broken: readonly string[];
}

/** Codes that refuse a payment honestly: nothing is booked. */
const REFUSED = new Set(['1002', '1005', '1006', '2002', '2003', '2004', '2005']);

export async function simulatePlatform(parts: SimulationParts): Promise<Simulation> {
  const { scenario, clock, dialect, talk } = parts;
  const asking = askingOf(parts.unit, dialect);
  const charges: Charge[] = [];
  const broken: string[] = [];
  const expects = (held: boolean, promise: string) => {
    if (!held) broken.push(promise);
  };

  async function payOnce(step: PaymentStep): Promise<void> {
    const { customer, serial, day } = step;
    // As people do: look what is due, pay that; something in advance where nothing is.
    await talk.ask('200001', asking.query(customer), step);
    const read = arrearsQuery.readAnswer(talk.body, wireDialectOf(dialect));
    const owed = read.ok ? read.value.totalOwed : 0n;
    const amount = owed > 0n ? owed : step.advance;
    const charge: Charge = { serial, day, customer, amount, state: 'undecided' };
    charges.push(charge);
    const rows = [{ customer, bill: '', month: undefined }];
    const order = asking.pay({ serial, bookingDay: day, amount: fenOf(amount), rows });
    await send(charge, order, step);
    if (charge.state === 'undecided') await settle(charge, order, step);
    if (charge.state === 'booked' && step.duplicate) {
      const again = await talk.ask('200002 again', order, step);
      const held = again === '2001' || again === '9999';
      expects(held, `${serial}: a repeat of a booked payment was answered ${again}`);
    }
    if (charge.state === 'booked' && step.refund) await refund(charge, step);
  }
  async function send(charge: Charge, order: Asked, step: PaymentStep): Promise<void> {
    const { leaveAfterMs } = step;
    switch (step.loss) {
      case 'request':
        await talk.ask('200002 lost on its way', order, step, { pieces: [], leaveAfterMs: 0 });
        return;
      case 'race':
        await talk.ask('200002 and left', order, step, { leaveAfterMs });
        return;
      case 'answer':
        await talk.ask('200002, answer lost', order, step);
        return;
      default:
        judge(charge, await talk.ask('200002', order, step));
    }
  }
  function judge(charge: Charge, code: string): void {
    if (code === '9999') charge.state = 'booked';
    else if (REFUSED.has(code)) charge.state = 'void';
    else if (/^\d{4}$/.test(code) && code !== '0009') {
      const hint = code === '2001' ? '; was this seed played before on this day?' : '';
      expects(false, `${charge.serial}: a fresh payment was answered ${code}${hint}`);
    }
  }

  /** After a lost answer: what became of it? 3000 and 3003 are promises that it can never be booked. */
  async function settle(charge: Charge, order: Asked, { second }: PlannedStep): Promise<void> {
    const { serial, day } = charge;
    const code = await talk.ask('200012', asking.status(serial, day), { second });
    if (code === '9999') charge.state = 'booked';
    if (code !== '3000' && code !== '3003') return;
    charge.state = 'void';
    if (dialect.unknownSerial === 'open' && code === '3000') return;
    const late = await talk.ask('200002 late', order, { second });
    expects(late === '2005', `${serial}: answered ${code}, yet a late payment with it was answered ${late}`);
  }
  async function refund(charge: Charge, { second }: PlannedStep): Promise<void> {
    const { serial, day, amount } = charge;
    const order = asking.refund({
      originalSerial: serial,
      serial: undefined,
      bookingDay: day,
      amount: fenOf(amount),
    });
    const code = await talk.ask('300002', order, { second });
    if (code !== '9999')
      return expects(code === '2005' || code === '0009', `${serial}: its refund was answered ${code}`);
    charge.state = 'refunded';
    const again = await talk.ask('300002 again', order, { second });
    expects(again === '9999', `${serial}: a repeat of its refund was answered ${again}`);
  }

  async function one(step: PlannedStep): Promise<void> {
    switch (step.kind) {
      case 'pay':
        return payOnce(step);
      case 'garbage': {
        const code = await talk.send('garbage', step.bytes, step);
        return expects(code === 'closed', `bytes that are no frame were answered ${code}`);
      }
      case 'half': {
        const half = asking.query(step.customer);
        const frame = requestFrame(half.serviceCode, half.body, parts.sender);
        const code = await talk.send('half a frame', frame.subarray(0, frame.length >> 1), step, {
          end: true,
        });
        return expects(code === 'closed', `half a frame was answered ${code}`);
      }
      default: {
        const asked = asking[step.kind](step.customer);
        const code = await talk.ask(asked.serviceCode, asked, step);
        const held = /^\d{4}$/.test(code) && code !== '0009';
        return expects(held, `a question ${asked.serviceCode} was answered ${code}`);
      }
    }
  }

  const began = clock.now();
  let done = 0;
  for (const step of planOf(parts)) {
    const due = scenario.rate > 0 ? began + (done * 1000) / scenario.rate : 0;
    if (due > clock.now()) await clock.sleep(due - clock.now());
    await one(step);
    done += 1;
    parts.progress?.(done, broken.length);
  }
  await finish();
  return { charges, broken };

  /** At the end every payment is asked about: the books of both sides must agree. */
  async function finish(): Promise<void> {
    const manner = { second: scenario.rotation };
    for (const charge of charges) {
      const { serial, day, state } = charge;
      if (state !== 'booked' && state !== 'undecided') continue;
      const code = await talk.ask('200012 at the end', asking.status(serial, day), manner);
      if (state === 'undecided' && code === '9999') charge.state = 'booked';
      else if (state === 'booked')
        expects(code === '9999', `${serial}: answered 9999 before, 200012 says ${code} at the end`);
    }
  }
}
