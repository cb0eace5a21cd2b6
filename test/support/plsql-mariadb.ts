/**
 * The `oracledb` module's place taken by MariaDB in its Oracle mode, which runs PL/SQL: our Oracle driver, blocks with IN and OUT binds and the
 * example of examples/legacy-oracle run for real. It is not Oracle: what is translated on the way is below, and docs/databases.md says what is left open.
 */
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { OracleConnection } from 'oracledb';
import type { OracleModule } from '../../src/database/oracle.js';

/** What the texts of the example need to be understood there. */
export const forMariadb = (text: string): string =>
  text
    .replace(/\((\d+) char\)/g, '($1)')
    // Dates are subtracted to numbers like 20240115 there.
    .replace('trunc(p_rq) - trunc(p_qsr)', 'datediff(p_rq, p_qsr)');
const TO_DATE =
  "create function to_date(p varchar2(20), f varchar2(20)) return date as begin return str_to_date(p, '%Y-%m-%d'); end;";

const modeOf = async (url: string) => {
  const connection = await createConnection({
    uri: url,
    multipleStatements: true,
    // Oracle gives numbers as text where it is asked to.
    typeCast: (field) => field.string(),
  });
  const mode = 'ORACLE,EMPTY_STRING_IS_NULL,STRICT_ALL_TABLES';
  const settings = `sql_mode = '${mode}', tx_isolation = 'READ-COMMITTED', autocommit = 0`;
  try {
    await connection.query(`set ${settings}`);
  } catch (error) {
    connection.destroy();
    throw error;
  }
  return connection;
};

/** Runs a script in which a line `/` ends a block and `;` at a line's end ends a statement before the first block. */
export function scriptOf(text: string): readonly string[] {
  const [tables = '', ...blocks] = text.split(/^(?=create or replace)/m);
  const statements = tables
    .replace(/--.*$/gm, '')
    .split(/;\s*$/m)
    .map((one) => one.trim());
  const bodies = blocks.map((block) => block.replace(/^\/\s*$[\s\S]*/m, '').trim());
  return [...statements, ...bodies].filter((one) => one !== '');
}
export async function loadOnMariadb(url: string, script: readonly string[]): Promise<void> {
  const connection = await modeOf(url);
  try {
    for (const text of [TO_DATE, ...script]) await connection.query(forMariadb(text));
  } finally {
    await connection.end();
  }
}

const ORA_OF: Readonly<Record<number, string>> = {
  1062: 'ORA-00001',
  1205: 'ORA-30006',
  1213: 'ORA-00060',
  1064: 'ORA-00900',
};

interface Bind {
  readonly dir: number;
  readonly val?: unknown;
}
const BIND_IN = 3001;

/** @param seen every text that the driver sends, as it sends it */
export function plsqlModule(url: string, seen: string[] = []): OracleModule {
  return {
    OUT_FORMAT_ARRAY: 4001,
    DB_TYPE_NUMBER: 'number',
    DB_TYPE_CLOB: 'clob',
    STRING: 'string',
    BIND_IN,
    BIND_OUT: 3003,
    BIND_INOUT: 3002,
    async getConnection() {
      const connection = await modeOf(url);
      const ask = async (text: string) => {
        try {
          return await connection.query({ sql: text, rowsAsArray: true });
        } catch (error) {
          const errno = error instanceof Error && 'errno' in error ? Number(error.errno) : 0;
          throw Object.assign(new Error(String(error), { cause: error }), {
            code: ORA_OF[errno] ?? `ORA-2${errno}`,
          });
        }
      };
      const literal = (value: unknown) => connection.escape(value ?? null);
      return connectionOf({ connection, ask, literal, seen });
    },
  };
}

interface Answer {
  readonly rows?: unknown[][];
  readonly metaData?: { name: string }[];
  readonly rowsAffected?: number;
  readonly outBinds?: Record<string, unknown>;
}
interface Parts {
  readonly connection: Awaited<ReturnType<typeof modeOf>>;
  readonly ask: (text: string) => ReturnType<Awaited<ReturnType<typeof modeOf>>['query']>;
  readonly literal: (value: unknown) => string;
  readonly seen: string[];
}
function connectionOf({ connection, ask, literal, seen }: Parts): OracleConnection {
  let healthy = true;
  connection.on('error', () => {
    healthy = false;
  });
  return {
    callTimeout: 0,
    async execute(text, binds, options) {
      // Settings of Oracle's session, which are set above as far as they are known here.
      if (text.startsWith('alter session')) return {};
      seen.push(text);
      const done: Answer = Array.isArray(binds)
        ? await rows(text, binds)
        : await block(text, binds as Readonly<Record<string, Bind>>);
      if (options?.autoCommit === true) await ask('commit');
      if (options?.resultSet !== true) return done;
      const rest = [...(done.rows ?? [])];
      const resultSet = { getRows: async (most: number) => rest.splice(0, most), close: async () => {} };
      return { metaData: done.metaData ?? [], resultSet };
    },
    async executeMany(text, all) {
      for (const values of all) await rows(text, values);
      return {};
    },
    commit: async () => void (await ask('commit')),
    rollback: async () => void (await ask('rollback')),
    ping: async () => {},
    async close() {
      healthy = false;
      await connection.end();
    },
    isHealthy: () => healthy,
  };

  async function rows(text: string, values: readonly unknown[]) {
    const [result, fields] = await ask(replaced(text, (name) => literal(values[Number(name) - 1])));
    if (!Array.isArray(result)) return { rowsAffected: 'affectedRows' in result ? result.affectedRows : 0 };
    const metaData = fields.map(({ name }) => ({ name: name.toUpperCase() }));
    return { rows: result as RowDataPacket[][] as unknown[][], metaData, rowsAffected: 0 };
  }
  async function block(text: string, binds: Readonly<Record<string, Bind>>) {
    const back = Object.entries(binds).filter(([, bind]) => bind.dir !== BIND_IN);
    if (back.length > 0)
      await ask(`set ${back.map(([name, { val }]) => `@${name} = ${literal(val)}`).join(', ')}`);
    await ask(
      replaced(text, (name) => (binds[name]?.dir === BIND_IN ? literal(binds[name].val) : `@${name}`)),
    );
    if (back.length === 0) return { outBinds: {} };
    const [result] = await ask(`select ${back.map(([name]) => `@${name}`).join(', ')}`);
    const [row = []] = result as unknown as unknown[][];
    return { outBinds: Object.fromEntries(back.map(([name], at) => [name, row[at]])) };
  }
}

/** Binds outside of quoted text, each by what it is said to be. */
const replaced = (text: string, by: (name: string) => string): string =>
  text.replace(/'(?:[^']|'')*'|:=|:(\w+)/g, (token, name: string | undefined) =>
    name === undefined ? token : by(name),
  );
