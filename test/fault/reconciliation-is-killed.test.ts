/**
 * SIGKILL at random points of taking in, loading, comparing and repairing a day: whoever comes after goes on, and the final state is that of a run
 * that nobody disturbed. `npm run test:killed-day`: 36 rounds, most of them with two kills.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { addDays, chinaDay, systemClock, systemIds } from '../../src/clock.js';
import { loadConfig } from '../../src/config/index.js';
import { type Database, numberCell, type Row, sql, textCell } from '../../src/database/index.js';
import { fenOf, type Month, type Serial } from '../../src/protocol/values.js';
import { addCustomers, issueBills, openBuiltinRevenue, verifyLedger } from '../../src/revenue/index.js';
import { unitWith } from '../../src/revenue/unit.js';
import { withDatabase } from '../../src/with-database.js';
import { demoDirectory, startGateway } from '../support/gateway.js';
import {
  billOf,
  customerOf,
  expectedReport,
  goodFile,
  otherCustomerOf,
  planDay,
} from '../support/reconciled-day.js';
import { until } from '../support/until.js';

const LONG = process.env.SLUICE_LONG === '1';
const ROUNDS = LONG ? 36 : 2;
const AT_ONCE = 2;
const [COUNT, EACH] = LONG ? [1500, 20] : [150, 2];
const UNIT = '90001';
const day = addDays(chinaDay(systemClock.now()), -1);
const name = `WTDEMO_DSDZ_${UNIT}_${day}.txt`;

/** Without numbers and moments, which differ from run to run; two lives of one run differ in nothing else. */
const questions = [
  `select serial, customer, channel, state, booking_day, amount, principal, late_fee, prepaid_change, ordered_by,
    case when replaces is null then 0 else 1 end as is_instead from payments`,
  `select r.kind, p.serial, r.amount, r.principal, r.late_fee, r.prepaid_change, r.ordered_by
    from refunds r join payments p on p.payment_no = r.payment_no`,
  'select unit, serial, state from serials',
  'select customer, prepaid from accounts',
  'select bill, state, received, received_late_fee, settled_on, locked_by from bills',
  'select serial, customer, amount, state from suspense_items',
  `select customer, kind, clearing, receivables, late_fee_income, prepaid, suspense from ledger_entries
    where kind <> 'adjustment'`,
  'select serial, run_no, class, state, outcome, line_customer, line_amount, line_no, our_customer, our_amount from recon_differences',
  'select unit, day, state, run_no, line_count, line_amount, our_count, our_amount, found_count from recon_runs',
  'select unit, day, state from recon_days',
  'select file_name, state, verdict from incoming_files',
].map((text) => sql(text));
async function stateOf(database: Database): Promise<string[][]> {
  const all: string[][] = [];
  for (const question of questions) {
    const rows = (await database.all(question)).map((row) =>
      JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)),
    );
    all.push(rows.sort());
  }
  return all;
}

const phase = sql(`
  select f.state as file_state, coalesce(r.state, '-') as run_state,
    (select count(*) from recon_differences where state not in ('open', 'repairing')) as done
  from incoming_files f left join recon_runs r on r.unit = f.unit and r.file_name = f.file_name`);
const phaseOf = (row: Row | undefined): string => {
  if (row === undefined) return 'not taken in';
  const [file, run] = [textCell(row, 'file_state'), textCell(row, 'run_state')];
  if (file === 'processed') return 'processed';
  if (run === '-') return `file ${file}`;
  return run === 'repairing' ? 'repairing' : `run ${run}`;
};

describe('reconciliation that is killed', () => {
  let template: string;
  let remove: () => void;
  const copies: string[] = [];
  const plan = planDay(day, addDays(day, 1), COUNT, EACH).filter(({ trouble }) => trouble !== 'next-day');

  before(async function () {
    this.timeout(LONG ? 300_000 : 60_000);
    ({ dir: template, remove } = await demoDirectory());
    const config = join(template, 'sluice.yaml');
    const rules = `units: { "${UNIT}": { account: platform, reconciliation: { repairsMax: 100000, repairFenMax: 1000000000 } } }`;
    const limits = '{ stableMs: 50, pollMs: 50, leaseMs: 2000, retryMs: 500 }';
    writeFileSync(config, `${readFileSync(config, 'utf8')}\nexchange: { limits: ${limits}, ${rules} }\n`);
    await withDatabase(loadConfig(template), fill);
    const upload = join(template, 'exchange', 'platform', 'upload');
    execFileSync('mkdir', ['-p', upload]);
    writeFileSync(join(upload, name), goodFile(plan, day, { charset: 'utf8', lineEnd: '\n' }));
  });
  after(() => {
    for (const dir of copies) rmSync(dir, { recursive: true, force: true });
    remove?.();
  });

  async function fill(database: Database): Promise<void> {
    const books = { database, clock: systemClock, ids: systemIds };
    const unit = unitWith(UNIT);
    const numbers = Array.from({ length: COUNT }, (_, n) => n);
    const customers = numbers.flatMap((n) => [customerOf(n), otherCustomerOf(n)]);
    await addCustomers(
      books,
      unit,
      customers.map((customer) => ({ customer })),
    );
    await issueBills(
      books,
      unit,
      numbers.map((n) => ({
        bill: `K-${n}`,
        customer: customerOf(n),
        month: day.slice(0, 6) as Month,
        amount: fenOf(BigInt(billOf(n))),
        volume: '10',
        issuedOn: addDays(day, -40),
        lateFeeFrom: addDays(day, -10),
        feeKind: '11',
      })),
    );
    const revenue = openBuiltinRevenue(books);
    const notHere = ['never-arrived', 'void', 'unknown-customer'];
    for (const one of plan.filter(({ trouble }) => !notHere.includes(trouble))) {
      const outcome = await revenue.pay(unit, {
        serial: one.serial as Serial,
        customer: one.customer,
        amount: fenOf(BigInt(one.amount)),
        bankDay: day,
        receivedAt: systemClock.now(),
        ...{ rows: [], fundNumber: '', payMode: '', remark: '' },
      });
      if (outcome.kind !== 'booked') throw new Error(`${one.serial}: ${outcome.kind}`);
    }
    // Refunded by the platform over the socket: for this test that is a file without the line, like those it refunded on its own.
  }
  const copy = (label: string) => {
    const dir = `${template}-${label}`;
    copies.push(dir);
    cpSync(template, dir, { recursive: true });
    return dir;
  };
  const look = (dir: string) =>
    withDatabase(loadConfig(dir), async (database) => (await database.all(phase))[0]);
  /** One life until the day is done. @returns how long that took, from its start (ms) */
  async function finish(dir: string): Promise<number> {
    const begun = systemClock.now();
    const gateway = await startGateway(dir);
    await withDatabase(loadConfig(dir), (database) =>
      until(async () => phaseOf((await database.all(phase))[0]) === 'processed', 120_000),
    );
    const took = systemClock.now() - begun;
    expect(await gateway.stop()).equal(0);
    return took;
  }
  /** One life that is killed at a random point: some time after it is ready, or when so many differences are done. */
  async function kill(dir: string, chance: () => number): Promise<string> {
    const gateway = await startGateway(dir);
    const far = Math.floor(chance() * (expectedDifferences + 1));
    const waitMs = chance() * 300;
    const kinds = ['time', 'comparing', 'done', 'done'] as const;
    const kind = kinds[Math.floor(chance() * kinds.length)] ?? 'time';
    if (kind !== 'time')
      await withDatabase(loadConfig(dir), (database) =>
        until(async () => {
          const [row] = await database.all(phase);
          if (row === undefined) return false;
          if (textCell(row, 'file_state') === 'processed') return true;
          return kind === 'comparing' ? textCell(row, 'run_state') !== '-' : numberCell(row, 'done') >= far;
        }, 120_000),
      );
    if (kind !== 'done') await systemClock.sleep(kind === 'time' ? waitMs : waitMs / 10);
    await gateway.kill();
    return phaseOf(await look(dir));
  }
  const expectedDifferences =
    expectedReport(plan).length + plan.filter(({ trouble }) => trouble === 'refunded-here').length;

  it(`ends as if nobody had killed it (${ROUNDS} rounds)`, async () => {
    const calm = copy('calm');
    await finish(calm);
    const expected = await withDatabase(loadConfig(calm), stateOf);
    expect(expected[7]).to.have.length(expectedDifferences);
    const died = new Map<string, number>();
    const seed = Number(process.env.SLUICE_SEED ?? systemClock.now() % 1_000_000);
    const round = async (number: number) => {
      const chance = chanceOf(seed + number * 7919);
      const dir = copy(String(number));
      const kills = LONG && number % 3 !== 0 ? 2 : 1;
      for (let killed = 0; killed < kills; killed += 1) {
        const at = await kill(dir, chance);
        died.set(at, (died.get(at) ?? 0) + 1);
      }
      await finish(dir);
      await withDatabase(loadConfig(dir), async (database) => {
        expect(await stateOf(database), `seed ${seed}, round ${number}`).deep.equal(expected);
        expect(await verifyLedger(database), `seed ${seed}, round ${number}`).deep.equal([]);
      });
      rmSync(dir, { recursive: true, force: true });
    };
    const numbers = Array.from({ length: ROUNDS }, (_, i) => i);
    const worker = async () => {
      for (let next = numbers.shift(); next !== undefined; next = numbers.shift()) await round(next);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    const told = [...died].sort().map(([at, count]) => `${at} ${count}`);
    if (LONG) console.log(`      killed (seed ${seed}): ${told.join(', ')}`);
  }).timeout(LONG ? 1_800_000 : 120_000);
});

/** Numbers from 0 to 1 that a seed repeats (mulberry32). */
function chanceOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
