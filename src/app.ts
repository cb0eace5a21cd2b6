/* The only place where the parts are wired together. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Clock, type Ids, systemClock, systemIds } from './clock.js';
import type { LoadedConfig } from './config/index.js';
import { migrate, openDatabase } from './database/index.js';
import { messageOf } from './errors.js';
import { handlers } from './handlers/index.js';
import { openLog } from './log.js';
import { makeMetrics } from './metrics.js';
import { legacyNeeds, watchTrust } from './pki/index.js';
import { openBuiltinRevenue } from './revenue/index.js';
import { listen, loadTrust, makeAnswerer, openExchangeLog } from './server/index.js';
import { startSftpServer } from './sftp/index.js';

export interface App {
  /** Name of what listens → its port. */
  readonly ports: Readonly<Record<string, number>>;
  /** Answers what was accepted, then closes everything. */
  stop(): Promise<void>;
}
export interface AppParts {
  readonly config: LoadedConfig;
  readonly clock?: Clock;
  readonly ids?: Ids;
}

/** @throws {OperatorError} when something cannot start; what had started is closed again */
export async function startApp({ config, clock = systemClock, ids = systemIds }: AppParts): Promise<App> {
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
    const legacy = legacyNeeds(trust.certificates.peers);
    for (const peer of legacy.oldTls) log.event('peer.legacy', { peer, switch: 'oldTls' });
    for (const peer of legacy.weakCertificate) log.event('peer.legacy', { peer, switch: 'weakCertificate' });
    const database = await openDatabase(config.database, { dir: config.dir, clock, log });
    closers.push(() => database.close());
    await migrate(database);
    const revenue = openBuiltinRevenue({ database, clock, ids });
    const exchangeLog = openExchangeLog({ database, clock, log, metrics });
    closers.push(() => exchangeLog.close());
    const units = new Map(config.units.map((unit) => [unit.id, unit]));
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
      requestMs: config.server.limits.requestMs,
    });
    const listener = await listen({ settings: config.server, trust, answer, clock, log, metrics });
    closers.push(() => listener.drain());
    const watch = watchTrust(config.dir, () => void reload(), clock);
    watch.expect(trust.certificates.changesAt);
    closers.push(() => watch.close());
    /** A bad new state is refused whole and the old one stays. */
    async function reload(): Promise<void> {
      try {
        const next = await loadTrust(config.dir, clock, true);
        listener.setTrust(next);
        watch.expect(next.certificates.changesAt);
        log.event('trust.reloaded');
      } catch (error) {
        log.event('trust.refused', { reason: messageOf(error) });
      }
    }
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
      async stop() {
        log.event('app.stopping');
        await closeAll();
      },
    };
  }
}

/** Other commands find a running gateway's ports here, also when they were chosen freely. */
function writePorts(dir: string, ports: Readonly<Record<string, number>>): () => void {
  const file = join(dir, 'run', 'ports.json');
  mkdirSync(join(dir, 'run'), { recursive: true, mode: 0o750 });
  writeFileSync(file, `${JSON.stringify({ ...ports, pid: process.pid })}\n`);
  return () => rmSync(file, { force: true });
}
