/** When the runs of a unit are due: days of the month at a time of day, shifted off holidays. */
import { Cron } from 'croner';
import { addDays, chinaDay, type Moment, momentOf } from '../../clock.js';
import type { Day } from '../../protocol/values.js';
import type { DeductionSettings } from '../settings.js';

export interface PlannedRun {
  /** The day that the schedule names: the run's name over all nodes, whatever it is shifted to. */
  readonly key: Day;
  readonly at: Moment;
}
/** No holiday is longer. */
const SHIFT_DAYS_MAX = 31;
const DAY_MS = 86_400_000;

/** Runs whose moment, after shifting, lies after `from` and not after `to`; in the order of their names. */
export function plannedRuns(
  settings: DeductionSettings,
  holidays: ReadonlySet<Day>,
  from: Moment,
  to: Moment,
): readonly PlannedRun[] {
  if (settings.days.length === 0) return [];
  const time = settings.time.replace(':', '');
  const [hour, minute] = [Number(time.slice(0, 2)), Number(time.slice(2))];
  const days = settings.days.map((day) => (day === 'last' ? 'L' : day)).join(',');
  const cron = new Cron(`${minute} ${hour} ${days} * *`, { timezone: 'Asia/Shanghai', paused: true });
  const runs: PlannedRun[] = [];
  const end = to + SHIFT_DAYS_MAX * DAY_MS;
  const start = new Date(from - SHIFT_DAYS_MAX * DAY_MS);
  for (let next = cron.nextRun(start); next !== null && next.getTime() <= end; next = cron.nextRun(next)) {
    const key = chinaDay(next.getTime());
    const at = momentOf(shifted(settings, holidays, key), `${time}00`);
    if (at > from && at <= to) runs.push({ key, at });
  }
  return runs;
}

function shifted(settings: DeductionSettings, holidays: ReadonlySet<Day>, nominal: Day): Day {
  if (settings.holidays === 'run') return nominal;
  const step = settings.holidays === 'next' ? 1 : -1;
  let day = nominal;
  for (let n = 0; n < SHIFT_DAYS_MAX && isOff(settings, holidays, day); n += 1) day = addDays(day, step);
  return day;
}
function isOff({ weekends }: DeductionSettings, holidays: ReadonlySet<Day>, day: Day): boolean {
  if (holidays.has(day)) return true;
  if (!weekends) return false;
  // At noon in China it is the same day in UTC.
  const weekday = new Date(momentOf(day, '120000')).getUTCDay();
  return weekday === 0 || weekday === 6;
}
