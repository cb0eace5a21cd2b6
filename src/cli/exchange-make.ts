import type { Command } from 'commander';
import { OperatorError } from '../errors.js';
import { isOutgoingType, type OutgoingFile } from '../exchange/index.js';
import { printable } from '../log.js';
import { parseDay } from '../protocol/values.js';
import { typeFrom } from './exchange-list.js';
import { fileJson, withExchange } from './exchange-open.js';
import { withDir, withExample } from './options.js';
import { actorName, recordChange } from './record-change.js';

interface Options {
  readonly dir?: string;
  readonly unit: string;
  readonly date?: string;
  readonly again?: boolean;
  readonly name?: string;
  readonly json?: boolean;
}

/** `sluice exchange make TYPE`: makes, publishes and announces one of our files now; exit code 1 when that fails. */
export function exchangeMakeCommand(exchange: Command): void {
  const command = exchange
    .command('make <type>')
    .description('make, publish and announce a file of ours: jf, dzzd or cftz 手工生成')
    .requiredOption('--unit <unit>', 'the clearing unit (清算单位)')
    .option('--date <yyyyMMdd>', 'whose data; default: yesterday (jf, dzzd) or today (cftz)')
    .option('--again', 'also where it was made before')
    .option('--name <name>', "instead of the unit's pattern")
    .option('--json', 'print as JSON');
  withExample(withDir(command), 'sluice exchange make jf --unit 36745 --date 20240404 --dir demo').action(
    (typeText: string, options: Options) =>
      withExchange(options.dir, async ({ exchange: open, config, database }) => {
        const type = typeFrom(typeText);
        if (type === undefined || !isOutgoingType(type) || type === 'DKKK') {
          throw new OperatorError(
            'argument-invalid',
            `${typeText} is not made by this command`,
            "It makes jf, dzzd and cftz; deduction requests are made by 'sluice deduct run'.",
          );
        }
        const dataDay = options.date === undefined ? undefined : parseDay(options.date);
        if (options.date !== undefined && dataDay === undefined) {
          throw new OperatorError(
            'argument-invalid',
            `${options.date} is no day`,
            'Write it as yyyyMMdd, e.g. 20240404.',
          );
        }
        const { unit, again = false, name } = options;
        const order = { unit, type, dataDay, again, name, orderedBy: actorName() };
        const { id } = await open.outbox.order(order);
        await recordChange(config.dir, { action: 'exchange make', target: id, after: order }, { database });
        await open.dispatch(id);
        const file = await open.outgoing.find(id);
        if (file === undefined) throw new Error(`order ${id} is gone`);
        const isDone = file.state === 'noticed' || file.state === 'empty' || file.state === 'verified';
        if (!isDone) process.exitCode = 1;
        if (options.json === true) console.log(JSON.stringify(fileJson({ way: 'out', file }), null, 2));
        else console.log(printable(sentence(file)));
      }),
  );
}

/** What has become of a file, for people. */
export function sentence(file: OutgoingFile): string {
  const counted = file.lines === undefined ? '' : `${file.lines} 笔, ${file.bytes} 字节`;
  const said = file.detail === '' ? '' : ` (${file.detail})`;
  switch (file.state) {
    case 'noticed':
      return `已通知 ${file.name}: ${counted}, 平台应答${said}`;
    case 'verified':
      return `已发布 ${file.name}: ${counted}, 未通知${said}`;
    case 'empty':
      return `${file.name}: 没有数据，未生成文件 (nothing to say, no file is wanted)`;
    case 'generating':
    case 'written':
    case 'published':
      return `未完成 ${file.name}: ${file.state}${said}; 网关会继续 (the gateway goes on)`;
    case 'failed':
      return `通知失败 ${file.name}${said}; sluice exchange resend ${file.id}`;
    case 'withdrawn':
      return `已撤回 ${file.name}${said}`;
    default:
      return file.state satisfies never;
  }
}
