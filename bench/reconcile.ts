/**
 * Reconciliation of a day: lines against as many bookings with 0.1 % differences, beside the bare engine in the same run, alternating; peak memory,
 * and how the time grows.
 *
 *   npx tsx bench/reconcile.ts [--only sqlite,postgres] [--lines 1000000] [--rounds 3] [--grow 100000,5000000]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '../src/clock.js';
import { migrate, openDatabase, sql } from '../src/database/index.js';
import { silentLog } from '../src/log.js';
import { barePostgres, bareSqlite } from './reconcile/bare.js';
import { bookDay, DAY, UNIT, writeDay } from './reconcile/day.js';
import { type Goal, goalLine, markdown, median } from './report.js';
import { makePlace, type Place } from './revenue/places.js';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: 'sqlite,postgres' },
    lines: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    grow: { type: 'string', default: '100000,5000000' },
  },
});
const clients = (['sqlite', 'postgres'] as const).filter((client) =>
  options.only.split(',').includes(client),
);
const lines = Number(options.lines);
const rounds = Number(options.rounds);
const sizes = options.grow === '' ? [] : options.grow.split(',').map(Number);

interface OurRun {
  readonly ms: number;
  readonly cpuMs: number;
  readonly peakMiB: number;
  readonly found: Readonly<Record<string, number>>;
  readonly ok: boolean;
}
function ours(place: Place, path: string): OurRun {
  // One connection, so that the server's process is the same throughout.
  const settings = { ...place.settings, pool: { ...place.settings.pool, min: 1, max: 1 } };
  const job = JSON.stringify({ settings, unit: UNIT, day: DAY, path });
  const said = execFileSync(process.execPath, [join(import.meta.dirname, 'reconcile', 'compare.mjs'), job], {
    encoding: 'utf8',
  });
  return JSON.parse(said) as OurRun;
}
const bare = { sqlite: bareSqlite, postgres: barePostgres } as const;
const one = (value: number) => value.toFixed(0);

const dir = mkdtempSync(join(tmpdir(), 'sluice-bench-recon-'));
const table: string[][] = [];
const growth: string[][] = [];
const goals: Goal[] = [];
const perLine = new Map<string, number[]>();
try {
  for (const client of clients) {
    for (const count of [lines, ...sizes]) {
      const place = await makePlace(client);
      try {
        const database = await openDatabase(place.settings, { dir: '/', clock: systemClock, log: silentLog });
        await migrate(database);
        await bookDay(database, count);
        if (client === 'postgres') await database.run(sql('analyze payments'));
        await database.close();
        const path = join(dir, `${count}.txt`);
        await writeDay(path, count);
        const [us, them]: [OurRun[], number[]] = [[], []];
        const theirCpu: number[] = [];
        const times = count === lines ? rounds : 1;
        for (let round = 0; round < times; round += 1) {
          const reference = bare[client](place, path);
          them.push(reference.ms);
          theirCpu.push(reference.cpuMs);
          const run = ours(place, path);
          const found = Object.values(run.found).reduce((sum, n) => sum + n, 0);
          if (!run.ok || found !== reference.found)
            throw new Error(`${client}: found ${found}, the engine ${reference.found}`);
          us.push(run);
        }
        const ms = median(us.map((run) => run.ms));
        const cpu = median(us.map((run) => run.cpuMs));
        const peak = Math.max(...us.map((run) => run.peakMiB));
        if (count === lines)
          table.push([
            client,
            one(ms),
            one(median(them)),
            (ms / median(them)).toFixed(2),
            one(cpu),
            one(median(theirCpu)),
            (cpu / median(theirCpu)).toFixed(2),
            one(peak),
          ]);
        perLine.set(client, [...(perLine.get(client) ?? []), ms / count]);
        if (count === lines) {
          goals.push({
            what: `${client}: wall time of ${count} lines next to the bare engine`,
            measured: ms / median(them),
            atMost: 1.2,
          });
          goals.push({ what: `${client}: peak memory of ${count} lines (MiB)`, measured: peak, atMost: 256 });
        }
        growth.push([
          client,
          String(count),
          one(ms),
          ((ms * 1000) / count).toFixed(2),
          one(peak),
          (ms / median(them)).toFixed(2),
        ]);
        rmSync(path);
      } finally {
        await place.drop();
      }
    }
  }
} finally {
  rmSync(dir, { recursive: true, force: true });
}
const cores =
  'Wall time of our process includes parsing, every check and reading the differences; the engine beside it checks nothing.';
console.log(
  markdown({
    title: `${lines} lines against ${lines} bookings, 0.1 % differ (median of ${rounds}, alternating)`,
    head: [
      'database',
      'ours ms',
      'bare ms',
      'ratio (goal ≤ 1.2)',
      'our CPU ms',
      'bare CPU ms',
      'ratio',
      'peak MiB (goal < 256)',
    ],
    rows: table,
    notes: [cores],
  }),
);
console.log(
  markdown({
    title: 'Growth',
    head: ['database', 'lines', 'ms', 'µs per line (goal: factor ≤ 1.15)', 'peak MiB', 'ratio'],
    rows: growth,
    notes: [],
  }),
);
for (const [client, all] of perLine) {
  const [first, last] = [all[1], all.at(-1)];
  if (first !== undefined && last !== undefined && all.length > 2)
    goals.push({
      what: `${client}: time per line, ${sizes.at(-1)} lines next to ${sizes[0]}`,
      measured: last / first,
      atMost: 1.15,
    });
}
for (const goal of goals) console.log(goalLine(goal));
