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
  const parsed = ssh2.utils.parseKey(oneLine(text.trim()));
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

/** RFC 4716, as PuTTY writes it, as the line that OpenSSH writes: ssh2 reads that form of RSA keys only. Other text as it is. */
function oneLine(text: string): string {
  const [, inner = ''] =
    /^---- BEGIN SSH2 PUBLIC KEY ----\r?\n(.*?)---- END SSH2 PUBLIC KEY ----$/s.exec(text) ?? [];
  if (inner === '') return text;
  const unfolded = inner.replace(/\\\r?\n/g, '').split(/\r?\n/);
  const comment = unfolded.flatMap((line) => /^Comment: "?(.*?)"?$/i.exec(line)?.[1] ?? [])[0] ?? '';
  const base64 = unfolded.filter((line) => !line.includes(':')).join('');
  const blob = Buffer.from(base64, 'base64');
  if (blob.length < 8) return text;
  return `${blob.toString('latin1', 4, 4 + blob.readUInt32BE(0))} ${base64} ${comment}`;
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
