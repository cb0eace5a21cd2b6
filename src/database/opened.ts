/** The open database: connections, one transaction for all four clients, retries. The drivers only translate. */
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import { StatementCache, valuesOf } from './compile.js';
import {
  type Binds,
  type Cell,
  type Client,
  type Database,
  DatabaseError,
  type DialectWords,
  hasLabel,
  type Row,
  type Session,
  type Statement,
  type TransactionOptions,
} from './database.js';
import type { Driver, Link } from './driver.js';
import { databaseError, LostError, labelled } from './labels.js';
import type { Pool } from './pool.js';
import { type Limits, LinkSession, type SessionHost } from './session.js';
import { WriteGate } from './write-gate.js';

/** Deadlocks and lost connections are tried this often in all, with growing pauses. */
const ATTEMPTS_MAX = 6;
/** How long after its begin a call whose connection was lost is still tried again. */
const LOST_RETRY_MS = 1500;
/** Grace over the server's own limit before the connection is cut from our side. */
const SILENCE_GRACE_MS = 2000;

export interface OpenedParts {
  readonly driver: Driver;
  /** Transactions and everything that writes. */
  readonly writers: Pool<Link>;
  /** Single reads and streams: the same pool, but for SQLite. */
  readonly readers: Pool<Link>;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly log: Log;
  /** For people: where the database is. */
  readonly target: string;
}

export class OpenedDatabase implements Database {
  readonly client: Client;
  readonly words: DialectWords;
  readonly #parts: OpenedParts;
  readonly #host: SessionHost;
  readonly #stopWatching: () => void;
  readonly #gate: WriteGate;
  #tries = 0;
  #lost = false;

  constructor(parts: OpenedParts) {
    this.#parts = parts;
    this.client = parts.driver.words.client;
    this.words = parts.driver.words;
    const statements = new StatementCache(parts.driver.words, parts.driver.bindStyle);
    this.#host = { driver: parts.driver, statements, clock: parts.clock };
    this.#gate = new WriteGate(parts.clock, (refusal) => {
      parts.log.event(refusal ? 'database.read-only' : 'database.writable', {
        database: parts.target,
        ...(refusal && { reason: refusal.message }),
      });
    });
    this.#stopWatching = parts.clock.every(250, () => {
      parts.writers.cutSilent();
      if (parts.readers !== parts.writers) parts.readers.cutSilent();
    });
  }

  get writes() {
    return { readOnly: this.#gate.readOnly, lastAt: this.#gate.wroteAt };
  }

  get pools() {
    return { writers: this.#parts.writers.counts, readers: this.#parts.readers.counts };
  }

  all(statement: Statement, binds: Binds = {}): Promise<readonly Row[]> {
    const compiled = this.#host.statements.get(statement);
    return this.#again(() =>
      this.#once(this.#parts.readers, (link) => link.all(compiled, valuesOf(compiled.names, binds))),
    );
  }

  run(statement: Statement, binds: Binds = {}): Promise<number> {
    const compiled = this.#host.statements.get(statement);
    const values = valuesOf(compiled.names, binds);
    return this.#again(() => this.#onceWriting((link) => link.run(compiled, values)));
  }

  call(statement: Statement, binds: Binds, outputs: readonly string[]): Promise<Row> {
    const compiled = this.#host.statements.get(statement);
    return this.#again(() => this.#onceWriting((link) => link.call(compiled, binds, outputs)));
  }

  runMany(statement: Statement, rows: readonly Binds[]): Promise<void> {
    return this.transaction((tx) => tx.runMany(statement, rows));
  }

  load(statement: Statement, columns: readonly (readonly Cell[])[]): Promise<void> {
    return this.transaction((tx) => tx.load(statement, columns));
  }

  loadDelimited(statement: Statement, lines: Buffer): Promise<void> {
    return this.transaction((tx) => tx.loadDelimited(statement, lines));
  }

  async *stream(statement: Statement, binds: Binds = {}): AsyncIterable<Row> {
    const { readers, limits } = this.#parts;
    const link = await this.#acquire(readers);
    const session = new LinkSession(this.#host, link, this.#limitMs(limits));
    try {
      yield* session.stream(statement, binds);
    } finally {
      readers.release(link);
    }
  }

  transaction<T>(work: (tx: Session) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    const { readsOnly = false, ...own } = options;
    const limits = { ...this.#parts.limits, ...own };
    if (readsOnly) return this.#again(() => this.#transaction(work, limits));
    return this.#again(() => this.#writing(() => this.#transaction(work, limits)));
  }

  /** Keeps in mind what a write told of the database; refuses it at once while it is known to take none. */
  async #writing<T>(write: () => Promise<T>): Promise<T> {
    this.#gate.enter();
    try {
      return await write();
    } catch (error) {
      if (error instanceof DatabaseError && error.label === 'read-only') {
        const { writers, readers } = this.#parts;
        writers.renew();
        // SQLite's connections of one process share what they know of the file: as long as one is open, none takes writes again.
        if (readers !== writers) readers.renew();
        this.#gate.refused(error);
      }
      throw error;
    }
  }

  /** One writing connection for what is no transaction: migrations. Its calls are not watched. */
  async withLink<T>(work: (link: Link) => Promise<T>): Promise<T> {
    const link = await this.#acquire(this.#parts.writers);
    try {
      return await work(link);
    } finally {
      this.#parts.writers.release(link);
    }
  }
  /** One event when it cannot be reached any more, one when it can again; not one for each request meanwhile. */
  #reached(error: DatabaseError | undefined): void {
    const lost = error !== undefined;
    if (lost === this.#lost) return;
    this.#lost = lost;
    const { log, target } = this.#parts;
    log.event(lost ? 'database.lost' : 'database.back', {
      database: target,
      ...(lost && { reason: error.message }),
    });
  }
  get driver(): Driver {
    return this.#parts.driver;
  }
  get clock(): Clock {
    return this.#parts.clock;
  }

  async close(): Promise<void> {
    const { readers, writers } = this.#parts;
    await Promise.all(readers === writers ? [writers.close()] : [readers.close(), writers.close()]);
    this.#stopWatching();
  }

  async #transaction<T>(work: (tx: Session) => Promise<T>, limits: Limits): Promise<T> {
    const { driver, writers } = this.#parts;
    const link = await this.#acquire(writers, this.client === 'sqlite' ? limits.lockWaitMs : undefined);
    const session = new LinkSession(this.#host, link, this.#limitMs(limits));
    try {
      let value: T;
      try {
        await session.ask(() => link.begin(limits));
        value = await work(session);
        if (session.failure !== undefined) throw session.failure;
      } catch (error) {
        await this.#rollback(link);
        // A refusal or a bug of the work goes up as it is, unless the whole may be tried again.
        throw mayBeTriedAgain(session.failure) ? session.failure : error;
      } finally {
        session.end();
      }
      link.answerBy = this.#parts.clock.now() + session.limitMs;
      try {
        await link.commit();
      } catch (error) {
        const label = driver.commitLabel(error);
        if (label === 'outcome-unknown') link.destroy('commit without answer');
        else await this.#rollback(link);
        throw databaseError(label, error);
      }
      if (session.wrote) this.#gate.wrote();
      return value;
    } finally {
      link.answerBy = 0;
      writers.release(link);
    }
  }

  /** Rolls back, or gives the connection up: one in an unknown state never goes back to the pool. */
  async #rollback(link: Link): Promise<void> {
    if (link.dead) return;
    link.answerBy = this.#parts.clock.now() + this.#parts.limits.statementTimeoutMs;
    try {
      await link.rollback();
    } catch {
      link.destroy('rollback failed');
    }
  }

  /** One call outside of a transaction. */
  async #once<T>(pool: Pool<Link>, call: (link: Link) => Promise<T>, writes = false): Promise<T> {
    const got = this.#acquire(pool);
    const link = got instanceof Promise ? await got : got;
    link.answerBy = this.#parts.clock.now() + this.#limitMs(this.#parts.limits);
    try {
      return await call(link);
    } catch (error) {
      const told = labelled(this.#parts.driver, error, link);
      // The statement commits itself: when the connection died under it, nobody knows whether it did.
      throw writes && told instanceof LostError ? databaseError('outcome-unknown', error) : told;
    } finally {
      link.answerBy = 0;
      pool.release(link);
    }
  }

  #onceWriting<T>(call: (link: Link) => Promise<T>): Promise<T> {
    return this.#writing(async () => {
      const value = await this.#once(this.#parts.writers, call, true);
      this.#gate.wrote();
      return value;
    });
  }

  /** A free connection at once, or a promise of one. */
  #acquire(pool: Pool<Link>, timeoutMs?: number): Link | Promise<Link> {
    const got = pool.acquire(timeoutMs);
    if (got instanceof Promise) return this.#awaited(got);
    this.#reached(undefined);
    return got;
  }
  async #awaited(promised: Promise<Link>): Promise<Link> {
    try {
      const link = await promised;
      this.#reached(undefined);
      return link;
    } catch (error) {
      // Waiting in vain for a connection that others use is no sign that the database is away.
      if (error instanceof DatabaseError) throw error;
      const known = labelled(this.#parts.driver, error);
      const told = known.label === 'fault' ? databaseError('unavailable', error) : known;
      this.#reached(told);
      throw told;
    }
  }

  /** Tries again what may be tried again: nothing of it was committed. */
  async #again<T>(attempt: () => Promise<T>): Promise<T> {
    const since = this.#parts.clock.now();
    for (let tries = 1; ; tries++) {
      try {
        return await attempt();
      } catch (error) {
        if (tries >= ATTEMPTS_MAX || !mayBeTriedAgain(error)) throw error;
        // Whoever lost a connection after a long silence has spent the caller's time already.
        if (error instanceof LostError && this.#parts.clock.now() - since > LOST_RETRY_MS) throw error;
        // The pauses of those that collided must differ; a counter does it without randomness.
        this.#tries = (this.#tries + 7) % 23;
        await this.#parts.clock.sleep(2 ** tries * 2 + this.#tries);
      }
    }
  }

  #limitMs(limits: Limits): number {
    return Math.max(limits.lockWaitMs, limits.statementTimeoutMs) + SILENCE_GRACE_MS;
  }
}

const mayBeTriedAgain = (error: unknown): boolean =>
  hasLabel(error, 'retryable') || error instanceof LostError;
