/** As much of two drivers without types of their own as we use. */
declare module 'better-sqlite3' {
  interface RunResult {
    changes: number;
  }
  interface SqliteStatement {
    readonly reader: boolean;
    all(values: readonly unknown[]): unknown[];
    run(values: readonly unknown[]): RunResult;
    iterate(values: readonly unknown[]): IterableIterator<unknown>;
  }
  class SqliteConnection {
    constructor(file: string, options?: { readonly?: boolean; fileMustExist?: boolean; timeout?: number });
    readonly open: boolean;
    readonly inTransaction: boolean;
    prepare(text: string): SqliteStatement;
    exec(text: string): this;
    pragma(text: string, options?: { simple?: boolean }): unknown;
    close(): this;
  }
  export default SqliteConnection;
}

declare module 'oracledb' {
  interface OracleResultSet {
    getRows(count: number): Promise<unknown[][]>;
    close(): Promise<void>;
  }
  interface OracleResult {
    rows?: unknown[][];
    metaData?: { name: string }[];
    rowsAffected?: number;
    resultSet?: OracleResultSet;
    outBinds?: Record<string, unknown>;
  }
  interface OracleOptions {
    autoCommit?: boolean;
    outFormat?: number;
    resultSet?: boolean;
    fetchArraySize?: number;
    maxRows?: number;
    fetchTypeHandler?: (metaData: { dbType: unknown }) => { type: unknown } | undefined;
    bindDefs?: readonly unknown[];
  }
  export interface OracleConnection {
    callTimeout: number;
    execute(
      text: string,
      binds: readonly unknown[] | Record<string, unknown>,
      options?: OracleOptions,
    ): Promise<OracleResult>;
    executeMany(
      text: string,
      rows: readonly (readonly unknown[])[],
      options?: OracleOptions,
    ): Promise<OracleResult>;
    commit(): Promise<void>;
    rollback(): Promise<void>;
    ping(): Promise<void>;
    close(options?: { drop?: boolean }): Promise<void>;
    isHealthy(): boolean;
  }
  interface OracleDriver {
    readonly OUT_FORMAT_ARRAY: number;
    readonly DB_TYPE_NUMBER: unknown;
    readonly DB_TYPE_CLOB: unknown;
    readonly DB_TYPE_VARCHAR: unknown;
    readonly STRING: unknown;
    readonly NUMBER: unknown;
    readonly BIND_IN: number;
    readonly BIND_OUT: number;
    readonly BIND_INOUT: number;
    getConnection(settings: {
      user: string;
      password: string;
      connectString: string;
      connectTimeout?: number;
      transportConnectTimeout?: number;
      expireTime?: number;
    }): Promise<OracleConnection>;
  }
  const oracledb: OracleDriver;
  export default oracledb;
}
