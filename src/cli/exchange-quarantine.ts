import type { Command } from 'commander';
import { OperatorError } from '../errors.js';
import { searchIncoming } from '../exchange/index.js';
import { printable } from '../log.js';
import { type ExchangeCommand, fileJson, findFile, withExchange } from './exchange-open.js';
import { withDir, withExample } from './options.js';
import { actorName, recordChange } from './record-change.js';
import { table } from './table.js';

interface Options {
  readonly dir?: string;
  readonly unit?: string;
  readonly reason?: string;
  readonly json?: boolean;
}

/** `sluice exchange quarantine`: what was refused or put aside; with an id it puts one aside. `release` takes one up again. */
export function exchangeQuarantineCommands(exchange: Command): void {
  const quarantine = exchange
    .command('quarantine [id-or-name]')
    .description('list what is in quarantine, or put a file there that is not processed yet 隔离')
    .option('--unit <unit>', 'of this clearing unit')
    .option('--reason <text>', 'why (with an id or name)')
    .option('--json', 'print as JSON');
  withExample(
    withDir(quarantine),
    'sluice exchange quarantine --dir demo',
    'sluice exchange quarantine GSCQQIANNENG_39536_DSDZ_20240404.txt --reason "wrong day, asked for another"',
  ).action((idOrName: string | undefined, options: Options) =>
    withExchange(options.dir, (on) =>
      idOrName === undefined ? listQuarantine(on, options) : putAside(on, idOrName, options),
    ),
  );
  const release = exchange
    .command('release <id-or-name>')
    .description('take a file of the quarantine up again, in place of another of its name 解除隔离')
    .option('--unit <unit>', 'where several units have the name')
    .option('--json', 'print as JSON');
  withExample(
    withDir(release),
    'sluice exchange release 0d3f1c52-7a0e-4a57-9d0a-1f2e3d4c5b6a --dir demo',
  ).action((idOrName: string, options: Options) =>
    withExchange(options.dir, async ({ database, exchange: open, config }) => {
      const any = await findFile(database, idOrName, options.unit);
      if (any.way === 'out') throw notOfThePlatform(any.file.name);
      const file = await open.release(any.file, actorName());
      const before = { state: any.file.state, refusal: any.file.refusal };
      await recordChange(config.dir, { action: 'exchange release', target: file.id, before }, { database });
      const again = file.state === 'refused' || file.state === 'quarantined';
      if (again) process.exitCode = 1;
      if (options.json === true) console.log(JSON.stringify(fileJson({ way: 'in', file }), null, 2));
      else
        console.log(
          printable(`${again ? '仍被拒绝' : '已解除隔离'} ${file.name}: ${file.state} ${file.detail}`),
        );
    }),
  );
}

async function listQuarantine({ database }: ExchangeCommand, { unit, json }: Options): Promise<void> {
  const files = await searchIncoming(database, { unit, states: ['refused', 'quarantined'], rowsMax: 1000 });
  if (json === true) {
    console.log(
      JSON.stringify(
        files.map((file) => fileJson({ way: 'in', file })),
        null,
        2,
      ),
    );
    return;
  }
  if (files.length === 0) {
    console.log('隔离区为空 (nothing is in quarantine)');
    return;
  }
  const rows = files.map(({ id, unit: of, name, refusal, detail }) => [
    id,
    of,
    name,
    refusal ?? '',
    detail.slice(0, 80),
  ]);
  console.log(table(['id', '单位 unit', '文件 file', '原因 why', '说明'], rows));
}

async function putAside(on: ExchangeCommand, idOrName: string, options: Options): Promise<void> {
  const { database, exchange, config } = on;
  if (options.reason === undefined) {
    throw new OperatorError(
      'argument-missing',
      'a file is put aside for a reason only',
      'Give it with --reason TEXT.',
    );
  }
  const any = await findFile(database, idOrName, options.unit);
  if (any.way === 'in') await exchange.quarantine(any.file, options.reason, actorName());
  else await exchange.outbox.withdraw(any.file, options.reason, actorName());
  const after = { reason: options.reason };
  await recordChange(config.dir, { action: 'exchange quarantine', target: any.file.id, after }, { database });
  const changed = await findFile(database, any.file.id);
  if (options.json === true) console.log(JSON.stringify(fileJson(changed), null, 2));
  else console.log(printable(`已隔离 ${changed.file.name}: ${changed.file.state}`));
}

const notOfThePlatform = (name: string) =>
  new OperatorError(
    'file-not-released',
    `${name} is a file of ours`,
    'Make it anew: sluice exchange make … --again.',
  );
