/* The command line. One file per command; this one only gathers them and shows errors in two lines. */
import { Command } from 'commander';
import { databaseFailed } from '../database/index.js';
import { messageOf, OperatorError } from '../errors.js';
import { printable } from '../log.js';
import { commands } from './commands.js';
import { VERSION } from './version.js';

const program = new Command('sluice')
  .description('Sluice 水闸: payment gateway between a water utility and the public-utility platform')
  .version(VERSION)
  .showHelpAfterError('(add --help for the options and an example)')
  .addHelpText('after', '\nExample:\n  $ sluice init --demo --dir demo && sluice serve --dir demo')
  .enablePositionalOptions();
for (const add of commands) add(program);
for (const command of program.commands) addGroupExample(command, `sluice ${command.name()}`);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = 1;
  const told = databaseFailed(error) ?? error;
  if (told instanceof OperatorError) {
    console.error(`sluice: ${printableLines(told.message)}\n  → ${told.next}`);
  } else {
    console.error(`sluice: internal fault: ${printable(messageOf(error))}`);
    console.error('  → This is a defect of Sluice. Please report it with the stack trace below.');
    console.error(error instanceof Error ? error.stack : error);
    process.exitCode = 70;
  }
  // Whatever was begun and still runs must not keep a failed command alive: a service manager waits for its end.
  process.exit();
}

function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** Commands that only gather others lead to the first of them; the others have examples of their own. */
function addGroupExample(command: Command, path: string): void {
  const [first] = command.commands;
  if (first === undefined) return;
  command.addHelpText('after', `\nExample:\n  $ ${path} ${first.name()} --help`);
  for (const child of command.commands) addGroupExample(child, `${path} ${child.name()}`);
}
