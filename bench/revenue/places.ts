/** A fresh database of its own for each client that this machine has; dropped afterwards. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { type DatabaseSettings, databaseSettings } from '../../src/database/index.js';

export type BenchClient = 'sqlite' | 'postgres' | 'mysql';
export interface Place {
  readonly client: BenchClient;
  readonly settings: DatabaseSettings;
  drop(): Promise<void>;
}

const postgresUrl = process.env.SLUICE_TEST_PG_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres';
const mysqlUrl = process.env.SLUICE_TEST_MYSQL_URL ?? 'mysql://root@127.0.0.1:3306/test';
const name = `sluice_bench_${process.pid}`;
const at = (url: string) => Object.assign(new URL(url), { pathname: `/${name}` }).href;
/** As many connections as the bench has callers. */
export const CALLERS = 8;
const pool = { max: CALLERS };
const patient = { statementTimeoutMs: 600_000, pool };

export async function makePlace(client: BenchClient): Promise<Place> {
  switch (client) {
    case 'sqlite': {
      const dir = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
      const settings = databaseSettings.parse({ client, file: join(dir, 'bench.sqlite'), ...patient });
      return { client, settings, drop: async () => rmSync(dir, { recursive: true, force: true }) };
    }
    case 'postgres': {
      const admin = async (text: string) => {
        const connection = new pg.Client({ connectionString: postgresUrl });
        await connection.connect();
        await connection.query(text).finally(() => connection.end());
      };
      await admin(`create database ${name}`);
      const settings = databaseSettings.parse({ client, url: at(postgresUrl), ...patient });
      return { client, settings, drop: () => admin(`drop database ${name} with (force)`) };
    }
    case 'mysql': {
      const admin = async (text: string) => {
        const connection = await createConnection(mysqlUrl);
        await connection.query(text).finally(() => connection.end());
      };
      await admin(`create database ${name} character set utf8mb4 collate utf8mb4_bin`);
      const settings = databaseSettings.parse({ client, url: at(mysqlUrl), ...patient });
      return { client, settings, drop: () => admin(`drop database ${name}`) };
    }
    default:
      return client satisfies never;
  }
}
