/** Customers with agreements and bills, and an exchange whose platform takes notices, for the tests of batch deduction. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemIds } from '../../../src/clock.js';
import { type Database, DatabaseError, type Session, sql, textCell } from '../../../src/database/index.js';
import { type DeductionRun, deductionRequests, runDeduction } from '../../../src/exchange/deduction/index.js';
import {
  type CallPlatform,
  type Exchange,
  type ExchangePlace,
  exchangeSettings,
  openExchange,
  silentMeters,
} from '../../../src/exchange/index.js';
import { builtinDeduction, type DeductionBooks } from '../../../src/revenue/index.js';
import { type Unit, unitWith } from '../../../src/revenue/unit.js';
import { builtinWorld } from '../../revenue/builtin-world.js';
import type { LegacyWorld } from '../../revenue/existing/legacy-world.js';
import { customerWith, noon, testClock, today, type World } from '../../revenue/world.js';
import { keptLog } from '../support/exchange.js';

const selectTheirLocks = sql(
  "select ys_id as bill from ys_zd where dwbm = :unit and sd_bz = 'Y' order by ys_id",
);
const selectLocks = sql(
  'select bill, locked_by from bills where unit = :unit and locked_by is not null order by bill',
);

let count = 0;
const HOUR_MS = 3_600_000;

export interface WorldOptions {
  /** Settings of the unit's exchange. */
  readonly settings?: object;
  /** The platform's server instead of our own directories. */
  readonly remote?: ExchangePlace;
  /** The exchange root. */
  readonly dir?: string;
  readonly rules?: Parameters<typeof unitWith>[2];
  /** A schema of the utility's own; default: the built-in one. */
  readonly existing?: ExistingSchema;
}
export interface ExistingSchema {
  readonly world: LegacyWorld;
  /** Theirs, as the world opens it. */
  readonly theirs: Database;
  /** The books on this connection of ours, and perhaps another of theirs. */
  deductionOn(journal: Database, theirs?: Database): DeductionBooks;
}

export async function deductionWorld(
  database: Database,
  id = `D${process.pid % 1000}${++count}`,
  {
    settings = {},
    remote,
    rules = {},
    existing,
    dir = mkdtempSync(join(tmpdir(), 'sluice-deduct-')),
  }: WorldOptions = {},
) {
  const unit = unitWith(id, { billsChosen: 'byId' }, rules, { shortName: 'ORG' });
  const clock = existing?.world.clock ?? testClock();
  const books = { database, clock, ids: systemIds };
  /** The books on another connection of the same database. */
  const deductionOn = (on: Database): DeductionBooks => {
    if (existing === undefined) return builtinDeduction({ ...books, database: on });
    return existing.deductionOn(on);
  };
  const world = existing?.world ?? builtinWorld(database, database);
  const log = keptLog();
  const download = join(dir, id.toLowerCase(), 'download');
  const notices: string[] = [];
  let answer: Awaited<ReturnType<CallPlatform>> = { kind: 'answered', code: '9999', text: '' };
  const parsed = exchangeSettings.parse({
    watch: false,
    notice: { host: '127.0.0.1', port: 1 },
    units: {
      [unit.id]: {
        ...settings,
        ...(remote && { remote: { host: 'platform', username: 'us' } }),
      },
    },
  });
  const nodes: Exchange[] = [];
  /** One gateway on these directories. */
  const node = (on: Database = database) => {
    const exchange = openExchange({
      settings: parsed,
      units: [unit],
      root: dir,
      database: on,
      processors: [],
      producers: [deductionRequests(async () => on)],
      call: async ({ body }) => {
        notices.push(JSON.stringify(body));
        return answer;
      },
      openRemote: () => {
        if (remote === undefined) throw new Error('no remote place in this test');
        return remote;
      },
      clock,
      ids: systemIds,
      log,
      meters: silentMeters,
    });
    nodes.push(exchange);
    return exchange;
  };
  const exchange = node();
  const runOn = (on: Database, open: Exchange, more: Partial<DeductionRun['order']> = {}): DeductionRun => ({
    books: deductionOn(on),
    unit,
    outbox: open.outbox,
    dispatch: open.dispatch,
    order: { bankCode: '105', triesMax: 2, retryOf: '', orderedBy: 'test', ...more },
  });
  return {
    unit,
    books: deductionOn(database),
    deductionOn,
    world,
    clock,
    dir,
    log,
    settings: parsed,
    exchange,
    node,
    runOn,
    run: runOn(database, exchange),
    releasing: { books: deductionOn(database), outgoing: exchange.outgoing, outbox: exchange.outbox },
    download,
    fileName: `ORG_DKKK_${unit.id}_${today}.txt`,
    /** What the platform was told, as JSON. */
    notices,
    answerNoticesWith(code: string) {
      answer = { kind: 'answered', code, text: '' };
    },
    /** The run of the day, as far as it goes now. */
    go: () => runDeduction(runOn(database, exchange), today),
    /** As if a node that died had been gone for long. */
    later: () => clock.set(clock.now() + HOUR_MS),
    /** A customer with an agreement. */
    async signed(bills: Readonly<Record<string, number>>): Promise<string> {
      const customer = await customerWith(world, unit, bills, { late: '20240110' });
      await sign(world, unit, customer);
      return customer;
    },
    files: () => readdirSync(download),
    request: (name = `ORG_DKKK_${unit.id}_${today}.txt`) =>
      readFileSync(join(download, name), 'latin1')
        .split('\r\n')
        .filter((line) => line !== ''),
    async locks(): Promise<string[]> {
      const [schema, statement] = existing ? [existing.theirs, selectTheirLocks] : [database, selectLocks];
      return (await schema.all(statement, { unit: unit.id })).map((row) => textCell(row, 'bill'));
    },
    async end() {
      for (const open of nodes) await open.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
export type DeductionWorld = Awaited<ReturnType<typeof deductionWorld>>;

async function sign(world: World, unit: Unit, customer: string): Promise<void> {
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
      if (name !== 'transaction') {
        const own: unknown = Reflect.get(target, name, target);
        return typeof own === 'function' ? own.bind(target) : own;
      }
      return async (work: (tx: Session) => Promise<unknown>) => {
        seen += 1;
        if (seen !== at) return target.transaction(work);
        if (when === 'after') {
          await target.transaction(work);
          throw new DatabaseError('outcome-unknown', 'crash');
        }
        return target.transaction(async (tx) => {
          await work(tx);
          throw new Error('crash');
        });
      };
    },
  });
}
