/** Password encryption of today (RFC 8018 PBES2: PBKDF2 with HMAC-SHA-256, AES-256-CBC), for private keys at rest and modern PKCS#12. */
import { createPrivateKey } from 'node:crypto';
import type { BaseBlock } from 'asn1js';
import { type Ids, systemIds } from '../clock.js';
import { OperatorError } from '../errors.js';
import { derOf, integer, nothing, octets, oid, seq } from './der.js';
import { oids } from './oids.js';
import { encrypt, pbes2 } from './pkcs12-kdf.js';
import { pemOf } from './x509.js';

export interface Encrypted {
  readonly algorithm: BaseBlock;
  readonly bytes: Buffer;
}

export function pbes2Encrypt(plain: Uint8Array, password: string, rounds: number, ids: Ids): Encrypted {
  const salt = ids.bytes(16);
  const cipher = pbes2('aes-256-cbc', 'sha256', password, salt, rounds, 32, ids.bytes(16));
  const kdf = seq(
    oid(oids.pbkdf2),
    seq(octets(salt), integer(rounds), integer(32), seq(oid(oids.hmacSha256), nothing())),
  );
  const algorithm = seq(oid(oids.pbes2), seq(kdf, seq(oid(oids.aes256Cbc), octets(cipher.iv))));
  return { algorithm, bytes: encrypt(cipher, plain) };
}

/** OWASP's figure for PBKDF2-HMAC-SHA-256; about a third of a second. Node's own export uses 2048 and cannot be told otherwise. */
const KEY_ROUNDS = 600_000;
export const PASSPHRASE_CHARS_MIN = 8;

/** `ENCRYPTED PRIVATE KEY` PEM, which OpenSSL, Node and Java read. */
export function encryptKey(keyPem: string, passphrase: string, ids: Ids = systemIds): string {
  if (passphrase.length < PASSPHRASE_CHARS_MIN)
    throw new OperatorError(
      'passphrase-short',
      `the passphrase needs at least ${PASSPHRASE_CHARS_MIN} characters`,
      'Choose a longer one; a sentence is best.',
    );
  const pkcs8 = createPrivateKey(keyPem).export({ type: 'pkcs8', format: 'der' });
  const { algorithm, bytes } = pbes2Encrypt(pkcs8, passphrase, KEY_ROUNDS, ids);
  return pemOf('ENCRYPTED PRIVATE KEY', derOf(seq(algorithm, octets(bytes))));
}
