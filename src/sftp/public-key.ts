import { createHash } from 'node:crypto';
import ssh2, { type ParsedKey } from 'ssh2';
import { OperatorError } from '../errors.js';

/** `SHA256:` and 43 characters, as `ssh-keygen -l` and each client print it. */
export const fingerprintOf = (blob: Buffer): string =>
  `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;

export interface PublicKey {
  readonly type: string;
  /** SSH's binary form. */
  readonly blob: Buffer;
  readonly fingerprint: string;
  readonly comment: string;
}

const KEY_TYPES = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'ssh-rsa',
];
const RSA_BITS_MIN = 2_048;
const RSA_BITS_MAX = 8_192;

/**
 * A public key as `ssh-keygen` writes it (`id_ed25519.pub`), or in the form of RFC 4716.
 * @throws {OperatorError} `sftp-key-invalid`
 */
export function parsePublicKey(text: string): PublicKey {
  if (/PRIVATE KEY/.test(text)) {
    throw refused(
      'this is a private key',
      'Give the public key, e.g. id_ed25519.pub; the private one stays with its owner.',
    );
  }
  const parsed = ssh2.utils.parseKey(text.trim());
  const key: ParsedKey | Error | undefined = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key === undefined || key instanceof Error || key.isPrivateKey()) {
    throw refused('this is not a public key', 'Give the file that ssh-keygen made, ending in .pub.');
  }
  const blob = key.getPublicSSH();
  if (!KEY_TYPES.includes(key.type))
    throw refused(`keys of type ${key.type} are not taken`, 'Make one: ssh-keygen -t ed25519');
  if (key.type === 'ssh-rsa') checkRsaBits(blob);
  return { type: key.type, blob, fingerprint: fingerprintOf(blob), comment: key.comment.slice(0, 100) };
}

/** `string "ssh-rsa", mpint e, mpint n` (RFC 4253, section 6.6). */
function checkRsaBits(blob: Buffer): void {
  const exponentAt = 4 + blob.readUInt32BE(0);
  const modulusAt = exponentAt + 4 + blob.readUInt32BE(exponentAt);
  const modulus = blob.subarray(modulusAt + 4, modulusAt + 4 + blob.readUInt32BE(modulusAt));
  const bits = modulus.toString('hex').replace(/^0+/, '').length * 4;
  if (bits < RSA_BITS_MIN)
    throw refused(`an RSA key of ${bits} bits is too short`, 'Make one: ssh-keygen -t rsa -b 3072');
  if (bits > RSA_BITS_MAX)
    throw refused(`an RSA key of ${bits} bits is too long`, 'Make one: ssh-keygen -t ed25519');
}

const refused = (what: string, next: string) =>
  new OperatorError('sftp-key-invalid', `The key was not taken: ${what}.`, next);
