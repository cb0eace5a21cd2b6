/* Dialect settings of a peer on the command line: `name=value`. */
import { OperatorError } from '../errors.js';
import { printable } from '../log.js';
import { type PeerDialectSettings, peerDialectSchema } from '../pki/index.js';
import { listOf } from './arguments.js';

const CHOICES = {
  close: ['server', 'peer'],
  lengthTolerance: ['strict', 'charCount', 'trailingNewline'],
  charset: ['utf8', 'gbk'],
  head: ['swap', 'echo'],
  versionCheck: ['on', 'off'],
} as const;

export const settingsHelp = [
  ...Object.entries(CHOICES).map(([name, values]) => `${name}=${values.join('|')}`),
  'senders=NAME,…',
].join(', ');

/** @throws OperatorError option-invalid */
export function dialectSettings(settings: readonly string[]): PeerDialectSettings {
  const given = settings.map((text): [string, unknown] => {
    const at = text.indexOf('=');
    const [name, value] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)];
    if (name === 'senders') return [name, listOf(value)];
    if (name === 'versionCheck' && (value === 'on' || value === 'off')) return [name, value === 'on'];
    return [name, value];
  });
  const read = peerDialectSchema.safeParse(Object.fromEntries(given));
  if (read.success) return read.data;
  throw new OperatorError(
    'option-invalid',
    `${printable(settings.join(' '))} is not a setting of a peer`,
    `Known are ${settingsHelp}.`,
  );
}
