import type { Command } from 'commander';
import { OperatorError } from '../errors.js';
import { printable } from '../log.js';
import { sentence } from './exchange-make.js';
import { fileJson, findFile, withExchange } from './exchange-open.js';
import { withDir, withExample } from './options.js';
import { actorName, recordChange } from './record-change.js';

interface Options {
  readonly dir?: string;
  readonly unit?: string;
  readonly json?: boolean;
}

/** `sluice exchange resend ID|NAME`: announces a file of ours again, now; exit code 1 when the platform does not take it. */
export function exchangeResendCommand(exchange: Command): void {
  const command = exchange
    .command('resend <id-or-name>')
    .description('announce a file of ours again 重发通知')
    .option('--unit <unit>', 'where several units have the name')
    .option('--json', 'print as JSON');
  withExample(
    withDir(command),
    'sluice exchange resend WTAHXUANCHENG_JF_36745_20240405.txt --dir demo',
  ).action((idOrName: string, options: Options) =>
    withExchange(options.dir, async ({ database, exchange: open, config }) => {
      const any = await findFile(database, idOrName, options.unit);
      if (any.way === 'in') {
        throw new OperatorError(
          'file-not-announceable',
          `${any.file.name} is a file of the platform`,
          "Only ours are announced; see them with 'sluice exchange list --out'.",
        );
      }
      await open.outbox.resend(any.file, actorName());
      const before = any.file.state;
      await recordChange(
        config.dir,
        { action: 'exchange resend', target: any.file.id, before },
        { database },
      );
      await open.dispatch(any.file.id);
      const file = (await open.outgoing.find(any.file.id)) ?? any.file;
      if (file.state !== 'noticed') process.exitCode = 1;
      if (options.json === true) console.log(JSON.stringify(fileJson({ way: 'out', file }), null, 2));
      else console.log(printable(sentence(file)));
    }),
  );
}
