/* `sluice existing`: a revenue schema that the utility already has (docs/integration.md). */
import type { Command } from 'commander';
import { chinaText, systemClock } from '../clock.js';
import { directoryOf, loadConfig } from '../config/index.js';
import { OperatorError } from '../errors.js';
import { checkOperations, type PendingCall, pendingCalls, Theirs, yuanText } from '../revenue/index.js';
import { withDatabase } from '../with-database.js';
import { withDir, withExample } from './options.js';
import { table } from './table.js';

interface Options {
  readonly dir?: string;
  readonly json?: boolean;
  readonly unit?: string;
  readonly customer: string;
}

/** `sluice existing check` and `pending`. */
export function existingCommand(program: Command): void {
  const existing = program
    .command('existing')
    .description('a revenue schema that the utility already has: 对接既有营收系统');
  withExample(
    withDir(
      existing
        .command('check')
        .description('run every configured statement once, rolled back; exit code 1 when one has a fault'),
    )
      .requiredOption('--customer <number>', 'a customer with open bills and payments, to prove the columns')
      .option('--unit <unit>', 'clearing unit (default: the first of sluice.yaml)')
      .option('--json', 'print the report as JSON'),
    'sluice existing check --dir demo --customer 022000',
  ).action(checkAction);
  withExample(
    withDir(
      existing
        .command('pending')
        .description('calls whose end is not known, oldest first; exit code 1 when there is one: 在途交易'),
    ).option('--json', 'print them as JSON; amounts in fen'),
    'sluice existing pending --dir demo',
  ).action(pendingAction);
}

const notExisting = () =>
  new OperatorError(
    'not-existing',
    'revenue.kind is builtin: there is no other schema to check',
    'see docs/integration.md for the section revenue of sluice.yaml',
  );

async function pendingAction({ dir, json }: Pick<Options, 'dir' | 'json'>): Promise<void> {
  const config = loadConfig(directoryOf(dir));
  if (config.revenue.kind !== 'existing') throw notExisting();
  await withDatabase(config, async (journal) => {
    const calls = await pendingCalls(journal);
    if (calls.length > 0) process.exitCode = 1;
    const now = systemClock.now();
    if (json === true)
      console.log(
        JSON.stringify(
          calls.map((call) => ({ ...call, amount: call.amount?.toString() ?? null })),
          null,
          2,
        ),
      );
    else if (calls.length === 0) console.log('没有在途交易 (nothing is in doubt)');
    else
      console.log(
        table(
          HEAD,
          calls.map((call) => rowOf(call, now)),
        ),
      );
  });
}
const HEAD = ['unit', 'what', 'serial', 'theirs', 'customer', 'amount', 'begun', 'standing'];
const rowOf = (call: PendingCall, now: number): string[] => [
  call.unit,
  call.what,
  call.serial,
  call.theirSerial,
  call.customer,
  call.amount === undefined ? '' : yuanText(call.amount),
  chinaText(call.begunAt),
  call.unsureUntil > now
    ? `调用中 running, or settled after ${chinaText(call.unsureUntil)}`
    : '待核实 to be settled: is sluice serve running, and their database there?',
];

async function checkAction(options: Options): Promise<void> {
  const config = loadConfig(directoryOf(options.dir));
  const { revenue } = config;
  if (revenue.kind !== 'existing') throw notExisting();
  await withDatabase(
    config,
    async (database) => {
      const theirs = new Theirs(database, revenue, systemClock);
      const unit = options.unit ?? config.units[0]?.id ?? '';
      const reports = await checkOperations(theirs, { unit, customer: options.customer });
      if (reports.some(({ verdict }) => verdict === 'fault')) process.exitCode = 1;
      if (options.json === true) console.log(JSON.stringify({ unit, reports }, null, 2));
      else
        console.log(
          table(
            ['operation', 'verdict', 'detail'],
            reports.map(({ operation, verdict, detail }) => [operation, verdict, detail]),
          ),
        );
    },
    revenue.database,
  );
}
