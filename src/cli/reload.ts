/* `sluice reload`: a running gateway takes over sluice.yaml and certs. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { systemClock } from '../clock.js';
import { directoryOf, loadConfig } from '../config/index.js';
import { codeOf, OperatorError } from '../errors.js';
import { readOutcome } from '../reload.js';
import { withDir, withExample } from './options.js';
import { recordConfigChange } from './record-config.js';

const WAIT_MS = 15_000;
const LOOK_MS = 50;

export function reloadCommand(program: Command): void {
  const reload = program
    .command('reload')
    .description('let the running gateway take over sluice.yaml and certificates; no connection is dropped');
  withExample(withDir(reload), 'sluice reload --dir demo').action(async (options: { dir?: string }) => {
    const dir = directoryOf(options.dir);
    loadConfig(dir); // a fault is better shown here than in the log of the gateway
    // Here, because the gateway knows nothing of who gave the order.
    await recordConfigChange(dir);
    const before = readOutcome(dir)?.at ?? 0;
    signal(dir);
    for (let waited = 0; waited < WAIT_MS; waited += LOOK_MS) {
      const outcome = readOutcome(dir);
      if (outcome !== undefined && outcome.at > before) {
        if (!outcome.applied)
          throw new OperatorError(
            'reload-refused',
            `the gateway goes on as before: ${outcome.reason}`,
            'Correct it and run "sluice reload" again.',
          );
        const later =
          outcome.restart.length > 0 ? ` At the next start only: ${outcome.restart.join(', ')}.` : '';
        console.log(`已生效 (in force).${later}`);
        return;
      }
      await systemClock.sleep(LOOK_MS);
    }
    throw new OperatorError(
      'reload-unanswered',
      'the gateway did not say within 15 s what became of the reload',
      `Look into ${join(dir, 'logs', 'sluice.log')}.`,
    );
  });
}

function signal(dir: string): void {
  try {
    const { pid }: { pid?: unknown } = JSON.parse(readFileSync(join(dir, 'run', 'ports.json'), 'utf8'));
    if (typeof pid !== 'number') throw new Error('no process number');
    process.kill(pid, 'SIGHUP');
  } catch (error) {
    throw new OperatorError(
      'not-running',
      codeOf(error) === 'EPERM' ? `the gateway of ${dir} runs as another user` : `no gateway runs on ${dir}`,
      codeOf(error) === 'EPERM' ? 'Run the command as that user.' : 'It will read everything when it starts.',
      { cause: error },
    );
  }
}
