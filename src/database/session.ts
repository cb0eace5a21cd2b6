/** One connection in use, seen by the rooms above: compiles, converts, labels errors, and is watched for silence. */
import type { Clock } from '../clock.js';
import { type StatementCache, valuesOf } from './compile.js';
import {
  type Binds,
  type Cell,
  type Client,
  DatabaseError,
  type Row,
  type Session,
  type Statement,
  type TransactionOptions,
} from './database.js';
import type { Driver, Link } from './driver.js';
import { labelled } from './labels.js';

/** What the sessions of one database share. */
export interface SessionHost {
  readonly driver: Driver;
  readonly statements: StatementCache;
  readonly clock: Clock;
}

export class LinkSession implements Session {
  readonly client: Client;
  #ended: DatabaseError | undefined;
  #wrote = false;
  #over = false;
  #streaming = false;
  #running = 0;

  constructor(
    readonly host: SessionHost,
    readonly link: Link,
    readonly limitMs: number,
  ) {
    this.client = host.driver.words.client;
  }

  /** Why it can go no further; the transaction then never commits. */
  get failure(): DatabaseError | undefined {
    return this.#ended;
  }
  /** Whether a statement that may change something succeeded. */
  get wrote(): boolean {
    return this.#wrote;
  }
  /** No more calls: the transaction is over. */
  end(): void {
    this.#over = true;
  }

  all(statement: Statement, binds: Binds = {}): Promise<readonly Row[]> {
    const compiled = this.host.statements.get(statement);
    return this.ask(() => this.link.all(compiled, valuesOf(compiled.names, binds)));
  }

  run(statement: Statement, binds: Binds = {}): Promise<number> {
    const compiled = this.host.statements.get(statement);
    return this.#write(() => this.link.run(compiled, valuesOf(compiled.names, binds)));
  }

  call(statement: Statement, binds: Binds, outputs: readonly string[]): Promise<Row> {
    const compiled = this.host.statements.get(statement);
    return this.#write(() => this.link.call(compiled, binds, outputs));
  }

  async runMany(statement: Statement, rows: readonly Binds[]): Promise<void> {
    if (rows.length === 0) return;
    const compiled = this.host.statements.get(statement);
    await this.#write(() =>
      this.link.runMany(
        compiled,
        rows.map((binds) => valuesOf(compiled.names, binds)),
      ),
    );
  }

  async load(statement: Statement, columns: readonly (readonly Cell[])[]): Promise<void> {
    const compiled = this.host.statements.get(statement);
    const [first] = columns;
    if (compiled.insert?.names.length !== columns.length || first === undefined)
      throw new DatabaseError('fault', 'load needs a plain insert, and as many columns as it has');
    if (first.length === 0) return;
    await this.#write(() => {
      if (this.link.load) return this.link.load(compiled, columns);
      const rows = first.map((_, at) => columns.map((column) => column[at] ?? null));
      return this.link.runMany(compiled, rows);
    });
  }

  async loadDelimited(statement: Statement, lines: Buffer): Promise<void> {
    const compiled = this.host.statements.get(statement);
    await this.#write(() => {
      if (this.link.loadDelimited === undefined || compiled.insert === undefined)
        throw new DatabaseError('fault', 'this database takes no delimited lines');
      return this.link.loadDelimited(compiled, lines);
    });
  }

  async *stream(statement: Statement, binds: Binds = {}): AsyncIterable<Row> {
    const compiled = this.host.statements.get(statement);
    const batches = this.link.stream(compiled, valuesOf(compiled.names, binds))[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await this.ask(() => batches.next());
        if (next.done === true) return;
        this.#streaming = true;
        yield* next.value;
        this.#streaming = false;
      }
    } finally {
      this.#streaming = false;
      if (this.#ended === undefined && !this.#over) await this.ask(async () => batches.return?.());
    }
  }

  async #write<T>(call: () => Promise<T>): Promise<T> {
    const value = await this.ask(call);
    this.#wrote = true;
    return value;
  }

  /** One call of the driver: watched, labelled; the first that fails ends the session. */
  async ask<T>(call: () => Promise<T>): Promise<T> {
    if (this.#ended !== undefined) throw this.#ended;
    // Made only where it is needed: an error with its stack costs as much as a statement.
    if (this.#over) throw new DatabaseError('fault', 'this transaction is over');
    if (this.#streaming)
      throw new DatabaseError(
        'fault',
        'a stream of this transaction is still open: nothing else may be asked',
      );
    this.link.answerBy = this.host.clock.now() + this.limitMs;
    this.#running++;
    try {
      return await call();
    } catch (error) {
      this.#ended ??= labelled(this.host.driver, error, this.link);
      throw this.#ended;
    } finally {
      if (--this.#running === 0) this.link.answerBy = 0;
    }
  }
}

export type Limits = Required<Omit<TransactionOptions, 'readsOnly'>>;
