/** What the platform sees of its files' processing: what only it had is booked, what it debited is owed no more. */
import type { Clock } from '../../clock.js';
import { arrearsQuery, type Serial, type UnitDialect, wireDialectOf } from '../../protocol/index.js';
import type { Asking } from '../platform/asking.js';
import type { Talk } from './talk.js';

export interface SettleParts {
  readonly talk: Talk;
  readonly asking: Asking;
  readonly dialect: UnitDialect;
  readonly clock: Clock;
  /** ms that the utility may take for it. */
  readonly limitMs: number;
  /** Payments that only the platform had. */
  readonly platformOnly: readonly Serial[];
  readonly debited: readonly { readonly customer: string; readonly bill: string }[];
}
const LOOK_MS = 500;

/** @returns what did not come true, in words */
export async function settled(parts: SettleParts): Promise<readonly string[]> {
  const { talk, asking, dialect, clock } = parts;
  const until = clock.now() + parts.limitMs;
  const comesTrue = async (holds: () => Promise<boolean>): Promise<boolean> => {
    for (;;) {
      if (await holds()) return true;
      if (clock.now() >= until) return false;
      await clock.sleep(LOOK_MS);
    }
  };
  const isBooked = async (serial: Serial) =>
    (await talk.ask('200012 of what only we had', asking.status(serial, undefined), {})) === '9999';
  const isPaid = async ({ customer, bill }: SettleParts['debited'][number]) => {
    await talk.ask('200001 of whom we debited', asking.query(customer), {});
    const read = arrearsQuery.readAnswer(talk.body, wireDialectOf(dialect));
    return read.ok && read.value.bills.every((one) => one.bill !== bill);
  };
  const broken: string[] = [];
  for (const serial of parts.platformOnly) {
    if (!(await comesTrue(() => isBooked(serial)))) broken.push(`${serial}: in our file, and not booked yet`);
  }
  for (const line of parts.debited) {
    if (!(await comesTrue(() => isPaid(line)))) broken.push(`bill ${line.bill}: debited, and still owed`);
  }
  return broken;
}
