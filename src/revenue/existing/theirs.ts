/** Runs the statements that the configuration names against the utility's database. */
import type { Clock, Moment } from '../../clock.js';
import {
  type Binds,
  type Database,
  DatabaseError,
  type Row,
  type Session,
  type Statement,
} from '../../database/database.js';
import { textCell } from '../../database/index.js';
import { Formats } from './formats.js';
import type {
  ChangeName,
  ExistingSettings,
  Meaning,
  Operation,
  OperationName,
  Query,
  QueryName,
} from './settings.js';

/** Not declared at module level: the text comes from the configuration. */
const statementOf = (text: string): Statement => ({ text: () => text });

/** Thrown within a transaction to end it without a commit. */
class NotDone extends Error {
  constructor(readonly answer: Answer) {
    super('not done');
  }
}

const notConfigured = (name: OperationName) =>
  new DatabaseError('fault', `revenue.operations.${name} is not configured`);

/** What a change answered: its meaning and its row, to be read by our column names. */
export interface Answer {
  readonly meaning: Meaning;
  readonly row: Row;
}

export class Theirs {
  readonly formats: Formats;
  readonly #statements = new Map<string, Statement>();
  constructor(
    readonly database: Database,
    readonly settings: ExistingSettings,
    readonly clock: Clock,
  ) {
    this.formats = new Formats(settings.formats);
  }

  /** How long after its begin a call can still be running there (ms). */
  get callMsMax(): number {
    const { connectTimeoutMs, statementTimeoutMs, lockWaitMs, pool } = this.settings.database;
    return connectTimeoutMs + pool.acquireTimeoutMs + 2 * (statementTimeoutMs + lockWaitMs) + 5000;
  }

  has(name: OperationName): boolean {
    return this.settings.operations[name] !== undefined;
  }
  operation(name: OperationName): Operation {
    const operation = this.settings.operations[name];
    if (operation === undefined) throw notConfigured(name);
    return operation;
  }

  #query(name: QueryName): Query {
    const operation = this.settings.operations[name];
    if (operation === undefined) throw notConfigured(name);
    return operation;
  }

  /** Rows of a query, by our column names. */
  async ask(name: QueryName, binds: Binds): Promise<readonly Row[]> {
    const operation = this.#query(name);
    const rows =
      operation.call === undefined
        ? await this.database.all(this.#statement(operation.sql), binds)
        : await this.database.transaction((tx) => this.runIn(tx, operation, binds), { readsOnly: true });
    return rows.map((row) => renamed(row, operation.columns));
  }
  /** The rows in bounded memory. */
  async *stream(name: QueryName, binds: Binds): AsyncIterable<Row> {
    const { sql, columns } = this.#query(name);
    for await (const row of this.database.stream(this.#statement(sql), binds)) yield renamed(row, columns);
  }

  /**
   * A change in one transaction. It is committed only when it answers `done`.
   * @param beginBy after this moment nothing is sent any more: somebody may have decided that the call did not happen
   * @throws {DatabaseError} `outcome-unknown` when it may have happened; every other label promises that it has not
   */
  async change(name: ChangeName, binds: Binds, beginBy: Moment): Promise<Answer> {
    const operation = this.operation(name);
    const commitsItself = this.settings.commit === 'procedure';
    let sent = false;
    try {
      return await this.database.transaction(async (tx) => {
        if (commitsItself && sent) throw new DatabaseError('outcome-unknown', 'the connection was lost');
        if (this.clock.now() > beginBy) throw new DatabaseError('unavailable', 'too late for this call');
        sent = true;
        const answer = this.answerOf(name, await this.runIn(tx, operation, binds));
        if (answer.meaning !== 'done' && !commitsItself) throw new NotDone(answer);
        return answer;
      });
    } catch (error) {
      if (error instanceof NotDone) return error.answer;
      if (sent && commitsItself)
        throw new DatabaseError('outcome-unknown', `${name}: it may have committed`, { cause: error });
      throw error;
    }
  }

  /** The statements of an operation within a transaction; their column names, or the names of the outputs. */
  async runIn(tx: Session, operation: Operation, binds: Binds): Promise<readonly Row[]> {
    const { call, sql = '' } = operation;
    if ('outputs' in operation && operation.outputs !== undefined)
      return [await tx.call(this.#statement(call ?? ''), binds, operation.outputs)];
    if (call !== undefined) await tx.run(this.#statement(call), binds);
    return tx.all(this.#statement(sql), binds);
  }

  /** @throws {DatabaseError} `fault` for a result code that the configuration does not know */
  answerOf(name: ChangeName, rows: readonly Row[]): Answer {
    const operation = this.operation(name);
    const [first] = rows;
    if (first === undefined) throw new DatabaseError('fault', `revenue.operations.${name} gave no row`);
    const row = renamed(first, operation.columns);
    const code = textCell(row, 'code');
    const own = 'codes' in operation ? operation.codes : {};
    const known = { ...this.settings.codes, ...own };
    const meaning = Object.hasOwn(known, code) ? known[code] : undefined;
    if (meaning === undefined)
      throw new DatabaseError('fault', `${name}: result code ${code} is not in revenue.codes`);
    return { meaning, row };
  }

  #statement(text: string): Statement {
    const known = this.#statements.get(text);
    if (known !== undefined) return known;
    const made = statementOf(text);
    this.#statements.set(text, made);
    return made;
  }
}

/** The row with our names beside theirs. */
export function renamed(row: Row, columns: Operation['columns']): Row {
  const out: Record<string, unknown> = { ...row };
  for (const [ours, theirs] of Object.entries(columns)) out[ours] = row[theirs];
  return out;
}
/** A column that they may leave out. */
export const textOr = (row: Row, column: string, otherwise = ''): string =>
  row[column] === undefined ? otherwise : textCell(row, column) || otherwise;
