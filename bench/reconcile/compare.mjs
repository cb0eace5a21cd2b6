/** One comparison in a process of its own, from the built sources: so that its memory is its own. Prints one line of JSON. */
import { readFileSync } from 'node:fs';
import { systemClock } from '../../dist/clock.js';
import { openDatabase, sql } from '../../dist/database/index.js';
import { comparerFor } from '../../dist/exchange/reconciliation/index.js';
import { silentLog } from '../../dist/log.js';
import { defaultFileSettings } from '../../dist/protocol/index.js';

const { settings, unit, day, path } = JSON.parse(process.argv[2] ?? '{}');
const database = await openDatabase(settings, { dir: '/', clock: systemClock, log: silentLog });
const comparer = comparerFor(database, settings.file);
const serverTicks = async () =>
  database.client === 'postgres'
    ? Number(
        (
          await database.all(
            sql(`select (split_part(pg_read_file('/proc/self/stat'), ' ', 14)::int
              + split_part(pg_read_file('/proc/self/stat'), ' ', 15)::int) as ticks`),
          )
        )[0].ticks,
      )
    : 0;
const ticksBefore = await serverTicks();
const found = {};
const begun = process.hrtime.bigint();
const before = process.cpuUsage();
const verdict = await comparer(
  { unit, day, path, settings: defaultFileSettings, bookings: undefined },
  {
    reset: async () => {},
    add: async (some) => {
      for (const one of some) found[one.class] = (found[one.class] ?? 0) + 1;
    },
  },
);
const ms = Number(process.hrtime.bigint() - begun) / 1e6;
const cpu = process.cpuUsage(before);
const server = (await serverTicks()) - ticksBefore;
await database.close();
// What the kernel counted for the whole process, threads included.
const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) / 1024;
console.log(
  JSON.stringify({
    ms,
    cpuMs: (cpu.user + cpu.system) / 1000 + server * 10,
    peakMiB: peak,
    found,
    ok: verdict.ok,
  }),
);
