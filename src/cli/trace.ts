import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { chinaText, systemClock, systemIds } from '../clock.js';
import { directoryOf, type LoadedConfig, loadConfig } from '../config/index.js';
import { type Database, openDatabase } from '../database/index.js';
import { OperatorError } from '../errors.js';
import { printable, silentLog } from '../log.js';
import { messageOf } from '../protocol/index.js';
import { openRevenue } from '../revenue-opening.js';
import {
  decodedMembers,
  sectionsOf,
  subjectKinds,
  type Trace,
  type TraceParts,
  traceHtml,
  traceJson,
  traceSubject,
} from '../trace/index.js';
import { withDir, withExample } from './options.js';
import { table } from './table.js';
import { unitOf } from './units.js';

interface Options {
  readonly dir?: string;
  readonly unit?: string;
  readonly json?: boolean;
  readonly html?: string;
  readonly bodies?: boolean;
}

/** `sluice trace`: where is this payment? Reads only. Personal values were masked before they were written. */
export function traceCommand(program: Command): void {
  const command = program
    .command('trace <serial|customer|bill|msgId>')
    .description('where is this payment: 一笔款的全部经过')
    .option('--unit <unit>', 'only this clearing unit 清算单位')
    .option('--bodies', 'requests and answers too, member by member')
    .option('--json', 'print as JSON, bodies included; amounts in fen')
    .option('--html <file>', 'write the page for a browser');
  withExample(
    withDir(command),
    'sluice trace 2024011500003001580094666355',
    'sluice trace 080408 --unit 39536 --html trace.html',
  ).action(run);
}

async function run(subject: string, options: Options): Promise<void> {
  const config = loadConfig(directoryOf(options.dir));
  const units = options.unit === undefined ? config.units : [unitOf({ config }, options.unit)];
  const database = await openDatabase(config.database, {
    dir: config.dir,
    clock: systemClock,
    log: silentLog,
  });
  const closers: (() => Promise<void> | void)[] = [() => database.close()];
  try {
    const root = resolve(config.dir, config.sftp.root);
    const trace = await traceSubject(
      {
        database,
        units: units.map(({ id }) => id),
        isOneUnit: options.unit !== undefined,
        root,
        exchange: config.exchange,
        clock: systemClock,
        theirPayments: await theirPaymentsOf(config, database, closers),
      },
      subject,
    );
    if (trace.kinds.length === 0)
      throw new OperatorError(
        'trace-nothing',
        `nothing is known of ${printable(subject)}: 没有任何记录`,
        'Give a serial (bankSerial), payment number, customer number, bill number or msgId as it stands in the message or file.',
      );
    if (options.html !== undefined) {
      await writeFile(options.html, traceHtml(trace, systemClock.now()), { mode: 0o640 });
      if (options.json !== true) console.log(`已写入 (written): ${options.html}`);
    }
    if (options.json === true) console.log(traceJson(trace));
    else if (options.html === undefined) printTrace(trace, options.bodies === true);
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

/** The utility's own schema is asked where it can be; without it the trace still tells what the journal knows. */
async function theirPaymentsOf(
  config: LoadedConfig,
  database: Database,
  closers: (() => Promise<void> | void)[],
): Promise<TraceParts['theirPayments']> {
  if (config.revenue.kind === 'builtin') return undefined;
  const ground = { config, clock: systemClock, ids: systemIds, log: silentLog, database, closers };
  try {
    const { revenue } = await openRevenue(ground, false);
    return async (id, customer, day) => {
      const unit = config.units.find((one) => one.id === id);
      return unit && revenue.payments(unit, customer, day, day);
    };
  } catch (error) {
    return () => Promise.reject(error);
  }
}

function printTrace(trace: Trace, withBodies: boolean): void {
  console.log(`${printable(trace.subject)}: ${trace.kinds.map((kind) => subjectKinds[kind]).join('，')}`);
  for (const note of trace.notes) console.log(printable(note));
  for (const { title, head, rows } of sectionsOf(trace)) {
    // What no row says is no column: a terminal is narrow.
    const used = head.map((_, column) => rows.some((row) => (row[column] ?? '') !== ''));
    const keep = (row: readonly string[]) => head.map((_, i) => row[i] ?? '').filter((_, i) => used[i]);
    console.log(`\n${title}`);
    console.log(table(keep(head), rows.map(keep)));
  }
  if (!withBodies) return;
  for (const exchange of trace.exchanges) {
    const { service, resultCode } = exchange;
    console.log(`\n${chinaText(exchange.at)} ${service} ${messageOf(service)?.title ?? ''} ${resultCode}`);
    const members = (['request', 'answer'] as const).flatMap((side) => decodedMembers(exchange, side));
    console.log(table(['字段', '名称', '值', '含义'], members));
  }
}
