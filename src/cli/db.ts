/* `sluice db`: the tables of the database. */
import type { Command } from 'commander';
import { chinaText } from '../clock.js';
import { directoryOf, loadConfig } from '../config/index.js';
import {
  describeTarget,
  type MigrationState,
  migrate,
  migrationStatus,
  rollback,
} from '../database/index.js';
import { OperatorError } from '../errors.js';
import { withDatabase } from '../with-database.js';
import { withDir, withExample } from './options.js';
import { recordChange } from './record-change.js';
import { table } from './table.js';

interface Options {
  readonly dir?: string;
  readonly json?: boolean;
  readonly yes?: boolean;
}

/** `sluice db migrate|status|rollback`. */
export function dbCommand(program: Command): void {
  const db = program.command('db').description('the tables of the database: 数据库表结构');
  withExample(
    withDir(
      db.command('migrate').description('bring the tables to this version; safe while nodes run'),
    ).option('--json', 'print what was applied as JSON'),
    'sluice db migrate --dir demo',
  ).action(migrateAction);
  withExample(
    withDir(
      db.command('status').description('which migrations are applied; exit code 1 when one is missing'),
    ).option('--json', 'print as JSON'),
    'sluice db status --dir demo --json',
  ).action(statusAction);
  withExample(
    withDir(
      db.command('rollback').description('take back what the newest run of migrate applied, with its data'),
    )
      .option('--yes', 'really do it: tables that go lose what they hold')
      .option('--json', 'print what was taken back as JSON'),
    'sluice db rollback --dir demo --yes',
  ).action(rollbackAction);
}

async function migrateAction(options: Options): Promise<void> {
  const dir = directoryOf(options.dir);
  const applied = await withDatabase(loadConfig(dir), (database) => migrate(database));
  if (applied.length > 0)
    await recordChange(dir, { action: 'db migrate', target: targetOf(dir), after: applied });
  if (options.json === true) console.log(JSON.stringify({ applied }, null, 2));
  else
    console.log(
      applied.length === 0
        ? '表结构已是最新 (nothing to apply)'
        : applied.map((name) => `applied ${name}`).join('\n'),
    );
}

async function statusAction(options: Options): Promise<void> {
  const dir = directoryOf(options.dir);
  const states = await withDatabase(loadConfig(dir), (database) => migrationStatus(database));
  if (states.some(({ state }) => state !== 'applied')) process.exitCode = 1;
  if (options.json === true) {
    console.log(JSON.stringify({ database: targetOf(dir), migrations: states }, null, 2));
    return;
  }
  console.log(targetOf(dir));
  console.log(table(['migration', 'state', 'run', 'applied'], states.map(rowOf)));
}
const rowOf = ({ name, state, batch, appliedAt }: MigrationState): string[] => [
  name,
  state,
  batch === undefined ? '' : String(batch),
  appliedAt === undefined ? '' : chinaText(appliedAt),
];

async function rollbackAction(options: Options): Promise<void> {
  const dir = directoryOf(options.dir);
  await withDatabase(loadConfig(dir), async (database) => {
    const states = await migrationStatus(database);
    const newest = Math.max(0, ...states.map(({ batch }) => batch ?? 0));
    const names = states.filter(({ batch }) => batch === newest).map(({ name }) => name);
    if (newest > 0 && options.yes !== true)
      throw new OperatorError(
        'not-confirmed',
        `this would take back ${names.join(', ')} and delete what their tables hold, in ${targetOf(dir)}`,
        'stop all nodes, make a backup, then add --yes',
      );
    const back = await rollback(database);
    if (back.length > 0)
      await recordChange(dir, { action: 'db rollback', target: targetOf(dir), before: back });
    if (options.json === true) console.log(JSON.stringify({ rolledBack: back }, null, 2));
    else
      console.log(
        back.length === 0
          ? '没有可回退的内容 (nothing to take back)'
          : back.map((name) => `taken back ${name}`).join('\n'),
      );
  });
}

const targetOf = (dir: string): string => describeTarget(loadConfig(dir).database);
