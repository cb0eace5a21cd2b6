import { hostname } from 'node:os';
import type { Moment } from '../clock.js';
import { messageOf } from '../errors.js';
import { type Account, isOpen } from './account.js';
import { findAccount, findKey, recordLogin } from './account-store.js';
import { isAllowed } from './addresses.js';
import type { Connection } from './connection.js';
import type { LoggedInBy, ServerContext } from './server-context.js';
import {
  beginSession,
  clearStaleSessions,
  countSessions,
  endSession,
  endSessionsOf,
  HEARTBEAT_MS,
  kickedSessions,
  markSeen,
} from './session-store.js';

type Ground = Pick<ServerContext, 'database' | 'clock' | 'ids' | 'log' | 'meters' | 'settings'>;

/** The logged-in connections of this process, and what the database says about them: whom to end, who may stay. */
export class Sessions {
  readonly #node: string;
  readonly #open = new Set<Connection>();
  /** What is still to be told to the database. */
  readonly #farewells = new Set<Promise<unknown>>();
  #looking = false;
  #seenAt = Number.NEGATIVE_INFINITY;
  #closing = false;

  constructor(private readonly ground: Ground) {
    this.#node = `${hostname().slice(0, 60)}:${process.pid}:${ground.ids.digits(6)}`;
  }

  /** @returns whether there is room for one more session of the account */
  async begin(connection: Connection, account: Account, by: LoggedInBy): Promise<boolean> {
    const { database, clock, log, settings, meters } = this.ground;
    const now = clock.now();
    const { id, address, software } = connection;
    const fields = { account: account.name, address, software, method: by.method };
    if (this.#closing) return false;
    if ((await countSessions(database, account.name, now)) >= settings.limits.sessionsPerAccountMax) {
      meters.login('sessions-per-account-max');
      log.event('sftp.login.refused', { ...fields, reason: 'sessions-per-account-max' });
      return false;
    }
    const session = { id, node: this.#node, account: account.name, address, software, startedAt: now };
    await beginSession(database, session);
    await recordLogin(database, account.name, now);
    if (connection.isEnded) {
      await endSession(database, id);
      return false;
    }
    this.#open.add(connection);
    meters.sessions(this.#open.size);
    meters.login('accepted');
    log.event('sftp.login', { ...fields, session: id });
    return true;
  }

  end(connection: Connection): void {
    this.#open.delete(connection);
    this.ground.meters.sessions(this.#open.size);
    this.#farewell(endSession(this.ground.database, connection.id));
  }

  /** Ends who was kicked, whose account, key or password is gone, disabled or expired, or who may no longer come from there. */
  async lookAfter(now: Moment): Promise<void> {
    if (this.#looking || this.#open.size === 0) return;
    this.#looking = true;
    try {
      await this.#lookAfter(
        [...this.#open].filter(({ account }) => account !== undefined),
        now,
      );
    } catch (error) {
      // Without the database nobody new comes in; those who are in stay until it can be asked again.
      this.#fault(error);
    } finally {
      this.#looking = false;
    }
  }

  async #lookAfter(connections: readonly Connection[], now: Moment): Promise<void> {
    const { database, log } = this.ground;
    const kicked = new Set(await kickedSessions(database, this.#node));
    const stillProves = this.#proofs();
    const names = new Set(connections.flatMap(({ account }) => account?.name ?? []));
    const accounts = new Map<string, Account | undefined>();
    for (const name of names) accounts.set(name, await findAccount(database, name));
    for (const connection of connections) {
      const name = connection.account?.name ?? '';
      const account = accounts.get(name);
      const { address, loggedInBy } = connection;
      if (kicked.has(connection.id)) connection.end('kicked');
      else if (!(account && isOpen(account, now) && isAllowed(address, account.addresses))) {
        log.event('sftp.account.closed', { account: name, address });
        connection.end('account-closed');
      } else if (loggedInBy && !(await stillProves(account, loggedInBy))) {
        log.event('sftp.account.closed', { account: name, address, lost: loggedInBy.method });
        connection.end('proof-gone');
      } else connection.renew(account);
    }
    if (now - this.#seenAt < HEARTBEAT_MS) return;
    this.#seenAt = now;
    await markSeen(database, this.#node, now);
    await clearStaleSessions(database, now);
  }

  /** Whether what opened a session still opens the account. Asks for each key once. */
  #proofs(): (account: Account, by: LoggedInBy) => Promise<boolean> {
    const asked = new Map<string, boolean>();
    return async ({ name, passwordHash }, { method, proof }) => {
      if (method === 'password') return proof === passwordHash;
      const key = `${name} ${proof}`;
      const known = asked.get(key) ?? (await findKey(this.ground.database, name, proof)) !== undefined;
      asked.set(key, known);
      return known;
    };
  }

  /** No more sessions from now on. */
  stop(): void {
    this.#closing = true;
  }
  /** After the last connection: the database knows of none of ours then. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#farewells);
    await endSessionsOf(this.ground.database, this.#node).catch((error: unknown) => this.#fault(error));
  }

  #farewell(work: Promise<unknown>): void {
    const watched = work
      .catch((error: unknown) => this.#fault(error))
      .finally(() => this.#farewells.delete(watched));
    this.#farewells.add(watched);
  }

  #fault(error: unknown): void {
    this.ground.log.event('sftp.fault', { what: 'sessions', detail: messageOf(error) });
  }
}
