/** The table `deduct_plans`: which planned runs were begun, were covered by another run of the day, or were missed. */
import { addDays, chinaDay, daysBetween, type Moment } from '../../clock.js';
import { hasLabel, numberCell, type Session, sql, textCell } from '../../database/index.js';
import type { Books } from '../../revenue/index.js';
import type { Unit } from '../../revenue/unit.js';
import type { DeductionSettings } from '../settings.js';
import { type BatchOrder, batchOfDay, insertBatch } from './batch.js';
import { type PlannedRun, plannedRuns } from './calendar.js';

const selectKeys = sql(`
  select plan_key, schedule, at_ms from deduct_plans
  where unit = :unit and (plan_key >= :first or plan_key = 'since')`);
const selectMissed = sql(`
  select unit, plan_key from deduct_plans where state = 'missed' and at_ms > :after order by unit, plan_key`);
const insert = sql(`
  insert into deduct_plans (unit, plan_key, schedule, state, batch_id, at_ms)
  values (:unit, :key, :schedule, :state, :batch, :at)`);
const change = sql(`
  update deduct_plans set schedule = :schedule, at_ms = :at where unit = :unit and plan_key = 'since'`);

/** Further back nothing is looked for: a schedule has at most as many days in it. */
const LOOK_BACK_DAYS = 40;

const textOf = ({ days, time, holidays, weekends }: DeductionSettings): string =>
  `${days.join(',')} ${time} ${holidays}${weekends ? ' weekends' : ''}`;

/** What came of one planned run at this look. */
export interface Looked {
  readonly key: string;
  readonly state: 'run' | 'covered' | 'missed';
}

/**
 * Begins what is due, each planned run once over all nodes: its row and the batch are one transaction. Nothing is made up for from before the
 * schedule was first seen, or changed.
 * @returns what this node did
 */
export async function lookAtPlans(
  books: Books,
  unit: Unit,
  settings: DeductionSettings,
  order: BatchOrder,
): Promise<readonly Looked[]> {
  const { database, clock } = books;
  const now = clock.now();
  const today = chinaDay(now);
  const schedule = textOf(settings);
  const rows = await database.all(selectKeys, { unit: unit.id, first: addDays(today, -2 * LOOK_BACK_DAYS) });
  const since = rows.find((row) => textCell(row, 'plan_key') === 'since');
  if (since === undefined || textCell(since, 'schedule') !== schedule) {
    const binds = { unit: unit.id, schedule, at: now };
    if (since !== undefined) await database.run(change, binds);
    else if (settings.days.length > 0)
      await once(database.run(insert, { ...binds, key: 'since', state: 'since', batch: null }));
    return [];
  }
  const known = new Set(rows.map((row) => textCell(row, 'plan_key')));
  const from = Math.max(numberCell(since, 'at_ms'), now - LOOK_BACK_DAYS * 86_400_000);
  const done: Looked[] = [];
  for (const planned of plannedRuns(settings, unit.rules.holidays, from, now)) {
    if (known.has(planned.key)) continue;
    const isLate = daysBetween(chinaDay(planned.at), today) > settings.catchUpDays;
    const state = isLate
      ? await note(books, unit, planned, schedule, 'missed', undefined)
      : await begin(books, unit, planned, schedule, order);
    if (state !== undefined) done.push({ key: planned.key, state });
  }
  return done;
}

/** Planned runs that were found missed after this moment. */
export const missedSince = async (session: Session, after: Moment) =>
  (await session.all(selectMissed, { after })).map((row) => ({
    unit: textCell(row, 'unit'),
    key: textCell(row, 'plan_key'),
  }));

async function begin(
  books: Books,
  unit: Unit,
  planned: PlannedRun,
  schedule: string,
  order: BatchOrder,
): Promise<Looked['state'] | undefined> {
  const { database, clock } = books;
  const at = clock.now();
  const today = chinaDay(at);
  try {
    await database.transaction(async (tx) => {
      const batch = await insertBatch(tx, books, unit, today, order);
      await tx.run(insert, { unit: unit.id, key: planned.key, schedule, state: 'run', batch, at });
    });
    return 'run';
  } catch (error) {
    if (!hasLabel(error, 'duplicate')) throw error;
  }
  // Another node began it, or the day has its run already: by hand, or shifted onto the same day.
  const there = await batchOfDay(database, unit, today);
  return there && note(books, unit, planned, schedule, 'covered', there.id);
}

/** @returns nothing where another node noted it */
async function note<S extends Looked['state']>(
  { database, clock }: Books,
  unit: Unit,
  { key }: PlannedRun,
  schedule: string,
  state: S,
  batch: string | undefined,
): Promise<S | undefined> {
  const binds = { unit: unit.id, key, schedule, state, batch: batch ?? null, at: clock.now() };
  return (await once(database.run(insert, binds))) ? state : undefined;
}

async function once(inserting: Promise<unknown>): Promise<boolean> {
  try {
    await inserting;
    return true;
  } catch (error) {
    if (hasLabel(error, 'duplicate')) return false;
    throw error;
  }
}
