/** The example of examples/legacy-postgres as a world for the contract of the revenue port. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Decimal } from 'decimal.js';
import pg from 'pg';
import { parse } from 'yaml';
import { systemClock, systemIds } from '../../../src/clock.js';
import {
  type Client,
  type Database,
  type DatabaseSettings,
  openDatabase,
} from '../../../src/database/index.js';
import type { OracleModule } from '../../../src/database/oracle.js';
import { silentLog } from '../../../src/log.js';
import {
  type ExistingRevenue,
  type ExistingSettings,
  openExistingRevenue,
  revenueSettings,
} from '../../../src/revenue/index.js';
import { type TestBill, testClock, type World } from '../world.js';

export type Example = 'legacy-postgres' | 'legacy-oracle';
export const exampleFile = (example: Example, file: 'revenue.yaml' | 'schema.sql'): string =>
  readFileSync(join(import.meta.dirname, '..', '..', '..', 'examples', example, file), 'utf8');
export const exampleSection = (example: Example = 'legacy-postgres'): { revenue: Record<string, unknown> } =>
  parse(exampleFile(example, 'revenue.yaml'));

export function exampleSettings(
  database: Pick<DatabaseSettings, 'url'>,
  example: Example = 'legacy-postgres',
): ExistingSettings {
  const settings = revenueSettings.parse({
    ...exampleSection(example).revenue,
    database: { url: database.url },
  });
  if (settings.kind !== 'existing') throw new Error('the example is not about an existing schema');
  return settings;
}

/** Makes the tables and functions of the example. */
export async function makeLegacySchema(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(exampleFile('legacy-postgres', 'schema.sql')).finally(() => client.end());
}

export const openTheirs = (settings: ExistingSettings, oracle?: OracleModule): Promise<Database> =>
  openDatabase(settings.database, { clock: systemClock, log: silentLog, ...(oracle && { oracle }) });

const yuan = (fen: number | bigint): string => new Decimal(fen.toString()).div(100).toFixed(3);
const dashed = (day: string): string => `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}`;
const ZT = { active: '1', unpayable: '2', closed: '3' } as const;
const statement = (text: string) => ({ text: () => text });
/** The day of a bind. */
const dayOf = (client: Client, bind: string) =>
  client === 'oracle' ? `to_date(${bind}, 'YYYY-MM-DD')` : `${bind}::date`;
const insertCustomer = statement(`insert into yh_da (dwbm, yhbh, hm, sjh, zt, yc_ye)
  values (:unit, :customer, :name, :mobile, :state, :prepaid)`);
const insertBill = {
  text: ({ client }: { readonly client: Client }) => `
  insert into ys_zd (dwbm, ys_id, yhbh, ny, fylx, sl, je, fp_rq, znj_qsr, mznj, znj_gd)
  values (:unit, :bill, :customer, :month, :kind, 10, :amount, ${dayOf(client, ':issuedOn')}, ${dayOf(client, ':lateFrom')},
    :exempt, :fixed)`,
};
const insertLine = statement(
  `insert into ys_mx (dwbm, ys_id, xh, fymc, je) values (:unit, :bill, 1, '水费', :amount)`,
);
const lock = statement(`update ys_zd set sd_bz = :locked, sd_pc = :batch, sd_znj = :frozen
  where dwbm = :unit and ys_id = :bill`);
/** Balances are the sum of what moved them; a bill is settled by a payment that stands, and by nothing else. */
const faults = statement(`
  select z.ys_id as what from ys_zd z left join jf_jl j on j.jf_lsh = z.jf_lsh
    where z.jf_bz = 'Y' and (j.jf_lsh is null or j.yzt = 'Y') or z.jf_bz = 'N' and j.jf_lsh is not null
  union all
  select j.jylsh from jf_jl j where j.lx = 'JF' and j.yzt = 'N' and j.bj + j.znj <>
    (select coalesce(sum(z.je + z.jf_znj), 0) from ys_zd z where z.jf_lsh = j.jf_lsh)
  union all
  select h.yhbh from yh_da h join jf_jl j on j.dwbm = h.dwbm and j.yhbh = h.yhbh
    where h.yc_ye <> j.yc_ye
      and j.jf_lsh = (select max(k.jf_lsh) from jf_jl k where k.dwbm = h.dwbm and k.yhbh = h.yhbh)
  union all
  select j.jylsh from jf_jl j left join jf_jl t on t.ysh = j.jf_lsh
    where j.yzt = 'Y' and t.jf_lsh is null or j.yzt = 'N' and t.jf_lsh is not null`);

export interface LegacyWorld extends World {
  readonly revenue: ExistingRevenue;
  readonly other: ExistingRevenue;
}

/** @param journals ours, for two nodes; @param databases theirs, likewise */
export function legacyWorld(
  settings: ExistingSettings,
  journals: readonly [Database, Database],
  databases: readonly [Database, Database],
  at?: Parameters<typeof openExistingRevenue>[0]['at'],
): LegacyWorld {
  const clock = testClock();
  const [database] = databases;
  const node = (index: 0 | 1) =>
    openExistingRevenue({
      journal: journals[index],
      database: databases[index],
      settings,
      clock,
      ids: systemIds,
      ...(at && { at }),
    });
  const addBill = async (unit: string, customer: string, bill: TestBill) => {
    const key = { unit, bill: bill.bill, amount: yuan(bill.amount) };
    await database.run(insertBill, {
      ...key,
      customer,
      month: `${bill.month.slice(0, 4)}.${bill.month.slice(4)}`,
      kind: bill.feeKind === '12' ? 'QT' : 'SF',
      issuedOn: '2024-01-01',
      lateFrom: dashed(bill.lateFeeFrom ?? '20240201'),
      exempt: bill.lateFeeExempt === true ? 'Y' : 'N',
      fixed: bill.lateFeeFixed === undefined ? null : yuan(bill.lateFeeFixed),
    });
    await database.run(insertLine, key);
  };
  return {
    revenue: node(0),
    other: node(1),
    clock,
    async addCustomer(
      unit,
      customer,
      { bills = [], prepaid = 0, state = 'active', name = '甲', mobile = '' },
    ) {
      const binds = { unit: unit.id, customer, name, mobile, state: ZT[state], prepaid: yuan(prepaid) };
      await database.run(insertCustomer, binds);
      for (const bill of bills) await addBill(unit.id, customer, bill);
    },
    issueBill: (unit, customer, bill) => addBill(unit.id, customer, bill),
    async lockBill(unit, bill, batch, frozen = 0n) {
      const late = batch === undefined ? null : yuan(frozen);
      const locked = batch === undefined ? 'N' : 'Y';
      await database.run(lock, { unit: unit.id, bill, locked, batch: batch ?? null, frozen: late });
    },
    // Their books are theirs; what we can see of them must agree.
    paymentNumbers: /^\d{9}$/,
    verify: () => database.all(faults),
    ledgerSum: async () => 0n,
  };
}
