/** Customers with agreements and bills, and the platform's answer to a request, for the tests of batch deduction. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemIds } from '../../../src/clock.js';
import { type Database, type Session, sql, textCell } from '../../../src/database/index.js';
import type { DeductionRun } from '../../../src/exchange/deduction/index.js';
import { defaultFileSettings } from '../../../src/protocol/index.js';
import { type Unit, unitWith } from '../../../src/revenue/unit.js';
import { builtinWorld } from '../../revenue/builtin-world.js';
import { customerWith, noon, testClock } from '../../revenue/world.js';

const selectLocks = sql(
  'select bill, locked_by from bills where unit = :unit and locked_by is not null order by bill',
);

let count = 0;

export async function deductionWorld(database: Database, id = `D${process.pid % 1000}${++count}`) {
  const unit = unitWith(id, { billsChosen: 'byId' });
  const books = { database, clock: testClock(), ids: systemIds };
  const world = builtinWorld(database, database);
  const dir = mkdtempSync(join(tmpdir(), 'sluice-deduct-'));
  const run: DeductionRun = {
    books,
    unit,
    settings: defaultFileSettings,
    downloadDir: join(dir, 'download'),
    fileName: `ORG_DKKK_${unit.id}_20240115.txt`,
    bankCode: '105',
    triesMax: 2,
  };
  return {
    unit,
    books,
    world,
    dir,
    run,
    /** A customer with an agreement. */
    async signed(bills: Readonly<Record<string, number>>): Promise<string> {
      const customer = await customerWith(world, unit, bills, { late: '20240110' });
      await sign(world, unit, customer);
      return customer;
    },
    files: () => readdirSync(run.downloadDir),
    request: () =>
      readFileSync(join(run.downloadDir, run.fileName), 'latin1')
        .split('\r\n')
        .filter((line) => line !== ''),
    async locks(): Promise<string[]> {
      return (await database.all(selectLocks, { unit: unit.id })).map((row) => textCell(row, 'bill'));
    },
    end: () => rmSync(dir, { recursive: true, force: true }),
  };
}
export type DeductionWorld = Awaited<ReturnType<typeof deductionWorld>>;

async function sign(world: ReturnType<typeof builtinWorld>, unit: Unit, customer: string): Promise<void> {
  await world.revenue.maintainAgreement(unit, {
    agreementNumber: `XY${customer}`,
    customer,
    bankCode: '105',
    bankAccount: '6222000011112222',
    bankAccountName: '',
    certType: '',
    certNumber: '',
    mobile: '',
    email: '',
    deal: 'sign',
    receivedAt: noon,
  });
}

/** A database whose n-th transaction (from 1) fails: before its commit, or after it as if the process had died then. */
export function crashing(database: Database, at: number, when: 'before' | 'after'): Database {
  let seen = 0;
  return new Proxy(database, {
    get(target, name) {
      if (name !== 'transaction') return Reflect.get(target, name, target);
      return async (work: (tx: Session) => Promise<unknown>) => {
        seen += 1;
        if (seen !== at) return target.transaction(work);
        if (when === 'after') await target.transaction(work);
        else
          await target.transaction(async (tx) => {
            await work(tx);
            throw new Error('crash');
          });
        throw new Error('crash');
      };
    },
  });
}
