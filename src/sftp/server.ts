import { mkdir } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { type Clock, type Ids, systemIds } from '../clock.js';
import type { Database } from '../database/index.js';
import { codeOf, messageOf, OperatorError } from '../errors.js';
import type { Log } from '../log.js';
import type { AccountState } from './account-files.js';
import { plainAddress } from './addresses.js';
import { refusalOfConnection } from './admission.js';
import { Connection } from './connection.js';
import { Delivered } from './delivered.js';
import { readHostKeys } from './host-keys.js';
import { Gate } from './login.js';
import { type SftpMeters, silentSftpMeters } from './meters.js';
import { Penalties } from './penalties.js';
import type { PublishedFile, ServerContext } from './server-context.js';
import { clearStaleSessions, kickSession, listSessions, type SessionRecord } from './session-store.js';
import { Sessions } from './sessions.js';
import type { SftpSettings } from './settings.js';
import { type ShortCalls, shortCallsFor } from './short-calls.js';
import { removeOldUnfinished } from './sweep.js';
import { partialDir, partialRoot, uploadDir } from './tree.js';
import { Usage } from './usage.js';

export interface SftpServerOptions {
  readonly settings: SftpSettings;
  readonly database: Database;
  /** DIR/sftp */
  readonly hostKeysDir: string;
  /** The folder under which each account has its tree. */
  readonly root: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly ids?: Ids;
  readonly meters?: SftpMeters;
  /** Called when an upload has become whole and lies in its place. */
  readonly published?: (file: PublishedFile) => void;
}

export interface SftpServer {
  readonly port: number;
  /** Takes no more connections, lets running transfers end for `drainMs`, then cuts them (they can be resumed). */
  close(drainMs?: number): Promise<void>;
  /** The sessions of all nodes. */
  sessions(): Promise<readonly SessionRecord[]>;
  /** Ends a session on whichever node it is. @returns false where there is none */
  kick(id: string): Promise<boolean>;
}

/** How often sessions are looked after: kicks, disabled accounts, idle time, keys. */
const TICK_MS = 1_000;
const SWEEP_MS = 3_600_000;
const DAY_MS = 86_400_000;
const PASSWORDS_WAITING_MAX = 50;

/** @throws {OperatorError} `sftp-port-taken`, and those of readHostKeys */
export async function startSftpServer(options: SftpServerOptions): Promise<SftpServer> {
  await mkdir(options.root, { recursive: true, mode: 0o750 });
  await mkdir(partialRoot(options.root), { recursive: true, mode: 0o750 });
  const calls = await shortCallsFor(options.root, options.settings.fileCalls);
  const running = new RunningServer(options, calls);
  await running.listen();
  return running;
}

class RunningServer implements SftpServer {
  readonly #connections = new Set<Connection>();
  readonly #states = new Map<string, AccountState>();
  readonly #sessions: Sessions;
  readonly #context: ServerContext;
  readonly #listener: Server;
  readonly #stops: (() => void)[] = [];
  #closing = false;

  constructor(
    private readonly options: SftpServerOptions,
    calls: ShortCalls,
  ) {
    const { settings, clock, database, log, root, ids = systemIds, meters = silentSftpMeters } = options;
    this.#sessions = new Sessions({ database, clock, ids, log, meters, settings });
    this.#context = {
      settings,
      database,
      root,
      calls,
      clock,
      log,
      ids,
      meters,
      hostKeys: readHostKeys(options.hostKeysDir),
      penalties: new Penalties(settings.limits, clock),
      passwordChecks: new Gate(settings.limits.passwordChecksMax, PASSWORDS_WAITING_MAX),
      published: options.published ?? (() => {}),
      stateOf: (account) => this.#stateOf(account),
      loggedIn: (connection, account, by) => this.#sessions.begin(connection, account, by),
      loggedOut: (connection) => this.#sessions.end(connection),
      closed: (connection, reason) => this.#closed(connection, reason),
    };
    this.#listener = createServer({ noDelay: true }, (socket) => this.#connected(socket));
  }

  get port(): number {
    const address = this.#listener.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  async listen(): Promise<void> {
    const { settings, clock, database } = this.options;
    const { host, port } = settings;
    await new Promise<void>((resolve, reject) => {
      this.#listener.once('error', (error) => reject(cannotListen(host, port, error)));
      this.#listener.listen(port, host, resolve);
    });
    this.#listener.on('error', (error) => this.#fault('listener', error));
    await clearStaleSessions(database, clock.now());
    this.#stops.push(clock.every(TICK_MS, () => this.#tick()));
    this.#stops.push(clock.every(SWEEP_MS, () => void this.#sweep()));
    void this.#sweep();
  }

  #connected(socket: Socket): void {
    const address = plainAddress(socket.remoteAddress ?? '');
    const { penalties, ids, meters, settings } = this.#context;
    const refusal = refusalOfConnection(address, this.#connections, {
      limits: settings.limits,
      penalties,
      ids,
    });
    if (refusal !== undefined) {
      socket.destroy();
      meters.connectionRefused(refusal);
      this.options.log.event('sftp.connection.refused', { address, reason: refusal });
      return;
    }
    const connection = new Connection(socket, address, this.#context);
    this.#connections.add(connection);
    connection.run().catch((error: unknown) => {
      this.#fault('connection', error);
      connection.end('fault');
    });
  }

  #closed(connection: Connection, reason: string): void {
    this.#connections.delete(connection);
    const { address, account, startedAt } = connection;
    const seconds = Math.round((this.options.clock.now() - startedAt) / 1000);
    this.options.log.event('sftp.connection.ended', { address, account: account?.name, reason, seconds });
  }

  #stateOf(account: string): AccountState {
    const { root, settings, clock } = this.options;
    const known = this.#states.get(account);
    if (known) return known;
    const folders = [uploadDir(root, account), partialDir(root, account)];
    const usage = new Usage(folders, settings.limits.freeBytesMin, clock);
    const state = { usage, running: new Map(), delivered: new Delivered(clock) };
    this.#states.set(account, state);
    return state;
  }

  #tick(): void {
    const now = this.options.clock.now();
    for (const connection of this.#connections) connection.tick(now);
    void this.#sessions.lookAfter(now);
  }

  async #sweep(): Promise<void> {
    const { root, clock, settings } = this.options;
    try {
      await removeOldUnfinished(root, clock.now() - settings.limits.partialDays * DAY_MS);
    } catch (error) {
      this.#fault('sweep', error);
    }
  }

  sessions(): Promise<readonly SessionRecord[]> {
    return listSessions(this.options.database, this.options.clock.now());
  }

  async kick(id: string): Promise<boolean> {
    for (const connection of this.#connections) if (connection.id === id) connection.end('kicked');
    return kickSession(this.options.database, id);
  }

  async close(drainMs = 5_000): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    this.#sessions.stop();
    const { clock } = this.options;
    for (const stop of this.#stops) stop();
    const closed = new Promise<void>((resolve) => this.#listener.close(() => resolve()));
    const deadline = clock.now() + drainMs;
    for (;;) {
      for (const connection of this.#connections) if (connection.isIdle) connection.end('stopping');
      if (this.#connections.size === 0 || clock.now() >= deadline) break;
      await clock.sleep(Math.min(100, drainMs));
    }
    for (const connection of this.#connections) connection.end('stopping');
    await closed;
    await this.#sessions.close();
  }

  #fault(what: string, error: unknown): void {
    this.options.log.event('sftp.fault', { what, detail: messageOf(error) });
  }
}

function cannotListen(host: string, port: number, error: Error): OperatorError {
  return new OperatorError(
    codeOf(error) === 'EADDRINUSE' ? 'sftp-port-taken' : 'sftp-listen-failed',
    `The SFTP server cannot listen on ${host}:${port}: ${messageOf(error)}`,
    'Choose another port (sftp.port in sluice.yaml, or SLUICE_SFTP_PORT), or stop what holds it: ss -ltnp',
    { cause: error },
  );
}
