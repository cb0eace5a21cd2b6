import type { Command } from 'commander';
import { chinaText } from '../clock.js';
import { printable } from '../log.js';
import { fileJson, findFile, withExchange } from './exchange-open.js';
import { withDir, withExample } from './options.js';
import { table } from './table.js';

interface Options {
  readonly dir?: string;
  readonly unit?: string;
  readonly json?: boolean;
}

/** `sluice exchange show ID|NAME`: one file, each step that was done with it, and each attempt to announce it. */
export function exchangeShowCommand(exchange: Command): void {
  const command = exchange
    .command('show <id-or-name>')
    .description('one file with every step and every notice 文件详情')
    .option('--unit <unit>', 'where several units have the name')
    .option('--json', 'print as JSON');
  withExample(
    withDir(command),
    'sluice exchange show GSCQQIANNENG_39536_DSDZ_20240404.txt --dir demo',
  ).action((idOrName: string, options: Options) =>
    withExchange(options.dir, async ({ database, exchange: open }) => {
      const any = await findFile(database, idOrName, options.unit);
      const shown = fileJson(any);
      const steps = (await open.steps.of(any.file.id)).map(({ at, ...rest }) => ({
        at: chinaText(at),
        ...rest,
      }));
      const notices = any.way === 'out' ? await open.outgoing.notices(any.file.id) : [];
      const sent = notices.map(({ sentAt, durationMs, ...rest }) => ({
        at: chinaText(sentAt),
        durationMs: durationMs ?? null,
        ...rest,
      }));
      if (options.json === true) {
        console.log(JSON.stringify({ ...shown, steps, notices: sent }, null, 2));
        return;
      }
      for (const [key, value] of Object.entries(shown)) {
        if (value !== null && value !== '') console.log(`${key.padEnd(15)} ${printable(String(value))}`);
      }
      console.log();
      console.log(
        table(
          ['时间 time', '步骤 step', '节点 node', '说明'],
          steps.map((one) => [one.at, one.step, one.node, one.detail]),
        ),
      );
      if (sent.length === 0) return;
      console.log();
      const rows = sent.map((one) => [
        String(one.number),
        one.at,
        one.serviceCode,
        one.target,
        one.code === '' ? '-' : one.code,
        one.durationMs === null ? '' : String(one.durationMs),
        one.detail,
      ]);
      console.log(table(['#', '通知时间 notice', '代码', '目标', '应答', 'ms', '说明'], rows));
    }),
  );
}
