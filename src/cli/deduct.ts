/* `sluice deduct`: batch deduction (批量代扣). */
import type { Command } from 'commander';
import { chinaDay, chinaText, systemClock } from '../clock.js';
import { OperatorError } from '../errors.js';
import {
  type Batch,
  type BatchState,
  batchById,
  batchOfDay,
  batchStateTitles,
  newestBatches,
  type Outcome,
  type OutcomeSum,
  outcomes,
  outcomesOf,
  outcomeTitles,
  reasonsOf,
  refusalReasons,
  releaseBatch,
  reportOf,
  runDeduction,
  unknownBatch,
} from '../exchange/deduction/index.js';
import { exchangeOfUnit } from '../exchange/settings.js';
import { printable } from '../log.js';
import { type Day, parseDay } from '../protocol/values.js';
import { yuanText } from '../revenue/index.js';
import { writeCsv, writeXlsx } from '../spreadsheet.js';
import { wholeOf } from './arguments.js';
import { sentence } from './exchange-make.js';
import { type ExchangeCommand, withExchange } from './exchange-open.js';
import { withDir, withExample } from './options.js';
import { progressBar } from './progress.js';
import { actorName, recordChange } from './record-change.js';
import { type SftpPlace, withSftp } from './sftp-database.js';
import { table } from './table.js';
import { unitOf } from './units.js';

interface Options {
  readonly dir?: string;
  readonly json?: boolean;
  readonly unit: string;
}
interface RunOptions extends Options {
  readonly day?: string;
  readonly bankCode?: string;
  readonly tries?: string;
}

/** `sluice deduct run|retry|list|show|release`. */
export function deductCommand(program: Command): void {
  const deduct = program.command('deduct').description('batch deduction: 批量代扣');
  const common = (command: Command) =>
    withDir(command)
      .requiredOption('--unit <unit>', 'clearing unit 清算单位')
      .option('--json', 'print as JSON');
  const order = (command: Command) =>
    common(command)
      .option('--bank-code <code>', "bank code of the summary (default: the unit's deduction.bankCode)")
      .option('--tries <n>', "leave out bills whose debit failed so often (default: the unit's triesMax)");
  withExample(
    order(
      deduct
        .command('run')
        .description('lock what is eligible, publish and announce the request; goes on after a crash'),
    ).option('--day <yyyyMMdd>', 'day of the run, not in the future (default: today in China)'),
    'sluice deduct run --unit 39536 --dir demo',
  ).action(run);
  withExample(
    order(
      deduct
        .command('retry <batch>')
        .description(
          "go on with a run that is on its way, or request what failed in it again, as today's run",
        ),
    ),
    'sluice deduct retry 202401151200001234567890 --unit 39536',
  ).action(retry);
  withExample(
    common(deduct.command('list').description('runs, newest first')),
    'sluice deduct list --unit 39536 --json',
  ).action(list);
  withExample(
    common(deduct.command('show <batch>').description('one run with its results'))
      .option('--csv <file>', 'write every line with its result as CSV')
      .option('--xlsx <file>', 'the same for a spreadsheet'),
    'sluice deduct show 202401151200001234567890 --unit 39536 --xlsx result.xlsx',
  ).action(show);
  withExample(
    common(
      deduct.command('release <batch>').description('give a run up and unlock its bills'),
    ).requiredOption('--reason <text>', 'why, for the record'),
    'sluice deduct release 202401151200001234567890 --unit 39536 --reason "no answer"',
  ).action(release);
}

async function run(options: RunOptions): Promise<void> {
  const day = dayOf(options.day);
  await withExchange(options.dir, async (on) => {
    const batch = await makeRun(on, options, day, '');
    await recordChange(
      on.config.dir,
      { action: 'deduct run', target: options.unit, after: jsonOf(batch) },
      { database: on.database },
    );
    await tellRun(on, batch, options);
  });
}

/** Goes on with what is still on its way; else makes today's run of the bills that failed or were let go. */
async function retry(id: string, options: RunOptions): Promise<void> {
  await withExchange(options.dir, async (on) => {
    const unit = unitOf(on, options.unit);
    const failed = await batchById(on.database, unit, id);
    if (failed === undefined) throw unknownBatch(printable(id));
    const today = chinaDay(systemClock.now());
    if (!retryable.has(failed.state)) {
      const file = failed.outgoingId === '' ? undefined : await on.exchange.outgoing.find(failed.outgoingId);
      if (file !== undefined && failed.state !== 'noticed')
        await on.exchange.outbox.resend(file, actorName());
      await tellRun(on, await makeRun(on, options, failed.day, failed.retryOf), options);
      return;
    }
    const there = await batchOfDay(on.database, unit, today);
    if (there !== undefined && there.retryOf !== id)
      throw new OperatorError(
        'deduct-day-taken',
        `unit ${unit.id} has had its run of today: ${there.id} (${there.state})`,
        'A unit has one run a day, because its file is named by the day. Retry tomorrow, or leave it to the next run.',
      );
    const batch = await makeRun(on, options, today, id);
    await recordChange(
      on.config.dir,
      { action: 'deduct retry', target: id, after: jsonOf(batch) },
      { database: on.database },
    );
    await tellRun(on, batch, options);
  });
}
const retryable: ReadonlySet<Batch['state']> = new Set(['answered', 'released']);

async function makeRun(on: ExchangeCommand, options: RunOptions, day: Day, retryOf: string): Promise<Batch> {
  const unit = unitOf(on, options.unit);
  const rules = exchangeOfUnit(on.config.exchange, unit.id).deduction;
  // Both at once would debit a customer twice.
  if (rules.by === 'platform')
    throw new OperatorError(
      'deduct-by-platform',
      `customers of unit ${unit.id} are debited by the platform itself`,
      "Set exchange.units.*.deduction.by to 'run' if that is not so.",
    );
  const order = {
    bankCode: options.bankCode ?? rules.bankCode,
    triesMax: options.tries === undefined ? rules.triesMax : wholeOf('--tries', options.tries, 1, 1000),
    retryOf,
    orderedBy: actorName(),
  };
  const { outbox, dispatch } = on.exchange;
  const books = await on.exchange.deduction();
  const bar = progressBar('bills', await books.countEligible(unit));
  const { update: progress } = bar;
  return runDeduction({ books, unit, outbox, dispatch, order, progress }, day).finally(bar.stop);
}

/** Exit code 1 where the platform was not told yet, though it should have been. */
async function tellRun(on: ExchangeCommand, batch: Batch, options: Options): Promise<void> {
  await print(on, batch, options);
  const file = batch.outgoingId === '' ? undefined : await on.exchange.outgoing.find(batch.outgoingId);
  if (file === undefined) return;
  if (options.json !== true) console.log(printable(sentence(file)));
  const isDone = file.state === 'noticed' || file.state === 'verified';
  if (!isDone) process.exitCode = 1;
}

async function list(options: Options): Promise<void> {
  await withSftp(options.dir, async (place) => {
    const batches = await newestBatches(place.database, unitOf(place, options.unit));
    if (options.json === true) console.log(JSON.stringify(batches.map(jsonOf), null, 2));
    else if (batches.length === 0) console.log('没有批次 (no runs)');
    else
      console.log(
        table(
          ['批次 batch', '日期 day', '状态 state', '笔数', '金额(元)', '文件 file'],
          batches.map((b) => [b.id, b.day, stateText(b.state), String(b.count), yuanText(b.sum), b.fileName]),
        ),
      );
  });
}

async function show(id: string, options: Options & { csv?: string; xlsx?: string }): Promise<void> {
  await withSftp(options.dir, async (place) => {
    const batch = await batchById(place.database, unitOf(place, options.unit), id);
    if (batch === undefined) throw unknownBatch(printable(id));
    if (options.csv !== undefined) await writeCsv(options.csv, reportOf(place.database, batch));
    if (options.xlsx !== undefined) await writeXlsx(options.xlsx, reportOf(place.database, batch));
    await print(place, batch, options);
  });
}

async function release(id: string, options: Options & { reason: string }): Promise<void> {
  await withExchange(options.dir, async (on) => {
    const unit = unitOf(on, options.unit);
    const { outgoing, outbox } = on.exchange;
    const releasing = { books: await on.exchange.deduction(), outgoing, outbox };
    const { before, unlocked } = await releaseBatch(releasing, unit, id, options.reason, actorName());
    const change = {
      action: 'deduct release',
      target: id,
      before: { state: before.state },
      after: { state: 'released', unlocked, reason: options.reason },
    };
    await recordChange(on.config.dir, change, { database: on.database });
    if (options.json === true) console.log(JSON.stringify({ batch: id, unlocked }, null, 2));
    else console.log(`已释放 (released): ${unlocked} bill(s) unlocked`);
  });
}

async function print(place: Pick<SftpPlace, 'database'>, batch: Batch, options: Options): Promise<void> {
  const sums = await outcomesOf(place.database, batch);
  const reasons = await reasonsOf(place.database, batch);
  const refused = await refusalReasons(place.database, batch.id);
  const results = outcomes.flatMap((outcome): [Outcome, OutcomeSum][] => {
    const sum = sums[outcome];
    return sum === undefined ? [] : [[outcome, sum]];
  });
  if (options.json === true) {
    const readable = results.map(([outcome, { count, sum }]) => [outcome, { count, amount: Number(sum) }]);
    const why = reasons.map(({ sum, ...rest }) => ({ ...rest, amount: Number(sum) }));
    const all = { ...jsonOf(batch), results: Object.fromEntries(readable), reasons: why, refused };
    console.log(JSON.stringify(all, null, 2));
    return;
  }
  console.log(`批次 ${batch.id}  ${batch.day}  ${stateText(batch.state)}  ${batch.fileName}`);
  console.log(
    `创建 ${chinaText(batch.createdAt)}  更新 ${chinaText(batch.changedAt)}  ${printable(batch.note)}`,
  );
  console.log(
    table(
      ['结果 result', '笔数', '金额(元)'],
      results.map(([outcome, { count, sum }]) => [outcomeText(outcome), String(count), yuanText(sum)]),
    ),
  );
  const why = [
    ...reasons.map(({ reason, outcome, count, sum }) => [
      reason,
      outcomeText(outcome),
      String(count),
      yuanText(sum),
    ]),
    ...refused.map(({ reason, count }) => [reason, '拒收 refused', String(count), '']),
  ];
  if (why.length > 0) console.log(table(['原因 why', '结果 result', '行数', '金额(元)'], why));
}

const stateText = (state: BatchState): string => `${batchStateTitles[state]} ${state}`;
const outcomeText = (outcome: Outcome): string => `${outcomeTitles[outcome]} ${outcome}`;

/** Amounts in fen. */
const jsonOf = ({ id, sum, bytes, createdAt, changedAt, ...rest }: Batch) => ({
  batch: id,
  ...rest,
  amount: Number(sum),
  bytes: bytes ?? null,
  createdAt: chinaText(createdAt),
  changedAt: chinaText(changedAt),
});

function dayOf(text: string | undefined): Day {
  const today = chinaDay(systemClock.now());
  const day = text === undefined ? today : parseDay(text);
  if (day !== undefined && day <= today) return day;
  throw new OperatorError(
    'option-invalid',
    `--day ${printable(text ?? '')} is no day up to today`,
    'Give a day as yyyyMMdd, for instance 20240115.',
  );
}
