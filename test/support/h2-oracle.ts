/** The `oracledb` module's place taken by H2 in Oracle mode, over a Java program: our Oracle driver and every statement run for real. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { OracleConnection } from 'oracledb';
import type { OracleModule } from '../../src/database/oracle.js';
import { program } from './needs.js';

const JAR = '/usr/share/java/h2.jar';
const SOURCE = fileURLToPath(new URL('h2/Bridge.java', import.meta.url));

/** What keeps H2 from being used here. */
export const h2Missing: string | undefined =
  program('java', 'default-jdk-headless').missing ??
  (existsSync(JAR) ? undefined : 'apt-get install libh2-java');

interface Answer {
  readonly count: number;
  readonly columns: readonly string[];
  readonly rows: unknown[][];
}
interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}
type Cell = string | number | bigint | null;

const encode = (text: string) => Buffer.from(text).toString('base64');
const decode = (text: string) => Buffer.from(text, 'base64').toString();
const cellOf = (value: unknown): string => {
  if (value === null || value === undefined) return 'n';
  return typeof value === 'string' ? `s${encode(value)}` : `i${String(value)}`;
};

class Bridge {
  readonly #waiting = new Map<string, Waiting>();
  readonly #child: ChildProcess;
  #count = 0;
  constructor() {
    // A single source file needs no compiling beforehand.
    this.#child = spawn('java', ['-Xshare:auto', '-XX:TieredStopAtLevel=1', '-cp', JAR, SOURCE], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child.unref();
    const { stdout, stdin } = this.#child;
    if (stdout === null || stdin === null) throw new Error('no pipes');
    for (const pipe of [stdout, stdin]) if ('unref' in pipe && typeof pipe.unref === 'function') pipe.unref();
    createInterface({ input: stdout }).on('line', (line) => this.#answered(line.split('\t')));
    process.once('exit', () => this.#child.kill('SIGKILL'));
  }
  nextId(): string {
    return String(++this.#count);
  }
  ask(connection: string, operation: string, text = '', cells: readonly string[] = []): Promise<Answer> {
    const id = this.nextId();
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.stdin?.write(`${[id, connection, operation, encode(text), ...cells].join('\t')}\n`);
    });
  }
  #answered([id = '', kind, first = '', second = '', third = '']: string[]): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (kind === 'err') {
      waiting?.reject(Object.assign(new Error(decode(second)), { code: first }));
      return;
    }
    const rows = third === '' ? [] : third.split(';').map((row) => row.split(',').map(readCell));
    const columns = second === '' ? [] : second.split(',').map(decode);
    waiting?.resolve({ count: Number(first), columns, rows });
  }
}
const readCell = (cell: string): unknown => (cell === 'n' ? null : decode(cell.slice(1)));

let bridge: Bridge | undefined;
/** The module for one database, which is empty at first and gone with the process. */
export function h2Module(database: string): OracleModule {
  bridge ??= new Bridge();
  const shared = bridge;
  return {
    OUT_FORMAT_ARRAY: 4001,
    DB_TYPE_NUMBER: 'number',
    DB_TYPE_CLOB: 'clob',
    STRING: 'string',
    BIND_IN: 3001,
    BIND_OUT: 3003,
    BIND_INOUT: 3002,
    async getConnection() {
      const id = `c${shared.nextId()}`;
      await shared.ask(id, 'open', database);
      return connectionOf(shared, id);
    },
  };
}

/** Lets H2 parse and plan statements rendered for Oracle; gives what it says of those that it refuses. */
export async function h2Prepare(
  database: string,
  texts: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  bridge ??= new Bridge();
  const id = `c${bridge.nextId()}`;
  await bridge.ask(id, 'open', database);
  const faults = new Map<string, string>();
  for (const text of texts)
    await bridge.ask(id, 'prepare', text).catch((error: Error) => void faults.set(text, error.message));
  await bridge.ask(id, 'close');
  return faults;
}

function connectionOf(shared: Bridge, id: string): OracleConnection {
  let healthy = true;
  return {
    callTimeout: 0,
    async execute(text, binds, options) {
      // Settings of Oracle's session, which H2 has not.
      if (text.startsWith('alter session')) return {};
      const cells = (binds as readonly Cell[]).map(cellOf);
      const { count, columns, rows } = await shared.ask(
        id,
        options?.autoCommit === true ? 'auto' : 'exec',
        text,
        cells,
      );
      const metaData = columns.map((name) => ({ name }));
      if (options?.resultSet !== true) return { rows, metaData, rowsAffected: count };
      const rest = [...rows];
      const resultSet = { getRows: async (most: number) => rest.splice(0, most), close: async () => {} };
      return { metaData, resultSet };
    },
    async executeMany(text, rows) {
      await shared.ask(
        id,
        'many',
        text,
        rows.map((row) => row.map(cellOf).join(',')),
      );
      return {};
    },
    commit: async () => void (await shared.ask(id, 'commit')),
    rollback: async () => void (await shared.ask(id, 'rollback')),
    ping: async () => {},
    async close() {
      healthy = false;
      await shared.ask(id, 'close');
    },
    isHealthy: () => healthy,
  };
}
