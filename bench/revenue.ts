/**
 * Payments and queries per second through the revenue port, next to the same statements written by hand on the bare driver, in the same run,
 * alternating; and how the cost grows with the number of bills.
 *
 *   npx tsx bench/revenue.ts [--only sqlite,postgres,mysql] [--rounds 5] [--grow 10000,100000]
 */
import { parseArgs } from 'node:util';
import { systemClock, systemIds } from '../src/clock.js';
import { type Database, migrate, openDatabase } from '../src/database/index.js';
import { silentLog } from '../src/log.js';
import { type Day, fenOf, type Serial } from '../src/protocol/values.js';
import { openBuiltinRevenue } from '../src/revenue/index.js';
import { type BenchClient, CALLERS, makePlace } from './revenue/places.js';
import { openRaw, type Raw } from './revenue/raw.js';
import { BILLS_EACH, benchUnit, customerOf, seed } from './revenue/seed.js';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: 'sqlite,postgres,mysql' },
    rounds: { type: 'string', default: '5' },
    grow: { type: 'string', default: '10000,100000' },
  },
});
const clients = (['sqlite', 'postgres', 'mysql'] as const).filter((client) =>
  options.only.split(',').includes(client),
);
const rounds = Number(options.rounds);
/** Customers; each has two bills. */
const sizes = options.grow.split(',').map((bills) => Number(bills) / BILLS_EACH);
const QUERIES = 2000;
const PAYMENTS = 300;

const day = '20240115' as Day;
const noon = 1_705_291_200_000;
const median = (all: readonly number[]): number => all.toSorted((a, b) => a - b)[all.length >> 1] ?? 0;
const unique = () => systemIds.digits(24);

/** Calls per second, by so many callers at once. */
async function rate(
  count: number,
  callers: number,
  call: (index: number) => Promise<unknown>,
): Promise<number> {
  let next = 0;
  const begun = process.hrtime.bigint();
  const caller = async () => {
    while (next < count) await call(next++);
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return count / (Number(process.hrtime.bigint() - begun) / 1e9);
}

interface Measured {
  readonly query: number;
  readonly pay: number;
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
      const query = await rate(QUERIES, callers, sides[name].query);
      const pay = await rate(PAYMENTS, callers, sides[name].pay);
      if (round >= 0) found[name].push({ query, pay }); // The first round warms caches and compilers.
    }
  }
  const of = (name: keyof typeof sides): Measured => ({
    query: median(found[name].map((one) => one.query)),
    pay: median(found[name].map((one) => one.pay)),
  });
  return { port: of('port'), raw: of('raw') };
}

const cells = (...columns: (string | number)[]) => console.log(`| ${columns.join(' | ')} |`);
cells(
  'database',
  'bills',
  'queries/s',
  'raw',
  'ratio',
  'payments/s',
  'raw',
  'ratio',
  'per query',
  'per payment',
);
cells(...Array.from({ length: 10 }, () => '---'));
for (const client of clients) {
  const place = await makePlace(client);
  const database = await openDatabase(place.settings, { clock: systemClock, log: silentLog });
  try {
    await migrate(database);
    let paid = 0;
    let seeded = 0;
    let first: Measured | undefined;
    for (const size of sizes) {
      await seed(database, seeded, size);
      seeded = size;
      const raw = openRaw(place.settings);
      const next = () => customerOf(size - 1 - (paid++ % size));
      paid = 0;
      const { port, raw: bare } = await measure(client, database, raw, size, next);
      await raw.close();
      first ??= port;
      cells(
        client,
        size * BILLS_EACH,
        Math.round(port.query),
        Math.round(bare.query),
        (port.query / bare.query).toFixed(2),
        Math.round(port.pay),
        Math.round(bare.pay),
        (port.pay / bare.pay).toFixed(2),
        `× ${(first.query / port.query).toFixed(2)}`,
        `× ${(first.pay / port.pay).toFixed(2)}`,
      );
    }
  } finally {
    await database.close();
    await place.drop();
  }
}
