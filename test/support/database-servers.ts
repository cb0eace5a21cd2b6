/** Database servers of a test's own, in a temporary directory, on free ports: to be killed, promoted, started again. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

const POSTGRES_HOME = '/usr/lib/postgresql';
const postgresBin = existsSync(POSTGRES_HOME)
  ? join(POSTGRES_HOME, readdirSync(POSTGRES_HOME).sort().at(-1) ?? '', 'bin')
  : undefined;
const hasInitdb = postgresBin !== undefined && existsSync(join(postgresBin, 'initdb'));
export const postgresPrograms = {
  name: 'PostgreSQL server programs',
  missing: hasInitdb ? undefined : 'apt-get install postgresql',
};
export const mariadbPrograms = {
  name: 'MariaDB server programs',
  missing: existsSync('/usr/sbin/mariadbd') ? undefined : 'apt-get install mariadb-server',
};

/** A free port; somebody else could take it before it is used, which a test would show at once. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}
/** Database servers refuse to run as root, so they run as the user that Debian made for them. */
function asUser(
  user: string,
  program: string,
  args: readonly string[],
): readonly [string, readonly string[]] {
  if (userInfo().uid !== 0) return [program, args];
  return ['setpriv', [`--reuid=${user}`, `--regid=${user}`, '--clear-groups', program, ...args]];
}
function homeOf(user: string): string {
  const home = mkdtempSync(join(tmpdir(), 'sluice-server-'));
  if (userInfo().uid === 0) {
    const idOf = (flag: string) => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }));
    chownSync(home, idOf('-u'), idOf('-g'));
  }
  return home;
}
function runAs(user: string, program: string, ...args: string[]): void {
  const [file, all] = asUser(user, program, args);
  execFileSync(file, all, { stdio: ['ignore', 'ignore', 'pipe'], cwd: '/' });
}

/** What both kinds have in common: a process with children, and a port. */
class ServerProcess {
  #child: ChildProcess | undefined;
  constructor(
    readonly user: string,
    readonly port: number,
  ) {}

  async run(program: string, args: readonly string[], isReady = () => this.#answers()): Promise<void> {
    const [file, all] = asUser(this.user, program, args);
    const child = spawn(file, all, { stdio: 'ignore', cwd: '/' });
    this.#child = child;
    const killAtExit = () => child.kill('SIGKILL');
    process.once('exit', killAtExit);
    child.once('exit', () => process.off('exit', killAtExit));
    for (let i = 0; i < 300; i++) {
      if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}`);
      if (await isReady()) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`${program} does not listen`);
  }
  /** SIGKILL to it and all its children at once: nothing is finished, nobody is told. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    for (const pid of [child.pid, ...childrenOf(child.pid)]) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself.
      }
    }
    await gone;
  }
  #answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
  }
}
function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1]?.split(' ')[1] === String(pid);
      } catch {
        return false;
      }
    })
    .map(Number);
}

export class PostgresServer {
  readonly #process: ServerProcess;
  private constructor(
    readonly port: number,
    readonly home: string,
    readonly settings: readonly string[],
  ) {
    this.#process = new ServerProcess('postgres', port);
  }
  get data(): string {
    return join(this.home, 'data');
  }
  /** A new cluster, running. With `synchronous_standby_names=*` it answers a commit only when a standby has it. */
  static async create(...settings: string[]): Promise<PostgresServer> {
    const server = new PostgresServer(await freePort(), homeOf('postgres'), settings);
    const options = ['-A', 'trust', '-U', 'postgres', '-E', 'UTF8', '--locale=C.UTF-8', '--no-instructions'];
    runAs('postgres', `${postgresBin}/initdb`, '-D', server.data, ...options);
    await server.start();
    return server;
  }
  /** A standby of this server, running. */
  async standby(): Promise<PostgresServer> {
    const server = new PostgresServer(await freePort(), homeOf('postgres'), []);
    const source = ['-h', '127.0.0.1', '-p', String(this.port), '-U', 'postgres'];
    runAs(
      'postgres',
      `${postgresBin}/pg_basebackup`,
      ...source,
      '-D',
      server.data,
      '-R',
      '-X',
      'stream',
      '-c',
      'fast',
    );
    await server.start();
    return server;
  }
  async start(): Promise<void> {
    const all = ['listen_addresses=127.0.0.1', 'wal_level=replica', 'max_connections=50', ...this.settings];
    const settings = all.flatMap((setting) => ['-c', setting]);
    const args = ['-D', this.data, '-p', String(this.port), '-k', this.home, ...settings];
    // It listens before it answers.
    const isReady = async () => {
      try {
        execFileSync(`${postgresBin}/pg_isready`, ['-q', '-h', '127.0.0.1', '-p', String(this.port)]);
        return true;
      } catch {
        return false;
      }
    };
    await this.#process.run(`${postgresBin}/postgres`, args, isReady);
  }
  kill(): Promise<void> {
    return this.#process.kill();
  }
  /** Makes the standby the primary; returns when it takes writes. */
  promote(): void {
    runAs('postgres', `${postgresBin}/pg_ctl`, 'promote', '-w', '-D', this.data);
  }
  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.home, { recursive: true, force: true });
  }
}

export class MariadbServer {
  readonly #process: ServerProcess;
  private constructor(
    readonly port: number,
    readonly home: string,
    readonly settings: readonly string[],
  ) {
    this.#process = new ServerProcess('mysql', port);
  }
  static async create(...settings: string[]): Promise<MariadbServer> {
    const server = new MariadbServer(await freePort(), homeOf('mysql'), settings);
    const options = ['--no-defaults', '--auth-root-authentication-method=normal', '--skip-test-db'];
    runAs('mysql', '/usr/bin/mariadb-install-db', ...options, `--datadir=${server.home}/data`);
    await server.start();
    return server;
  }
  async start(): Promise<void> {
    await this.#process.run('/usr/sbin/mariadbd', [
      '--no-defaults',
      `--datadir=${this.home}/data`,
      `--socket=${this.home}/socket`,
      `--pid-file=${this.home}/pid`,
      `--port=${this.port}`,
      '--bind-address=127.0.0.1',
      '--skip-name-resolve',
      '--innodb-buffer-pool-size=32M',
      ...this.settings,
    ]);
  }
  kill(): Promise<void> {
    return this.#process.kill();
  }
  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.home, { recursive: true, force: true });
  }
}
