/* `sluice deduct`: batch deduction (批量代扣). */
import type { Command } from 'commander';
import { chinaDay, chinaText, systemClock, systemIds } from '../clock.js';
import { OperatorError } from '../errors.js';
import {
  type Batch,
  batchById,
  defaultTriesMax,
  newestBatches,
  type OutcomeSum,
  outcomes,
  outcomesOf,
  reasonsOf,
  releaseBatch,
  runDeduction,
  unknownBatch,
} from '../exchange/deduction/index.js';
import { exchangeOfUnit, fileSettingsOf } from '../exchange/settings.js';
import { printable } from '../log.js';
import { writeFileName } from '../protocol/index.js';
import { type Day, parseDay } from '../protocol/values.js';
import type { Books } from '../revenue/index.js';
import type { Unit } from '../revenue/unit.js';
import { accountsOfUnit, downloadDir, getAccount } from '../sftp/index.js';
import { wholeOf } from './arguments.js';
import { withDir, withExample } from './options.js';
import { recordSftp, type SftpPlace, withSftp } from './sftp-database.js';
import { table } from './table.js';
import { checkBuiltin, unitOf } from './units.js';

interface Options {
  readonly dir?: string;
  readonly json?: boolean;
  readonly unit: string;
}
interface RunOptions extends Options {
  readonly day?: string;
  readonly account?: string;
  readonly bankCode: string;
  readonly tries: string;
}

/** `sluice deduct run|list|show|release`. */
export function deductCommand(program: Command): void {
  const deduct = program.command('deduct').description('batch deduction: 批量代扣');
  const common = (command: Command) =>
    withDir(command)
      .requiredOption('--unit <unit>', 'clearing unit 清算单位')
      .option('--json', 'print as JSON');
  withExample(
    common(
      deduct
        .command('run')
        .description('lock what is eligible and publish the request; goes on after a crash'),
    )
      .option('--day <yyyyMMdd>', 'day of the run, not in the future (default: today in China)')
      .option('--account <account>', "whose download directory gets the file (default: the unit's only one)")
      .option('--bank-code <code>', 'bank code of the summary', '')
      .option('--tries <n>', 'leave out bills whose debit failed so often', String(defaultTriesMax)),
    'sluice deduct run --unit 39536 --dir demo',
  ).action(run);
  withExample(
    common(deduct.command('list').description('runs, newest first')),
    'sluice deduct list --unit 39536 --json',
  ).action(list);
  withExample(
    common(deduct.command('show <batch>').description('one run with its results')),
    'sluice deduct show 202401151200001234567890 --unit 39536',
  ).action(show);
  withExample(
    common(
      deduct.command('release <batch>').description('give a run up and unlock its bills'),
    ).requiredOption('--reason <text>', 'why, for the record'),
    'sluice deduct release 202401151200001234567890 --unit 39536 --reason "no answer"',
  ).action(release);
}

async function run(options: RunOptions): Promise<void> {
  await withSftp(options.dir, async (place) => {
    const unit = unitOf(place, options.unit);
    const day = dayOf(options.day);
    checkBuiltin(place, 'deduction runs are made');
    const rules = exchangeOfUnit(place.config.exchange, unit.id);
    const account = await accountOf(place, unit, options.account ?? rules.account);
    const batch = await runDeduction(
      {
        books: booksOf(place),
        unit,
        settings: fileSettingsOf(place.config.exchange, unit.id, 'DKKK'),
        downloadDir: downloadDir(place.root, account),
        fileName: writeFileName(rules.names, {
          type: 'DKKK',
          day,
          org: rules.organisation ?? unit.shortName,
          unit: unit.id,
          area: rules.area,
        }),
        bankCode: options.bankCode,
        triesMax: wholeOf('--tries', options.tries, 1, 1000),
      },
      day,
    );
    await recordSftp(place, { action: 'deduct run', target: unit.id, after: jsonOf(batch) });
    await print(place, batch, options);
  });
}

async function list(options: Options): Promise<void> {
  await withSftp(options.dir, async (place) => {
    const batches = await newestBatches(place.database, unitOf(place, options.unit));
    if (options.json === true) console.log(JSON.stringify(batches.map(jsonOf), null, 2));
    else if (batches.length === 0) console.log('没有批次 (no runs)');
    else
      console.log(
        table(
          ['BATCH', 'DAY', 'STATE', 'BILLS', 'FEN', 'FILE'],
          batches.map((b) => [b.id, b.day, b.state, String(b.count), String(b.sum), b.fileName]),
        ),
      );
  });
}

async function show(id: string, options: Options): Promise<void> {
  await withSftp(options.dir, async (place) => {
    const batch = await batchById(place.database, unitOf(place, options.unit), id);
    if (batch === undefined) throw unknownBatch(printable(id));
    await print(place, batch, options);
  });
}

async function release(id: string, options: Options & { reason: string }): Promise<void> {
  await withSftp(options.dir, async (place) => {
    const unit = unitOf(place, options.unit);
    const { before, unlocked } = await releaseBatch(booksOf(place), unit, id, options.reason);
    await recordSftp(place, {
      action: 'deduct release',
      target: id,
      before: { state: before.state },
      after: { state: 'released', unlocked, reason: options.reason },
    });
    if (options.json === true) console.log(JSON.stringify({ batch: id, unlocked }, null, 2));
    else console.log(`已释放 (released): ${unlocked} bill(s) unlocked`);
  });
}

async function print(place: SftpPlace, batch: Batch, options: Options): Promise<void> {
  const sums = await outcomesOf(place.database, batch);
  const reasons = await reasonsOf(place.database, batch);
  const results = outcomes.flatMap((outcome): [string, OutcomeSum][] => {
    const sum = sums[outcome];
    return sum === undefined ? [] : [[outcome, sum]];
  });
  if (options.json === true) {
    const readable = results.map(([outcome, { count, sum }]) => [outcome, { count, amount: Number(sum) }]);
    const why = reasons.map(({ sum, ...rest }) => ({ ...rest, amount: Number(sum) }));
    const all = { ...jsonOf(batch), results: Object.fromEntries(readable), reasons: why };
    console.log(JSON.stringify(all, null, 2));
    return;
  }
  console.log(`批次 ${batch.id}  ${batch.day}  ${batch.state}  ${batch.fileName}`);
  console.log(
    `创建 ${chinaText(batch.createdAt)}  更新 ${chinaText(batch.changedAt)}  ${printable(batch.note)}`,
  );
  console.log(
    table(
      ['RESULT', 'BILLS', 'FEN'],
      results.map(([outcome, { count, sum }]) => [outcome, String(count), String(sum)]),
    ),
  );
  if (reasons.length === 0) return;
  console.log(
    table(
      ['WHY', 'RESULT', 'BILLS', 'FEN'],
      reasons.map(({ reason, outcome, count, sum }) => [reason, outcome, String(count), String(sum)]),
    ),
  );
}

/** Amounts in fen. */
const jsonOf = ({ id, sum, bytes, createdAt, changedAt, ...rest }: Batch) => ({
  batch: id,
  ...rest,
  amount: Number(sum),
  bytes: bytes ?? null,
  createdAt: chinaText(createdAt),
  changedAt: chinaText(changedAt),
});

const booksOf = ({ database }: SftpPlace): Books => ({ database, clock: systemClock, ids: systemIds });

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

async function accountOf(place: SftpPlace, unit: Unit, name: string | undefined): Promise<string> {
  if (exchangeOfUnit(place.config.exchange, unit.id).remote !== undefined)
    throw new OperatorError(
      'deduct-remote',
      `unit ${unit.id} exchanges files on the platform's server, where runs cannot publish yet`,
      'Give the unit an account of our own SFTP server, or leave deduction off.',
    );
  if (name !== undefined) return (await getAccount(place.database, name)).name;
  const accounts = await accountsOfUnit(place.database, unit.id);
  const [only] = accounts;
  if (only !== undefined && accounts.length === 1) return only.name;
  throw new OperatorError(
    'option-missing',
    `unit ${unit.id} has ${accounts.length} SFTP accounts, so it is open who gets the file`,
    'Name one with --account, or make one with "sluice sftp account add".',
  );
}
