/* `sluice recon`: T+1 reconciliation (对账). One file per group of its commands. */
import type { Command } from 'commander';
import { reconDecideCommands } from './recon-decide.js';
import { reconReportCommand } from './recon-report.js';
import { reconRunCommands } from './recon-run.js';
import { reconShowCommands } from './recon-show.js';

export function reconCommand(program: Command): void {
  const recon = program.command('recon').description("reconciliation with the platform's books: 对账");
  reconRunCommands(recon);
  reconDecideCommands(recon);
  reconShowCommands(recon);
  reconReportCommand(recon);
}
