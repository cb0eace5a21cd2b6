/**
 * Which issuers we name in the handshake. A Java peer shows its certificate only when the server's list of acceptable issuers names
 * the issuer of one certificate of its chain; Node fills that list with the subjects of the `ca` option and nothing else. A pinned
 * certificate that was issued by a CA which we do not have (and do not want to trust) would therefore never be shown.
 *
 * So the list gets a certificate that has that issuer's name and nothing else of it: no right to sign, and a fresh key that is thrown
 * away at once. It makes nothing trusted: nobody has its key, and identity goes by fingerprint. The key is of a kind that cannot have
 * made the signature, so that OpenSSL does not even try it as the issuer (it would refuse the certificate instead of going on).
 */
import { webcrypto } from 'node:crypto';
import { type Moment, systemIds } from '../clock.js';
import { type Peers, pinsAt } from './peers.js';
import { certificatesOf, x509 } from './x509.js';

const DAY_MS = 86_400_000;
const made = new Map<string, string>();
const MADE_MAX = 1000;

/** PEMs for the `ca` option, one for each issuer that it does not name yet. */
export async function issuerNamePems(peers: Peers, at: Moment): Promise<string[]> {
  const active = peers.filter((peer) => peer.state === 'active');
  const pinned = active.flatMap((peer) => pinsAt(peer, at).flatMap((pin) => certificatesOf(pin.pem)));
  const cas = active.flatMap((peer) => certificatesOf(peer.ca?.pem ?? ''));
  const named = new Set([...pinned, ...cas].map((certificate) => certificate.subject));
  const wanting = new Map(
    pinned
      .filter(({ issuer }) => !named.has(issuer))
      .map((certificate) => [certificate.issuer, certificate.raw]),
  );
  return Promise.all([...wanting].map(([issuer, raw]) => namePem(issuer, raw, at)));
}

async function namePem(issuer: string, issued: Uint8Array, at: Moment): Promise<string> {
  const known = made.get(issuer);
  if (known !== undefined) return known;
  const leaf = new x509.X509Certificate(new Uint8Array(issued));
  const signature: object = leaf.signatureAlgorithm;
  const algorithm =
    'name' in signature && signature.name === 'Ed25519'
      ? { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
      : { name: 'Ed25519' };
  const keys = await makeKeys(algorithm);
  const name = await x509.X509CertificateGenerator.createSelfSigned({
    name: leaf.issuerName.toJSON(),
    keys,
    signingAlgorithm: algorithm,
    serialNumber: systemIds.bytes(8).toString('hex'),
    notBefore: new Date(at - DAY_MS),
    notAfter: new Date(at),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyAgreement, true),
    ],
  });
  const pem = `${name.toString('pem')}\n`;
  if (made.size >= MADE_MAX) made.clear();
  made.set(issuer, pem);
  return pem;
}

async function makeKeys(algorithm: { readonly name: string }): Promise<webcrypto.CryptoKeyPair> {
  const keys = await webcrypto.subtle.generateKey(algorithm, false, ['sign', 'verify']);
  if ('privateKey' in keys) return keys;
  throw new Error('the algorithm makes no key pair');
}
