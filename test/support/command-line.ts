/** Runs `sluice` commands inside the test's process: a tenth of the time of starting the launcher each time. */
import { Command } from 'commander';
import { commands } from '../../src/cli/commands.js';
import { OperatorError } from '../../src/errors.js';
import type { CommandResult } from './gateway.js';

/** As the launcher would: exit code, standard output and error. Not for commands that run on, nor for two at once. */
export async function sluiceInside(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const out: string[] = [];
  const err: string[] = [];
  const program = new Command('sluice').exitOverride().configureOutput({
    writeOut: (text) => out.push(text),
    writeErr: (text) => err.push(text),
  });
  for (const add of commands) add(program);
  const real = {
    log: console.log,
    error: console.error,
    write: process.stdout.write,
    code: process.exitCode,
  };
  const environment = { ...process.env };
  console.log = (...texts: unknown[]) => out.push(`${texts.join(' ')}\n`);
  console.error = (...texts: unknown[]) => err.push(`${texts.join(' ')}\n`);
  process.stdout.write = (text: string | Uint8Array) => out.push(text.toString()) > 0;
  Object.assign(process.env, env);
  process.exitCode = 0;
  try {
    await program.parseAsync([...args], { from: 'user' });
    return { code: Number(process.exitCode), stdout: out.join(''), stderr: err.join('') };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return {
      code: 1,
      stdout: out.join(''),
      stderr: `${err.join('')}sluice: ${error.message}\n  → ${error.next}\n`,
    };
  } finally {
    Object.assign(console, { log: real.log, error: real.error });
    process.stdout.write = real.write;
    process.exitCode = real.code;
    for (const name of Object.keys(env)) delete process.env[name];
    Object.assign(process.env, environment);
  }
}
