/** The tables `recon_runs` and `recon_orders`: each comparison of a day with a file, and the orders that allow another one. */
import type { Moment } from '../../clock.js';
import {
  dayCell,
  fenCell,
  hasLabel,
  numberCell,
  oneOfCell,
  optional,
  type Row,
  type Session,
  sql,
  textCell,
} from '../../database/index.js';
import type { FileSettings } from '../../protocol/index.js';
import type { Day, Fen } from '../../protocol/values.js';
import type { LineTotals } from './line-batch.js';

export const runStates = ['comparing', 'compared', 'held', 'repairing', 'done', 'refused'] as const;
export type RunState = (typeof runStates)[number];

export interface ReconRun {
  readonly unit: string;
  readonly day: Day;
  readonly number: number;
  readonly kind: 'file' | 'rerun';
  readonly state: RunState;
  readonly fileName: string;
  readonly sha256: string;
  /** When the file was ours. */
  readonly fileAt: Moment;
  readonly lineCount: number;
  readonly lineAmount: Fen;
  readonly ourCount: number;
  readonly ourAmount: Fen;
  /** Differences found. */
  readonly foundCount: number;
  readonly orderedBy: string;
  readonly reason: string;
  readonly confirmedBy: string;
  /** Why it was refused or is held. */
  readonly detail: string;
  readonly startedAt: Moment;
  readonly comparedAt: Moment | undefined;
  readonly endedAt: Moment | undefined;
}
export interface NewRun {
  readonly unit: string;
  readonly day: Day;
  readonly number: number;
  readonly kind: ReconRun['kind'];
  readonly fileName: string;
  readonly path: string;
  readonly sha256: string;
  readonly fileAt: Moment;
  readonly settings: FileSettings;
  readonly orderedBy: string;
  readonly reason: string;
}

const COLUMNS = `unit, day, run_no, kind, state, file_name, sha256, line_count, line_amount, our_count, our_amount, found_count,
  ordered_by, reason, confirmed_by, detail, file_at, started_at, compared_at, ended_at`;
const KEY = 'unit = :unit and day = :day and run_no = :number';
const insert = sql(`
  insert into recon_runs (unit, day, run_no, kind, state, file_name, file_path, sha256, settings, line_count, line_amount,
    our_count, our_amount, found_count, ordered_by, reason, file_at, started_at)
  values (:unit, :day, :number, :kind, 'comparing', :fileName, :path, :sha256, :settings, 0, 0, 0, 0, 0,
    :orderedBy, :reason, :fileAt, :at)`);
const select = sql(`select ${COLUMNS} from recon_runs where ${KEY}`);
const selectOfDay = sql(
  `select ${COLUMNS} from recon_runs where unit = :unit and day = :day order by run_no`,
);
const selectUnfinished = sql(
  (words) => `
  select ${COLUMNS} from recon_runs where state in ('compared', 'repairing') order by day, unit ${words.limit(200)}`,
);
const restart = sql(`update recon_runs set state = 'comparing', detail = null, ended_at = null where ${KEY}`);
const setCompared = sql(`
  update recon_runs set state = :state, line_count = :lines, line_amount = :lineAmount, our_count = :ours,
    our_amount = :ourAmount, found_count = :found, detail = :detail, compared_at = :at where ${KEY}`);
const setState = sql(`
  update recon_runs set state = :state, detail = :detail, ended_at = :endedAt where ${KEY}`);
const setConfirmed = sql(`
  update recon_runs set state = 'repairing', confirmed_by = :by, detail = null where ${KEY} and state = 'held'`);
const insertOrder = sql(`
  insert into recon_orders (unit, day, sha256, ordered_by, reason, ordered_at)
  values (:unit, :day, :sha256, :by, :reason, :at)`);
const changeOrder = sql(`
  update recon_orders set ordered_by = :by, reason = :reason, ordered_at = :at
  where unit = :unit and day = :day and sha256 = :sha256`);
const selectOrder = sql(`
  select ordered_by, reason from recon_orders where unit = :unit and day = :day and sha256 = :sha256`);

const keyOf = ({ unit, day, number }: Pick<ReconRun, 'unit' | 'day' | 'number'>) => ({ unit, day, number });

export async function insertRun(tx: Session, { settings, ...run }: NewRun, at: Moment): Promise<void> {
  await tx.run(insert, {
    ...run,
    path: run.path.slice(0, 400),
    settings: JSON.stringify(settings).slice(0, 500),
    reason: run.reason.slice(0, 500) || null,
    at,
  });
}
export async function findRun(
  session: Session,
  key: Pick<ReconRun, 'unit' | 'day' | 'number'>,
): Promise<ReconRun | undefined> {
  const [row] = await session.all(select, keyOf(key));
  return row && readRun(row);
}
/** All runs of a day, oldest first. */
export const runsOfDay = async (session: Session, unit: string, day: Day): Promise<readonly ReconRun[]> =>
  (await session.all(selectOfDay, { unit, day })).map(readRun);
/** The run that counts: a refused file changed nothing. */
export const standingRun = (runs: readonly ReconRun[]): ReconRun | undefined =>
  runs.findLast(({ state }) => state !== 'refused');
/** Runs whose repairs are not done and need nobody's confirmation. */
export const unfinishedRuns = async (session: Session): Promise<readonly ReconRun[]> =>
  (await session.all(selectUnfinished)).map(readRun);

export async function restartRun(tx: Session, run: ReconRun): Promise<void> {
  await tx.run(restart, keyOf(run));
}
export interface Compared {
  readonly state: 'compared' | 'held';
  readonly theirs: LineTotals;
  readonly ours: { readonly count: number; readonly amount: bigint };
  readonly found: number;
  readonly detail: string;
}
export async function setRunCompared(tx: Session, run: ReconRun, to: Compared, at: Moment): Promise<void> {
  await tx.run(setCompared, {
    ...keyOf(run),
    state: to.state,
    lines: to.theirs.lines,
    lineAmount: to.theirs.amount,
    ours: to.ours.count,
    ourAmount: to.ours.amount,
    found: to.found,
    detail: to.detail.slice(0, 500) || null,
    at,
  });
}
export async function setRunState(
  tx: Session,
  run: ReconRun,
  state: RunState,
  at: Moment,
  detail = '',
): Promise<void> {
  const endedAt = state === 'done' || state === 'refused' ? at : null;
  await tx.run(setState, { ...keyOf(run), state, detail: detail.slice(0, 500) || null, endedAt });
}
/** False: it is not held. */
export const confirmRun = async (tx: Session, run: ReconRun, by: string): Promise<boolean> =>
  (await tx.run(setConfirmed, { ...keyOf(run), by: by.slice(0, 100) })) === 1;

export interface ReconOrder {
  readonly by: string;
  readonly reason: string;
}
/** Allows a run of the day with the file of this content. */
export async function orderRun(
  session: Session,
  key: { readonly unit: string; readonly day: Day; readonly sha256: string },
  order: ReconOrder,
  at: Moment,
): Promise<void> {
  const { unit, day, sha256 } = key;
  const binds = { unit, day, sha256, by: order.by.slice(0, 100), reason: order.reason.slice(0, 500), at };
  if ((await session.run(changeOrder, binds)) === 1) return;
  await session.run(insertOrder, binds).catch((error: unknown) => {
    if (!hasLabel(error, 'duplicate')) throw error;
  });
}
export async function findOrder(
  session: Session,
  unit: string,
  day: Day,
  sha256: string,
): Promise<ReconOrder | undefined> {
  const [row] = await session.all(selectOrder, { unit, day, sha256 });
  return row && { by: textCell(row, 'ordered_by'), reason: textCell(row, 'reason') };
}

const readRun = (row: Row): ReconRun => ({
  unit: textCell(row, 'unit'),
  day: dayCell(row, 'day'),
  number: numberCell(row, 'run_no'),
  kind: oneOfCell(row, 'kind', ['file', 'rerun']),
  state: oneOfCell(row, 'state', runStates),
  fileName: textCell(row, 'file_name'),
  sha256: textCell(row, 'sha256'),
  lineCount: numberCell(row, 'line_count'),
  lineAmount: fenCell(row, 'line_amount'),
  ourCount: numberCell(row, 'our_count'),
  ourAmount: fenCell(row, 'our_amount'),
  foundCount: numberCell(row, 'found_count'),
  orderedBy: textCell(row, 'ordered_by'),
  reason: textCell(row, 'reason'),
  confirmedBy: textCell(row, 'confirmed_by'),
  detail: textCell(row, 'detail'),
  fileAt: optional(row, 'file_at', numberCell) ?? numberCell(row, 'started_at'),
  startedAt: numberCell(row, 'started_at'),
  comparedAt: optional(row, 'compared_at', numberCell),
  endedAt: optional(row, 'ended_at', numberCell),
});
