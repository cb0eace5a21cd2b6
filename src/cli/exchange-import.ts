import type { Command } from 'commander';
import { printable } from '../log.js';
import { fileJson, withExchange } from './exchange-open.js';
import { withDir, withExample } from './options.js';
import { actorName } from './record-change.js';

interface Options {
  readonly dir?: string;
  readonly unit?: string;
  readonly json?: boolean;
}
const KIND = {
  new: 'new',
  known: 'repeated',
  conflict: 'conflict',
} as const;

/** `sluice exchange import FILE`: exit code 1 when the file was refused or is in conflict with another of its name. */
export function exchangeImportCommand(exchange: Command): void {
  const command = exchange
    .command('import <file>')
    .description('take in a file of the platform by hand, the same way as one that was announced 手工导入')
    .option('--unit <unit>', 'its clearing unit, where the name does not tell')
    .option('--json', 'print as JSON');
  withExample(
    withDir(command),
    'sluice exchange import GSCQQIANNENG_39536_DSDZ_20240404.txt --dir demo',
  ).action((path: string, options: Options) =>
    withExchange(options.dir, async ({ exchange: open }) => {
      const { file, kind } = await open.importFile({ path, unit: options.unit, orderedBy: actorName() });
      const isRefused = file.state === 'refused' || file.state === 'quarantined';
      if (isRefused) process.exitCode = 1;
      if (options.json === true) {
        console.log(JSON.stringify({ result: KIND[kind], ...fileJson({ way: 'in', file }) }, null, 2));
        return;
      }
      const { name, unit, type, day, sums, state, detail } = file;
      const counted = sums ? `${sums.lines} 笔 ${sums.amount} 分` : '';
      if (kind === 'known') console.log(`已接收过 (the same content was taken before): ${name}, ${state}`);
      else
        console.log(
          printable(
            `${isRefused ? '已隔离' : '已接收'} ${name}: unit ${unit} ${type} ${day} ${state} ${counted}`,
          ),
        );
      if (detail !== '') console.log(`  → ${printable(detail)}`);
    }),
  );
}
