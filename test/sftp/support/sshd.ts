/** A real OpenSSH server on a free port, with its configuration and keys in a directory that vanishes. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { systemClock, systemIds } from '../../../src/clock.js';
import { makeEd25519Key, parsePublicKey } from '../../../src/sftp/index.js';
import { program } from '../../support/needs.js';

export const sshdNeed = (() => {
  const need = program('/usr/sbin/sshd', 'openssh-server');
  if (need.missing === undefined && userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true });
  return need;
})();

export interface Sshd {
  readonly port: number;
  readonly user: string;
  /** Whatever is below is where the files are. */
  readonly dir: string;
  readonly hostKey: string;
  readonly clientKeyFile: string;
  /** Of the process that listens, while it runs. */
  pid(): number;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Another host key from the next start on. @returns its fingerprint */
  changeHostKey(): string;
  remove(): Promise<void>;
}

/** A need for a mount namespace of our own, in which the machine's passwords are others. */
export const ownShadowNeed = (() => {
  if (sshdNeed.missing !== undefined) return sshdNeed;
  const name = 'passwords of our own (a mount namespace)';
  try {
    execFileSync('unshare', ['-m', 'true'], { stdio: 'ignore' });
    return { name, missing: undefined };
  } catch {
    return { name, missing: 'only root may have a mount namespace' };
  }
})();

/** @param password of the user who runs the test, for this server alone; without it, only the key opens */
export async function makeSshd(password?: string): Promise<Sshd> {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-sshd-'));
  const at = (name: string) => join(dir, name);
  const host = makeEd25519Key(systemIds);
  const client = makeEd25519Key(systemIds);
  writeFileSync(at('host'), host.privateKey, { mode: 0o600 });
  writeFileSync(at('client'), client.privateKey, { mode: 0o600 });
  writeFileSync(at('authorized'), `${client.publicKey}\n`, { mode: 0o600 });
  const port = await freePort();
  writeFileSync(
    at('config'),
    [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${at('host')}`,
      `AuthorizedKeysFile ${at('authorized')}`,
      `PidFile ${at('pid')}`,
      'StrictModes no',
      'UsePAM no',
      'PermitRootLogin yes',
      `PasswordAuthentication ${password === undefined ? 'no' : 'yes'}`,
      'Subsystem sftp internal-sftp',
      'MaxStartups 100',
    ].join('\n'),
  );
  mkdirSync(at('files'));
  if (password !== undefined) {
    const hash = execFileSync('openssl', ['passwd', '-6', '-stdin'], {
      input: password,
      encoding: 'utf8',
    }).trim();
    writeFileSync(at('shadow'), `${userInfo().username}:${hash}:19000:0:99999:7:::\n`, { mode: 0o600 });
  }
  const command = ['/usr/sbin/sshd', '-D', '-e', '-f', at('config')];
  // In a mount namespace of its own; `exec`, so that the process we start is the server.
  const withShadow = ['-c', 'mount --bind "$0" /etc/shadow && exec "$@"', at('shadow'), ...command];
  let child: ChildProcess | undefined;
  async function stop(): Promise<void> {
    if (child === undefined) return;
    const exited = once(child, 'exit');
    // With the sessions that run: they are processes of their own.
    execFileSync('sh', ['-c', `pkill -P ${child.pid} || true`]);
    child.kill();
    child = undefined;
    await exited;
  }
  return {
    port,
    user: userInfo().username,
    dir: at('files'),
    hostKey: parsePublicKey(host.publicKey).fingerprint,
    clientKeyFile: at('client'),
    async start() {
      child =
        password === undefined
          ? spawn('/usr/sbin/sshd', command.slice(1), { stdio: 'ignore' })
          : spawn('unshare', ['-m', 'sh', ...withShadow], { stdio: 'ignore' });
      for (let tries = 0; tries < 200; tries += 1) {
        if (await answers(port)) return;
        await systemClock.sleep(25);
      }
      throw new Error(`sshd did not start: ${execFileSync('/usr/sbin/sshd', ['-t', '-f', at('config')])}`);
    },
    pid: () => child?.pid ?? 0,
    stop,
    changeHostKey() {
      const other = makeEd25519Key(systemIds);
      writeFileSync(at('host'), other.privateKey, { mode: 0o600 });
      return parsePublicKey(other.publicKey).fingerprint;
    },
    async remove() {
      await stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export const textOf = (file: string): string => readFileSync(file, 'utf8');

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // a TCP server has no other
  server.close();
  return port;
}
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
