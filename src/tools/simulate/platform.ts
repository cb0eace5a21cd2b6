/*
  A day of the platform, seeded: queries, payments, lost answers with 200012 after them, duplicates, refunds.
  It keeps the platform's own books, and notes each answer that breaks a promise of the protocol (spec messages.md).
*/
import { addDays, type Clock, chinaDay, type Ids } from '../../clock.js';
import {
  arrearsQuery,
  type Day,
  fenOf,
  type Serial,
  type UnitDialect,
  wireDialectOf,
} from '../../protocol/index.js';
import { type Asked, askingOf } from '../platform/asking.js';
import { type ExchangeOptions, exchange, type Outcome, type Target } from '../platform/client.js';
import { freshSerial, readAnswer, requestFrame, type Sender } from '../platform/request.js';
import type { Scenario } from './scenario.js';

export interface SimulationParts {
  readonly scenario: Scenario;
  readonly target: Target;
  readonly secondTarget: Target | undefined;
  readonly unit: string;
  readonly dialect: UnitDialect;
  readonly customers: readonly [string, ...string[]];
  readonly sender: Sender;
  readonly chance: () => number;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly progress?: (done: number, broken: number) => void;
}
/** A payment in the platform's books. */
export interface Charge {
  readonly serial: Serial;
  readonly day: Day;
  readonly customer: string;
  readonly amount: bigint;
  state: 'booked' | 'refunded' | 'undecided' | 'void';
}
export interface Simulation {
  /** What was asked → result code → how often. */
  readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly charges: readonly Charge[];
  /** Broken promises, in words. */
  readonly broken: readonly string[];
}

const LEAVE_MS_MAX = 30;
/** Codes that refuse a payment honestly: nothing is booked. */
const REFUSED = new Set(['1002', '1005', '1006', '2002', '2003', '2004', '2005']);

export async function simulatePlatform(parts: SimulationParts): Promise<Simulation> {
  const { scenario, chance, clock, ids, dialect } = parts;
  const { trouble, mix } = scenario;
  const asking = askingOf(parts.unit, dialect);
  const counts: Record<string, Record<string, number>> = {};
  const charges: Charge[] = [];
  const broken: string[] = [];
  /** Of the last answer. */
  let body: Readonly<Record<string, unknown>> | undefined;
  const pick = <T>(from: readonly [T, ...T[]]): T => from[Math.floor(chance() * from.length)] ?? from[0];

  async function ask(
    what: string,
    { serviceCode, body }: Asked,
    options: ExchangeOptions = {},
  ): Promise<string> {
    const frame = requestFrame(serviceCode, body, parts.sender);
    return send(
      what,
      frame,
      chance() < trouble.slowPieces ? { ...options, pieces: piecesOf(frame) } : options,
    );
  }
  async function send(what: string, frame: Buffer, options: ExchangeOptions): Promise<string> {
    const second = chance() < trouble.secondIdentity ? parts.secondTarget : undefined;
    const outcome = await exchange(second ?? parts.target, frame, options);
    body = outcome.kind === 'answer' ? readAnswer(outcome.data)?.body : undefined;
    const code = codeOf(outcome);
    const row = counts[what] ?? {};
    counts[what] = row;
    row[code] = (row[code] ?? 0) + 1;
    return code;
  }
  const expects = (held: boolean, promise: string) => {
    if (!held) broken.push(promise);
  };

  async function payOnce(): Promise<void> {
    const [from, to] = scenario.amount;
    const today = chinaDay(clock.now());
    const day = chance() < trouble.yesterday ? addDays(today, -1) : today;
    const customer = pick(parts.customers);
    const some = BigInt(from + Math.floor(chance() * (Math.max(from, to) - from + 1)));
    // As people do: look what is due, pay that; something in advance where nothing is.
    await ask('200001', asking.query(customer));
    const read = arrearsQuery.readAnswer(body, wireDialectOf(dialect));
    const owed = read.ok ? read.value.totalOwed : 0n;
    const amount = owed > 0n ? owed : some;
    const charge: Charge = { serial: freshSerial(day, ids), day, customer, amount, state: 'undecided' };
    charges.push(charge);
    const { serial } = charge;
    const order = asking.pay({
      serial,
      bookingDay: day,
      amount: fenOf(amount),
      rows: [{ customer, bill: '', month: undefined }],
    });
    const lost = chance() < trouble.lostAnswers;
    const code = await ask(
      '200002',
      order,
      lost ? { leaveAfterMs: Math.floor(chance() * LEAVE_MS_MAX) } : {},
    );
    if (code === '9999') charge.state = 'booked';
    else if (REFUSED.has(code)) charge.state = 'void';
    else if (/^\d{4}$/.test(code) && code !== '0009')
      expects(false, `${serial}: a fresh payment was answered ${code}`);
    if (charge.state === 'undecided') await settle(charge, order);
    if (charge.state === 'booked' && chance() < trouble.duplicates) {
      const again = await ask('200002 again', order);
      expects(
        again === '2001' || again === '9999',
        `${serial}: a repeat of a booked payment was answered ${again}`,
      );
    }
    if (charge.state === 'booked' && chance() < trouble.refunds) await refund(charge);
  }

  /** After a lost answer: what became of it? 3000 and 3003 are promises that it can never be booked. */
  async function settle(charge: Charge, order: Asked): Promise<void> {
    const { serial, day } = charge;
    const code = await ask('200012', asking.status(serial, day));
    if (code === '9999') charge.state = 'booked';
    if (code !== '3000' && code !== '3003') return;
    charge.state = 'void';
    if (dialect.unknownSerial === 'open' && code === '3000') return;
    const late = await ask('200002 late', order);
    expects(late === '2005', `${serial}: answered ${code}, yet a late payment with it was answered ${late}`);
  }
  async function refund(charge: Charge): Promise<void> {
    const { serial, day, amount } = charge;
    const order = asking.refund({
      originalSerial: serial,
      serial: undefined,
      bookingDay: day,
      amount: fenOf(amount),
    });
    const code = await ask('300002', order);
    if (code !== '9999')
      return expects(code === '2005' || code === '0009', `${serial}: its refund was answered ${code}`);
    charge.state = 'refunded';
    const again = await ask('300002 again', order);
    expects(again === '9999', `${serial}: a repeat of its refund was answered ${again}`);
  }

  async function one(): Promise<void> {
    if (chance() < trouble.garbage) {
      const code = await send('garbage', Buffer.concat([Buffer.of(0x67), ids.bytes(40)]), {});
      expects(code === 'closed', `bytes that are no frame were answered ${code}`);
    }
    if (chance() < trouble.halfFrames) {
      const half = asking.query(pick(parts.customers));
      const frame = requestFrame(half.serviceCode, half.body, parts.sender);
      const code = await send('half a frame', frame.subarray(0, frame.length >> 1), { end: true });
      expects(code === 'closed', `half a frame was answered ${code}`);
    }
    const kind = chance() * (mix.query + mix.pay + mix.balance);
    if (kind < mix.pay) return payOnce();
    const customer = pick(parts.customers);
    const query = kind < mix.pay + mix.query;
    const code = await ask(
      query ? '200001' : '200007',
      query ? asking.query(customer) : asking.balance(customer),
    );
    expects(/^\d{4}$/.test(code), `a query was answered ${code}`);
  }

  const began = clock.now();
  for (let number = 0; number < scenario.exchanges; number++) {
    const due = scenario.rate > 0 ? began + (number * 1000) / scenario.rate : 0;
    if (due > clock.now()) await clock.sleep(due - clock.now());
    await one();
    parts.progress?.(number + 1, broken.length);
  }
  await finish();
  return { counts, charges, broken };

  /** At the end every payment is asked about: the books of both sides must agree. */
  async function finish(): Promise<void> {
    for (const { serial, day, state } of charges) {
      if (state !== 'booked') continue;
      const code = await ask('200012 at the end', asking.status(serial, day));
      expects(code === '9999', `${serial}: answered 9999 before, 200012 says ${code} at the end`);
    }
  }
}

function piecesOf(frame: Buffer): Buffer[] {
  const cuts = [0, 1, 5, 11, frame.length >> 1, frame.length - 1, frame.length];
  return cuts.slice(1).map((to, i) => frame.subarray(cuts[i], to));
}
const codeOf = (outcome: Outcome): string =>
  outcome.kind === 'answer' ? (readAnswer(outcome.data)?.code ?? 'no message') : outcome.how;
