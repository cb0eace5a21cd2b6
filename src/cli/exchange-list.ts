import type { Command } from 'commander';
import { chinaText, momentOf } from '../clock.js';
import { OperatorError } from '../errors.js';
import { searchIncoming, searchOutgoing } from '../exchange/index.js';
import { type FileType, fileTypeOf } from '../protocol/index.js';
import { parseDay } from '../protocol/values.js';
import { type AnyFile, fileJson, withExchange } from './exchange-open.js';
import { withDir, withExample } from './options.js';
import { table } from './table.js';

interface Options {
  readonly dir?: string;
  readonly unit?: string;
  readonly type?: string;
  readonly state?: string;
  readonly since?: string;
  readonly in?: boolean;
  readonly out?: boolean;
  readonly limit: string;
  readonly json?: boolean;
}

/** `sluice exchange list`: files of both ways, newest first. */
export function exchangeListCommand(exchange: Command): void {
  const command = exchange
    .command('list')
    .description('files of the platform and ours, newest first 文件列表')
    .option('--unit <unit>', 'of this clearing unit')
    .option('--type <type>', 'DSDZ, REDK, DKKK, DZZD, JF or CFTZ')
    .option('--state <state>', 'in this state, e.g. parsed, processed, refused, quarantined, noticed, failed')
    .option('--since <yyyyMMdd>', 'from this day on (China time)')
    .option('--in', "the platform's only")
    .option('--out', 'ours only')
    .option('--limit <n>', 'at most so many', '50')
    .option('--json', 'print as JSON');
  withExample(
    withDir(command),
    'sluice exchange list --dir demo',
    'sluice exchange list --out --state failed --json',
  ).action((options: Options) =>
    withExchange(options.dir, async ({ database }) => {
      const all: { readonly at: number; readonly any: AnyFile }[] = [];
      const search = {
        unit: options.unit,
        type: typeFrom(options.type),
        states: options.state === undefined ? undefined : [options.state],
        since: sinceFrom(options.since),
        rowsMax: Math.max(1, Math.min(10_000, Math.trunc(Number(options.limit)) || 50)),
      };
      if (options.out !== true) {
        for (const file of await searchIncoming(database, search))
          all.push({ at: file.foundAt, any: { way: 'in', file } });
      }
      if (options.in !== true) {
        for (const file of await searchOutgoing(database, search))
          all.push({ at: file.orderedAt, any: { way: 'out', file } });
      }
      const newest = all.sort((a, b) => b.at - a.at).slice(0, search.rowsMax);
      if (options.json === true) {
        console.log(
          JSON.stringify(
            newest.map(({ any }) => fileJson(any)),
            null,
            2,
          ),
        );
        return;
      }
      if (newest.length === 0) console.log('没有文件 (no files)');
      else
        console.log(
          table(
            HEAD,
            newest.map(({ at, any }) => rowOf(at, any)),
          ),
        );
    }),
  );
}

const HEAD = [
  '时间 time',
  '方向',
  '单位 unit',
  '类型',
  '日期 day',
  '状态 state',
  '笔数 count',
  '金额(分) fen',
  '文件 file',
  '说明',
];

function rowOf(at: number, any: AnyFile): readonly string[] {
  const { file } = any;
  const day = any.way === 'in' ? any.file.day : any.file.dataDay;
  const count = any.way === 'in' ? any.file.sums?.lines : any.file.lines;
  const amount = any.way === 'in' ? any.file.sums?.amount : any.file.amount;
  const detail = any.way === 'in' && any.file.refusal ? `${any.file.refusal}: ${file.detail}` : file.detail;
  const way = any.way === 'in' ? '← in' : '→ out';
  const number = (value: number | bigint | undefined) => (value === undefined ? '' : String(value));
  return [
    chinaText(at),
    way,
    file.unit,
    file.type,
    day,
    file.state,
    number(count),
    number(amount),
    file.name,
    detail.slice(0, 60),
  ];
}

export function typeFrom(text: string | undefined): FileType | undefined {
  if (text === undefined) return undefined;
  const type = fileTypeOf(text);
  if (type) return type;
  throw new OperatorError(
    'argument-invalid',
    `${text} is no type of file`,
    'Types are DSDZ, REDK, DKKK, DZZD, JF, CFTZ.',
  );
}

function sinceFrom(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const day = parseDay(text);
  if (day) return momentOf(day);
  throw new OperatorError('argument-invalid', `${text} is no day`, 'Write it as yyyyMMdd, e.g. 20240405.');
}
