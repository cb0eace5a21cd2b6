import { OperatorError } from '../errors.js';
import { PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN } from '../sftp/index.js';

/** The first line of standard input. @throws {OperatorError} `sftp-password-invalid` */
export async function passwordFromInput(): Promise<string> {
  let text = '';
  process.stdin.setEncoding('utf8');
  for await (const part of process.stdin) {
    text += part;
    if (text.length > 4 * PASSWORD_CHARS_MAX) break;
  }
  const password = text.split(/\r?\n/, 1)[0] ?? '';
  if (password.length >= PASSWORD_CHARS_MIN && password.length <= PASSWORD_CHARS_MAX) return password;
  throw new OperatorError(
    'sftp-password-invalid',
    `The password has ${password.length} characters.`,
    `Give ${PASSWORD_CHARS_MIN} to ${PASSWORD_CHARS_MAX}, or let one be made: --password.`,
  );
}
