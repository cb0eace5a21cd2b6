import type { Moment } from '../clock.js';
import { type Database, sql } from '../database/index.js';
import { type ExchangeRecord, recordOf } from './exchange-log.js';

const notices = sql(
  (words) => `
  select * from exchanges where at_ms between :since and :until and service in ('200011', '200019')
  order by at_ms, id ${words.limit(500)}`,
);

/** Exchanges in which the platform announced a file of this name, oldest first; looked for only around the moment of the announcement. */
export async function noticesOf(
  database: Database,
  fileName: string,
  since: Moment,
  until: Moment,
): Promise<readonly ExchangeRecord[]> {
  const rows = await database.all(notices, { since, until });
  return rows.map(recordOf).filter(({ request }) => request.includes(JSON.stringify(fileName)));
}
