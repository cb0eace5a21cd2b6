import type { Command } from 'commander';

/** Adds `--dir`, which every command has. Its value goes through `directoryOf`. */
export const withDir = (command: Command): Command =>
  command.option('-d, --dir <dir>', 'directory of this installation (default: $SLUICE_DIR, else ./demo)');

/** Adds an example to the help. */
export const withExample = (command: Command, ...lines: string[]): Command =>
  command.addHelpText('after', `\nExample:\n${lines.map((line) => `  $ ${line}`).join('\n')}`);
