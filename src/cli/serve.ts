import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { type App, startApp } from '../app.js';
import { directoryOf, loadConfig } from '../config/index.js';
import { messageOf } from '../errors.js';
import { isWorker, runWorker, startWithWorkers, workerCount } from '../workers.js';
import { DEMO_PASSWORD } from './init.js';
import { withDir, withExample } from './options.js';
import { recordConfigChange } from './record-config.js';

/** `sluice serve`: runs the gateway in the foreground until SIGTERM or SIGINT. */
export function serveCommand(program: Command): void {
  const serve = program
    .command('serve')
    .description('run the gateway; SIGTERM finishes what was accepted and exits 0, SIGHUP reloads');
  withExample(
    withDir(serve).option(
      '--capture <dir>',
      'write every exchange as a fixture file into this directory, personal fields masked',
    ),
    'sluice serve --dir demo',
  ).action(async (options: { dir?: string; capture?: string }) => {
    const dir = directoryOf(options.dir);
    // By the environment, so that worker processes and reloads see it too.
    if (options.capture !== undefined) process.env.SLUICE_CAPTURE = resolve(options.capture);
    if (isWorker()) return runWorker(dir);
    const config = loadConfig(dir);
    const readConfig = () => loadConfig(dir);
    const app = await (workerCount(config) > 1 ? startWithWorkers(config) : startApp({ config, readConfig }));
    let stopping = false;
    const stop = (signal: NodeJS.Signals) => {
      if (stopping) {
        console.log(`sluice: second ${signal}, stopping at once`);
        process.exit(1);
      }
      stopping = true;
      console.log(`sluice: ${signal}, finishing accepted requests (again to stop at once)`);
      void app.stop().then(() => process.exit(0));
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
    // A record that cannot be made must not stop payments.
    const record = () =>
      recordConfigChange(dir).catch((error: unknown) => console.error(`audit: ${messageOf(error)}`));
    process.on('SIGHUP', () => void app.reload().then(({ applied }) => (applied ? record() : undefined)));
    await record();
    // Last: whoever reads this line may send a signal at once.
    console.log(readyText(dir, config.server.host, app.ports));
  });
}

/** The line that says where it is ready; below it, for a demo, what to try. */
function readyText(dir: string, host: string, { platform, ...others }: App['ports']): string {
  const more = Object.entries(others).map(([name, port]) => `, ${name} ${host}:${port}`);
  const lines = [`sluice: ready on ${host}:${platform}${more.join('')}`];
  if (existsSync(join(dir, 'certs', 'platform.p12'))) {
    const here = relative(process.cwd(), dir) || '.';
    lines.push(
      `  The demo plays the platform with ${here}/certs/platform.crt and .key (platform.p12 for Java, password ${DEMO_PASSWORD}).`,
      '  Try, in another terminal:',
      `    bin/sluice send query --unit 36745 --customer 10125334 --dir ${here}`,
      `    bin/sluice replay fixtures/messages --dir ${here}`,
      `    bin/sluice verify --dir ${here}`,
    );
  }
  return lines.join('\n');
}
