/*
  One run of an exchange in a process of its own: finishes what the run before it left, then takes the next file and is killed at a step.
  Its orders come as JSON in the first argument; it prints one JSON line when it was not killed.
*/
import { appendFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { arm, step, stepsTaken } from './kill-at.mjs';

const dist = (path) => import(new URL(`../../../dist/${path}`, import.meta.url).href);
const { systemClock, systemIds } = await dist('clock.js');
const { databaseSettings, openDatabase } = await dist('database/index.js');
const exchangeRoom = await dist('exchange/index.js');
const { silentLog } = await dist('log.js');
const { exchangeFiles } = await dist('protocol/index.js');
const { unitWith } = await dist('revenue/unit.js');

const orders = JSON.parse(process.argv[2]);
const { dir, way, recover, next, killAt } = orders;
const unit = unitWith('39536', {}, {}, { shortName: 'ORG' });
const database = await openDatabase(
  databaseSettings.parse({ client: 'sqlite', file: join(dir, 'revenue.sqlite') }),
  { clock: systemClock, log: silentLog },
);

const processor = {
  type: 'DSDZ',
  async process(file) {
    step();
    appendFileSync(join(dir, 'processed'), `${file.sha256} ${file.id}\n`);
    step();
    return { kind: 'processed', detail: `${file.sums.lines} lines` };
  },
};
const producer = exchangeRoom.defineProducer({
  type: 'CFTZ',
  file: exchangeFiles.CFTZ,
  async *details({ dataDay }) {
    for (let i = 0; i < 3; i++) {
      yield {
        bill: `B${i}`,
        customer: `C${i}`,
        customerName: '张三',
        owed: 100n,
        lateFeeFrom: dataDay,
        unitName: '甲',
        clearingUnit: unit.id,
        remindUntil: dataDay,
      };
    }
  },
  summary: ({ lineCount }) => ({ lineCount }),
});
const open = (watch) =>
  exchangeRoom.openExchange({
    settings: exchangeRoom.exchangeSettings.parse({
      watch,
      limits: { stableMs: 1, pollMs: 50, absentMs: 300, answerMarginMs: 100 },
      notice: { host: '192.0.2.1', port: 1 },
    }),
    units: [unit],
    root: join(dir, 'exchange'),
    database,
    processors: [processor],
    producers: [producer],
    call: async ({ head, body }) => {
      step();
      appendFileSync(join(dir, 'notices'), `${body.fileName} ${head.messageId}\n`);
      step();
      return { kind: 'answered', code: '9999', text: '' };
    },
    openRemote: () => {
      throw new Error('no remote place');
    },
    clock: systemClock,
    ids: systemIds,
    log: silentLog,
    meters: exchangeRoom.silentMeters,
  });

async function until(what, holds) {
  const end = systemClock.now() + 30_000;
  while (!(await holds())) {
    if (systemClock.now() > end) throw new Error(`${what} did not come to its end`);
    await systemClock.sleep(10);
  }
}
const isDone = async (exchange, { name, sha256, day }) => {
  if (way === 'out') {
    const [file] = await exchange.outgoing.ofDay(unit.id, 'CFTZ', day);
    return file?.state === 'noticed';
  }
  const files = await exchange.incoming.findNamed(unit.id, name);
  return files.some((file) => file.sha256 === sha256 && file.filed);
};

if (recover) {
  const exchange = open(true);
  exchange.start();
  // An order that was never noted is the operator's to repeat.
  if (way === 'out' && (await exchange.outgoing.ofDay(unit.id, 'CFTZ', recover.day)).length === 0)
    await order(exchange, recover);
  await until(recover.name ?? recover.day, () => isDone(exchange, recover));
  await exchange.stop();
}
let verdict;
if (next) {
  const exchange = open(false);
  if (way === 'out') {
    arm(killAt);
    await order(exchange, next);
    await exchange.work();
  } else {
    if (next.before) await takeIn(exchange, next.before, 0);
    verdict = await takeIn(exchange, next, killAt);
  }
  await exchange.stop();
}
await database.close();
console.log(JSON.stringify({ verdict, steps: stepsTaken() }));

function order(exchange, { day }) {
  return exchange.outbox.order({
    unit: unit.id,
    type: 'CFTZ',
    dataDay: day,
    again: false,
    orderedBy: 'test',
  });
}

async function takeIn(exchange, file, killAtStep) {
  const upload = join(dir, 'exchange', unit.id, 'upload');
  mkdirSync(upload, { recursive: true });
  writeFileSync(join(dir, 'staged'), file.content);
  renameSync(join(dir, 'staged'), join(upload, file.name));
  if (file === next) arm(killAtStep);
  const deadline = systemClock.now() + 20_000;
  const notice = { fileName: file.name, filePath: '/upload/', fileType: 'DSDZ', extend: '', deadline };
  const answer = await exchange.arrival.announced(unit, notice);
  await until(file.name, async () => {
    await exchange.work();
    return isDone(exchange, file);
  });
  return answer.verdict;
}
