import type { Command } from 'commander';
import { directoryOf, loadConfig } from '../config/index.js';
import { withDir, withExample } from './options.js';

/** `sluice config check`: says whether sluice.yaml may be used, and what it amounts to. */
export function configCommand(program: Command): void {
  const config = program.command('config').description('the configuration sluice.yaml');
  const check = config
    .command('check')
    .description('check sluice.yaml and the environment; exit code 1 with the faults');
  withExample(
    withDir(check).option('--json', 'print the configuration in force'),
    'sluice config check --dir demo',
  ).action((options: { dir?: string; json?: boolean }) => {
    const dir = directoryOf(options.dir);
    const loaded = loadConfig(dir);
    if (options.json === true) {
      console.log(JSON.stringify(loaded, plain, 2));
      return;
    }
    console.log(
      `${dir}/sluice.yaml is valid: ${loaded.units.length} clearing units, port ${loaded.server.port}, database ${loaded.database.client}`,
    );
  });
}

function plain(key: string, value: unknown): unknown {
  if (key === 'password' || key === 'url' || key === 'passphrase')
    return value === undefined ? undefined : '***';
  if (value instanceof Set) return [...value];
  return typeof value === 'bigint' ? Number(value) : value;
}
