/* The exchange log: one row for every exchange, written in batches behind the answer, personal fields masked. */
import { type Clock, chinaDay, type Moment } from '../clock.js';
import {
  type Binds,
  type Database,
  hasLabel,
  numberCell,
  type Row,
  sql,
  textCell,
} from '../database/index.js';
import { messageOf } from '../errors.js';
import type { Log } from '../log.js';
import type { Metrics } from '../metrics.js';

/** One exchange as it is kept. Request and answer are masked JSON texts. */
export interface ExchangeRecord {
  readonly id: string;
  readonly at: Moment;
  readonly peer: string;
  readonly address: string;
  readonly unit: string;
  readonly service: string;
  readonly messageId: string;
  readonly serial: string;
  readonly customer: string;
  readonly resultCode: string;
  readonly reason: string;
  readonly durationMs: number;
  readonly request: string;
  readonly answer: string;
}

const insertExchange = sql(
  `insert into exchanges (id, at_ms, day, peer, address, unit, service, message_id, serial, customer, result_code,
     reason, duration_ms, request, answer)
   values (:id, :at_ms, :day, :peer, :address, :unit, :service, :message_id, :serial, :customer, :result_code,
     :reason, :duration_ms, :request, :answer)`,
);
const BATCH_ROWS = 200;
const BATCH_MS = 250;
/** How long rows wait before a database that could not take them is tried again. */
const AGAIN_MS = 1000;
/** Rows kept meanwhile: a hostile request is up to 256 KiB, and stays whole until its row is built. */
const AWAY_ROWS_MAX = 5000;
/** Rows that may wait for a slow database; beyond it they are counted as lost, never kept in growing memory. */
const WAITING_ROWS_MAX = 20_000;

export interface ExchangeLog {
  /** Takes the record; it is built (and masked) only when its batch is written, behind the answer. */
  add(record: () => ExchangeRecord): void;
  /** Writes what is waiting. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export function openExchangeLog(parts: {
  database: Database;
  clock: Clock;
  log: Log;
  metrics: Metrics;
}): ExchangeLog {
  const { database, clock, log, metrics } = parts;
  let waiting: (() => ExchangeRecord)[] = [];
  let writing: Promise<void> = Promise.resolve();
  let closing = false;
  let again = 0;
  const cancel = clock.every(BATCH_MS, () => {
    if (waiting.length > 0 && clock.now() >= again) void flush();
  });

  function flush(): Promise<void> {
    writing = writing.then(writeWaiting);
    return writing;
  }
  async function writeWaiting(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, BATCH_ROWS);
      waiting = waiting.slice(BATCH_ROWS);
      try {
        const rows = batch.map((build) => bindsOf(build()));
        await database.transaction((tx) => tx.runMany(insertExchange, rows));
      } catch (error) {
        // While the database is away or takes no writes, rows wait for it as far as there is room.
        if (!closing && hasLabel(error, 'read-only', 'unavailable')) {
          waiting = [...batch, ...waiting];
          again = clock.now() + AGAIN_MS;
          return;
        }
        metrics.exchangeLogLost.inc(batch.length);
        log.event('exchange-log.lost', { rows: batch.length, reason: messageOf(error) });
      }
    }
  }
  return {
    add(record) {
      if (waiting.length >= (clock.now() < again ? AWAY_ROWS_MAX : WAITING_ROWS_MAX)) {
        metrics.exchangeLogLost.inc();
        return;
      }
      waiting.push(record);
      if (waiting.length === BATCH_ROWS && clock.now() >= again) void flush();
    },
    flush,
    async close() {
      cancel();
      closing = true;
      await flush();
    },
  };
}

const bindsOf = (r: ExchangeRecord): Binds => ({
  id: r.id,
  at_ms: r.at,
  day: chinaDay(r.at),
  peer: r.peer,
  address: r.address || null,
  unit: r.unit || null,
  service: r.service,
  message_id: r.messageId || null,
  serial: r.serial || null,
  customer: r.customer || null,
  result_code: r.resultCode,
  reason: r.reason.slice(0, 500) || null,
  duration_ms: r.durationMs,
  request: r.request,
  answer: r.answer,
});

/** What `sluice log` looks for; absent members do not narrow. */
export interface ExchangeSearch {
  readonly serial?: string | undefined;
  readonly customer?: string | undefined;
  readonly messageId?: string | undefined;
  readonly service?: string | undefined;
  readonly unit?: string | undefined;
  readonly resultCode?: string | undefined;
  readonly since?: Moment | undefined;
  readonly rowsMax: number;
}

const searchable = {
  serial: 'serial',
  customer: 'customer',
  messageId: 'message_id',
  service: 'service',
  unit: 'unit',
  resultCode: 'result_code',
} as const;

/** The newest exchanges that match, newest first. */
export async function searchExchanges(
  database: Database,
  search: ExchangeSearch,
): Promise<readonly ExchangeRecord[]> {
  const binds: Record<string, string | number> = { since: search.since ?? 0 };
  const conditions = ['at_ms >= :since'];
  for (const [key, column] of Object.entries(searchable) as [keyof typeof searchable, string][]) {
    const value = search[key];
    if (value === undefined) continue;
    conditions.push(`${column} = :${column}`);
    binds[column] = value;
  }
  const statement = sql(
    (words) =>
      `select * from exchanges where ${conditions.join(' and ')} order by at_ms desc, id desc ${words.limit(search.rowsMax)}`,
  );
  return (await database.all(statement, binds)).map(recordOf);
}

export const recordOf = (row: Row): ExchangeRecord => ({
  id: textCell(row, 'id'),
  at: numberCell(row, 'at_ms'),
  peer: textCell(row, 'peer'),
  address: textCell(row, 'address'),
  unit: textCell(row, 'unit'),
  service: textCell(row, 'service'),
  messageId: textCell(row, 'message_id'),
  serial: textCell(row, 'serial'),
  customer: textCell(row, 'customer'),
  resultCode: textCell(row, 'result_code'),
  reason: textCell(row, 'reason'),
  durationMs: numberCell(row, 'duration_ms'),
  request: textCell(row, 'request'),
  answer: textCell(row, 'answer'),
});
