/** The servers that are measured, each as a process of its own. */
import { type ChildProcess, execFileSync, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { STORE_PASSWORD } from './certificates.js';

const root = join(import.meta.dirname, '..', '..');

export interface Measured {
  readonly name: string;
  readonly port: number;
  /** How many share the connections: each compiles its code for itself and must be warm. */
  readonly processes: number;
  /** ms of CPU that it and its children have used, user and system. */
  cpuMs(): number;
  stop(): Promise<void>;
}
const TICK_MS = 10; // USER_HZ is 100 on every Linux that Node runs on.

function cpuOf(pid: number): number {
  // The name in parentheses may hold spaces; utime and stime are the 12th and 13th fields behind it.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
function childrenOf(pid: number): number[] {
  const text = readdirSync(`/proc/${pid}/task`)
    .map((task) => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8'))
    .join(' ');
  return text
    .split(' ')
    .filter((word) => word !== '')
    .map(Number);
}
const treeOf = (pid: number): number[] => [pid, ...childrenOf(pid).flatMap(treeOf)];

async function started(
  name: string,
  child: ChildProcess,
  readPort: (line: string) => number | undefined,
  processes = 1,
): Promise<Measured> {
  const said: string[] = [];
  const exited = once(child, 'exit');
  const port = await new Promise<number>((resolve, reject) => {
    const look = (line: string) => {
      said.push(line);
      const found = readPort(line);
      if (found !== undefined) resolve(found);
    };
    if (child.stdout) createInterface({ input: child.stdout }).on('line', look);
    if (child.stderr) createInterface({ input: child.stderr }).on('line', look);
    void exited.then(([code, signal]) =>
      reject(new Error(`${name} ended (${code ?? signal}):\n${said.join('\n')}`)),
    );
  });
  return running(name, child, port, processes);
}
function running(name: string, child: ChildProcess, port: number, processes = 1): Measured {
  const pid = child.pid ?? 0;
  return {
    name,
    port,
    processes,
    cpuMs: () => treeOf(pid).reduce((sum, one) => sum + cpuOf(one), 0),
    async stop() {
      child.kill('SIGTERM');
      await Promise.race([once(child, 'exit'), sleep(5000).then(() => child.kill('SIGKILL'))]);
    },
  };
}
const readyPort = (line: string): number | undefined => {
  const found = /^ready (\d+)/.exec(line);
  return found === null ? undefined : Number(found[1]);
};

/** Our gateway. @param dir made by `makeInstallation`, with so many `workers` */
export function startOurs(name: string, dir: string, workers = 1): Promise<Measured> {
  const free = {
    SLUICE_PORT: '0',
    SLUICE_SFTP_PORT: '0',
    SLUICE_METRICS_PORT: '0',
    SLUICE_CONSOLE_PORT: '0',
  };
  const child = spawn(join(root, 'bin', 'sluice'), ['serve', '--dir', dir], {
    env: { ...process.env, ...free },
  });
  const readPort = (line: string) => {
    const found = /ready on \S+?:(\d+)/.exec(line);
    return found === null ? undefined : Number(found[1]);
  };
  return started(name, child, readPort, workers);
}
export function startBare(
  name: string,
  kind: 'tls' | 'tls-no-tickets' | 'tcp',
  keys: string,
  frame: string,
): Promise<Measured> {
  const script = join(import.meta.dirname, 'bare.ts');
  return started(name, spawn(process.execPath, ['--import', 'tsx', script, kind, keys, frame]), readyPort);
}
export function startJava(name: string, keys: string, frame: string): Promise<Measured> {
  execFileSync('javac', ['-d', keys, join(import.meta.dirname, 'Canned.java')]);
  const stores = [join(keys, 'server.p12'), join(keys, 'trust.p12'), STORE_PASSWORD, frame];
  return started(name, spawn('java', ['-cp', keys, 'Canned', ...stores]), readyPort);
}
/** HAProxy ends mutual TLS and hands plain text to a canned server; only HAProxy's own CPU is counted. */
export async function startHaproxy(name: string, keys: string, backendPort: number): Promise<Measured> {
  const port = await freePort();
  const file = join(keys, 'haproxy.cfg');
  const bind = `ssl crt ${join(keys, 'server.pem')} ca-file ${join(keys, 'ca.crt')} verify required ssl-min-ver TLSv1.2`;
  writeFileSync(
    file,
    `global
  nbthread 1
  maxconn 4000
defaults
  mode tcp
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend platform
  bind 127.0.0.1:${port} ${bind}
  default_backend canned
backend canned
  server one 127.0.0.1:${backendPort}
`,
  );
  const child = spawn('haproxy', ['-db', '-f', file], { stdio: ['ignore', 'ignore', 'inherit'] });
  // It says nothing when it listens.
  await sleep(1000);
  if (child.exitCode !== null) throw new Error(`haproxy ended with ${child.exitCode}`);
  return running(name, child, port);
}
/** OpenSSL's own server: handshakes and nothing else, the limit of what any server can do with these certificates. */
export async function startSServer(name: string, keys: string): Promise<Measured> {
  const port = await freePort();
  const files = [
    '-cert',
    join(keys, 'server.crt'),
    '-key',
    join(keys, 'server.key'),
    '-CAfile',
    join(keys, 'ca.crt'),
  ];
  const args = ['s_server', '-accept', `127.0.0.1:${port}`, ...files, '-Verify', '2', '-www', '-quiet'];
  // Nobody reads what it says while s_time runs, so it must not wait for a reader.
  const child = spawn('openssl', args, { stdio: 'ignore' });
  await sleep(500);
  if (child.exitCode !== null) throw new Error(`openssl s_server ended with ${child.exitCode}`);
  return running(name, child, port);
}
/** Connections that `openssl s_time` makes in so many seconds. */
export function sTime(
  port: number,
  keys: string,
  seconds: number,
  tls: '1.2' | '1.3',
  resume: boolean,
): number {
  const files = [
    '-cert',
    join(keys, 'client.crt'),
    '-key',
    join(keys, 'client.key'),
    '-CAfile',
    join(keys, 'ca.crt'),
  ];
  const version = tls === '1.2' ? ['-tls1_2'] : ['-tls1_3'];
  const args = [
    's_time',
    '-connect',
    `127.0.0.1:${port}`,
    ...files,
    '-time',
    String(seconds),
    ...version,
    resume ? '-reuse' : '-new',
  ];
  const stdio: StdioOptions = ['ignore', 'pipe', 'ignore'];
  const text = execFileSync('openssl', args, { encoding: 'utf8', stdio, timeout: (seconds + 20) * 1000 });
  const [, count = '0'] = /(\d+) connections in \d+ real seconds/.exec(text) ?? [];
  return Number(count);
}
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
