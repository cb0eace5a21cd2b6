/* How many days of reconciliation are not closed: asked at each scrape, by one process. */
import { Gauge } from 'prom-client';
import { type Database, numberCell, sql, textCell } from './database/index.js';
import type { Metrics } from './metrics.js';

const openDays = sql("select state, count(*) as days from recon_days where state <> 'closed' group by state");

export function measureOpenDays({ registry }: Metrics, database: Database): void {
  new Gauge({
    name: 'sluice_recon_days_open',
    help: 'Days of reconciliation that are not closed, of all units, by state (open: their file is not there yet)',
    labelNames: ['state'],
    registers: [registry],
    async collect() {
      const rows = await database.all(openDays).catch(() => undefined);
      // While the database is away, what was known last is better than nothing or an error of the whole page.
      if (rows === undefined) return;
      this.reset();
      for (const row of rows) this.set({ state: textCell(row, 'state') }, numberCell(row, 'days'));
    },
  });
}
