/** Files that are made by the clock: each run once over all nodes; what was missed while nobody ran is made up for. */
import { Cron } from 'croner';
import { addDays, type Clock, chinaDay, type Moment, momentOf } from '../../clock.js';
import { messageOf } from '../../errors.js';
import type { Log } from '../../log.js';
import type { Unit } from '../../revenue/unit.js';
import { type OutgoingType, outgoingTypes } from '../file-type.js';
import { type Loop, startLoop } from '../loop.js';
import { type ExchangeSettings, outgoingRulesOf } from '../settings.js';
import type { Outbox } from './outbox.js';
import type { OutgoingTable } from './outgoing-table.js';

export interface ScheduleParts {
  readonly settings: ExchangeSettings;
  readonly units: ReadonlyMap<string, Unit>;
  readonly outbox: Outbox;
  readonly table: OutgoingTable;
  readonly clock: Clock;
  readonly log: Log;
  /** Told when something was ordered. */
  readonly ordered: () => void;
}
const TICK_MS = 20_000;
/** Of one schedule in one look: bounds a pattern that fires every minute. */
const RUNS_MAX = 400;

export function startSchedule(parts: ScheduleParts): Loop {
  const { clock } = parts;
  const startedAt = clock.now();
  const seenUntil = new Map<string, Moment>();

  async function tickOnce(): Promise<void> {
    const now = clock.now();
    for (const unit of parts.units.values()) {
      for (const type of outgoingTypes) {
        try {
          await look(unit, type, now);
        } catch (error) {
          parts.log.event('file.failed', { unit: unit.id, type, step: 'schedule', reason: messageOf(error) });
        }
      }
    }
  }

  async function look(unit: Unit, type: OutgoingType, now: Moment): Promise<void> {
    const { schedule, catchUpDays } = outgoingRulesOf(parts.settings, unit.id, type);
    // A deduction run orders its own files.
    if (schedule === undefined || type === 'DKKK') return;
    const key = `${unit.id} ${type}`;
    const from = seenUntil.get(key) ?? (await firstFrom(unit, type, catchUpDays, now));
    for (const at of runsBetween(schedule, from, now)) {
      const id = await parts.outbox.orderOnce(unit, type, chinaDay(at));
      if (id !== undefined) parts.ordered();
    }
    seenUntil.set(key, now);
  }

  /** Missed runs count from the last file on; where there was none, nothing was promised before this process began. */
  async function firstFrom(
    unit: Unit,
    type: OutgoingType,
    catchUpDays: number,
    now: Moment,
  ): Promise<Moment> {
    const last = await parts.table.lastDay(unit.id, type);
    if (last === undefined) return startedAt;
    return Math.max(
      momentOf(parts.outbox.madeOnOf(type, last)),
      momentOf(addDays(chinaDay(now), -catchUpDays)),
    );
  }

  return startLoop(clock, TICK_MS, tickOnce);
}

/** When the schedule fires after `from` up to `to`, in China. */
export function runsBetween(schedule: string, from: Moment, to: Moment): readonly Moment[] {
  const cron = new Cron(schedule, { timezone: 'Asia/Shanghai', paused: true });
  const runs: Moment[] = [];
  for (let at = cron.nextRun(new Date(from)); at !== null && at.getTime() <= to; at = cron.nextRun(at)) {
    runs.push(at.getTime());
    if (runs.length >= RUNS_MAX) break;
  }
  return runs;
}
