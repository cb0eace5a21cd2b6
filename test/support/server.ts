/* A listener in this process, with real certificates and a revenue system that the test writes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, systemIds } from '../../src/clock.js';
import { handlers } from '../../src/handlers/index.js';
import type { LogEvent, LogFields } from '../../src/log.js';
import { makeMetrics } from '../../src/metrics.js';
import {
  fingerprint,
  type Peer as StoredPeer,
  savePeers,
  selfSign,
  writeWhole,
} from '../../src/pki/index.js';
import type { RevenueSystem } from '../../src/revenue/revenue-system.js';
import { type Unit, unitWith } from '../../src/revenue/unit.js';
import { listen, loadTrust, makeAnswerer } from '../../src/server/index.js';
import { type ServerSettings, serverSettings } from '../../src/server/settings.js';

export interface ServerOptions {
  readonly revenue?: Partial<RevenueSystem>;
  readonly units?: readonly Unit[];
  readonly dialect?: StoredPeer['dialect'];
  readonly limits?: Partial<ServerSettings['limits']>;
  /** What certificates are judged by; default: the system's clock. */
  readonly now?: () => number;
}

/** Never asked by the test: a call is a failure of the test. */
const unasked = new Proxy(
  {},
  { get: (_, name) => () => Promise.reject(new Error(`not expected: ${String(name)}`)) },
);

/** The revenue system of a test: what is not given must not be called. */
export const revenueWith = (given: Partial<RevenueSystem>): RevenueSystem =>
  new Proxy(given, {
    get: (target, name) => Reflect.get(target, name) ?? Reflect.get(unasked, name),
  }) as RevenueSystem;

export async function startServer(options: ServerOptions = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-server-'));
  const now = systemClock.now();
  const make = (subject: string) => selfSign({ subject, usage: 'both', keyType: 'ecdsa-p256', days: 2, now });
  const [own, platform] = await Promise.all([make('server'), make('platform')]);
  await writeWhole(join(dir, 'certs', 'server.crt'), own.certPem, 'public');
  await writeWhole(join(dir, 'certs', 'server.key'), own.keyPem, 'secret');
  const units = options.units ?? [unitWith('36745', {}, { acceptanceDays: undefined })];
  await savePeers(dir, [
    {
      name: 'platform',
      units: units.map((unit) => unit.id),
      state: 'active',
      pins: [{ sha256: fingerprint(platform.certPem), pem: platform.certPem, addedAt: now }],
      dialect: options.dialect ?? {},
      legacy: { oldTls: false, weakCertificate: false },
      addedAt: now,
    },
  ]);
  const events: { name: LogEvent; fields: LogFields }[] = [];
  const waiting = new Set<() => void>();
  const log = {
    event(name: LogEvent, fields: LogFields = {}) {
      events.push({ name, fields });
      for (const look of waiting) look();
    },
  };
  const metrics = makeMetrics();
  const settings = serverSettings.parse({ port: 0, limits: options.limits ?? {} });
  const records: (() => unknown)[] = [];
  const answer = makeAnswerer({
    handlers,
    unitOf: (id) => units.find((unit) => unit.id === id),
    revenue: revenueWith(options.revenue ?? {}),
    files: { announced: async () => ({ verdict: 'not-there', detail: '' }) },
    exchangeLog: { add: (record) => void records.push(record), flush: async () => {}, close: async () => {} },
    clock: systemClock,
    ids: systemIds,
    log,
    metrics,
    limits: () => settings.limits,
  });
  const trust = await loadTrust(dir, { ...systemClock, now: options.now ?? systemClock.now });
  const listener = await listen({ settings, trust, answer, clock: systemClock, log, metrics });
  return {
    dir,
    listener,
    events,
    /** The first event of this name from `since` (an index of `events`) on; waits for it. */
    event(name: LogEvent, since = 0): Promise<LogFields> {
      return new Promise((resolve) => {
        const look = () => {
          const found = events.slice(since).find((event) => event.name === name);
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found.fields);
        };
        waiting.add(look);
        look();
      });
    },
    metrics,
    records,
    /** TLS options of the platform. */
    client: { port: listener.port, cert: platform.certPem, key: platform.keyPem, ca: own.certPem },
    async close() {
      listener.destroy();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
export type TestServer = Awaited<ReturnType<typeof startServer>>;
