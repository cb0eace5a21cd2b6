/** The engine doing the least that finds the same differences: its own bulk load of the file's columns, and one join. */
import { execFileSync } from 'node:child_process';
import type { Place } from '../revenue/places.js';
import { DAY, UNIT } from './day.js';

export interface BareRun {
  readonly ms: number;
  /** Of the client and, for a server, of the process that serves it. */
  readonly cpuMs: number;
  /** Serials that differ. */
  readonly found: number;
}
const DIFFERS = 'l.serial is null or p.serial is null or l.customer <> p.customer or l.amount <> p.amount';
const OURS = `select serial, customer, amount from payments
  where unit = '${UNIT}' and booking_day = '${DAY}' and channel = 'platform' and state = 'booked'`;

/** PostgreSQL: psql's `\copy` of all columns as they stand, and one full outer join. The same memory as ours. */
export function barePostgres(place: Place, path: string): BareRun {
  const script = [
    'begin',
    "set local work_mem = '96MB'",
    'set local max_parallel_workers_per_gather = 0',
    'create temporary table l (customer varchar(20), serial varchar(32), day varchar(8), amount bigint, n int, detail text, rest text) on commit drop',
    // The summary line is one that COPY cannot take as a detail, so it is skipped outside.
    `\\copy l from program 'tail -n +2 ${path}' (delimiter '|')`,
    `select count(*) from l full outer join (${OURS}) p on p.serial = l.serial where ${DIFFERS}`,
    SERVER_CPU,
    'commit',
  ].map((line) => (line.startsWith('\\') ? line : `${line};`));
  return timed(['psql', '-qXAt', String(place.settings.url)], script.join('\n'));
}

/** SQLite: `.import` and one join in each direction, which is how it does a full one fastest. */
export function bareSqlite(place: Place, path: string): BareRun {
  const script = [
    'pragma temp_store = file;',
    'create temporary table l (customer text, serial text, day text, amount integer, n integer, detail text, rest text);',
    '.mode list',
    '.separator "|"',
    `.import --skip 1 ${path} l`,
    `select count(*) from (
       select serial from (select serial, customer, amount from l union all ${OURS})
       group by serial having count(*) <> 2 or min(customer) <> max(customer) or min(amount) <> max(amount));`,
  ];
  return timed(['sqlite3', '-batch', String(place.settings.file)], [...script, 'select 0;'].join('\n'));
}

/** Ticks of 10 ms that the server's process has used; asked where it began, so that is all of the run. */
export const SERVER_CPU = `select split_part(pg_read_file('/proc/self/stat'), ' ', 14)::int
  + split_part(pg_read_file('/proc/self/stat'), ' ', 15)::int`;

/** The script gives two numbers at its end: serials that differ, and ticks of the server. */
function timed(command: readonly string[], input: string): BareRun {
  const begun = process.hrtime.bigint();
  // `times` ends with the seconds that the client used.
  const said = execFileSync('bash', ['-c', `"$@"; times`, 'bash', ...command], { input, encoding: 'utf8' });
  const ms = Number(process.hrtime.bigint() - begun) / 1e6;
  const lines = said.trim().split('\n');
  const [found, ticks] = [Number(lines.at(-4)), Number(lines.at(-3))];
  const client = [...(lines.at(-1) ?? '').matchAll(/(\d+)m([\d.]+)s/g)];
  const clientMs = client.reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60_000 + Number(seconds) * 1000,
    0,
  );
  return { ms, cpuMs: clientMs + ticks * 10, found };
}
