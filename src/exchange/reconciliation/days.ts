/** The table `recon_days`: one row for each business day of a unit, with its claim: one node works on a day. */
import type { Moment } from '../../clock.js';
import {
  type Database,
  dayCell,
  hasLabel,
  numberCell,
  oneOfCell,
  optional,
  type Row,
  type Session,
  sql,
  textCell,
} from '../../database/index.js';
import type { Day } from '../../protocol/values.js';
import { LeaseLostError, type LeaseTable } from '../lease.js';
import { type DayState, dayStateNames } from './difference.js';

export interface ReconDay {
  readonly unit: string;
  readonly day: Day;
  readonly state: DayState;
  /** The latest run; 0 = none yet. */
  readonly runNumber: number;
  readonly changedAt: Moment;
  readonly closedAt: Moment | undefined;
  /** Who closed it by hand, and why; `''` when its last difference did. */
  readonly closedBy: string;
  readonly closeReason: string;
}

const COLUMNS = 'unit, day, state, run_no, changed_at, closed_at, closed_by, close_reason, claimed_by';
const select = sql(`select ${COLUMNS} from recon_days where unit = :unit and day = :day`);
const selectLocked = sql(
  (words) => `select ${COLUMNS} from recon_days where unit = :unit and day = :day ${words.forUpdate}`,
);
const selectBetween = sql(
  (words) => `
  select ${COLUMNS} from recon_days where unit = :unit and day between :first and :last
  order by day desc ${words.limit(1000)}`,
);
const insert = sql(`
  insert into recon_days (unit, day, state, run_no, changed_at, alarmed_at, claimed_until)
  values (:unit, :day, 'open', 0, :at, 0, 0)`);
const move = sql(`
  update recon_days set state = :state, run_no = :runNumber, changed_at = :at, closed_at = :closedAt,
    closed_by = :closedBy, close_reason = :reason where unit = :unit and day = :day`);
const claim = sql(`
  update recon_days set claimed_by = :token, claimed_until = :until
  where unit = :unit and day = :day and (claimed_by is null or claimed_until < :now)`);
const extend = sql(`
  update recon_days set claimed_until = :until where unit = :unit and day = :day and claimed_by = :token`);
const release = sql(`
  update recon_days set claimed_by = null, claimed_until = 0
  where unit = :unit and day = :day and claimed_by = :token`);

const readDay = (row: Row): ReconDay => ({
  unit: textCell(row, 'unit'),
  day: dayCell(row, 'day'),
  state: oneOfCell(row, 'state', dayStateNames),
  runNumber: numberCell(row, 'run_no'),
  changedAt: numberCell(row, 'changed_at'),
  closedAt: optional(row, 'closed_at', numberCell),
  closedBy: textCell(row, 'closed_by'),
  closeReason: textCell(row, 'close_reason'),
});

export async function findDay(session: Session, unit: string, day: Day): Promise<ReconDay | undefined> {
  const [row] = await session.all(select, { unit, day });
  return row && readDay(row);
}
/** The unit's days from first to last, newest first, at most 1000. */
export const daysBetweenDays = async (session: Session, unit: string, first: Day, last: Day) =>
  (await session.all(selectBetween, { unit, first, last })).map(readDay);

/** The day's row, made if it is not there yet. */
export async function ensureDay(database: Database, unit: string, day: Day, at: Moment): Promise<ReconDay> {
  const known = await findDay(database, unit, day);
  if (known !== undefined) return known;
  await database.run(insert, { unit, day, at }).catch((error: unknown) => {
    if (!hasLabel(error, 'duplicate')) throw error;
  });
  const made = await findDay(database, unit, day);
  if (made === undefined) throw new Error('a day of reconciliation has gone');
  return made;
}

/** The day under lock. @throws {LeaseLostError} when it is not claimed with this token any more */
export async function lockDay(tx: Session, unit: string, day: Day, token: string): Promise<ReconDay> {
  const [row] = await tx.all(selectLocked, { unit, day });
  if (row === undefined || textCell(row, 'claimed_by') !== token) throw new LeaseLostError();
  return readDay(row);
}

/** Who closed it by hand, and why. */
export interface ClosedByHand {
  readonly by: string;
  readonly reason: string;
}
export async function moveDay(
  tx: Session,
  day: ReconDay,
  to: { readonly state: DayState; readonly runNumber?: number; readonly byHand?: ClosedByHand },
  at: Moment,
): Promise<void> {
  const isClosed = to.state === 'closed';
  await tx.run(move, {
    unit: day.unit,
    day: day.day,
    state: to.state,
    runNumber: to.runNumber ?? day.runNumber,
    at,
    closedAt: isClosed ? (day.closedAt ?? at) : null,
    closedBy: to.byHand?.by.slice(0, 100) ?? ((isClosed && day.closedBy) || null),
    reason: to.byHand?.reason.slice(0, 500) ?? ((isClosed && day.closeReason) || null),
  });
}

/** False: another has it. */
export async function claimDay(
  database: Database,
  key: { readonly unit: string; readonly day: Day },
  token: string,
  now: Moment,
  until: Moment,
): Promise<boolean> {
  const { unit, day } = key;
  return (await database.run(claim, { unit, day, token, now, until })) === 1;
}
export const leaseOfDay = (database: Database, unit: string, day: Day): LeaseTable => ({
  extend: (token, until) => database.run(extend, { unit, day, token, until }),
  release: (token) => database.run(release, { unit, day, token }),
});
