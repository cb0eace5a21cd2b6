/* The only place where the parts are wired together. */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Alarms, openAlarms } from './alarm.js';
import { openAppExchange } from './app-exchange.js';
import { watchReconciliation } from './app-reconciliation.js';
import { type Clock, type Ids, systemClock, systemIds } from './clock.js';
import type { LoadedConfig } from './config/index.js';
import { type Database, migrate, openDatabase, watchWrites } from './database/index.js';
import type { Exchange } from './exchange/index.js';
import { handlers } from './handlers/index.js';
import { type Log, openLog } from './log.js';
import { type Metrics, makeMetrics, measureDatabases, measureEventLoop } from './metrics.js';
import { serveMonitoring } from './monitoring.js';
import { measureOpenDays } from './open-days.js';
import { daysLeftByUse, watchExpiry, watchTrust } from './pki/index.js';
import { makeReloader, type ReloadOutcome, warnOfLegacy, writeOutcome } from './reload.js';
import type { RevenueSystem } from './revenue/index.js';
import { openRevenue } from './revenue-opening.js';
import { listen, loadTrust, makeAnswerer, openExchangeLog, type TicketKeys } from './server/index.js';
import { sftpMetersOf, startSftpServer } from './sftp/index.js';
import { watchStalls } from './stalls.js';
import { capturing } from './tools/index.js';

/** What one process does: everything, or (several processes) the platform's socket, or all the rest. */
export type Role = 'all' | 'gateway' | 'jobs';

export interface App {
  /** Name of what listens → its port. */
  readonly ports: Readonly<Record<string, number>>;
  readonly metrics: Metrics;
  /** Takes over sluice.yaml and certificates; refuses both whole when either has a fault. */
  reload(): Promise<ReloadOutcome>;
  /** Answers what was accepted, then closes everything. */
  stop(): Promise<void>;
}
export interface AppParts {
  readonly config: LoadedConfig;
  /** How a reload reads the configuration; default: as it was at the start. */
  readonly readConfig?: () => LoadedConfig;
  readonly role?: Role;
  /** Tells the log files of several processes apart. */
  readonly name?: string;
  /** Prometheus text of all processes; default: of this one. */
  readonly allMetrics?: (own: Metrics) => Promise<string>;
  /** Of TLS sessions, where several processes share the socket. */
  readonly ticketKeys?: TicketKeys;
  readonly clock?: Clock;
  readonly ids?: Ids;
}

/** What every part gets. */
interface Ground {
  readonly config: LoadedConfig;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly database: Database;
  readonly revenue: RevenueSystem;
  readonly alarms: Alarms;
  /** Ours, and the utility's own where the revenue is in there. */
  readonly databases: Readonly<Record<string, Database>>;
  /** Undone in reverse order. */
  readonly closers: (() => Promise<void> | void)[];
}

/** @throws {OperatorError} when something cannot start; what had started is closed again */
export async function startApp(parts: AppParts): Promise<App> {
  const { config, role = 'all', clock = systemClock, ids = systemIds } = parts;
  const closers: Ground['closers'] = [];
  const closeAll = async () => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    const log = openAppLog(config, clock, parts.name);
    closers.push(() => log.close());
    const metrics = makeMetrics();
    const database = await openDatabase(config.database, { dir: config.dir, clock, log });
    closers.push(() => database.close());
    await migrate(database);
    closers.push(watchWrites(database, clock, ids.uuid()));
    const alarms = openAlarms({ settings: config.alarms, database, clock, log, metrics });
    const base = { config, clock, ids, log, metrics, database, alarms, closers };
    const { revenue, theirs } = await openRevenue(base, role !== 'gateway');
    const databases = { own: database, ...(theirs && { revenue: theirs }) };
    measureDatabases(metrics, databases);
    closers.push(measureEventLoop(metrics));
    closers.push(watchStalls(log, clock));
    const ground: Ground = { ...base, revenue, databases };
    // Every process takes in what is announced to it; files are looked for, processed and sent by that of the jobs.
    const exchange = openAppExchange({ ...ground, processes: role !== 'gateway' });
    closers.push(() => exchange.stop());
    const gateway = role === 'jobs' ? undefined : await startGateway(ground, parts, exchange);
    const jobPorts = role === 'gateway' ? {} : await startJobs(ground, parts, exchange);
    const ports = { ...(gateway && { platform: gateway.port }), ...jobPorts };
    if (role === 'all') closers.push(writePorts(config.dir, ports));
    log.event('app.ready', { ...ports, role, database: config.database.client, units: config.units.length });
    return {
      ports,
      metrics,
      // The jobs read what changes (accounts, certificates) where it is kept; only the gateway holds settings.
      reload: gateway?.reload ?? (async () => ({ at: clock.now(), applied: true, reason: '', restart: [] })),
      async stop() {
        log.event('app.stopping');
        await closeAll();
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

function openAppLog({ dir, log }: LoadedConfig, clock: Clock, name = 'sluice') {
  return openLog({
    dir: join(dir, 'logs'),
    name,
    level: log.level,
    fileBytesMax: log.fileMiB * 1024 * 1024,
    filesMax: log.files,
    console: process.stderr.isTTY === true,
    clock,
  });
}

const unitsOf = ({ units }: LoadedConfig) => new Map(units.map((unit) => [unit.id, unit]));

/** The socket for the platform, with all that stands behind it. */
async function startGateway(ground: Ground, parts: AppParts, exchange: Exchange) {
  const { readConfig, role = 'all', ticketKeys } = parts;
  const { config, clock, ids, log, metrics, database, revenue, closers } = ground;
  const trust = await loadTrust(config.dir, clock);
  warnOfLegacy(trust, log);
  const exchangeLog = openExchangeLog({ database, clock, log, metrics });
  closers.push(() => exchangeLog.close());
  let units = unitsOf(config);
  let { limits } = config.server;
  const answering = makeAnswerer({
    handlers,
    unitOf: (id) => units.get(id),
    revenue,
    files: exchange.arrival,
    exchangeLog,
    clock,
    ids,
    log,
    metrics,
    limits: () => limits,
  });
  const captured = capturing(answering, {
    settings: config.capture,
    dir: resolve(config.dir, config.capture.dir),
    dialectOf: (id) => units.get(id)?.dialect,
    clock,
    ids,
    log,
  });
  closers.push(captured.close);
  const { answer, uncut } = captured;
  const base = { settings: config.server, trust, answer, uncut, clock, log, metrics };
  const listener = await listen({ ...base, ...(ticketKeys && { ticketKeys }) });
  closers.push(() => listener.drain());
  const reload = makeReloader({
    config,
    clock,
    log,
    readConfig: readConfig ?? (() => config),
    readTrust: () => loadTrust(config.dir, clock, true),
    record: role === 'all' ? writeOutcome : () => {},
    apply(next, changed) {
      listener.setTrust(changed);
      listener.setLimits(next.server.limits);
      units = unitsOf(next);
      limits = next.server.limits;
      watch.expect(changed.certificates.changesAt);
      void expiry.look();
    },
  });
  const watch = watchTrust(config.dir, () => void reload('trust'), clock);
  watch.expect(trust.certificates.changesAt);
  closers.push(() => watch.close());
  const expiry = await watchExpiry(config.dir, log, clock, (certificates) => {
    metrics.certificateDaysLeft.reset();
    for (const { use, name, daysLeft } of daysLeftByUse(certificates))
      metrics.certificateDaysLeft.set({ use, name }, daysLeft);
  });
  closers.push(() => expiry.close());
  return { port: listener.port, reload: () => reload('all') };
}

/** What exactly one process does. Gives the ports. */
async function startJobs(
  ground: Ground,
  { allMetrics }: AppParts,
  exchange: Exchange,
): Promise<Record<string, number>> {
  const { config, clock, log, metrics, database, databases, revenue, closers } = ground;
  const sftp = config.sftp.enabled
    ? await startSftpServer({
        settings: config.sftp,
        database,
        hostKeysDir: join(config.dir, 'sftp'),
        root: resolve(config.dir, config.sftp.root),
        clock,
        log,
        meters: sftpMetersOf(metrics),
        published: () => exchange.expect(),
      })
    : undefined;
  if (sftp) closers.push(() => sftp.close());
  exchange.start();
  measureOpenDays(metrics, database);
  closers.push(watchReconciliation(ground));
  const monitoring = await serveMonitoring({
    settings: config.metrics,
    metrics: () => allMetrics?.(metrics) ?? metrics.registry.metrics(),
    async ready() {
      await revenue.ping();
      return Object.values(databases).some(({ writes }) => writes.readOnly) ? 'degraded' : 'ready';
    },
  });
  closers.push(() => monitoring.close());
  return { ...(sftp && { sftp: sftp.port }), metrics: monitoring.port };
}

/** Other commands find a running gateway's ports and process here, also when the ports were chosen freely. */
export function writePorts(dir: string, ports: Readonly<Record<string, number>>): () => void {
  const file = join(dir, 'run', 'ports.json');
  mkdirSync(join(dir, 'run'), { recursive: true, mode: 0o750 });
  writeFileSync(file, `${JSON.stringify({ ...ports, pid: process.pid })}\n`);
  return () => rmSync(file, { force: true });
}
