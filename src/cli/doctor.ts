import type { Command } from 'commander';
import { systemClock } from '../clock.js';
import { directoryOf } from '../config/index.js';
import { examine } from '../doctor.js';
import { withDir, withExample } from './options.js';
import { table } from './table.js';

const marks = { ok: '✓', warning: '!', critical: '✗' } as const;

/** `sluice doctor`: looks at everything the gateway stands on; exit code 1 for a warning, 2 for something critical. */
export function doctorCommand(program: Command): void {
  const doctor = program
    .command('doctor')
    .description('look at configuration, certificates, files, clock, ports and database 体检；退出码 0/1/2');
  withExample(
    withDir(doctor).option('--json', 'print the findings as JSON'),
    'sluice doctor --dir demo',
  ).action(async (options: { dir?: string; json?: boolean }) => {
    const findings = await examine(directoryOf(options.dir), systemClock);
    if (options.json === true) console.log(JSON.stringify(findings, null, 2));
    else
      console.log(
        table(
          ['', '检查项 what', '结果 found', '处理 next'],
          findings.map(({ level, what, found, next }) => [marks[level], what, found, next]),
        ),
      );
    const worst = findings.some(({ level }) => level === 'critical') ? 2 : 1;
    process.exitCode = findings.every(({ level }) => level === 'ok') ? 0 : worst;
  });
}
