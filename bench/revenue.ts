/**
 * Payments and queries per second through the revenue port, next to the same statements written by hand on the bare driver, in the same run,
 * alternating; and how the cost grows with the number of bills.
 *
 *   npx tsx bench/revenue.ts [--only sqlite,postgres,mysql] [--rounds 7] [--grow 10000,100000,10000000]
 *
 * At the largest size each statement's plan is asked for; one that reads a whole table ends the run with exit code 1.
 */
import { parseArgs } from 'node:util';
import { systemClock, systemIds } from '../src/clock.js';
import { type Database, migrate, openDatabase } from '../src/database/index.js';
import { silentLog } from '../src/log.js';
import { type Day, fenOf, type Serial } from '../src/protocol/values.js';
import { openBuiltinRevenue } from '../src/revenue/index.js';
import { explaining, wholeTable } from '../test/support/plans.js';
import { type Goal, goalLine, median } from './report.js';
import { type BenchClient, CALLERS, makePlace } from './revenue/places.js';
import { openRaw, type Raw } from './revenue/raw.js';
import { BILLS_EACH, benchUnit, customerOf, seed } from './revenue/seed.js';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: 'sqlite,postgres,mysql' },
    rounds: { type: 'string', default: '7' },
    grow: { type: 'string', default: '10000,100000' },
  },
});
const clients = (['sqlite', 'postgres', 'mysql'] as const).filter((client) =>
  options.only.split(',').includes(client),
);
const rounds = Number(options.rounds);
/** Customers; each has two bills. */
const sizes = options.grow.split(',').map((bills) => Number(bills) / BILLS_EACH);
const QUERIES = 1000;
const PAYMENTS = 150;
/** Of the first round, which counts for nothing: caches and compilers get warm. */
const WARM = 1000;

const day = '20240115' as Day;
const noon = 1_705_291_200_000;
const unique = () => systemIds.digits(24);

interface Rate {
  readonly perSecond: number;
  /** CPU time of this process for each call: the driver and what is around it, without the server. */
  readonly cpuUs: number;
}
/** Runs the calls by so many callers at once. */
async function rate(
  count: number,
  callers: number,
  call: (index: number) => Promise<unknown>,
): Promise<Rate> {
  let next = 0;
  const begun = process.hrtime.bigint();
  const cpu = process.cpuUsage();
  const caller = async () => {
    while (next < count) await call(next++);
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const { user, system } = process.cpuUsage(cpu);
  const perSecond = count / (Number(process.hrtime.bigint() - begun) / 1e9);
  return { perSecond, cpuUs: (user + system) / count };
}

interface Measured {
  readonly query: Rate;
  readonly pay: Rate;
}
/** Hands out customers that nobody paid yet. */
type NextCustomer = () => string;

function portSide(database: Database, size: number, next: NextCustomer) {
  const revenue = openBuiltinRevenue({ database, clock: systemClock, ids: systemIds });
  return {
    query: (index: number) => revenue.arrears(benchUnit, customerOf((index * 7919) % size), day),
    pay: async () => {
      const customer = next();
      const outcome = await revenue.pay(benchUnit, {
        serial: unique() as Serial,
        customer,
        amount: fenOf(4321n * BigInt(BILLS_EACH)),
        bankDay: day,
        receivedAt: noon,
        rows: [{ customer, bill: '', month: undefined }],
        fundNumber: '',
        payMode: '',
        remark: '',
      });
      if (outcome.kind !== 'booked') throw new Error(`${customer}: ${JSON.stringify(outcome)}`);
    },
  };
}
const rawSide = (raw: Raw, size: number, next: NextCustomer) => ({
  query: (index: number) => raw.query(customerOf((index * 7919) % size)),
  pay: () => raw.pay(next(), unique(), unique()),
});

async function measure(client: BenchClient, database: Database, raw: Raw, size: number, next: NextCustomer) {
  // SQLite answers on the caller's own thread: more callers would only queue.
  const callers = client === 'sqlite' ? 1 : CALLERS;
  const sides = { port: portSide(database, size, next), raw: rawSide(raw, size, next) };
  const found: Record<keyof typeof sides, Measured[]> = { port: [], raw: [] };
  for (let round = -1; round < rounds; round++) {
    // Who goes second finds warmer pages: they take turns.
    for (const name of round % 2 === 0 ? (['port', 'raw'] as const) : (['raw', 'port'] as const)) {
      const warm = round < 0;
      const query = await rate(warm ? WARM : QUERIES, callers, sides[name].query);
      const pay = await rate(warm ? WARM : PAYMENTS, callers, sides[name].pay);
      if (!warm) found[name].push({ query, pay });
    }
  }
  return { query: compared(found, 'query'), pay: compared(found, 'pay') };
}
type Compared = ReturnType<typeof compared>;
/** Medians over the rounds. A ratio is taken within each round, where both sides met the same machine. */
function compared(found: Readonly<Record<'port' | 'raw', readonly Measured[]>>, what: keyof Measured) {
  const of = (side: 'port' | 'raw', value: keyof Rate) => found[side].map((one) => one[what][value]);
  const ratio = (value: keyof Rate) =>
    median(of('port', value).map((port, round) => port / (of('raw', value)[round] ?? Number.NaN)));
  return {
    port: median(of('port', 'perSecond')),
    raw: median(of('raw', 'perSecond')),
    ratio: ratio('perSecond'),
    cpuUs: median(of('port', 'cpuUs')),
    cpuRawUs: median(of('raw', 'cpuUs')),
  };
}

/** How many statements of a query and a payment were explained, and those that read a whole table. */
async function plansOf(database: Database, size: number, next: NextCustomer) {
  const plans = new Map<string, string>();
  const { query, pay } = portSide(explaining(database, plans), size, next);
  await query(0);
  await pay();
  const whole = [...plans].filter(([, plan]) => wholeTable[database.client].test(plan));
  return { explained: plans.size, whole };
}

const cells = (...columns: (string | number)[]) => console.log(`| ${columns.join(' | ')} |`);
const measures = (what: string) => [`${what}/s`, 'raw', 'ratio', 'CPU µs', 'raw', 'cost'];
const figures = (now: Compared, first: Compared) => [
  Math.round(now.port),
  Math.round(now.raw),
  now.ratio.toFixed(2),
  Math.round(now.cpuUs),
  Math.round(now.cpuRawUs),
  `× ${(first.port / now.port).toFixed(2)}`,
];
const titles = ['database', 'bills', ...measures('queries'), ...measures('payments')];
cells(...titles);
cells(...titles.map(() => '---'));
const goals: Goal[] = [];
const found: (readonly [BenchClient, Awaited<ReturnType<typeof plansOf>>])[] = [];
for (const client of clients) {
  const place = await makePlace(client);
  const database = await openDatabase(place.settings, { clock: systemClock, log: silentLog });
  try {
    await migrate(database);
    let paid = 0;
    let seeded = 0;
    let first: Awaited<ReturnType<typeof measure>> | undefined;
    for (const size of sizes) {
      await seed(database, seeded, size);
      seeded = size;
      const raw = openRaw(place.settings);
      const next = () => customerOf(size - 1 - (paid++ % size));
      paid = 0;
      const now = await measure(client, database, raw, size, next);
      await raw.close();
      if (size === sizes.at(-1)) found.push([client, await plansOf(database, size, next)] as const);
      first ??= now;
      for (const what of ['query', 'pay'] as const)
        goals.push({
          what: `${client}, ${size * BILLS_EACH} bills, ${what}: rate next to the raw driver`,
          measured: now[what].ratio,
          atLeast: 0.8,
        });
      cells(client, size * BILLS_EACH, ...figures(now.query, first.query), ...figures(now.pay, first.pay));
    }
  } finally {
    await database.close();
    await place.drop();
  }
}

console.log('');
for (const [client, { explained, whole }] of found) {
  console.log(
    `${client}: ${explained} statements explained at the largest size, ${whole.length} read a whole table`,
  );
  for (const [text, plan] of whole) console.log(`${text}\n${plan}`);
  if (whole.length > 0) process.exitCode = 1;
}
for (const goal of goals) console.log(goalLine(goal));
