/* Passwords and passphrases: from a file, the environment or a prompt; never from the command line, where everybody reads them. */
import { readFileSync } from 'node:fs';
import { stderr, stdin } from 'node:process';
import { messageOf, OperatorError } from '../errors.js';

export interface SecretSource {
  /** From an option such as `--password-file`. */
  readonly file: string | undefined;
  /** Environment variable; with `_FILE` behind it, it names a file. */
  readonly variable: string;
  /** What to ask for on a terminal. */
  readonly prompt: string;
  /** Ask twice, because a wrong one is seen too late. */
  readonly confirm?: boolean;
}

/** The secret, or `undefined` when nothing gives one and nobody can be asked. */
export async function findSecret(source: SecretSource): Promise<string | undefined> {
  const named = source.file ?? process.env[`${source.variable}_FILE`];
  if (named !== undefined) return readSecretFile(named);
  const given = process.env[source.variable];
  if (given !== undefined && given !== '') return given;
  if (!stdin.isTTY) return undefined;
  const typed = await ask(`${source.prompt}: `);
  if (source.confirm && (await ask('again: ')) !== typed)
    throw new OperatorError('secret-differs', 'the two entries differ', 'Run the command again.');
  return typed;
}

/** @throws OperatorError secret-missing */
export async function needSecret(source: SecretSource, option: string): Promise<string> {
  const found = await findSecret(source);
  if (found !== undefined && found !== '') return found;
  throw new OperatorError(
    'secret-missing',
    `${source.prompt} is needed`,
    `Give it with ${option} FILE, in ${source.variable}, or run the command on a terminal.`,
  );
}

/** The first line of the file. */
function readSecretFile(file: string): string {
  try {
    return readFileSync(file, 'utf8').split(/\r?\n/)[0] ?? '';
  } catch (error) {
    throw new OperatorError(
      'secret-unreadable',
      `${file} cannot be read: ${messageOf(error)}`,
      'Name a file with the secret in its first line.',
      { cause: error },
    );
  }
}

/** Asks on the terminal without showing what is typed. */
function ask(question: string): Promise<string> {
  stderr.write(question);
  stdin.setRawMode(true);
  stdin.resume();
  let typed = '';
  return new Promise((resolve, reject) => {
    const end = () => {
      stdin.off('data', take);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write('\n');
    };
    const take = (data: Buffer) => {
      for (const char of data.toString('utf8')) {
        if (char === '\r' || char === '\n') {
          end();
          resolve(typed);
          return;
        }
        if (char === '\u0003' || char === '\u0004') {
          end();
          reject(new OperatorError('cancelled', 'cancelled', 'Nothing was changed.'));
          return;
        }
        typed = char === '\u007f' || char === '\b' ? [...typed].slice(0, -1).join('') : typed + char;
      }
    };
    stdin.on('data', take);
  });
}
