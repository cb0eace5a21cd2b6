/** A stand-in for the `oracledb` module: it remembers what it was asked, and fails as it is told. */
import type { OracleConnection } from 'oracledb';
import type { OracleModule } from '../../src/database/oracle.js';

export type Call = 'connect' | 'execute' | 'executeMany' | 'commit' | 'rollback' | 'close';
interface Planned {
  readonly call: Call;
  /** The n-th call of this kind from now. */
  nth: number;
  /** A driver's code, or `hang`: no answer, ever. */
  readonly fault: string;
}

/** An error as the driver makes it. */
export const oracleError = (code: string): Error => Object.assign(new Error(`${code}: scripted`), { code });
/** After these the driver calls its connection unhealthy, whatever the call was. */
const LOSES_CONNECTION = /^(?:NJS-(?:5\d\d|003)|ORA-03113|ORA-03114|ORA-00028)/;

export class FakeOracle {
  /** Every call in order: connection number and call, with the statement where there is one. */
  readonly calls: string[] = [];
  readonly #planned: Planned[] = [];
  #connections = 0;
  /** Rows that the next selects give. */
  rows: unknown[][] = [];
  columns: string[] = [];
  /** What the next blocks give. */
  outBinds: Record<string, unknown> = {};
  /** The binds of the last call. */
  binds: unknown;

  /** The n-th call of this kind from now fails with the code. */
  fail(call: Call, fault: string, nth = 1): this {
    this.#planned.push({ call, fault, nth });
    return this;
  }

  readonly module = {
    OUT_FORMAT_ARRAY: 4001,
    DB_TYPE_NUMBER: 'number',
    DB_TYPE_CLOB: 'clob',
    STRING: 'string',
    BIND_IN: 3001,
    BIND_OUT: 3003,
    BIND_INOUT: 3002,
    getConnection: async () => {
      await this.#meet('connect', ++this.#connections);
      return this.#connection(this.#connections);
    },
  } satisfies OracleModule;

  #connection(id: number): OracleConnection {
    let healthy = true;
    const meet = async (call: Call, text?: string) => {
      try {
        await this.#meet(call, id, text);
      } catch (error) {
        if (LOSES_CONNECTION.test(String(error).replace('Error: ', ''))) healthy = false;
        throw error;
      }
    };
    return {
      callTimeout: 0,
      execute: async (text, binds, options) => {
        // The settings of a new session are no call of the test.
        if (text.startsWith('alter session')) return {};
        this.binds = binds;
        await meet('execute', `${text}${options?.autoCommit === true ? ' (autocommit)' : ''}`);
        const metaData = this.columns.map((name) => ({ name }));
        return { rows: this.rows, metaData, rowsAffected: 1, outBinds: this.outBinds };
      },
      executeMany: async (text, rows) => {
        await meet('executeMany', `${text} × ${rows.length}`);
        return {};
      },
      commit: () => meet('commit'),
      rollback: () => meet('rollback'),
      ping: async () => {},
      close: async (options) => {
        healthy = false;
        await meet('close', options?.drop === true ? 'drop' : '');
      },
      isHealthy: () => healthy,
    };
  }

  async #meet(call: Call, id: number, text = ''): Promise<void> {
    this.calls.push(`${id} ${call}${text === '' ? '' : ` ${text}`}`);
    for (const one of this.#planned) if (one.call === call) one.nth--;
    const planned = this.#planned.find((one) => one.call === call && one.nth === 0);
    if (planned === undefined) return;
    this.#planned.splice(this.#planned.indexOf(planned), 1);
    if (planned.fault === 'hang') await new Promise(() => {});
    throw oracleError(planned.fault);
  }
}
