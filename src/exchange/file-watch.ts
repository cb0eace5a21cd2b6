/** What about files needs somebody, and how far behind we are: alarms and gauges. Every node with jobs may look. */
import type { AlarmKind, Alarms, Condition } from '../alarm.js';
import type { Clock, Moment } from '../clock.js';
import { type Database, numberCell, type Row, sql, textCell } from '../database/index.js';
import type { Meters } from './meters.js';
import { noticeTargetOf } from './outgoing/announcer.js';
import type { ExchangeSettings } from './settings.js';

export interface FileWatchParts {
  readonly database: Database;
  readonly settings: ExchangeSettings;
  /** Types that somebody processes here; others wait, and that is no fault. */
  readonly processed: ReadonlySet<string>;
  readonly alarms: Alarms | undefined;
  readonly meters: Meters;
  readonly clock: Clock;
}
/** So long a refused file is told of: then it has been seen, or nobody wants it. */
const REFUSED_MS = 24 * 3_600_000;
/** A file whose steps fail is told of after so many tries; a notice that is not answered, after so long. */
const TRIES = 3;
const UNANSWERED_MS = 3_600_000;

const unfinished = sql(`
  select 'in' as direction, unit, file_type, state, count(*) as files, min(stored_at) as oldest from incoming_files
  where state in ('whole', 'parsed', 'processing') group by unit, file_type, state
  union all
  select 'out' as direction, unit, file_type, state, count(*) as files, min(ordered_at) as oldest from outgoing_files
  where state in ('generating', 'written', 'published', 'verified') group by unit, file_type, state`);
// A corrected file of the name ends it.
const refused = sql(
  (words) => `
  select file_id, unit, file_name, verdict, detail from incoming_files f
  where f.state in ('refused', 'quarantined') and f.finished_at > :since and (f.verdict = 'conflict' or not exists (
    select 1 from incoming_files g where g.unit = f.unit and g.name_slot = f.file_name))
  order by f.finished_at ${words.limit(100)}`,
);
const failed = sql(
  (words) => `
  select file_id, unit, file_name, detail from outgoing_files where state = 'failed'
  order by ordered_at ${words.limit(100)}`,
);
const stuck = sql(
  (words) => `
  select file_id, unit, file_name, state, detail from incoming_files
  where state in ('whole', 'parsed', 'processing') and attempts >= :tries and detail is not null
  union all
  select file_id, unit, file_name, state, detail from outgoing_files
  where (state in ('generating', 'written', 'published') and attempts > :tries)
    or (state = 'verified' and notice_attempts > 0 and published_at < :unanswered)
  ${words.limit(100)}`,
);

/** One look. */
export async function lookAtFiles(parts: FileWatchParts): Promise<void> {
  await gauge(parts);
  if (parts.alarms === undefined) return;
  const { database, alarms, clock } = parts;
  const hold = async (kind: AlarmKind, rows: readonly Row[], next: string) =>
    alarms.hold(
      kind,
      rows.map((row) => conditionOf(row, next)),
    );
  const put = await database.all(refused, { since: clock.now() - REFUSED_MS });
  const isConflict = (row: Row) => textCell(row, 'verdict') === 'conflict';
  await hold('file-conflict', put.filter(isConflict), 'sluice exchange release');
  await hold(
    'file-refused',
    put.filter((row) => !isConflict(row)),
    'sluice exchange show',
  );
  await hold('file-notice-failed', await database.all(failed, {}), 'sluice exchange resend');
  const binds = { tries: TRIES, unanswered: clock.now() - UNANSWERED_MS };
  await hold('file-stuck', await database.all(stuck, binds), 'sluice exchange show');
}

const conditionOf = (row: Row, next: string): Condition => ({
  subject: textCell(row, 'file_id'),
  unit: textCell(row, 'unit'),
  text: `${textCell(row, 'file_name')}: ${textCell(row, 'detail')}; ${next} ${textCell(row, 'file_id')}`,
});

async function gauge({ database, settings, processed, meters, clock }: FileWatchParts): Promise<void> {
  const now = clock.now();
  const found = { in: { files: 0, oldest: now }, out: { files: 0, oldest: now } };
  for (const row of await database.all(unfinished, {})) {
    const [type, state] = [textCell(row, 'file_type'), textCell(row, 'state')];
    const isIn = textCell(row, 'direction') === 'in';
    const waitsForNobody = isIn
      ? state === 'parsed' && !processed.has(type)
      : state === 'verified' && noticeTargetOf(settings, textCell(row, 'unit')) === undefined;
    if (waitsForNobody) continue;
    const sum = found[isIn ? 'in' : 'out'];
    sum.files += numberCell(row, 'files');
    sum.oldest = Math.min(sum.oldest, numberCell(row, 'oldest'));
  }
  const seconds = (oldest: Moment) => Math.floor((now - oldest) / 1000);
  for (const way of ['in', 'out'] as const)
    meters.unfinished(way, found[way].files, seconds(found[way].oldest));
}
