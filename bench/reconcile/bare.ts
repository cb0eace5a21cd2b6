/** The engine doing the least that finds the same differences: its own bulk load of the file's columns, and one join. */
import { execFileSync } from 'node:child_process';
import type { Place } from '../revenue/places.js';
import { DAY, UNIT } from './day.js';

export interface BareRun {
  readonly ms: number;
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
    'commit',
  ].map((line) => (line.startsWith('\\') ? line : `${line};`));
  return timed(() =>
    execFileSync('psql', ['-qXAt', String(place.settings.url)], {
      input: script.join('\n'),
      encoding: 'utf8',
    }),
  );
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
  return timed(() =>
    execFileSync('sqlite3', ['-batch', String(place.settings.file)], {
      input: script.join('\n'),
      encoding: 'utf8',
    }),
  );
}

function timed(run: () => string): BareRun {
  const begun = process.hrtime.bigint();
  const said = run();
  return { ms: Number(process.hrtime.bigint() - begun) / 1e6, found: Number(said.trim().split('\n').at(-1)) };
}
