/**
 * Our SFTP server next to OpenSSH's (`internal-sftp`), in the same run, alternating, with OpenSSH's own client and the same cipher: a large
 * file up and down, many small ones up and down. Server CPU is taken from /proc, so that it tells something on a busy machine too.
 *
 *   npx tsx bench/sftp.ts [--rounds 5] [--mib 256] [--files 1000] [--disk]
 *
 * The files lie on a tmpfs (/dev/shm), where fsync costs nothing; with --disk on the disk, where we put each upload on it before its end is
 * confirmed, which OpenSSH does not.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '../src/clock.js';
import { type Goal, goalLine, median } from './report.js';
import { makeFiles, type Place, runSftp, startOpenSsh, startOurs } from './sftp/places.js';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    mib: { type: 'string', default: '256' },
    files: { type: 'string', default: '1000' },
    disk: { type: 'boolean', default: false },
  },
});
const rounds = Number(options.rounds);
const mib = Number(options.mib);
const files = Number(options.files);
const root = options.disk ? tmpdir() : '/dev/shm';

const local = mkdtempSync(join(root, 'sluice-bench-local-'));
makeFiles(local, mib, files);

interface Measured {
  readonly rate: number;
  readonly cpu: number;
}
interface Task {
  readonly name: string;
  readonly unit: string;
  readonly amount: number;
  /** What CPU time is told for, in units of `amount`. */
  readonly per: { readonly name: string; readonly amount: number };
  readonly cipher: string;
  commands(place: Place): readonly string[];
}
const GCM = 'aes128-gcm@openssh.com';
const bulk = { unit: 'MiB/s', amount: mib, per: { name: 'GiB', amount: 1024 } };
const small = { unit: 'files/s', amount: files, per: { name: '1000 files', amount: 1000 } };
const tasks: readonly Task[] = [
  ...[GCM, 'aes256-gcm@openssh.com', 'aes128-ctr'].flatMap((cipher): Task[] => [
    { ...bulk, name: 'up', cipher, commands: ({ folder }) => [`put ${local}/bulk ${folder}/bulk`] },
    { ...bulk, name: 'down', cipher, commands: ({ folder }) => [`get ${folder}/bulk ${local}/back`] },
  ]),
  { ...small, name: 'small up', cipher: GCM, commands: ({ folder }) => [`put -R ${local}/small ${folder}/`] },
  // What ours does anyway: OpenSSH puts a file on the disk only when its client asks for it.
  ...(options.disk
    ? [
        {
          ...small,
          name: 'small up, fsync asked',
          cipher: GCM,
          commands: ({ folder }: Place) => [`put -fR ${local}/small ${folder}/`],
        },
      ]
    : []),
  {
    ...small,
    name: 'small down',
    cipher: GCM,
    commands: ({ folder }) => [`get -R ${folder}/small ${local}/small-back`],
  },
];

async function measure(task: Task, place: Place): Promise<Measured> {
  const before = place.cpu();
  const seconds = await runSftp(place, task.cipher, task.commands(place));
  // A session's process is counted when its parent has waited for it.
  await systemClock.sleep(300);
  return { rate: task.amount / seconds, cpu: ((place.cpu() - before) * task.per.amount) / task.amount };
}

const goals: Goal[] = [];
const ours = await startOurs(root, true);
const theirs = await startOpenSsh(root);
console.log(
  `SFTP: ${mib} MiB file, ${files} files of 2 kB, on ${root}, median of ${rounds}; Node ${process.version}`,
);
const row = (...cells: string[]) =>
  console.log(cells.map((cell, i) => (i < 2 ? cell.padEnd(24) : cell.padStart(11))).join(' '));
row('task', 'cipher', 'unit', 'Sluice', 'OpenSSH', 'ratio', 'goal', 'CPU s', 'OpenSSH', 'per');
try {
  for (const task of tasks) {
    const results = new Map<Place, Measured[]>([
      [ours, []],
      [theirs, []],
    ]);
    for (let round = 0; round <= rounds; round += 1) {
      for (const place of round % 2 === 0 ? [ours, theirs] : [theirs, ours]) {
        const measured = await measure(task, place);
        if (round > 0) results.get(place)?.push(measured); // the first is to warm up
      }
    }
    const middle = (place: Place, of: (one: Measured) => number) =>
      median((results.get(place) ?? []).map(of));
    const [mine, other] = [ours, theirs].map((place) => middle(place, ({ rate }) => rate));
    goals.push({
      what: `${task.name}, ${task.cipher}: ${task.unit} next to OpenSSH`,
      measured: (mine ?? 0) / (other ?? 1),
      atLeast: task.unit === 'MiB/s' ? 0.8 : 1,
    });
    row(
      task.name,
      task.cipher,
      task.unit,
      (mine ?? 0).toFixed(0),
      (other ?? 0).toFixed(0),
      ((mine ?? 0) / (other ?? 1)).toFixed(2),
      task.unit === 'MiB/s' ? '>= 0.8' : '>= 1.0',
      middle(ours, ({ cpu }) => cpu).toFixed(2),
      middle(theirs, ({ cpu }) => cpu).toFixed(2),
      task.per.name,
    );
  }
} finally {
  await ours.stop();
  await theirs.stop();
  rmSync(local, { recursive: true, force: true });
}
for (const goal of goals) console.log(goalLine(goal));
