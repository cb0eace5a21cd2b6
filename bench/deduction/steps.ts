/** One step of the benchmark, in a process of its own, so that its memory and its CPU time are its own. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chinaDay, systemClock, systemIds } from '../../src/clock.js';
import { databaseSettings, openDatabase, sql } from '../../src/database/index.js';
import { deductionRequests, processAnswer, runDeduction } from '../../src/exchange/deduction/index.js';
import { exchangeSettings, openExchange, silentMeters } from '../../src/exchange/index.js';
import { silentLog } from '../../src/log.js';
import { defaultFileSettings } from '../../src/protocol/index.js';
import { fenOf } from '../../src/protocol/values.js';
import { builtinDeduction, verifyLedger } from '../../src/revenue/index.js';
import { BILLS_EACH, benchUnit, seed } from '../revenue/seed.js';

export const stepNames = ['seed', 'run', 'answer', 'result', 'verify'] as const;
export type StepName = (typeof stepNames)[number];
export interface StepOrder {
  readonly step: StepName;
  readonly settings: object;
  readonly dir: string;
  readonly bills: number;
}
export interface StepEnd {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakMiB: number;
  readonly said: string;
}

const today = chinaDay(systemClock.now());
const answerPath = (dir: string) => join(dir, 'answer.txt');

async function work({ step, settings, dir, bills }: StepOrder): Promise<string> {
  const parsed = databaseSettings.parse(settings);
  const open = () => openDatabase(parsed, { dir, clock: systemClock, log: silentLog });
  if (step === 'answer') return writeAnswer(dir);
  const database = await open();
  const books = builtinDeduction({ database, clock: systemClock, ids: systemIds });
  try {
    switch (step) {
      case 'seed': {
        const { migrate } = await import('../../src/database/index.js');
        await migrate(database);
        await seed(database, 1, 1 + bills / BILLS_EACH);
        await database.run(
          sql(`insert into agreements (unit, agreement_no, customer, state, bank_code, bank_account, signed_on, changed_at)
            select unit, customer, customer, 'valid', '105', '6222000011112222', '20240101', 0 from accounts`),
        );
        return '';
      }
      case 'run': {
        const exchange = openExchange({
          settings: exchangeSettings.parse({
            watch: false,
            notice: { host: 'platform', port: 1 },
            units: { [benchUnit.id]: { account: 'bench' } },
          }),
          ...{ units: [benchUnit], root: dir, database, processors: [] },
          producers: [deductionRequests(async () => database)],
          call: async () => ({ kind: 'answered', code: '9999', text: '' }),
          openRemote: () => {
            throw new Error('no remote place here');
          },
          ...{ clock: systemClock, ids: systemIds, log: silentLog, meters: silentMeters },
        });
        const { outbox, dispatch } = exchange;
        const order = { bankCode: '105', triesMax: 6, retryOf: '', orderedBy: 'bench' };
        const batch = await runDeduction({ books, unit: benchUnit, outbox, dispatch, order }, today);
        await exchange.stop();
        return `${batch.state} ${batch.count}`;
      }
      case 'result': {
        const path = answerPath(dir);
        const hash = createHash('sha256');
        for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
        const outcome = await processAnswer(books, {
          ...{ id: 'bench', unit: benchUnit, type: 'REDK', day: today, name: 'answer.txt', path },
          ...{ bytes: statSync(path).size, sha256: hash.digest('hex'), settings: defaultFileSettings },
          sums: { lines: bills, amount: fenOf(0n), goodLines: undefined, goodAmount: undefined },
          storedAt: systemClock.now(),
        });
        return `${outcome.kind} ${outcome.detail}`;
      }
      case 'verify':
        return `${(await verifyLedger(database)).length} findings`;
      default:
        return step satisfies never;
    }
  } finally {
    await database.close();
  }
}

/** The platform's answer: 98 % debited. */
async function writeAnswer(dir: string): Promise<string> {
  const name = `${benchUnit.shortName}_DKKK_${benchUnit.id}_${today}.txt`;
  const lines = createInterface({ input: createReadStream(join(dir, 'bench', 'download', name), 'latin1') });
  const out = createWriteStream(`${answerPath(dir)}.lines`);
  let [count, total, good, goodTotal] = [0, 0n, 0, 0n];
  for await (const line of lines) {
    if (count === 0 && !line.startsWith('2024') && line.split('|').length < 8) continue;
    const amount = line.split('|')[9] ?? '';
    const isGood = count % 50 !== 0;
    count += 1;
    total += BigInt(amount);
    if (isGood) {
      good += 1;
      goodTotal += BigInt(amount);
    }
    const serial = `20240115000030015800${String(count).padStart(12, '0')}`;
    const end = isGood ? `${today}|${amount}|1|${serial}||` : `|0|2|||`;
    if (!out.write(`${line}${end}\r\n`)) await new Promise((resolve) => out.once('drain', resolve));
  }
  await new Promise<void>((resolve) => out.end(resolve));
  const whole = createWriteStream(answerPath(dir));
  whole.write(`${count}|${total}|${good}|${goodTotal}|${today}|105||\r\n`);
  for await (const chunk of createReadStream(`${answerPath(dir)}.lines`)) {
    if (!whole.write(chunk)) await new Promise((resolve) => whole.once('drain', resolve));
  }
  await new Promise<void>((resolve) => whole.end(resolve));
  return `${count} lines`;
}

if (process.argv[2] !== undefined && process.argv[1] === import.meta.filename) {
  const order = JSON.parse(process.argv[2]) as StepOrder;
  const began = performance.now();
  const said = await work(order);
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const end: StepEnd = {
    wallMs: performance.now() - began,
    cpuMs: (userCPUTime + systemCPUTime) / 1000,
    peakMiB: maxRSS / 1024,
    said,
  };
  console.log(JSON.stringify(end));
}
