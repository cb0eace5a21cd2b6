/*
  Files of a million lines within 256 MiB: the real commands in processes of their own, their peak memory measured (F5).
  Here with fewer lines; `npm run test:many-lines` with all of them, on SQLite and PostgreSQL.
*/
import { createReadStream, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { systemClock } from '../../src/clock.js';
import { type Database, sql } from '../../src/database/index.js';
import { eachDatabase } from '../support/databases.js';
import { sluice } from '../support/gateway.js';

const LONG = process.env.SLUICE_LONG === '1';
const LINES = LONG ? 1_000_000 : 20_000;
const PEAK_MIB_MAX = 256;
/** A million lines are compared in a thread of its own with an SQLite of its own (docs/reconciliation.md), which has its caches beside. */
const PEAK_COMPARED_MIB_MAX = LONG ? 512 : PEAK_MIB_MAX;
const UNIT = '39536';
const DAY = '20240404';

const numbers = `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${LINES})`;
const text = (prefix: number, width = 20) => `cast(${prefix * 10_000_000} + i as varchar(${width}))`;
/** As the platform's: longer than a number of JavaScript. */
const SERIAL = 'cast(2024040400000000000 + i as varchar(32))';
const serialOf = (i: number): string => String(2_024_040_400_000_000_000n + BigInt(i));
const from = (columns: string) => `select ${columns} from (${numbers} select i from n) numbered`;
/** A customer with a bill, a payment of the day and a binding for each line. */
const seeds = [
  `insert into clearing_units (unit, name, short_name) values ('${UNIT}', '甲', 'ORG')`,
  `insert into customers (unit, customer, name, address, office)
   ${from(`'${UNIT}', ${text(1)}, '张三丰', '幸福路一百二十号五单元', '01'`)}`,
  `insert into accounts (unit, customer, state, late_fee_exempt, prepaid, changed_at)
   ${from(`'${UNIT}', ${text(1)}, 'active', 'N', 0, 0`)}`,
  `insert into bindings (unit, customer, bound, changed_at) ${from(`'${UNIT}', ${text(1)}, 'Y', 0`)}`,
  `insert into bills (unit, bill, customer, bill_month, fee_kind, state, principal, received, received_late_fee, issued_on,
     late_fee_from, late_fee_exempt, tiered)
   ${from(`'${UNIT}', ${text(2, 32)}, ${text(1)}, '202404', '11', 'open', 4321, 0, 0, '${DAY}', '20240501', 'N', 'N'`)}`,
  `insert into bill_lines (unit, bill, part, line_no, content)
   ${from(`'${UNIT}', ${text(2, 32)}, '01', 1, '["居民用水","17","2.54","43.21"]'`)}`,
  `insert into payments (payment_no, unit, serial, customer, channel, state, booking_day, received_at, booked_at, amount,
     principal, late_fee, prepaid_change, balance_after)
   ${from(`${text(3, 24)}, '${UNIT}', ${SERIAL}, ${text(1)}, 'platform', 'booked', '${DAY}', 1712200000000,
     1712200000000, 4321, 4321, 0, 0, 0`)}`,
].map((statement) => sql(statement));

async function seed(database: Database): Promise<void> {
  for (const statement of seeds) await database.run(statement);
}

async function writeDsdz(path: string): Promise<void> {
  const file = await open(path, 'w');
  await file.write(`${LINES * 4321}|${LINES}|\r\n`);
  for (let first = 0; first < LINES; first += 10_000) {
    const lines: string[] = [];
    for (let i = first + 1; i <= Math.min(first + 10_000, LINES); i++) {
      const customer = 10_000_000 + i;
      lines.push(`${customer}|${serialOf(i)}|${DAY}|4321|1|${customer}$$202404$#|\r\n`);
    }
    await file.write(lines.join(''));
  }
  await file.close();
}

async function linesIn(path: string): Promise<number> {
  let count = 0;
  for await (const chunk of createReadStream(path)) {
    for (const byte of chunk as Buffer) if (byte === 10) count += 1;
  }
  return count;
}

eachDatabase(
  `${LINES} lines`,
  (db) => {
    let dir: string;
    before(async function () {
      this.timeout(600_000);
      dir = mkdtempSync(join(tmpdir(), 'sluice-many-'));
      const config = {
        database: db.settings(),
        sftp: { root: 'exchange' },
        units: [{ unit: UNIT, name: '甲', shortName: 'ORG' }],
      };
      await writeFile(join(dir, 'sluice.yaml'), stringify(config));
      // A million rows in one statement take longer than those of requests may.
      await seed(await db.open({ statementTimeoutMs: 600_000 }));
    });
    after(() => rmSync(dir, { recursive: true, force: true }));

    /** What the command prints, and its peak memory (MiB). */
    async function measured(...args: string[]) {
      const rss = join(dir, 'rss');
      const preload = `--import=${join(import.meta.dirname, 'support/report-rss.mjs')}`;
      const began = systemClock.now();
      const { code, stdout, stderr } = await sluice([...args, '--dir', dir, '--json'], {
        NODE_OPTIONS: preload,
        SLUICE_TEST_RSS: rss,
      });
      if (code !== 0) throw new Error(`sluice ${args.join(' ')} ended with ${code}: ${stdout}${stderr}`);
      const peakMib = Number(readFileSync(rss, 'utf8')) / 1024;
      const seconds = (systemClock.now() - began) / 1000;
      if (LONG)
        console.log(`      ${args[1]} ${args[2]}: ${peakMib.toFixed(0)} MiB, ${seconds.toFixed(1)} s`);
      return { ...(JSON.parse(stdout) as { name: string; count: number; bytes: number }), peakMib };
    }

    for (const type of LONG ? ['jf', 'dzzd', 'cftz'] : ['dzzd']) {
      it(`are made into a ${type.toUpperCase()} file within ${PEAK_MIB_MAX} MiB`, async () => {
        const made = await measured('exchange', 'make', type, '--unit', UNIT, '--date', DAY);
        expect(made.count).to.equal(LINES);
        expect(made.peakMib).to.be.below(PEAK_MIB_MAX);
        const file = join(dir, 'exchange', UNIT, 'download', made.name);
        expect(await linesIn(file)).to.equal(LINES + 1);
        expect(statSync(file).size).to.equal(made.bytes);
      }).timeout(LONG ? 600_000 : 60_000);
    }

    it(`of a DSDZ file are taken in and compared within ${PEAK_COMPARED_MIB_MAX} MiB`, async () => {
      const file = join(dir, `ORG_DSDZ_${UNIT}_${DAY}.txt`);
      await writeDsdz(file);
      const taken = await measured('exchange', 'import', file, '--unit', UNIT);
      expect(taken.count).to.equal(LINES);
      expect(taken.peakMib).to.be.below(PEAK_COMPARED_MIB_MAX);
    }).timeout(LONG ? 600_000 : 60_000);
  },
  { only: LONG ? ['sqlite', 'postgres'] : ['sqlite'] },
);
