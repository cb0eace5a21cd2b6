/* `sluice suspense`: money of customers that nobody knows (暂挂). */
import type { Command } from 'commander';
import { OperatorError } from '../errors.js';
import { noteSuspense } from '../exchange/reconciliation/index.js';
import { printable } from '../log.js';
import { suspenseItems, yuanText } from '../revenue/index.js';
import { oneOf } from './arguments.js';
import { withExample } from './options.js';
import { common, type ReconCommand, type ReconOptions, withOperator, withRecon } from './recon-open.js';
import { actorName } from './record-change.js';
import { withSftp } from './sftp-database.js';
import { table } from './table.js';
import { unitOf } from './units.js';

interface AssignOptions extends ReconOptions {
  readonly customer: string;
  readonly operator?: string;
}
interface ReturnOptions extends ReconOptions {
  readonly reason: string;
  readonly operator?: string;
}
const states = ['held', 'assigned', 'returned'] as const;

export function suspenseCommand(program: Command): void {
  const suspense = program.command('suspense').description('money of customers that nobody knows: 暂挂');
  withExample(
    common(suspense.command('list').description('items, oldest first')).option(
      '--state <state>',
      `one of ${states.join(', ')}`,
      'held',
    ),
    'sluice suspense list --unit 39536',
  ).action(list);
  withExample(
    withOperator(
      common(suspense.command('assign <number>').description('book an item for a customer 认领')),
    ).requiredOption('--customer <customer>', 'whose money it is'),
    'sluice suspense assign 202404051200001234567890 --unit 39536 --customer 10125334',
  ).action((number: string, options: AssignOptions) =>
    withRecon(options, (on) => assign(on, number, options)),
  );
  withExample(
    withOperator(
      common(suspense.command('return <number>').description('give an item back to the platform 退回')),
    ).requiredOption('--reason <text>', 'why, for the record'),
    'sluice suspense return 202404051200001234567890 --unit 39536 --reason "payer asked for it"',
  ).action((number: string, options: ReturnOptions) =>
    withRecon(options, (on) => giveBack(on, number, options)),
  );
}

async function list(options: ReconOptions & { readonly state: string }): Promise<void> {
  await withSftp(options.dir, async (place) => {
    const items = await suspenseItems(
      place.database,
      unitOf(place, options.unit),
      oneOf('--state', options.state, states),
    );
    if (options.json === true) {
      const rows = items.map(
        ({ number, serial, customer, amount, bookingDay, state, resolvedBy, resolvedFor }) => ({
          number,
          serial,
          customer,
          amount: Number(amount),
          day: bookingDay,
          state,
          resolvedBy: resolvedBy || null,
          resolvedFor: resolvedFor || null,
        }),
      );
      console.log(JSON.stringify(rows, null, 2));
    } else if (items.length === 0) console.log('没有暂挂款 (nothing in suspense)');
    else
      console.log(
        table(
          ['编号 number', '日期', '流水 serial', '平台户号', '金额(元)', '状态', '去向'],
          items.map((one) => [
            one.number,
            one.bookingDay,
            one.serial,
            one.customer,
            yuanText(one.amount),
            one.state,
            `${one.resolvedBy} ${one.resolvedFor}`.trim(),
          ]),
        ),
      );
  });
}

async function assign(on: ReconCommand, number: string, options: AssignOptions): Promise<void> {
  const operator = options.operator ?? actorName();
  const outcome = await on.parts.books.suspense.assign(on.unit, number, options.customer, operator);
  if (outcome.kind === 'refused') throw refusalOf(outcome.refusal, number);
  await on.record('suspense assign', number, { operator, payment: outcome.number });
  await note(on);
  if (options.json === true) console.log(JSON.stringify({ number, payment: outcome.number }, null, 2));
  else console.log(`已认领 (assigned): 缴费编号 ${outcome.number}`);
}

async function giveBack(on: ReconCommand, number: string, options: ReturnOptions): Promise<void> {
  const operator = options.operator ?? actorName();
  const reason = `${operator}: ${options.reason}`.slice(0, 100);
  const outcome = await on.parts.books.suspense.giveBack(on.unit, number, reason);
  if (outcome.kind === 'refused') throw refusalOf(outcome.refusal, number);
  await on.record('suspense return', number, { operator, reason: options.reason, entry: outcome.number });
  await note(on);
  if (options.json === true) console.log(JSON.stringify({ number, entry: outcome.number }, null, 2));
  else console.log(`已退回 (returned): 分录编号 ${outcome.number}`);
}

/** The difference that brought it here is settled, and perhaps its day. */
const note = ({ parts, config, signal }: ReconCommand) =>
  noteSuspense(parts, (id) => config.units.find((unit) => unit.id === id), signal);

function refusalOf(
  refusal: 'no-item' | 'resolved-already' | 'unknown-customer',
  number: string,
): OperatorError {
  switch (refusal) {
    case 'no-item':
      return new OperatorError(
        'suspense-unknown',
        `there is no item ${printable(number)} in suspense`,
        "See them with 'sluice suspense list'.",
      );
    case 'resolved-already':
      return new OperatorError(
        'suspense-resolved',
        `item ${printable(number)} is assigned or returned already`,
        "See 'sluice suspense list --state assigned' and '--state returned'.",
      );
    case 'unknown-customer':
      return new OperatorError('customer-unknown', 'there is no such customer', 'Look the number up again.');
    default:
      throw refusal satisfies never;
  }
}
