import { lstat, mkdir, opendir, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type Clock, type Ids, systemIds } from '../clock.js';
import type { Database } from '../database/index.js';
import { codeOf, messageOf, OperatorError } from '../errors.js';
import type { Log } from '../log.js';
import { type Account, isOpen } from './account.js';
import type { AccountState } from './account-files.js';
import { findAccount, recordLogin } from './account-store.js';
import { isAllowed, plainAddress } from './addresses.js';
import { Connection } from './connection.js';
import { Delivered } from './delivered.js';
import { readHostKeys } from './host-keys.js';
import { Gate } from './login.js';
import { Penalties } from './penalties.js';
import type { PublishedFile, ServerContext } from './server-context.js';
import {
  beginSession,
  clearStaleSessions,
  countSessions,
  endSession,
  endSessionsOf,
  HEARTBEAT_MS,
  kickedSessions,
  kickSession,
  listSessions,
  markSeen,
  type SessionRecord,
} from './session-store.js';
import type { SftpSettings } from './settings.js';
import { type ShortCalls, shortCallsFor } from './short-calls.js';
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
  readonly #node: string;
  readonly #ids: Ids;
  readonly #connections = new Set<Connection>();
  readonly #states = new Map<string, AccountState>();
  readonly #context: ServerContext;
  readonly #listener: Server;
  readonly #stops: (() => void)[] = [];
  #looking = false;
  #seenAt = Number.NEGATIVE_INFINITY;
  #closing = false;
  /** What is still to be told to the database. */
  readonly #farewells = new Set<Promise<unknown>>();

  constructor(
    private readonly options: SftpServerOptions,
    calls: ShortCalls,
  ) {
    const { settings, clock, database, log, root } = options;
    this.#ids = options.ids ?? systemIds;
    this.#node = `${hostname().slice(0, 60)}:${process.pid}:${this.#ids.digits(6)}`;
    this.#context = {
      settings,
      database,
      root,
      calls,
      clock,
      log,
      ids: this.#ids,
      hostKeys: readHostKeys(options.hostKeysDir),
      penalties: new Penalties(settings.limits, clock),
      passwordChecks: new Gate(settings.limits.passwordChecksMax, PASSWORDS_WAITING_MAX),
      published: options.published ?? (() => {}),
      stateOf: (account) => this.#stateOf(account),
      loggedIn: (connection, account, method) => this.#loggedIn(connection, account, method),
      loggedOut: (connection) => this.#farewell(endSession(database, connection.id)),
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
    this.#stops.push(clock.every(TICK_MS, () => void this.#tick()));
    this.#stops.push(clock.every(SWEEP_MS, () => void this.#sweep()));
    void this.#sweep();
  }

  #connected(socket: Socket): void {
    const address = plainAddress(socket.remoteAddress ?? '');
    const refusal = this.#refusal(address);
    if (refusal !== undefined) {
      socket.destroy();
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

  #refusal(address: string): string | undefined {
    const { limits } = this.options.settings;
    if (this.#context.penalties.addressBannedUntil(address) !== undefined) return 'banned';
    if (this.#connections.size >= limits.connectionsMax) return 'connections-max';
    const before = [...this.#connections].filter(({ account }) => account === undefined);
    if (before.filter((one) => one.address === address).length >= limits.startupsPerAddressMax) {
      return 'startups-per-address-max';
    }
    const { startupsFree, startupsMax } = limits;
    if (before.length < startupsFree) return undefined;
    // As OpenSSH's MaxStartups: the nearer to the limit, the likelier, so that a flood cannot shut everyone out.
    const chance = 0.3 + (0.7 * (before.length - startupsFree)) / Math.max(1, startupsMax - startupsFree);
    const dice = this.#ids.bytes(2).readUInt16BE(0) / 65_536;
    return dice < chance ? 'startups-max' : undefined;
  }

  async #loggedIn(connection: Connection, account: Account, method: string): Promise<boolean> {
    const { database, clock, log, settings } = this.options;
    const now = clock.now();
    const fields = { account: account.name, address: connection.address, software: connection.software };
    if (this.#closing) return false;
    if ((await countSessions(database, account.name, now)) >= settings.limits.sessionsPerAccountMax) {
      log.event('sftp.login.refused', { ...fields, method, reason: 'sessions-per-account-max' });
      return false;
    }
    const { id, address, software } = connection;
    await beginSession(database, {
      id,
      node: this.#node,
      account: account.name,
      address,
      software,
      startedAt: now,
    });
    await recordLogin(database, account.name, now);
    if (connection.isEnded) {
      await endSession(database, id);
      return false;
    }
    log.event('sftp.login', { ...fields, method, session: id });
    return true;
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

  async #tick(): Promise<void> {
    const now = this.options.clock.now();
    for (const connection of this.#connections) connection.tick(now);
    const loggedIn = [...this.#connections].filter(({ account }) => account !== undefined);
    if (this.#looking || loggedIn.length === 0) return;
    this.#looking = true;
    try {
      await this.#lookAfter(loggedIn, now);
    } catch (error) {
      // Without the database nobody new comes in; those who are in stay until it can be asked again.
      this.#fault('sessions', error);
    } finally {
      this.#looking = false;
    }
  }

  async #lookAfter(connections: readonly Connection[], now: number): Promise<void> {
    const { database, log } = this.options;
    const kicked = new Set(await kickedSessions(database, this.#node));
    const names = new Set(connections.flatMap(({ account }) => account?.name ?? []));
    const accounts = new Map<string, Account | undefined>();
    for (const name of names) accounts.set(name, await findAccount(database, name));
    for (const connection of connections) {
      const name = connection.account?.name ?? '';
      const account = accounts.get(name);
      if (kicked.has(connection.id)) connection.end('kicked');
      else if (account && isOpen(account, now) && isAllowed(connection.address, account.addresses)) {
        connection.renew(account);
      } else {
        log.event('sftp.account.closed', { account: name, address: connection.address });
        connection.end('account-closed');
      }
    }
    if (now - this.#seenAt < HEARTBEAT_MS) return;
    this.#seenAt = now;
    await markSeen(database, this.#node, now);
    await clearStaleSessions(database, now);
  }

  /** Removes unfinished uploads that nobody went on with. */
  async #sweep(): Promise<void> {
    const { root, clock, settings } = this.options;
    const before = clock.now() - settings.limits.partialDays * DAY_MS;
    try {
      for await (const account of await opendir(partialRoot(root))) {
        if (account.isDirectory()) await removeOlder(join(partialRoot(root), account.name), before);
      }
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
    const { clock, database } = this.options;
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
    await Promise.allSettled(this.#farewells);
    await endSessionsOf(database, this.#node).catch((error: unknown) => this.#fault('close', error));
  }

  #farewell(work: Promise<unknown>): void {
    const watched = work
      .catch((error: unknown) => this.#fault('session', error))
      .finally(() => this.#farewells.delete(watched));
    this.#farewells.add(watched);
  }

  #fault(what: string, error: unknown): void {
    this.options.log.event('sftp.fault', { what, detail: messageOf(error) });
  }
}

async function removeOlder(folder: string, before: number): Promise<void> {
  for await (const entry of await opendir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await removeOlder(path, before);
    else if ((await lstat(path)).mtimeMs < before) await rm(path);
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
