/** `npm run bench [-- NAME…]`: runs the benchmarks one after the other and writes bench/RESULTS.md. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { chinaText, systemClock } from '../src/clock.js';

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
  return `${stdout ?? ''}${stderr ?? ''}`.split('\n')[0]?.trim() || 'not here';
};
/** What an earlier run said of the benchmarks that are not run now. */
const before = new Map<string, string>();
try {
  for (const [, name = '', text = ''] of readFileSync(file, 'utf8').matchAll(
    /^# (\w+)\n([\s\S]*?)(?=^# |$(?![\s\S]))/gm,
  )) {
    before.set(name, text.trim());
  }
} catch {
  // The first run.
}
for (const name of named.length > 0 ? named : known) {
  console.log(`== ${name}`);
  const args = ['--expose-gc', '--import', 'tsx', join(here, `${name}.ts`), ...rest];
  const { stdout, status } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  console.log(stdout);
  const failed = status === 0 ? '' : `\n**ended with ${status}**\n`;
  before.set(name, `Run ${chinaText(systemClock.now())} (China time).\n${failed}\n${stdout.trim()}`);
}
const machine = [
  `${cpus()[0]?.model ?? ''}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`,
  `Node ${process.versions.node} (OpenSSL ${process.versions.openssl})`,
  version('openssl', ['version']),
  version('haproxy', ['-v']),
  version('java', ['-version']),
];
const sections = [...before]
  .sort(([a], [b]) => a.localeCompare(b))
  .map(([name, text]) => `# ${name}\n\n${text}`);
const intro =
  'Written by `npm run bench`; what the figures mean and what was changed because of them: docs/performance.md.';
writeFileSync(
  file,
  `${intro}\n\n${machine.map((line) => `- ${line}`).join('\n')}\n\n${sections.join('\n\n')}\n`,
);
console.log(`written: ${file}`);
