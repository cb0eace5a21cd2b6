/*
 * One pass of a unit's deduction cycle in a process of its own, which may be killed anywhere: the run, its file, two bills paid meanwhile, the
 * platform's answer, and its booking. Argument: JSON of a CycleOrder. Says `ready`, then `done N` with the number of calls to its database.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, systemClock, systemIds } from '../../src/clock.js';
import { type Database, databaseSettings, openDatabase, sql } from '../../src/database/index.js';
import { deductionRequests, processAnswer, runDeduction } from '../../src/exchange/deduction/index.js';
import { exchangeSettings, openExchange, silentMeters } from '../../src/exchange/index.js';
import { silentLog } from '../../src/log.js';
import { defaultFileSettings } from '../../src/protocol/index.js';
import {
  builtinDeduction,
  openBuiltinRevenue,
  openExistingRevenue,
  unitWith,
} from '../../src/revenue/index.js';
import { exampleSettings, openTheirs } from '../revenue/existing/legacy-world.js';
import { fen, noon, payment, today } from '../revenue/world.js';

export interface CycleOrder {
  /** `existing`: the legacy example, in the same database as ours. */
  readonly schema: 'builtin' | 'existing';
  readonly unit: string;
  readonly dir: string;
  readonly settings: object;
  /** When this cycle began, by the machine's clock: all processes of it agree on the time. */
  readonly beganAt: number;
  /** Dies before this call to the database (0: by nobody but others). */
  readonly dieAt: number;
}
export const cycleUnit = (id: string) => unitWith(id, { billsChosen: 'byId' }, {}, { shortName: 'ORG' });
export const requestPath = (dir: string, id: string) =>
  join(dir, id.toLowerCase(), 'download', `ORG_DKKK_${id}_${today}.txt`);

/** At the office of the utility; again: nothing. */
const payAtCounter = sql(`
  select jgdm from p_jf(:unit, :customer, :serial, :amount::numeric / 100, '2024-01-15', '2024-01-15', '20240115120000', :bill,
    'exact', 'byId', 'allow', null, null, false)`);

let calls = 0;
/** Counts the calls, and dies at one of them. */
const counting = (database: Database, dieAt: number): Database =>
  new Proxy(database, {
    get(target, name) {
      const own: unknown = Reflect.get(target, name, target);
      if (typeof own !== 'function') return own;
      return (...given: unknown[]) => {
        calls += 1;
        if (calls === dieAt) process.kill(process.pid, 'SIGKILL');
        const work = given[0];
        if (name !== 'transaction' || typeof work !== 'function') return own.apply(target, given);
        const counted = (tx: Database) => work(counting(tx, dieAt));
        return own.apply(target, [counted, ...given.slice(1)]);
      };
    },
  });

async function cycle({ schema, unit: id, dir, settings, beganAt, dieAt }: CycleOrder): Promise<void> {
  const clock: Clock = { ...systemClock, now: () => noon + systemClock.now() - beganAt };
  const plain = await openDatabase(databaseSettings.parse(settings), { clock: systemClock, log: silentLog });
  const database = counting(plain, dieAt);
  const unit = cycleUnit(id);
  const ground = { database, clock, ids: systemIds };
  const closers: (() => Promise<void>)[] = [() => plain.close()];
  const openLegacy = async () => {
    const example = exampleSettings(databaseSettings.parse(settings));
    const theirs = await openTheirs(example);
    closers.push(() => theirs.close());
    const counted = counting(theirs, dieAt);
    const parts = { journal: database, database: counted, settings: example, clock, ids: systemIds };
    return openExistingRevenue(parts).deduction(async () => database);
  };
  const books = schema === 'builtin' ? builtinDeduction(ground) : await openLegacy();
  const limits = { leaseMs: 150, retryMs: 20, noticeRetryMs: 20 };
  const exchange = openExchange({
    settings: exchangeSettings.parse({ watch: false, limits, notice: { host: 'platform', port: 1 } }),
    ...{
      units: [unit],
      root: dir,
      database,
      processors: [],
      producers: [deductionRequests(async () => database)],
    },
    call: async () => ({ kind: 'answered', code: '9999', text: '' }),
    openRemote: () => {
      throw new Error('no remote place here');
    },
    ...{ clock, ids: systemIds, log: silentLog, meters: silentMeters },
  });
  console.log('ready');
  const { outbox, dispatch } = exchange;
  const order = { bankCode: '105', triesMax: 2, retryOf: '', orderedBy: 'test' };
  for (;;) {
    const { state } = await runDeduction({ books, unit, outbox, dispatch, order }, today);
    if (state === 'noticed' || state === 'answered') break;
    await systemClock.sleep(20);
  }
  const lines = readFileSync(requestPath(dir, id), 'latin1')
    .split('\r\n')
    .filter((line) => line !== '');
  for (const n of [3, 8]) {
    const [, customer = '', , , , bill = '', , , , amount = ''] = (lines[n] ?? '').split('|');
    if (schema === 'existing')
      await plain.all(payAtCounter, { unit: id, customer, bill, amount, serial: `MW${id}${n}` });
    else {
      const paid = payment(customer, Number(amount), {
        bills: [bill],
        serial: `MEANWHILE${id}${n}` as never,
      });
      await openBuiltinRevenue(ground).pay(unit, paid);
    }
  }
  const path = join(dir, `${id}.answer.txt`);
  if (!existsSync(path)) {
    writeFileSync(`${path}.tmp`, answerTo(lines, id));
    renameSync(`${path}.tmp`, path);
  }
  const text = readFileSync(path);
  const file = {
    ...({
      id,
      unit,
      type: 'REDK',
      day: today,
      name: 'answer.txt',
      path,
      settings: defaultFileSettings,
    } as const),
    ...{ bytes: statSync(path).size, sha256: createHash('sha256').update(text).digest('hex') },
    sums: { lines: lines.length - 1, amount: fen(0), goodLines: undefined, goodAmount: undefined },
    storedAt: noon,
  };
  while ((await processAnswer(books, file)).kind !== 'processed') await systemClock.sleep(20);
  await exchange.stop();
  for (const close of closers) await close();
  console.log(`done ${calls}`);
}

/** Every fifth debit fails. */
function answerTo([, ...lines]: readonly string[], id: string): string {
  const rows = lines.map((line, n) => {
    const amount = line.split('|')[9] ?? '';
    const serial = `2024011500003001${id.padStart(6, '0')}${String(n).padStart(6, '0')}`;
    return n % 5 === 4 ? `${line}|0|2|||` : `${line}${today}|${amount}|1|${serial}||`;
  });
  const amounts = lines.map((line) => Number(line.split('|')[9]));
  const sum = (all: readonly number[]) => all.reduce((a, b) => a + b, 0);
  const good = amounts.filter((_, n) => n % 5 !== 4);
  const head = `${rows.length}|${sum(amounts)}|${good.length}|${sum(good)}|${today}|105||`;
  return [head, ...rows, ''].join('\r\n');
}

// Not awaited here: a file that imports one that waits is loaded another way by mocha, with a second copy of everything.
if (process.argv[1] === import.meta.filename) void cycle(JSON.parse(process.argv[2] ?? '') as CycleOrder);
