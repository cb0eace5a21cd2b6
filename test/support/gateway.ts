/* A real gateway process on a directory of its own, with the demo world, on free ports. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

export const root = join(import.meta.dirname, '..', '..');
const launcher = join(root, 'bin', 'sluice');

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}
/** Runs one `sluice` command to its end. */
export async function sluice(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CommandResult> {
  try {
    const done = await promisify(execFile)(launcher, args, {
      env: { ...process.env, ...env },
      maxBuffer: 64 * 1024 * 1024,
    });
    return { code: 0, ...done };
  } catch (error) {
    const failed = error as { code?: unknown; stdout?: string; stderr?: string };
    if (typeof failed.code !== 'number') throw error;
    return { code: failed.code, stdout: failed.stdout ?? '', stderr: failed.stderr ?? '' };
  }
}

/** Made once by the launcher, and copied for each group of tests: making keys and the demo world takes seconds. */
let template: Promise<string> | undefined;
async function makeTemplate(): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-demo-'));
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
  const made = await sluice(['init', '--demo', '--dir', dir]);
  if (made.code !== 0) throw new Error(`init failed: ${made.stderr}`);
  return dir;
}

/** A new directory with the demo world; `remove` takes it away again. */
export async function demoDirectory(): Promise<{ dir: string; remove: () => void }> {
  template ??= makeTemplate();
  const dir = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  // With modes: a key that others may read is refused.
  await promisify(execFile)('cp', ['-a', `${await template}/.`, dir]);
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

export interface Gateway {
  readonly dir: string;
  /** Port of the platform socket. */
  readonly port: number;
  readonly ports: Readonly<Record<string, number>>;
  readonly process: ChildProcess;
  /** What it printed so far. */
  readonly output: () => string;
  /** SIGTERM and the exit code. */
  stop(): Promise<number | null>;
  kill(): Promise<void>;
}

const FREE_PORTS = {
  SLUICE_PORT: '0',
  SLUICE_SFTP_PORT: '0',
  SLUICE_METRICS_PORT: '0',
  SLUICE_CONSOLE_PORT: '0',
};

/** Starts `sluice serve` and waits for its line that it is ready. `under`: a program that starts it, with its options. */
export async function startGateway(
  dir: string,
  env: NodeJS.ProcessEnv = {},
  under: readonly string[] = [],
): Promise<Gateway> {
  const [program = launcher, ...args] = [...under, launcher, 'serve', '--dir', dir];
  const child = spawn(program, args, {
    env: { ...process.env, ...FREE_PORTS, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const readable = createInterface({ input: child.stdout });
  createInterface({ input: child.stderr }).on('line', (line) => lines.push(line));
  await new Promise<void>((resolve, reject) => {
    readable.on('line', (line) => {
      lines.push(line);
      if (line.includes('ready')) resolve();
    });
    void exited.then((code) => reject(new Error(`the gateway ended with ${code}:\n${lines.join('\n')}`)));
  });
  const ports = JSON.parse(readFileSync(join(dir, 'run', 'ports.json'), 'utf8')) as Record<string, number>;
  return {
    dir,
    port: ports.platform ?? 0,
    ports,
    process: child,
    output: () => lines.join('\n'),
    async stop() {
      child.kill('SIGTERM');
      return exited;
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** TLS options of the demo's platform. */
export const platformTls = (dir: string) => ({
  cert: readFileSync(join(dir, 'certs', 'platform.crt')),
  key: readFileSync(join(dir, 'certs', 'platform.key')),
  ca: readFileSync(join(dir, 'certs', 'ca.crt')),
});
