/** The table `recon_differences`: what a run found, and what became of it. */
import { createHash } from 'node:crypto';
import type { Moment } from '../../clock.js';
import {
  bigintCell,
  dayCell,
  numberCell,
  oneOfCell,
  optional,
  type Row,
  type Session,
  sql,
  textCell,
} from '../../database/index.js';
import { type Day, parseSerial, type Serial } from '../../protocol/values.js';
import {
  classNames,
  type DifferenceClass,
  type DifferenceState,
  type FoundDifference,
  type Outcome,
  outcomeNames,
  stateNames,
} from './difference.js';
import type { ReconRun } from './runs.js';

export interface Difference extends FoundDifference {
  readonly unit: string;
  readonly day: Day;
  readonly serial: Serial;
  readonly run: number;
  readonly state: DifferenceState;
  readonly outcome: Outcome | undefined;
  /** The booking, suspense item or entry that the repair made, `''` for none. */
  readonly paymentAfter: string;
  /** The reversal that the repair made. */
  readonly refundNumber: string;
  readonly operator: string;
  readonly reason: string;
  readonly signature: string;
  readonly foundAt: Moment;
  readonly dueAt: Moment;
  readonly changedAt: Moment;
}
/** What became of it. */
export interface Ending {
  readonly state: DifferenceState;
  readonly outcome: Outcome | undefined;
  /** Where a closer look shows another one than the comparison saw. */
  readonly class?: DifferenceClass;
  readonly paymentAfter?: string;
  readonly refundNumber?: string;
}

const COLUMNS = `unit, day, serial, run_no, class, state, outcome, line_customer, line_amount, line_detail, line_no, our_customer,
  our_amount, payment_before, payment_after, refund_no, operator, reason, signature, found_at, due_at, changed_at`;
const OF_RUN = 'unit = :unit and day = :day and run_no = :number';
const KEY = `${OF_RUN} and serial = :serial`;

const insert = sql(`
  insert into recon_differences (unit, day, serial, run_no, class, state, line_customer, line_amount, line_detail, line_no,
    our_customer, our_amount, payment_before, found_at, due_at, changed_at)
  values (:unit, :day, :serial, :number, :class, 'open', :lineCustomer, :lineAmount, :lineDetail, :lineNo,
    :ourCustomer, :ourAmount, :paymentBefore, :at, :due, :at)`);
const removeOfRun = sql(`delete from recon_differences where ${OF_RUN}`);
const selectOpen = sql(
  (words) => `
  select ${COLUMNS} from recon_differences where ${OF_RUN} and state in ('open', 'repairing') and serial > :after
  order by serial ${words.limit(100)}`,
);
const selectFirstOpen = sql(
  (words) => `
  select ${COLUMNS} from recon_differences where ${OF_RUN} and state in ('open', 'repairing')
  order by serial ${words.limit(100)}`,
);
const markRepairing = sql(`
  update recon_differences set state = 'repairing' where ${OF_RUN} and state = 'open' and serial between :first and :last`);
const end = sql(`
  update recon_differences set state = :state, outcome = :outcome, class = :class, payment_after = :paymentAfter,
    refund_no = :refundNumber, changed_at = :at
  where ${KEY} and state in ('open', 'repairing', 'listed', 'suspense')`);
const close = sql(`
  update recon_differences set state = 'closed', outcome = 'kept', operator = :operator, reason = :reason,
    signature = :signature, changed_at = :at
  where ${KEY} and state in ('open', 'repairing', 'listed')`);
const reopen = sql(
  `update recon_differences set state = 'open', changed_at = :at where ${KEY} and state = 'listed'`,
);
const selectOfDay = sql(`
  select ${COLUMNS} from recon_differences where unit = :unit and day = :day and state <> 'superseded' order by serial, run_no`);
const selectSerial = sql(`
  select ${COLUMNS} from recon_differences where unit = :unit and serial = :serial order by day, run_no`);
const selectHeld = sql(
  (words) => `
  select ${COLUMNS} from recon_differences where state = 'suspense' order by due_at ${words.limit(1000)}`,
);
const selectSums = sql(`
  select class, state, outcome, case when line_no is null then 0 else 1 end as has_line, count(*) as items,
    coalesce(sum(line_amount), 0) as line_total, coalesce(sum(our_amount), 0) as our_total
  from recon_differences where unit = :unit and day = :day and run_no = :number
  group by class, state, outcome, case when line_no is null then 0 else 1 end`);
const selectDaySums = sql(`
  select class, state, outcome, case when line_no is null then 0 else 1 end as has_line, count(*) as items,
    coalesce(sum(line_amount), 0) as line_total, coalesce(sum(our_amount), 0) as our_total
  from recon_differences where unit = :unit and day = :day and state <> 'superseded'
  group by class, state, outcome, case when line_no is null then 0 else 1 end`);
const countUnresolved = sql(`
  select count(*) as items from recon_differences
  where unit = :unit and day = :day and state in ('open', 'repairing', 'suspense', 'listed')`);
const selectOverdue = sql(`
  select unit, day, count(*) as items, min(due_at) as due_at from recon_differences
  where state in ('open', 'repairing', 'suspense', 'listed') and due_at < :at group by unit, day`);
const selectFound = sql(`select count(*) as items from recon_differences where ${KEY}`);
const selectElsewhere = sql(`
  select count(*) as items from recon_differences
  where unit = :unit and serial = :serial and day <> :day and class = 'other-day' and state = 'settled'`);

export async function insertFound(
  session: Session,
  run: ReconRun,
  found: readonly FoundDifference[],
  at: Moment,
  dueAt: (of: DifferenceClass) => Moment,
): Promise<void> {
  await session.runMany(
    insert,
    found.map((one) => ({
      unit: run.unit,
      day: run.day,
      number: run.number,
      serial: one.serial,
      class: one.class,
      lineCustomer: one.platform?.customer ?? null,
      lineAmount: one.platform?.amount ?? null,
      lineDetail: one.platform?.detail || null,
      lineNo: one.platform?.line ?? null,
      ourCustomer: one.ours?.customer ?? null,
      ourAmount: one.ours?.amount ?? null,
      paymentBefore: one.ours?.paymentNumber ?? null,
      at,
      due: dueAt(one.class),
    })),
  );
}
const runKey = ({ unit, day, number }: Pick<ReconRun, 'unit' | 'day' | 'number'>) => ({ unit, day, number });
const keyOf = ({ unit, day, run, serial }: Difference) => ({ unit, day, number: run, serial });

/** Whether the run has a difference of this serial already. */
export async function isFound(session: Session, run: ReconRun, serial: string): Promise<boolean> {
  const [row] = await session.all(selectFound, { ...runKey(run), serial });
  return row !== undefined && numberCell(row, 'items') > 0;
}
export const removeFound = (session: Session, run: ReconRun) => session.run(removeOfRun, runKey(run));

/** The next of the run that are to be repaired, by serial, at most a hundred. */
export const nextOpen = async (session: Session, run: ReconRun, after: string | undefined) => {
  const rows =
    after === undefined
      ? await session.all(selectFirstOpen, runKey(run))
      : await session.all(selectOpen, { ...runKey(run), after });
  return rows.map(readDifference);
};
/** After a crash these are known to have been begun. */
export const markBegun = (session: Session, run: ReconRun, first: string, last: string) =>
  session.run(markRepairing, { ...runKey(run), first, last });
export interface Ended {
  readonly of: Difference;
  readonly ending: Ending;
}
/** Notes what became of them; those that are decided already stay as they are. */
export const endDifferences = (session: Session, ended: readonly Ended[], at: Moment): Promise<void> =>
  session.runMany(
    end,
    ended.map(({ of, ending }) => ({
      ...keyOf(of),
      state: ending.state,
      outcome: ending.outcome ?? null,
      class: ending.class ?? of.class,
      paymentAfter: (ending.paymentAfter ?? of.paymentAfter) || null,
      refundNumber: (ending.refundNumber ?? of.refundNumber) || null,
      at,
    })),
  );
/** An operator's decision, signed. False: it is decided already. */
export const closeDifference = async (
  session: Session,
  of: Difference,
  { operator, reason }: { readonly operator: string; readonly reason: string },
  at: Moment,
) => {
  const binds = { operator: operator.slice(0, 100), reason: reason.slice(0, 500) };
  const signature = signatureOf({ ...of, ...binds, changedAt: at });
  return (await session.run(close, { ...keyOf(of), ...binds, signature, at })) === 1;
};
/** To be repaired again. False: it is not listed. */
export const reopenDifference = async (session: Session, of: Difference, at: Moment) =>
  (await session.run(reopen, { ...keyOf(of), at })) === 1;

/** All of a day but what a later run superseded, in bounded memory. */
export async function* differencesOfDay(
  session: Session,
  unit: string,
  day: Day,
): AsyncGenerator<Difference> {
  for await (const row of session.stream(selectOfDay, { unit, day })) yield readDifference(row);
}
/** Everything that reconciliation ever said of a serial. */
export const differencesOfSerial = async (session: Session, unit: string, serial: string) =>
  (await session.all(selectSerial, { unit, serial })).map(readDifference);
/** Money in suspense over all units, what is due first, at most a thousand. */
export const heldDifferences = async (session: Session) =>
  (await session.all(selectHeld)).map(readDifference);
export async function unresolvedOfDay(session: Session, unit: string, day: Day): Promise<number> {
  const [row] = await session.all(countUnresolved, { unit, day });
  return row === undefined ? 0 : numberCell(row, 'items');
}
/** Differences past their deadline by day, over all units. */
export const overdueDays = async (session: Session, at: Moment) =>
  (await session.all(selectOverdue, { at })).map((row) => ({
    unit: textCell(row, 'unit'),
    day: dayCell(row, 'day'),
    count: numberCell(row, 'items'),
    dueAt: numberCell(row, 'due_at'),
  }));
/** Whether the serial was found on another day's file to be the booking of this day. */
export async function isReconciledElsewhere(session: Session, unit: string, serial: string, day: Day) {
  const [row] = await session.all(selectElsewhere, { unit, serial, day });
  return row !== undefined && numberCell(row, 'items') > 0;
}

export interface DifferenceSum {
  readonly class: DifferenceClass;
  readonly state: DifferenceState;
  readonly outcome: Outcome | undefined;
  /** The platform's side is there. */
  readonly hasLine: boolean;
  readonly count: number;
  readonly lineAmount: bigint;
  readonly ourAmount: bigint;
}
/** Counts and sums of what a run found. */
export const sumsOfRun = async (
  session: Session,
  run: Pick<ReconRun, 'unit' | 'day' | 'number'>,
): Promise<readonly DifferenceSum[]> => (await session.all(selectSums, runKey(run))).map(readSum);
/** The same over all runs of the day, without what a later run superseded. */
export const sumsOfDay = async (session: Session, unit: string, day: Day) =>
  (await session.all(selectDaySums, { unit, day })).map(readSum);
const readSum = (row: Row): DifferenceSum => ({
  class: oneOfCell(row, 'class', classNames),
  state: oneOfCell(row, 'state', stateNames),
  outcome: optional(row, 'outcome', (r, c) => oneOfCell(r, c, outcomeNames)),
  hasLine: numberCell(row, 'has_line') === 1,
  count: numberCell(row, 'items'),
  lineAmount: bigintCell(row, 'line_total'),
  ourAmount: bigintCell(row, 'our_total'),
});

/** What an operator's decision is about: shows when one of it is changed afterwards. */
export function signatureOf(
  of: Pick<Difference, 'unit' | 'day' | 'serial' | 'run' | 'class' | 'platform' | 'ours'> &
    Pick<Difference, 'operator' | 'reason' | 'changedAt'>,
): string {
  const { unit, day, serial, run, platform, ours, operator, reason, changedAt } = of;
  const sides = [platform, ours].map((side) => [side?.customer ?? '', side?.amount.toString() ?? '']);
  const content = [unit, day, serial, run, of.class, sides, operator, reason, changedAt];
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

function serialCell(row: Row): Serial {
  const serial = parseSerial(textCell(row, 'serial'));
  if (serial === undefined) throw new Error('a difference holds a serial that is none');
  return serial;
}
export const readDifference = (row: Row): Difference => ({
  unit: textCell(row, 'unit'),
  day: dayCell(row, 'day'),
  serial: serialCell(row),
  run: numberCell(row, 'run_no'),
  class: oneOfCell(row, 'class', classNames),
  state: oneOfCell(row, 'state', stateNames),
  outcome: optional(row, 'outcome', (r, c) => oneOfCell(r, c, outcomeNames)),
  platform: optional(row, 'line_no', (r, c) => ({
    customer: textCell(r, 'line_customer'),
    amount: bigintCell(r, 'line_amount'),
    detail: textCell(r, 'line_detail'),
    line: numberCell(r, c),
  })),
  ours: optional(row, 'payment_before', (r, c) => ({
    customer: textCell(r, 'our_customer'),
    amount: bigintCell(r, 'our_amount'),
    paymentNumber: textCell(r, c),
    state: textCell(r, 'class') === 'refunded' ? 'refunded' : 'booked',
  })),
  paymentAfter: textCell(row, 'payment_after'),
  refundNumber: textCell(row, 'refund_no'),
  operator: textCell(row, 'operator'),
  reason: textCell(row, 'reason'),
  signature: textCell(row, 'signature'),
  foundAt: numberCell(row, 'found_at'),
  dueAt: numberCell(row, 'due_at'),
  changedAt: numberCell(row, 'changed_at'),
});
