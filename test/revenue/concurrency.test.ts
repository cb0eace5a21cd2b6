import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { systemClock } from '../../src/clock.js';
import { type Database, sql, textCell } from '../../src/database/index.js';
import { addCustomers, verifyLedger } from '../../src/revenue/index.js';
import { eachDatabase } from '../support/databases.js';
import { hotCustomers, hotUnit, type LoadOrder, type LoadReport, loadIds } from './load/plan.js';

/** Seconds per database; `npm run test:concurrency` takes ten minutes each. */
const seconds = Number(process.env.SLUICE_CONCURRENCY_SECONDS ?? 4);
const WORKERS = 32;
const PROCESSES = 2;

const selectPayments = sql('select payment_no as found from payments');
const selectRefunds = sql('select refund_no as found from refunds');
const selectSerials = sql('select distinct serial as found from payments');
const foundBy = async (database: Database, statement: typeof selectPayments) =>
  (await database.all(statement)).map((row) => textCell(row, 'found')).toSorted();

function start(order: LoadOrder): { readonly child: ChildProcess; readonly report: Promise<LoadReport> } {
  const child = fork(new URL('load/process.ts', import.meta.url), { execArgv: ['--import', 'tsx'] });
  child.send(order);
  const report = Promise.race([
    once(child, 'message').then(([message]) => {
      child.disconnect();
      return message as LoadReport;
    }),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`the process ended early: ${code}`))),
  ]);
  return { child, report };
}

eachDatabase(
  'two processes, 32 workers, four hot accounts',
  (db) => {
    it('keeps every promise it made', async function () {
      this.timeout(seconds * 1000 + 120_000);
      const books = { database: db(), clock: systemClock, ids: loadIds };
      await addCustomers(
        books,
        hotUnit,
        hotCustomers.map((customer) => ({ customer })),
      );
      const settings = { ...db.settings(), pool: { ...db.settings().pool, max: WORKERS / PROCESSES } };
      const order = { settings, workers: WORKERS / PROCESSES, seconds, seed: 20_240_404 };
      const started = Array.from({ length: PROCESSES }, (_, index) => start({ ...order, process: index }));
      const reports = await Promise.all(started.map((one) => one.report));

      const all = <K extends 'booked' | 'takenBack' | 'promised' | 'supplemented'>(key: K) =>
        reports.flatMap((report) => report[key]);
      expect(reports.map((report) => report.errors)).to.deep.equal(reports.map(() => ({})));
      // What was answered as booked is exactly what the books hold: nothing lost, nothing twice, nothing unanswered.
      expect(await foundBy(db(), selectPayments)).to.deep.equal(all('booked').toSorted());
      expect(await foundBy(db(), selectRefunds)).to.deep.equal(all('takenBack').toSorted());
      const supplemented = new Set(all('supplemented'));
      const paid = new Set(await foundBy(db(), selectSerials));
      const broken = all('promised').filter((serial) => paid.has(serial) && !supplemented.has(serial));
      expect(broken).to.deep.equal([]);
      expect(await verifyLedger(db())).to.deep.equal([]);
      const operations = reports.reduce((total, report) => total + report.operations, 0);
      console.log(
        `      ${operations} operations, ${all('booked').length} booked, ${all('takenBack').length} taken back`,
      );
    });
  },
  { only: ['postgres', 'mysql'] },
);
