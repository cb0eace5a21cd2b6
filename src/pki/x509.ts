/** The certificate library, bound to Node's own cryptography, and the few key operations that the rest of this room needs. */
import 'reflect-metadata'; // @peculiar/x509 looks its parts up through it
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  webcrypto,
  X509Certificate,
} from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { OperatorError } from '../errors.js';

x509.cryptoProvider.set(webcrypto);

export { x509 };

/** Key types that we make. Foreign certificates may carry others. */
export const keyTypes = ['ecdsa-p256', 'rsa-2048', 'rsa-3072', 'rsa-4096'] as const;
export type KeyType = (typeof keyTypes)[number];

/** A certificate (PEM, possibly followed by its chain) and its private key (PKCS#8 PEM, not encrypted). */
export interface Credential {
  readonly certPem: string;
  readonly keyPem: string;
}

const EC_P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const RSA = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };

function keyAlgorithm(type: KeyType) {
  switch (type) {
    case 'ecdsa-p256':
      return EC_P256;
    case 'rsa-2048':
    case 'rsa-3072':
    case 'rsa-4096':
      return { ...RSA, publicExponent: new Uint8Array([1, 0, 1]), modulusLength: Number(type.slice(4)) };
    default:
      return type satisfies never;
  }
}

export interface KeyPair {
  readonly keys: webcrypto.CryptoKeyPair;
  readonly keyPem: string;
}

/** A fresh key pair. */
export async function generateKeyPair(type: KeyType): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(keyAlgorithm(type), true, ['sign', 'verify']);
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { keys, keyPem: pemOf('PRIVATE KEY', new Uint8Array(pkcs8)) };
}

/** The algorithm that a key of this kind signs certificates with: always SHA-2. */
function signingAlgorithm(key: KeyObject) {
  if (key.asymmetricKeyType === 'rsa') return RSA;
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (curve === 'prime256v1') return EC_P256;
  if (curve === 'secp384r1') return { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' };
  throw new OperatorError(
    'key-unsupported',
    `a key of type ${key.asymmetricKeyType ?? 'unknown'}${curve ? ` on ${curve}` : ''} cannot sign here`,
    'Use an RSA key or an EC key on P-256 or P-384.',
  );
}

/** The same for a key as PEM. */
export const signingAlgorithmOf = (keyPem: string) => signingAlgorithm(createPrivateKey(keyPem));

/** The key as the library wants it, with the algorithm it signs with. */
export async function signingKey(keyPem: string): Promise<webcrypto.CryptoKey> {
  const key = createPrivateKey(keyPem);
  const der = key.export({ type: 'pkcs8', format: 'der' });
  return webcrypto.subtle.importKey('pkcs8', new Uint8Array(der), signingAlgorithm(key), true, ['sign']);
}

/** Both halves of a private key, for requests and self-signatures. */
export async function keyPairOf(keyPem: string): Promise<webcrypto.CryptoKeyPair> {
  const privateKey = await signingKey(keyPem);
  const spki = createPublicKey(keyPem).export({ type: 'spki', format: 'der' });
  const algorithm = signingAlgorithm(createPrivateKey(keyPem));
  const publicKey = await webcrypto.subtle.importKey('spki', new Uint8Array(spki), algorithm, true, [
    'verify',
  ]);
  return { privateKey, publicKey };
}

/** PEM text of DER bytes. */
export function pemOf(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

const CERTIFICATE =
  /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]+-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;

/** Every certificate of a PEM text, in its order. */
export const certificatesOf = (pem: string): X509Certificate[] =>
  (pem.match(CERTIFICATE) ?? []).map((block) => new X509Certificate(block));

/** The first certificate of a PEM text. @throws Error when there is none. */
export function certificateOf(pem: string): X509Certificate {
  const first = certificatesOf(pem)[0];
  if (first === undefined) throw new Error('no certificate in this text');
  return first;
}

/** SHA-256 of the certificate, upper-case hex with colons, as Node's `fingerprint256`. */
export const fingerprint = (certPem: string): string => certificateOf(certPem).fingerprint256;

/** SHA-256 over the public key (SPKI): equal for a certificate and the key it belongs to. */
export const publicKeyDigest = (key: KeyObject): string =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');
