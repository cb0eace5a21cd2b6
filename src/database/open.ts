import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { Clock } from '../clock.js';
import { codeOf, OperatorError } from '../errors.js';
import type { Log } from '../log.js';
import { cannotOpen } from './advice.js';
import type { Database } from './database.js';
import type { Driver, Link } from './driver.js';
import { durabilityFaults } from './durability.js';
import { OpenedDatabase } from './opened.js';
import type { OracleModule } from './oracle.js';
import { Pool } from './pool.js';
import type { DatabaseSettings } from './settings.js';
import { describeTarget, mysqlTarget, oracleTarget, postgresTargets } from './targets.js';

export interface OpenContext {
  readonly clock: Clock;
  readonly log: Log;
  /** Where a relative `file` lies; default the working directory. */
  readonly dir?: string;
  /** In the place of `oracledb`: tests. */
  readonly oracle?: OracleModule;
}

/** Connections that read SQLite beside the one that writes; a stream holds one. */
const SQLITE_READERS_MAX = 4;

/**
 * Opens the database and makes one connection, so that a wrong address shows at the start.
 * @throws {OperatorError} `database-unavailable` naming address, database and the driver's code
 */
export async function openDatabase(given: DatabaseSettings, context: OpenContext): Promise<Database> {
  const settings = withPassword(given, context.dir ?? '.');
  const opened = await build(settings, context);
  try {
    await opened.withLink(async () => {});
    for (const found of await durabilityFaults(opened))
      context.log.event('database.not-durable', { database: describeTarget(settings), setting: found });
  } catch (error) {
    await opened.close();
    throw cannotOpen(settings, error);
  }
  return opened;
}

function withPassword(settings: DatabaseSettings, dir: string): DatabaseSettings {
  const { passwordFile } = settings;
  if (passwordFile === undefined) return settings;
  const file = isAbsolute(passwordFile) ? passwordFile : join(dir, passwordFile);
  try {
    return { ...settings, password: readFileSync(file, 'utf8').split(/\r?\n/)[0] ?? '' };
  } catch (error) {
    throw new OperatorError(
      'config-invalid',
      `database.passwordFile cannot be read: ${file} (${codeOf(error)})`,
      'write the password into its first line, readable by the user who runs sluice only (chmod 600)',
      { cause: error },
    );
  }
}

async function build(settings: DatabaseSettings, context: OpenContext): Promise<OpenedDatabase> {
  const { clock, dir = '.' } = context;
  if (settings.client !== 'sqlite') return pooled(await serverDriver(settings, context), settings, context);
  const { sqliteDriver } = await import('./sqlite.js');
  const driver = sqliteDriver(isAbsolute(settings.file) ? settings.file : join(dir, settings.file), clock);
  const writers = poolOf(settings, clock, () => driver.connect(), 1, 'lock-timeout');
  const readers = poolOf(settings, clock, () => driver.connectReader(), SQLITE_READERS_MAX, 'unavailable');
  return new OpenedDatabase({ driver, writers, readers, ...common(settings, context) });
}

/** A server's database: one pool for everything. A test brings its own driver. */
export function pooled(driver: Driver, settings: DatabaseSettings, context: OpenContext): OpenedDatabase {
  const pool = poolOf(settings, context.clock, () => driver.connect(), settings.pool.max, 'unavailable');
  return new OpenedDatabase({ driver, writers: pool, readers: pool, ...common(settings, context) });
}

const common = (settings: DatabaseSettings, { clock, log }: OpenContext) => ({
  clock,
  log,
  target: describeTarget(settings),
  limits: { lockWaitMs: settings.lockWaitMs, statementTimeoutMs: settings.statementTimeoutMs },
});
function poolOf(
  { pool }: DatabaseSettings,
  clock: Clock,
  connect: () => Promise<Link>,
  max: number,
  timeoutLabel: 'unavailable' | 'lock-timeout',
): Pool<Link> {
  const { acquireTimeoutMs, idleTimeoutMs } = pool;
  return new Pool({
    connect,
    clock,
    max,
    min: Math.min(pool.min, max),
    acquireTimeoutMs,
    timeoutLabel,
    idleTimeoutMs,
  });
}

/** Only the driver that is used is loaded. */
async function serverDriver(
  settings: DatabaseSettings,
  { clock, oracle, dir = '.' }: OpenContext,
): Promise<Driver> {
  switch (settings.client) {
    case 'postgres':
      return (await import('./postgres.js')).postgresDriver(postgresTargets(settings, dir), clock);
    case 'mysql':
      return (await import('./mysql.js')).mysqlDriver(mysqlTarget(settings, dir), clock);
    case 'oracle':
      return (await import('./oracle.js')).oracleDriver(oracleTarget(settings), oracle);
    default:
      throw new OperatorError(
        'config-invalid',
        `no server client: ${settings.client}`,
        'see docs/databases.md',
      );
  }
}
