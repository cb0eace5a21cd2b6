import { generateKeyPairSync } from 'node:crypto';
import type { Ids } from '../clock.js';

export interface KeyTexts {
  /** OpenSSH's own form (PROTOCOL.key in its sources), not encrypted. */
  readonly privateKey: string;
  /** `ssh-ed25519 AAAA…` */
  readonly publicKey: string;
}

/**
 * A new Ed25519 key. ssh2 can make one too, but drops the public key's first byte when that is zero, so that one key in two hundred cannot
 * be read again (ssh2 1.17, found by a test that failed now and then).
 */
export function makeEd25519Key(ids: Ids): KeyTexts {
  const { privateKey } = generateKeyPairSync('ed25519');
  const { x = '', d = '' } = privateKey.export({ format: 'jwk' });
  const publicBytes = Buffer.from(x, 'base64url');
  const publicBlob = Buffer.concat([text('ssh-ed25519'), text(publicBytes)]);
  // The same random number twice: whoever decrypts with a wrong passphrase sees two different ones.
  const check = ids.bytes(4);
  const secret = Buffer.concat([Buffer.from(d, 'base64url'), publicBytes]);
  const inner = Buffer.concat([check, check, publicBlob, text(secret), text('')]);
  const padding = Buffer.from(Array.from({ length: (8 - (inner.length % 8)) % 8 }, (_, i) => i + 1));
  const outer = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    text('none'),
    text('none'),
    text(''),
    Buffer.from([0, 0, 0, 1]),
    text(publicBlob),
    text(Buffer.concat([inner, padding])),
  ]);
  const lines = outer.toString('base64').match(/.{1,70}/g) ?? [];
  return {
    privateKey: [
      '-----BEGIN OPENSSH PRIVATE KEY-----',
      ...lines,
      '-----END OPENSSH PRIVATE KEY-----',
      '',
    ].join('\n'),
    publicKey: `ssh-ed25519 ${publicBlob.toString('base64')}`,
  };
}

function text(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
