/** What makes a certificate too weak to be trusted today. */
import type { X509Certificate } from 'node:crypto';
import { x509 } from './x509.js';

const remembered = new Map<string, string | undefined>();
const REMEMBERED_MAX = 10_000;

/** A sentence saying what is weak about the certificate, or `undefined`. Remembered by fingerprint: it is asked per connection. */
export function weaknessOf(certificate: X509Certificate): string | undefined {
  const key = certificate.fingerprint256;
  if (remembered.has(key)) return remembered.get(key);
  const weakness = findWeakness(certificate);
  if (remembered.size >= REMEMBERED_MAX) remembered.clear();
  remembered.set(key, weakness);
  return weakness;
}

/** As strong as RSA 2048 (NIST SP 800-57). */
const CURVE_BITS_MIN = 224;

function findWeakness(certificate: X509Certificate): string | undefined {
  const key = certificate.publicKey;
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (bits !== undefined && bits < 2048) return `its ${key.asymmetricKeyType} key has only ${bits} bits`;
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (curve !== undefined && CURVE_BITS_MIN > Number(/\d{3}/.exec(curve)?.[0] ?? 0))
    return `its key lies on the short or unknown curve ${curve}`;
  const hash = signatureOf(certificate);
  // Nobody relies on the signature of a root or of a pinned self-signed certificate: it is compared as a whole.
  const selfIssued = certificate.subject === certificate.issuer;
  if (!selfIssued && /sha-?1\b|md[245]/i.test(hash)) return `it is signed with ${hash}`;
  return undefined;
}

/** Those so old that the library gives no name for them. */
const NAMELESS: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.2': 'RSA MD2',
  '1.2.840.113549.1.1.3': 'RSA MD4',
  '1.2.840.113549.1.1.4': 'RSA MD5',
  '1.2.840.10040.4.3': 'DSA SHA-1',
};

/** The signature algorithm for people, e.g. `ECDSA SHA-256`. */
export function signatureOf(certificate: X509Certificate): string {
  const algorithm: object = new x509.X509Certificate(new Uint8Array(certificate.raw)).signatureAlgorithm;
  const given = 'name' in algorithm ? String(algorithm.name) : 'unknown';
  const name = NAMELESS[given] ?? given;
  const hash = 'hash' in algorithm ? nameIn(algorithm.hash) : '';
  return `${name === 'RSASSA-PKCS1-v1_5' ? 'RSA' : name} ${hash}`.trim();
}

const nameIn = (hash: unknown): string =>
  typeof hash === 'object' && hash !== null && 'name' in hash ? String(hash.name) : String(hash ?? '');

/** The key for people, e.g. `RSA 2048` or `EC prime256v1`. */
export function keyText(certificate: X509Certificate): string {
  const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey;
  const size = asymmetricKeyDetails?.modulusLength ?? asymmetricKeyDetails?.namedCurve ?? '';
  return `${(asymmetricKeyType ?? 'unknown').toUpperCase()} ${size}`.trim();
}
