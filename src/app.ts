/* The only place where the parts are wired together. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Clock, type Ids, systemClock, systemIds } from './clock.js';
import type { LoadedConfig } from './config/index.js';
import { migrate, openDatabase } from './database/index.js';
import { handlers } from './handlers/index.js';
import { openLog } from './log.js';
import { makeMetrics } from './metrics.js';
import { daysLeftByUse, watchExpiry, watchTrust } from './pki/index.js';
import { makeReloader, type ReloadOutcome, warnOfLegacy } from './reload.js';
import { openBuiltinRevenue } from './revenue/index.js';
import { listen, loadTrust, makeAnswerer, openExchangeLog } from './server/index.js';
import { startSftpServer } from './sftp/index.js';

export interface App {
  /** Name of what listens → its port. */
  readonly ports: Readonly<Record<string, number>>;
  /** Takes over sluice.yaml and certificates; refuses both whole when either has a fault. */
  reload(): Promise<ReloadOutcome>;
  /** Answers what was accepted, then closes everything. */
  stop(): Promise<void>;
}
export interface AppParts {
  readonly config: LoadedConfig;
  readonly clock?: Clock;
  readonly ids?: Ids;
  /** How a reload reads the configuration; default: as it was at the start. */
  readonly readConfig?: () => LoadedConfig;
}

/** @throws {OperatorError} when something cannot start; what had started is closed again */
export async function startApp({
  config,
  clock = systemClock,
  ids = systemIds,
  readConfig = () => config,
}: AppParts): Promise<App> {
  const closers: (() => Promise<void> | void)[] = [];
  const closeAll = async () => {
    for (const close of closers.reverse()) await close();
  };
  try {
    return await start();
  } catch (error) {
    await closeAll();
    throw error;
  }

  async function start(): Promise<App> {
    const log = openLog({
      dir: join(config.dir, 'logs'),
      level: config.log.level,
      fileBytesMax: config.log.fileMiB * 1024 * 1024,
      filesMax: config.log.files,
      console: process.stderr.isTTY === true,
    });
    closers.push(() => log.close());
    const metrics = makeMetrics();
    const trust = await loadTrust(config.dir, clock);
    warnOfLegacy(trust, log);
    const database = await openDatabase(config.database, { dir: config.dir, clock, log });
    closers.push(() => database.close());
    await migrate(database);
    const revenue = openBuiltinRevenue({ database, clock, ids });
    const exchangeLog = openExchangeLog({ database, clock, log, metrics });
    closers.push(() => exchangeLog.close());
    let units = unitsOf(config);
    let { requestMs } = config.server.limits;
    const answer = makeAnswerer({
      handlers,
      unitOf: (id) => units.get(id),
      revenue,
      files: { announced: async () => ({ verdict: 'not-there', detail: '' }) },
      exchangeLog,
      clock,
      ids,
      log,
      metrics,
      get requestMs() {
        return requestMs;
      },
    });
    const listener = await listen({ settings: config.server, trust, answer, clock, log, metrics });
    closers.push(() => listener.drain());
    const reload = makeReloader({
      config,
      clock,
      log,
      readConfig,
      readTrust: () => loadTrust(config.dir, clock, true),
      apply(next, changed) {
        listener.setTrust(changed);
        listener.setLimits(next.server.limits);
        units = unitsOf(next);
        requestMs = next.server.limits.requestMs;
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
    const sftp = config.sftp.enabled
      ? await startSftpServer({
          settings: config.sftp,
          database,
          hostKeysDir: join(config.dir, 'sftp'),
          root: resolve(config.dir, config.sftp.root),
          clock,
          log,
        })
      : undefined;
    if (sftp) closers.push(() => sftp.close());
    const ports = { platform: listener.port, ...(sftp && { sftp: sftp.port }) };
    closers.push(writePorts(config.dir, ports));
    log.event('app.ready', { ...ports, database: config.database.client, units: units.size });
    return {
      ports,
      reload: () => reload('all'),
      async stop() {
        log.event('app.stopping');
        await closeAll();
      },
    };
  }
}

const unitsOf = ({ units }: LoadedConfig) => new Map(units.map((unit) => [unit.id, unit]));

/** Other commands find a running gateway's ports here, also when they were chosen freely. */
function writePorts(dir: string, ports: Readonly<Record<string, number>>): () => void {
  const file = join(dir, 'run', 'ports.json');
  mkdirSync(join(dir, 'run'), { recursive: true, mode: 0o750 });
  writeFileSync(file, `${JSON.stringify({ ...ports, pid: process.pid })}\n`);
  return () => rmSync(file, { force: true });
}
