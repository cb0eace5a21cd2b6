import type { Command } from 'commander';
import { exchangeImportCommand } from './exchange-import.js';
import { exchangeListCommand } from './exchange-list.js';
import { exchangeMakeCommand } from './exchange-make.js';
import { exchangeQuarantineCommands } from './exchange-quarantine.js';
import { exchangeResendCommand } from './exchange-resend.js';
import { exchangeShowCommand } from './exchange-show.js';

/** `sluice exchange …`: files of the platform and ours. */
export function exchangeCommand(program: Command): void {
  const exchange = program
    .command('exchange')
    .description('exchange files: what came, what went, what is in quarantine 文件交换');
  exchangeListCommand(exchange);
  exchangeShowCommand(exchange);
  exchangeImportCommand(exchange);
  exchangeMakeCommand(exchange);
  exchangeResendCommand(exchange);
  exchangeQuarantineCommands(exchange);
}
