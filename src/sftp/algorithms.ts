import type { Algorithms, ParsedKey } from 'ssh2';
import type { HostKey } from './host-keys.js';
import type { SftpSettings } from './settings.js';

/**
 * What is offered to a client. Everybody: Curve25519 and the large MODP groups, AES-GCM and AES-CTR with SHA-2. Strict key exchange
 * (against Terrapin) is offered by ssh2 always. Not offered: ChaCha20-Poly1305 (slow without ssh2's native part, and the cipher
 * Terrapin was about), compression (it would be ours to bound), group exchange (ssh2 has no such server side).
 */
const modern = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group18-sha512',
  ],
  cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes192-ctr', 'aes256-ctr'],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
} as const;
/** For Java clients of the JSch 0.1 line, which know no other curve and no Ed25519. */
const nist = { kex: ['ecdh-sha2-nistp256', 'ecdh-sha2-nistp384', 'ecdh-sha2-nistp521'] } as const;
/** Only by configuration. */
const legacy = {
  kex: ['diffie-hellman-group14-sha256', 'diffie-hellman-group14-sha1'],
  cipher: ['aes128-cbc', 'aes256-cbc'],
  hmac: ['hmac-sha1'],
} as const;

export interface Offer {
  readonly algorithms: Algorithms;
  readonly hostKeys: readonly { readonly key: ParsedKey }[];
}

/** What to offer to a client that calls itself `software` (`JSCH-0.1.54`, `OpenSSH_9.2p1 …`). */
export function offerFor(software: string, settings: SftpSettings, hostKeys: readonly HostKey[]): Offer {
  const withNist = offersNist(software, settings);
  const withLegacy = settings.legacyAlgorithms;
  return {
    algorithms: {
      kex: [...modern.kex, ...(withNist ? nist.kex : []), ...(withLegacy ? legacy.kex : [])],
      cipher: [...modern.cipher, ...(withLegacy ? legacy.cipher : [])],
      hmac: [...modern.hmac, ...(withLegacy ? legacy.hmac : [])],
      compress: ['none'],
    },
    hostKeys: hostKeys
      .filter(({ kind }) => kind !== 'ecdsa' || withNist)
      .flatMap(({ kind, key }) => (kind === 'rsa' ? rsaOffers(key, withLegacy) : [{ key }])),
  };
}

/** What we offer as a client: whatever the platform's server is, but SHA-1 and CBC only by configuration. */
export function clientAlgorithms(withLegacy: boolean): Algorithms {
  const hostKeys = [
    'ssh-ed25519',
    'ecdsa-sha2-nistp256',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
  ] as const;
  return {
    kex: [
      ...modern.kex,
      ...nist.kex,
      'diffie-hellman-group14-sha256',
      ...(withLegacy ? legacy.kex.slice(1) : []),
    ],
    serverHostKey: [
      ...hostKeys,
      'rsa-sha2-512',
      'rsa-sha2-256',
      ...(withLegacy ? (['ssh-rsa'] as const) : []),
    ],
    cipher: [...modern.cipher, ...(withLegacy ? legacy.cipher : [])],
    hmac: [...modern.hmac, ...(withLegacy ? legacy.hmac : [])],
    compress: ['none'],
  };
}

function offersNist(software: string, { nistCurves, oldClients }: SftpSettings): boolean {
  if (nistCurves !== 'old-clients') return nistCurves === 'always';
  return oldClients.some((beginning) => software.toUpperCase().startsWith(beginning.toUpperCase()));
}

/**
 * ssh2 offers an RSA key under every hash, SHA-1 among them, whatever its configuration says; under a key's own type it offers just
 * that. So the key goes in once per signature that we want, under that signature's name.
 */
function rsaOffers(key: ParsedKey, withSha1: boolean): { key: ParsedKey }[] {
  if (withSha1) return [{ key }];
  return ['rsa-sha2-512', 'rsa-sha2-256'].map((type) => {
    const renamed: ParsedKey = Object.create(key, { type: { value: type } });
    return { key: renamed };
  });
}
