/**
 * What nobody orders: days that are expected, repairs that a crash left, suspense that was settled elsewhere, and the alarms. Every node may do it:
 * days are claimed, alarms are told once.
 */
import type { Alarms, Condition } from '../../alarm.js';
import { addDays, chinaDay, chinaText, type Moment, momentOf } from '../../clock.js';
import { dayCell, optional, sql } from '../../database/index.js';
import { messageOf } from '../../errors.js';
import type { Log } from '../../log.js';
import type { Day } from '../../protocol/values.js';
import type { Unit } from '../../revenue/unit.js';
import { type Loop, startLoop } from '../loop.js';
import { daysBetweenDays, ensureDay, lockDay, moveDay, type ReconDay } from './days.js';
import { noteSuspense } from './decide.js';
import { overdueDays } from './differences.js';
import type { ReconParts } from './parts.js';
import { continueDay, withDay } from './reconciler.js';
import { unfinishedRuns } from './runs.js';

export interface WatchParts {
  /** Opened when it is first needed. */
  readonly open: () => Promise<ReconParts>;
  readonly units: readonly Unit[];
  readonly alarms: Alarms;
  readonly log: Log;
}

/** Days further back are not looked at: an operator has seen them, or never will. */
const DAYS_BACK = 60;
/** Days that are made up for when the gateway was away. */
const MISSED_MAX = 31;

const selectFirst = sql('select min(day) as day from recon_days where unit = :unit and day >= :from');
const selectAnyBooking = sql(
  (words) => `
  select payment_no from payments where unit = :unit and booking_day = :day and channel = 'platform' ${words.limit(1)}`,
);

/** One look; `startWatch` does it every minute. */
export async function lookAtDays(
  { open, units, alarms, log }: WatchParts,
  signal: AbortSignal,
): Promise<void> {
  const parts = await open();
  const unitOf = (id: string) => units.find((unit) => unit.id === id);
  const now = parts.clock.now();
  const yesterday = addDays(chinaDay(now), -1);
  await goOn(parts, unitOf, log, signal);
  await noteSuspense(parts, unitOf, signal);
  const missing: Condition[] = [];
  const stillOpen: Condition[] = [];
  const held: Condition[] = [];
  for (const unit of units) {
    await expectDays(parts, unit, yesterday);
    for (const day of await daysBetweenDays(
      parts.database,
      unit.id,
      addDays(yesterday, -DAYS_BACK),
      yesterday,
    )) {
      const { deadline, closeBy, fileWhenEmpty } = parts.settingsOf(unit.id);
      const subject = { subject: `${unit.id} ${day.day}`, unit: unit.id };
      if (day.state === 'open') {
        if (now < momentAfter(day.day, deadline)) continue;
        if (!fileWhenEmpty && !(await hasBookings(parts, unit, day.day)))
          await closeEmpty(parts, unit, day, signal);
        else
          missing.push({
            ...subject,
            text: `${unit.id} ${day.day} 的对账文件 (DSDZ) 到 ${deadline} 仍未收到`,
          });
        continue;
      }
      if (day.state === 'held')
        held.push({
          ...subject,
          text: `${unit.id} ${day.day} 的修复超过阈值，待确认：sluice recon confirm ${day.day} --unit ${unit.id}`,
        });
      if (day.state !== 'closed' && now >= momentAfter(day.day, closeBy))
        stillOpen.push({
          ...subject,
          text: `${unit.id} ${day.day} 到 ${closeBy} 仍未平 (${day.state})：sluice recon show ${day.day} --unit ${unit.id}`,
        });
    }
  }
  await alarms.hold('recon-file-missing', missing);
  await alarms.hold('recon-held', held);
  await alarms.hold('recon-day-open', stillOpen);
  await alarms.hold('recon-overdue', await overdue(parts, now));
}

/** @returns the loop; the signal ends what runs */
export function startWatch(
  watch: WatchParts,
  clock: ReconParts['clock'],
  everyMs: number,
  signal: AbortSignal,
): Loop {
  return startLoop(clock, everyMs, async () => {
    try {
      await lookAtDays(watch, signal);
    } catch (error) {
      if (!signal.aborted) watch.log.event('recon.failed', { reason: messageOf(error) });
    }
  });
}

/** `HH:mm` of the next day. */
const momentAfter = (day: Day, time: string): Moment =>
  momentOf(addDays(day, 1), `${time.replace(':', '')}00`);

/** From a unit's first payment or file on, every day is expected, also those that passed while nobody ran. */
async function expectDays(parts: ReconParts, unit: Unit, yesterday: Day): Promise<void> {
  const { database, clock } = parts;
  const from = addDays(yesterday, -MISSED_MAX);
  const [row] = await database.all(selectFirst, { unit: unit.id, from });
  const first = row && optional(row, 'day', dayCell);
  if (first === undefined) {
    if (await hasBookings(parts, unit, yesterday)) await ensureDay(database, unit.id, yesterday, clock.now());
    return;
  }
  const known = new Set((await daysBetweenDays(database, unit.id, first, yesterday)).map(({ day }) => day));
  for (let day = first; day <= yesterday; day = addDays(day, 1)) {
    if (!known.has(day)) await ensureDay(database, unit.id, day, clock.now());
  }
}

async function hasBookings({ database, books }: ReconParts, unit: Unit, day: Day): Promise<boolean> {
  if (books.bookings === undefined) {
    return (await database.all(selectAnyBooking, { unit: unit.id, day })).length > 0;
  }
  for await (const _ of books.bookings(unit, day)) return true;
  return false;
}

async function closeEmpty(
  parts: ReconParts,
  unit: Unit,
  { day }: ReconDay,
  signal: AbortSignal,
): Promise<void> {
  await withDay(parts, unit, day, signal, (lease) =>
    parts.database.transaction(async (tx) => {
      const row = await lockDay(tx, unit.id, day, lease.token);
      const byHand = { by: 'sluice', reason: '当日无缴费，平台不送文件 (no payments, so no file)' };
      if (row.state === 'open') await moveDay(tx, row, { state: 'closed', byHand }, parts.clock.now());
    }),
  );
}

/** Repairs that a crash left; a day that another works on is left to it. */
async function goOn(
  parts: ReconParts,
  unitOf: (id: string) => Unit | undefined,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  for (const run of await unfinishedRuns(parts.database)) {
    const unit = unitOf(run.unit);
    if (unit === undefined || signal.aborted) continue;
    try {
      await continueDay(parts, unit, run.day, { kind: 'go-on' }, signal);
    } catch (error) {
      if (signal.aborted) return;
      log.event('recon.failed', { unit: run.unit, day: run.day, reason: messageOf(error) });
    }
  }
}

const overdue = async ({ database }: ReconParts, now: Moment): Promise<Condition[]> =>
  (await overdueDays(database, now)).map(({ unit, day, count, dueAt }) => ({
    subject: `${unit} ${day}`,
    unit,
    text: `${unit} ${day} 有 ${count} 笔差异逾期未处理，最早期限 ${chinaText(dueAt)}：sluice recon show ${day} --unit ${unit}`,
  }));
