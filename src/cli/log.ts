import type { Command } from 'commander';
import { chinaText, momentOf, systemClock } from '../clock.js';
import { directoryOf, loadConfig } from '../config/index.js';
import { OperatorError } from '../errors.js';
import { printable } from '../log.js';
import { parseDay } from '../protocol/values.js';
import { type ExchangeRecord, searchExchanges } from '../server/index.js';
import { withDatabase } from '../with-database.js';
import { withDir, withExample } from './options.js';

interface Options {
  readonly dir?: string;
  readonly serial?: string;
  readonly customer?: string;
  readonly message?: string;
  readonly service?: string;
  readonly unit?: string;
  readonly code?: string;
  readonly since?: string;
  readonly limit: string;
  readonly json?: boolean;
}

/** `sluice log`: finds exchanges. Names, phones and the like were masked before they were written. */
export function logCommand(program: Command): void {
  const log = program
    .command('log')
    .description('find exchanges in the exchange log, newest first')
    .option('--serial <serial>', 'bankSerial of a payment, refund or status question')
    .option('--customer <consNo>', 'customer number')
    .option('--message <msgId>', 'msgId of the head')
    .option('--service <code>', 'service code, e.g. 200002')
    .option('--unit <unit>', 'clearing unit')
    .option('--code <rtnCode>', 'result code')
    .option('--since <when>', 'yyyyMMdd, yyyyMMddHHmmss (China time), or a span such as 30m, 2h, 7d')
    .option('--limit <rows>', 'at most so many', '50')
    .option('--json', 'one JSON array, bodies included');
  withExample(
    withDir(log),
    'sluice log --serial 2024040400003001780000000041',
    'sluice log --since 2h --code 0009',
  ).action(async (options: Options) => {
    const config = loadConfig(directoryOf(options.dir));
    await withDatabase(config, async (database) => {
      const found = await searchExchanges(database, {
        serial: options.serial,
        customer: options.customer,
        messageId: options.message,
        service: options.service,
        unit: options.unit,
        resultCode: options.code,
        since: options.since === undefined ? undefined : sinceOf(options.since),
        rowsMax: rowsOf(options.limit),
      });
      if (options.json === true) console.log(JSON.stringify(found, null, 2));
      else if (found.length === 0) console.log('没有符合条件的记录 (nothing found)');
      else for (const record of found) console.log(lineOf(record));
    });
  });
}

function rowsOf(text: string): number {
  const rows = Number(text);
  if (Number.isInteger(rows) && rows >= 1 && rows <= 100_000) return rows;
  throw new OperatorError(
    'option-invalid',
    `--limit ${text} is not a number of rows`,
    'Give a whole number from 1 to 100000.',
  );
}

const spans = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
function sinceOf(text: string): number {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  if (count !== undefined && (unit === 'm' || unit === 'h' || unit === 'd')) {
    return systemClock.now() - Number(count) * spans[unit];
  }
  const day = parseDay(text.slice(0, 8));
  if (day !== undefined && /^\d{8}(\d{6})?$/.test(text)) return momentOf(day, text.slice(8) || undefined);
  throw new OperatorError(
    'option-invalid',
    `--since ${printable(text)} is no point in time`,
    'Give yyyyMMdd or yyyyMMddHHmmss (China time), or a span such as 30m, 2h, 7d.',
  );
}

function lineOf(r: ExchangeRecord): string {
  const words = [
    chinaText(r.at),
    r.service,
    r.resultCode,
    `unit=${r.unit || '-'}`,
    `serial=${r.serial || '-'}`,
    `customer=${r.customer || '-'}`,
    `${r.durationMs}ms`,
    `peer=${r.peer}`,
    r.address,
    r.reason,
  ];
  return printable(words.join('  '));
}
