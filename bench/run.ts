/**
 * `npm run bench [-- NAME… [options of that benchmark]]`: runs the benchmarks one after the other and writes bench/RESULTS.md: machine, versions,
 * date, what was aimed at and what came of it, then what each benchmark printed. What is not run now stays as an earlier run left it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { chinaText, systemClock } from '../src/clock.js';
import { goalsIn, summaryOf } from './report.js';

const here = import.meta.dirname;
const known = readdirSync(here)
  .filter((name) => name.endsWith('.ts') && !['run.ts', 'report.ts'].includes(name))
  .map((name) => name.replace(/\.ts$/, ''))
  .sort();
const words = process.argv.slice(2);
const named = words.filter((word) => known.includes(word));
const rest = words.filter((word) => !known.includes(word));
const file = join(here, 'RESULTS.md');

const version = (command: string, args: readonly string[]): string => {
  const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return `${stdout ?? ''}${stderr ?? ''}`.split('\n')[0]?.trim() || `${command}: not here`;
};
/** Name → what it said, the latest run of each. */
const sections = new Map<string, string>();
try {
  for (const [, name = '', text = ''] of readFileSync(file, 'utf8').matchAll(
    /^# (\w+)\n([\s\S]*?)(?=^# |$(?![\s\S]))/gm,
  )) {
    sections.set(name, text.trim());
  }
} catch {
  // The first run.
}

/** Shown while it runs, and kept. */
async function runOne(name: string): Promise<{ readonly text: string; readonly status: number | null }> {
  const args = ['--expose-gc', '--import', 'tsx', join(here, `${name}.ts`), ...rest];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    process.stdout.write(chunk);
  });
  const [status] = (await once(child, 'close')) as [number | null];
  return { text: Buffer.concat(chunks).toString('utf8').trim(), status };
}
/** Tables of Markdown as they are; what is drawn for a terminal keeps its columns. */
const shown = (text: string): string => (/^\| ---/m.test(text) ? text : `\`\`\`text\n${text}\n\`\`\``);

for (const name of named.length > 0 ? named : known) {
  console.log(`== ${name}`);
  const load = loadavg()[0]?.toFixed(1);
  const { text, status } = await runOne(name);
  const failed = status === 0 ? '' : `\n**ended with ${status}**\n`;
  if (status !== 0) process.exitCode = 1;
  const when = `Run ${chinaText(systemClock.now())} (China time), load ${load} when it began${rest.length > 0 ? `, with ${rest.join(' ')}` : ''}.`;
  sections.set(name, `${when}\n${failed}\n${shown(text)}`);
  // After each, so that what was measured is there when a later one is broken off.
  write();
}
console.log(`written: ${file}`);

function write(): void {
  const machine = [
    `${cpus()[0]?.model ?? ''}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    `Node ${process.versions.node} (OpenSSL ${process.versions.openssl})`,
    version('openssl', ['version']),
    version('haproxy', ['-v']),
    version('java', ['-version']),
    version('psql', ['--version']),
  ];
  const all = [...sections].sort(([a], [b]) => a.localeCompare(b));
  const goals = all.flatMap(([name, text]) => goalsIn(name, text));
  const intro =
    'Written by `npm run bench`; what the figures mean and what was changed because of them: docs/performance.md.';
  const parts = [
    intro,
    machine.map((line) => `- ${line}`).join('\n'),
    ...(goals.length > 0 ? [summaryOf(goals)] : []),
    ...all.map(([name, text]) => `# ${name}\n\n${text}`),
  ];
  writeFileSync(file, `${parts.join('\n\n')}\n`);
}
