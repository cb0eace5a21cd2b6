/**
 * `npm run bench -- deduction [--only sqlite,postgres,mysql] [--bills 1000000]`: a deduction run and its result, each in a process of its own, with
 * its peak of memory. What the ledger says afterwards stands in the last column.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type StepEnd, stepNames } from './deduction/steps.js';
import { type Goal, goalLine, markdown } from './report.js';
import { type BenchClient, makePlace } from './revenue/places.js';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'sqlite,postgres' },
    bills: { type: 'string', default: '1000000' },
  },
});
const bills = Number(values.bills);
const MEMORY_MIB = 512;
const rows: string[][] = [];
const goals: Goal[] = [];
for (const client of values.only.split(',') as BenchClient[]) {
  const place = await makePlace(client);
  const dir = mkdtempSync(join(tmpdir(), 'sluice-bench-deduction-'));
  try {
    for (const step of stepNames) {
      const order = JSON.stringify({ step, settings: place.settings, dir, bills });
      const child = spawnSync(
        process.execPath,
        ['--import', 'tsx', join(import.meta.dirname, 'deduction', 'steps.ts'), order],
        { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
      );
      const last = child.stdout.trim().split('\n').at(-1) ?? '';
      if (child.status !== 0) throw new Error(`${client} ${step} ended with ${child.status}: ${last}`);
      const end = JSON.parse(last) as StepEnd;
      const shown = step === 'run' || step === 'result';
      if (shown)
        goals.push({
          what: `${client}: peak memory of a ${step} of ${bills} bills (MiB)`,
          measured: end.peakMiB,
          atMost: MEMORY_MIB,
        });
      console.error(`${client} ${step}: ${(end.wallMs / 1000).toFixed(1)} s, ${end.said}`);
      const times = [(end.wallMs / 1000).toFixed(0), (end.cpuMs / 1000).toFixed(0), end.peakMiB.toFixed(0)];
      if (shown || step === 'verify') rows.push([client, step, ...times, end.said]);
    }
  } finally {
    await place.drop();
    rmSync(dir, { recursive: true, force: true });
  }
}
console.log(
  markdown({
    title: `${bills} bills: a run, and its result with 98 % debited`,
    head: ['database', 'step', 'wall s', 'CPU s', 'peak MiB', 'said'],
    rows,
    notes: ["Peak of the process' own memory."],
  }),
);
for (const goal of goals) console.log(goalLine(goal));
if (goals.some(({ measured }) => measured > MEMORY_MIB)) process.exitCode = 1;
