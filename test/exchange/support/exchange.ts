/** An exchange of one unit with directories of its own, for tests. */
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock, systemIds } from '../../../src/clock.js';
import { type Database, sql } from '../../../src/database/index.js';
import type { Exchange, ExchangeParts, ExchangeSettings } from '../../../src/exchange/index.js';
import { exchangeSettings, openExchange, silentMeters } from '../../../src/exchange/index.js';
import type { Log, LogEvent, LogFields } from '../../../src/log.js';
import { unitWith } from '../../../src/revenue/unit.js';

export interface Logged {
  readonly name: LogEvent;
  readonly fields: LogFields;
}
/** A log that keeps what was said. */
export function keptLog(): Log & { readonly events: Logged[] } {
  const events: Logged[] = [];
  return { events, event: (name, fields = {}) => void events.push({ name, fields }) };
}

export interface TestExchange {
  readonly root: string;
  readonly log: ReturnType<typeof keptLog>;
  /** Another node on the same database and directories. */
  node(overrides?: Partial<ExchangeParts>): Exchange;
  /** Puts a file into the unit's upload directory, as old as it must be to be whole. */
  upload(name: string, content: string | Buffer, options?: { readonly fresh?: boolean }): Promise<string>;
  /** The settings of these tests, with others over them. */
  settings(more?: object): ExchangeSettings;
  /** As if the node that has the file were gone. */
  expireClaim(database: Database, id: string): Promise<void>;
  close(): Promise<void>;
}
const expire = sql('update incoming_files set claimed_until = 1 where file_id = :id');

export const limits = {
  stableMs: 200,
  pollMs: 200,
  absentMs: 300,
  answerMarginMs: 100,
  leaseMs: 2000,
  retryMs: 50,
};

export async function makeExchange(database: Database): Promise<TestExchange> {
  const root = await mkdtemp(join(tmpdir(), 'sluice-exchange-'));
  const log = keptLog();
  const nodes: Exchange[] = [];
  const settings = (more: object = {}) => exchangeSettings.parse({ limits, watch: false, ...more });
  return {
    root,
    log,
    settings,
    expireClaim: async (db, id) => void (await db.run(expire, { id })),
    node(overrides = {}) {
      const exchange = openExchange({
        settings: settings(),
        units: [unitWith('39536', {}, {}, { shortName: 'GSCQQIANNENG' }), unitWith('00')],
        root,
        database,
        processors: [],
        producers: [],
        call: async () => ({ kind: 'unanswered', reason: 'no platform in this test' }),
        openRemote: () => {
          throw new Error('no remote place in this test');
        },
        clock: systemClock,
        ids: systemIds,
        log,
        meters: silentMeters,
        ...overrides,
      });
      nodes.push(exchange);
      return exchange;
    },
    async upload(name, content, { fresh = false } = {}) {
      const path = join(root, '39536', 'upload', name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
      if (!fresh) await utimes(path, 1_700_000_000, 1_700_000_000);
      return path;
    },
    async close() {
      for (const exchange of nodes) await exchange.stop();
      await rm(root, { recursive: true, force: true });
    },
  };
}
