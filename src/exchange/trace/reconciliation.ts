/** For `sluice trace`: what reconciliation said of a serial, and how its days stand. */
import type { Moment } from '../../clock.js';
import { type Row, type Session, sql } from '../../database/database.js';
import { bigintCell, dayCell, numberCell, oneOfCell, optional, textCell } from '../../database/index.js';
import type { Day } from '../../protocol/values.js';
import {
  classNames,
  type DayState,
  type DifferenceClass,
  type DifferenceState,
  dayStateNames,
  type Outcome,
  outcomeNames,
  stateNames,
} from '../reconciliation/difference.js';

export interface TracedDifference {
  readonly unit: string;
  readonly day: Day;
  readonly serial: string;
  readonly run: number;
  readonly class: DifferenceClass;
  readonly state: DifferenceState;
  readonly outcome: Outcome | undefined;
  /** The platform's line; line 0: it has none. */
  readonly line: number;
  readonly lineCustomer: string;
  readonly lineAmount: bigint | undefined;
  readonly ourCustomer: string;
  readonly ourAmount: bigint | undefined;
  readonly paymentBefore: string;
  readonly paymentAfter: string;
  readonly refundNumber: string;
  readonly operator: string;
  readonly reason: string;
  readonly foundAt: Moment;
  readonly dueAt: Moment;
  readonly changedAt: Moment;
}
export interface TracedRun {
  readonly run: number;
  readonly state: string;
  readonly fileName: string;
  readonly sha256: string;
  readonly orderedBy: string;
  readonly startedAt: Moment;
  readonly comparedAt: Moment | undefined;
  readonly endedAt: Moment | undefined;
}
export interface TracedDay {
  readonly unit: string;
  readonly day: Day;
  readonly state: DayState;
  readonly closedAt: Moment | undefined;
  /** Oldest first. */
  readonly runs: readonly TracedRun[];
}

const DIFFERENCE = `unit, day, serial, run_no, class, state, outcome, line_no, line_customer, line_amount, our_customer,
  our_amount, payment_before, payment_after, refund_no, operator, reason, found_at, due_at, changed_at`;
const ofSerial = sql(`
  select ${DIFFERENCE} from recon_differences where serial = :serial and unit = :unit order by day, run_no`);
const ofCustomer = sql(
  (words) => `
  select ${DIFFERENCE} from recon_differences
  where unit = :unit and (line_customer = :customer or our_customer = :customer)
  order by day desc, serial ${words.limit(100)}`,
);
const dayRow = sql('select state, closed_at from recon_days where unit = :unit and day = :day');
const runRows = sql(`
  select run_no, state, file_name, sha256, ordered_by, started_at, compared_at, ended_at from recon_runs
  where unit = :unit and day = :day order by run_no`);

export const traceReconciliation = (session: Session, unit: string) => ({
  differencesOf: async (serial: string): Promise<readonly TracedDifference[]> =>
    (await session.all(ofSerial, { unit, serial })).map(readDifference),
  /** Newest day first, at most 100. */
  serialsOf: async (customer: string): Promise<readonly string[]> =>
    (await session.all(ofCustomer, { unit, customer })).map((row) => textCell(row, 'serial')),
  /** `undefined`: nothing ever asked for this day. */
  async day(day: Day): Promise<TracedDay | undefined> {
    const [row] = await session.all(dayRow, { unit, day });
    if (row === undefined) return undefined;
    const runs = await session.all(runRows, { unit, day });
    return {
      unit,
      day,
      state: oneOfCell(row, 'state', dayStateNames),
      closedAt: optional(row, 'closed_at', numberCell),
      runs: runs.map(readRun),
    };
  },
});

const readRun = (row: Row): TracedRun => ({
  run: numberCell(row, 'run_no'),
  state: textCell(row, 'state'),
  fileName: textCell(row, 'file_name'),
  sha256: textCell(row, 'sha256'),
  orderedBy: textCell(row, 'ordered_by'),
  startedAt: numberCell(row, 'started_at'),
  comparedAt: optional(row, 'compared_at', numberCell),
  endedAt: optional(row, 'ended_at', numberCell),
});
const readDifference = (row: Row): TracedDifference => ({
  unit: textCell(row, 'unit'),
  day: dayCell(row, 'day'),
  serial: textCell(row, 'serial'),
  run: numberCell(row, 'run_no'),
  class: oneOfCell(row, 'class', classNames),
  state: oneOfCell(row, 'state', stateNames),
  outcome: optional(row, 'outcome', (r, c) => oneOfCell(r, c, outcomeNames)),
  line: optional(row, 'line_no', numberCell) ?? 0,
  lineCustomer: textCell(row, 'line_customer'),
  lineAmount: optional(row, 'line_amount', bigintCell),
  ourCustomer: textCell(row, 'our_customer'),
  ourAmount: optional(row, 'our_amount', bigintCell),
  paymentBefore: textCell(row, 'payment_before'),
  paymentAfter: textCell(row, 'payment_after'),
  refundNumber: textCell(row, 'refund_no'),
  operator: textCell(row, 'operator'),
  reason: textCell(row, 'reason'),
  foundAt: numberCell(row, 'found_at'),
  dueAt: numberCell(row, 'due_at'),
  changedAt: numberCell(row, 'changed_at'),
});
