/** The two servers that are compared, each with an account for the same key, and the OpenSSH client that both serve. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { systemIds } from '../../src/clock.js';
import { makeEd25519Key } from '../../src/sftp/index.js';
import { makeSshd } from '../../test/sftp/support/sshd.js';

export interface Place {
  readonly name: string;
  readonly port: number;
  readonly user: string;
  /** Where the client puts and gets. */
  readonly folder: string;
  readonly keyFile: string;
  /** CPU seconds that the server has used so far for what is finished. */
  cpu(): number;
  stop(): Promise<void>;
}

const launcher = join(import.meta.dirname, '..', '..', 'bin', 'sluice');
const TICKS_PER_SECOND = 100;

/** Fields 14 to 17 of /proc/PID/stat: own user and system time, and that of children that ended. */
function cpuOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 15);
  return fields.reduce((sum, field) => sum + Number(field), 0) / TICKS_PER_SECOND;
}

/** The gateway as it is delivered (compiled), with its accounts' trees below `root`. */
export async function startOurs(root: string, durable: boolean): Promise<Place> {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const sluice = (...args: string[]) => execFileSync(launcher, [...args, '--dir', dir], { stdio: 'pipe' });
  sluice('init', '--demo');
  const tree = mkdtempSync(join(root, 'ours-'));
  const settings = readFileSync(join(dir, 'sluice.yaml'), 'utf8').replace(
    /^ {2}root: exchange.*$/m,
    `  root: ${tree}\n  durable: ${durable}`,
  );
  writeFileSync(join(dir, 'sluice.yaml'), settings);
  const pair = makeEd25519Key(systemIds);
  const keyFile = join(dir, 'key');
  writeFileSync(keyFile, pair.privateKey, { mode: 0o600 });
  writeFileSync(`${keyFile}.pub`, pair.publicKey);
  sluice('sftp', 'account', 'add', 'bench', '--unit', '39536', '--key', `${keyFile}.pub`);
  const free = {
    SLUICE_PORT: '0',
    SLUICE_SFTP_PORT: '0',
    SLUICE_METRICS_PORT: '0',
    SLUICE_CONSOLE_PORT: '0',
  };
  const child: ChildProcess = spawn(launcher, ['serve', '--dir', dir], {
    env: { ...process.env, ...free },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (child.stdout === null || child.pid === undefined) throw new Error('the gateway has no output');
  for await (const line of createInterface({ input: child.stdout })) if (line.includes('ready')) break;
  const ports: { sftp: number } = JSON.parse(readFileSync(join(dir, 'run', 'ports.json'), 'utf8'));
  const { pid } = child;
  return {
    name: 'Sluice',
    port: ports.sftp,
    user: 'bench',
    folder: '/upload',
    keyFile,
    cpu: () => cpuOf(pid),
    async stop() {
      const exited = once(child, 'exit');
      child.kill();
      await exited;
      for (const one of [dir, tree]) rmSync(one, { recursive: true, force: true });
    },
  };
}

export async function startOpenSsh(root: string): Promise<Place> {
  const sshd = await makeSshd();
  await sshd.start();
  const folder = mkdtempSync(join(root, 'openssh-'));
  return {
    name: 'OpenSSH',
    port: sshd.port,
    user: sshd.user,
    folder,
    keyFile: sshd.clientKeyFile,
    cpu: () => cpuOf(sshd.pid()),
    async stop() {
      await sshd.remove();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Runs OpenSSH's client with these commands. Gives the seconds that it took. */
export async function runSftp(place: Place, cipher: string, commands: readonly string[]): Promise<number> {
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=no',
    'UserKnownHostsFile=/dev/null',
    'LogLevel=ERROR',
    'IdentitiesOnly=yes',
    `IdentityFile=${place.keyFile}`,
    `Ciphers=${cipher}`,
    'MACs=hmac-sha2-256-etm@openssh.com',
  ].flatMap((option) => ['-o', option]);
  const args = [...options, '-q', '-P', String(place.port), '-b', '-', `${place.user}@127.0.0.1`];
  const begun = process.hrtime.bigint();
  const child = spawn('sftp', args, { stdio: ['pipe', 'ignore', 'inherit'] });
  child.stdin.end(`${commands.join('\n')}\n`);
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`sftp to ${place.name} ended with ${code}`);
  return Number(process.hrtime.bigint() - begun) / 1e9;
}

export function makeFiles(dir: string, bulkMiB: number, small: number): void {
  const part = systemIds.bytes(1024 * 1024);
  writeFileSync(join(dir, 'bulk'), Buffer.concat(Array.from({ length: bulkMiB }, () => part)));
  mkdirSync(join(dir, 'small'));
  for (let i = 0; i < small; i += 1) writeFileSync(join(dir, 'small', `${i}.txt`), part.subarray(0, 2_000));
}
