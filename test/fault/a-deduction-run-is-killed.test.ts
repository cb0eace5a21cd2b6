/* SIGKILL in the middle of the deduction cycle: whatever is killed, no bill is locked without its batch, no file goes out without its locks, no bill is
 * in two files, and the end is that of a cycle that nobody disturbed. `npm run test:deduction-kills` kills more often, on PostgreSQL too. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { systemClock, systemIds } from '../../src/clock.js';
import { type Row, type Session, sql } from '../../src/database/index.js';
import type { Day, Month } from '../../src/protocol/values.js';
import { addCustomers, issueBills, verifyLedger } from '../../src/revenue/index.js';
import {
  exampleSettings,
  type LegacyWorld,
  legacyWorld,
  makeLegacySchema,
  openTheirs,
} from '../revenue/existing/legacy-world.js';
import { fen, testClock } from '../revenue/world.js';
import { eachDatabase } from '../support/databases.js';
import { type CycleOrder, cycleUnit, requestPath } from './deduction-cycle-process.js';

const isLong = process.env.SLUICE_LONG === '1';
const KILLS = isLong ? 36 : 3;
/** A process begins so much later by its clock than the one before it: what that one left in doubt can be settled. */
const DOUBT_MS = 10 * 60_000;

const signAll = (customers: string) =>
  sql(`
  insert into agreements (unit, agreement_no, customer, state, bank_code, bank_account, signed_on, changed_at)
  select c.unit, c.customer, c.customer, 'valid', '105', '6222', '20240101', 0 from (${customers}) c where c.unit = :unit`);
/** What the cycle leaves in a schema, and what is promised of it at any moment. */
const schemas = {
  builtin: {
    customers: 620,
    signAll: signAll('select unit, customer from accounts'),
    lockedAlone: sql(`
  select b.bill from bills b where b.unit = :unit and b.locked_by is not null and not exists (
    select 1 from deduct_items i where i.batch_id = b.locked_by and i.bill = b.bill)`),
    unlockedWaiting: sql(`
  select i.bill from deduct_items i join bills b on b.unit = i.unit and b.bill = i.bill
  where i.unit = :unit and i.outcome = 'waiting' and (b.locked_by is null or b.locked_by <> i.batch_id)`),
    bills: sql(`
  select bill, state, locked_by, late_fee_frozen, received, received_late_fee, settled_on from bills
  where unit = :unit order by bill`),
    balances: sql('select customer, prepaid from accounts where unit = :unit order by customer'),
    moneys: sql(`
  select serial, customer, state, amount, principal, late_fee, prepaid_change, balance_after from payments
  where unit = :unit order by customer, amount, serial`),
  },
  // Locks and lines cannot be one transaction here: a lock bears its batch, and what a batch holds without a line is found again by whoever goes on.
  existing: {
    customers: 60,
    signAll: signAll('select dwbm as unit, yhbh as customer from yh_da'),
    lockedAlone: sql(`
  select z.ys_id from ys_zd z where z.dwbm = :unit and z.sd_bz = 'Y' and not exists (
    select 1 from deduct_batches b where b.batch_id = z.sd_pc)`),
    unlockedWaiting: sql(`
  select i.bill from deduct_items i join ys_zd z on z.dwbm = i.unit and z.ys_id = i.bill
  where i.unit = :unit and i.outcome = 'waiting' and z.jf_bz = 'N' and z.sd_pc is distinct from i.batch_id
    and not exists (select 1 from deduct_answers a where a.batch_id = i.batch_id)`),
    bills: sql(
      'select ys_id, jf_bz, sd_bz, sd_pc, sd_znj, jf_znj from ys_zd where dwbm = :unit order by ys_id',
    ),
    balances: sql('select yhbh, yc_ye from yh_da where dwbm = :unit order by yhbh'),
    // By the platform's serial: where it is not of the usual form, theirs is a number of ours.
    moneys: sql(`
  select s.serial, j.yhbh, j.lx, j.qd, j.je, j.bj, j.znj, j.yc_bd, j.yc_ye, j.yzt from jf_jl j
  left join existing_serials s on s.unit = j.dwbm and s.their_serial = j.jylsh
  where j.dwbm = :unit order by j.yhbh, j.je, s.serial`),
  },
} as const;
const twice = sql('select bill from deduct_items where unit = :unit group by bill having count(*) > 1');
const waiting = sql(`select bill from deduct_items where unit = :unit and outcome <> 'none'`);
const items = sql(`
  select item_no, bill, amount, outcome, reason from deduct_items where unit = :unit order by item_no`);
const counts = sql('select count(*) as n from deduct_batches where unit = :unit');

for (const kind of ['builtin', 'existing'] as const)
  eachDatabase(
    `a deduction cycle that is killed, ${kind} schema`,
    (db) => {
      const schema = schemas[kind];
      let dir = '';
      let legacy: LegacyWorld | undefined;
      const closers: (() => Promise<void>)[] = [];
      before(async () => {
        dir = mkdtempSync(join(tmpdir(), 'sluice-cycle-'));
        if (kind === 'builtin') return;
        const settings = exampleSettings(db.settings());
        await makeLegacySchema(db.settings().url ?? '');
        const theirs = await openTheirs(settings);
        closers.push(() => theirs.close());
        legacy = legacyWorld(settings, [db(), db()], [theirs, theirs]);
      });
      after(async () => {
        for (const close of closers) await close();
      });
      after(() => rmSync(dir, { recursive: true, force: true }));

      /** Customers with agreements and a bill each, the same in every unit. */
      async function prepare(id: string): Promise<void> {
        const books = { database: db(), clock: testClock(), ids: systemIds };
        const unit = cycleUnit(id);
        const names = Array.from({ length: schema.customers }, (_, n) => `c${String(n).padStart(4, '0')}`);
        if (legacy !== undefined) {
          for (const [n, customer] of names.entries()) {
            const bill = { bill: `${customer}a`, month: '202312', amount: 1000 + n, lateFeeFrom: '20240110' };
            await legacy.addCustomer(unit, customer, { bills: [bill] });
          }
          await db().run(schema.signAll, { unit: unit.id });
          return;
        }
        await addCustomers(
          books,
          unit,
          names.map((customer) => ({ customer })),
        );
        const bill = {
          month: '202312' as Month,
          issuedOn: '20240101' as Day,
          lateFeeFrom: '20240110' as Day,
        };
        await issueBills(
          books,
          unit,
          names.map((customer, n) => ({ ...bill, customer, bill: `${customer}a`, amount: fen(1000 + n) })),
        );
        await db().run(schema.signAll, { unit: unit.id });
      }

      /** Runs a process until it ends, or kills it. @returns `killed`, or how long it took and its calls */
      function pass(
        order: CycleOrder,
        killAfterMs?: number,
      ): Promise<'killed' | { ms: number; calls: number }> {
        return new Promise((resolve, reject) => {
          const script = join(import.meta.dirname, 'deduction-cycle-process.ts');
          const child = spawn(process.execPath, ['--import', 'tsx', script, JSON.stringify(order)], {
            stdio: ['ignore', 'pipe', 'pipe'],
          });
          let [said, faults, readyAt] = ['', '', 0];
          child.stderr.on('data', (chunk) => {
            faults += chunk;
          });
          child.stdout.on('data', (chunk) => {
            said += chunk;
            if (readyAt > 0 || !said.includes('ready')) return;
            readyAt = systemClock.now();
            if (killAfterMs !== undefined) systemClock.after(killAfterMs, () => child.kill('SIGKILL'));
          });
          child.once('error', reject);
          child.once('close', (code, signal) => {
            const calls = /done (\d+)/.exec(said)?.[1];
            if (calls !== undefined) resolve({ ms: systemClock.now() - readyAt, calls: Number(calls) });
            else if (signal === 'SIGKILL') resolve('killed');
            else reject(new Error(`the process ended with ${code ?? signal}: ${faults}`));
          });
        });
      }

      const orderOf = (unit: string, dieAt = 0, beganAt = systemClock.now()): CycleOrder => ({
        ...{ schema: kind, unit, dir, settings: { ...db.settings() }, beganAt, dieAt },
      });
      const all = (statement: typeof items, unit: string) => db().all(statement, { unit });

      async function checkPromises(unit: string): Promise<void> {
        expect(await all(schema.lockedAlone, unit), 'locked without a line').to.deep.equal([]);
        expect(await all(schema.unlockedWaiting, unit), 'out without its lock').to.deep.equal([]);
        expect(await all(twice, unit), 'in two batches').to.deep.equal([]);
        const known = new Set((await all(waiting, unit)).map((row) => row.bill));
        const files = publicFiles(unit);
        expect(files.length).at.most(1);
        for (const line of files.flatMap((name) => linesOf(unit, name)).slice(1))
          expect(known.has(line.split('|')[5]), line).equal(true);
      }
      const publicFiles = (unit: string): string[] => {
        try {
          return readdirSync(dirname(requestPath(dir, unit))).filter((name) => !name.startsWith('.'));
        } catch {
          return [];
        }
      };
      const linesOf = (unit: string, name: string) =>
        readFileSync(join(dirname(requestPath(dir, unit)), name), 'latin1')
          .split('\r\n')
          .filter((line) => line !== '');

      /** All that a cycle leaves, without the numbers that differ each time. */
      async function endOf(unit: string) {
        const plain = async (session: Session, statement: typeof items) =>
          (await session.all(statement, { unit })).map((row: Row) =>
            Object.values(row).join(' ').replaceAll(unit.padStart(6, '0'), '').replaceAll(unit, ''),
          );
        return {
          batches: Number((await all(counts, unit))[0]?.n),
          bills: await plain(db(), schema.bills),
          balances: await plain(db(), schema.balances),
          items: await plain(db(), items),
          payments: await plain(db(), schema.moneys),
          files: publicFiles(unit).map((name) => name.replace(unit, '')),
          lines: publicFiles(unit).flatMap((name) =>
            linesOf(unit, name).map((line) => line.replace(/^\d{24}/, '').replace(`|${unit}|`, '|')),
          ),
        };
      }

      it(`ends as one that nobody disturbed (${KILLS} kills)`, async function () {
        this.timeout(isLong ? 1_800_000 : 180_000);
        await prepare('K0');
        const undisturbed = await pass(orderOf('K0'));
        if (undisturbed === 'killed') throw new Error('nobody killed it');
        const expected = await endOf('K0');
        expect(expected.batches).equal(1);
        expect(expected.items).to.have.length(schema.customers);
        expect(new Set(expected.items.map((item) => item.split(' ')[3]))).to.deep.equal(
          new Set(['settled', 'failed', 'prepaid']),
        );
        let kills = 0;
        for (let round = 1; kills < KILLS; round += 1) {
          const unit = `K${round}`;
          await prepare(unit);
          const beganAt = systemClock.now();
          for (let n = 0; n < 4 && kills < KILLS; n += 1) {
            const share = Number(systemIds.digits(4)) / 10_000;
            const byCall = n % 2 === 0;
            const dieAt = byCall ? 1 + Math.floor((share * undisturbed.calls) / (n + 1)) : 0;
            const killAfterMs = byCall ? undefined : Math.floor((share * undisturbed.ms) / (n + 1));
            const end = await pass(orderOf(unit, dieAt, beganAt - n * DOUBT_MS), killAfterMs);
            await checkPromises(unit);
            if (end !== 'killed') break;
            kills += 1;
          }
          const last = await pass(orderOf(unit, 0, beganAt - 4 * DOUBT_MS));
          expect(last, 'nobody killed the last').not.equal('killed');
          await checkPromises(unit);
          expect(await endOf(unit)).to.deep.equal(expected);
        }
        expect(await (legacy?.verify() ?? verifyLedger(db()))).to.deep.equal([]);
      });
    },
    { only: kind === 'existing' ? ['postgres'] : isLong ? ['sqlite', 'postgres', 'mysql'] : ['sqlite'] },
  );
