/* `sluice recon confirm|retry|close`: what an operator decides. */
import type { Command } from 'commander';
import { systemClock } from '../clock.js';
import { OperatorError } from '../errors.js';
import { closeByHand, continueDay, retryDay, summaryOf } from '../exchange/reconciliation/index.js';
import type { Day } from '../protocol/values.js';
import { withExample } from './options.js';
import {
  checkOutcome,
  common,
  dayOf,
  noFile,
  type ReconCommand,
  type ReconOptions,
  withOperator,
  withRecon,
} from './recon-open.js';
import { printDay } from './recon-print.js';
import { actorName } from './record-change.js';

interface DecideOptions extends ReconOptions {
  readonly operator?: string;
  readonly serial?: string;
  readonly reason?: string;
  readonly rebook?: boolean;
  readonly all?: boolean;
}

export function reconDecideCommands(recon: Command): void {
  withExample(
    withOperator(
      common(
        recon
          .command('confirm <day>')
          .description('make the repairs that are held over the threshold 确认修复'),
      ),
    ),
    'sluice recon confirm 20240404 --unit 39536',
  ).action((day: string, options: DecideOptions) =>
    withRecon(options, (on) => confirm(on, dayOf(day), options)),
  );
  withExample(
    withOperator(
      common(
        recon
          .command('retry <day>')
          .description('try again what is listed; go on with what a crash left 重试'),
      ),
    )
      .option('--serial <serial>', 'of this serial only')
      .option('--rebook', 'what we refunded and the platform still has is booked again (with --serial)'),
    'sluice recon retry 20240404 --unit 39536 --serial 2024040400003001000000000001',
  ).action((day: string, options: DecideOptions) =>
    withRecon(options, (on) => retry(on, dayOf(day), options)),
  );
  withExample(
    withOperator(
      common(
        recon.command('close <day>').description('close a difference, or the day, by a signed reason 关闭'),
      ),
    )
      .option('--serial <serial>', 'the difference of this serial only')
      .option('--all', 'the day with every difference that is left')
      .option('--reason <text>', 'why: it is signed and stays'),
    'sluice recon close 20240404 --unit 39536 --serial 2024040400003001000000000001 --reason "paid back in cash, receipt 17"',
  ).action((day: string, options: DecideOptions) =>
    withRecon(options, (on) => close(on, dayOf(day), options)),
  );
}

async function confirm(on: ReconCommand, day: Day, options: DecideOptions): Promise<void> {
  const { parts, unit, signal, record } = on;
  const by = options.operator ?? actorName();
  const outcome = await continueDay(parts, unit, day, { kind: 'confirm', by }, signal);
  if (outcome === undefined)
    throw new OperatorError(
      'recon-not-held',
      `nothing of ${day} waits for a confirmation`,
      `See what is: 'sluice recon show ${day} --unit ${unit.id}'.`,
    );
  checkOutcome(outcome, unit, day);
  await record('recon confirm', day, { operator: by });
  await print(on, day, options);
}

async function retry(on: ReconCommand, day: Day, options: DecideOptions): Promise<void> {
  const { parts, unit, signal, record } = on;
  const { serial, rebook = false } = options;
  if (rebook && serial === undefined)
    throw new OperatorError('argument-missing', '--rebook is for one serial', 'Name it with --serial.');
  await record('recon retry', day, {
    operator: options.operator ?? actorName(),
    serial: serial ?? null,
    rebook,
  });
  checkOutcome(await retryDay(parts, unit, day, { serial, rebook }, signal), unit, day);
  await print(on, day, options);
}

async function close(on: ReconCommand, day: Day, options: DecideOptions): Promise<void> {
  const { parts, unit, signal, record } = on;
  const { serial, all = false, reason = '' } = options;
  if (reason.trim() === '')
    throw new OperatorError(
      'argument-missing',
      'a difference or a day is closed for a reason only',
      'Give it with --reason TEXT.',
    );
  const operator = options.operator ?? actorName();
  const closed = await closeByHand(parts, unit, day, { serial, all }, { operator, reason }, signal);
  await record('recon close', day, { operator, reason, serial: serial ?? null, differences: closed });
  await print(on, day, options);
}

async function print(on: ReconCommand, day: Day, options: ReconOptions): Promise<void> {
  const summary = await summaryOf(on.database, on.unit.id, day);
  if (summary === undefined) throw noFile(on.unit, day);
  await printDay(on.database, summary, { json: options.json === true }, systemClock.now());
}
