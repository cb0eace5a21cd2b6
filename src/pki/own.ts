/** Our own identity over its life: made, requested from a foreign CA, installed, replaced with an overlap. */
import { createPrivateKey, type X509Certificate } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { chinaStamp, type Moment } from '../clock.js';
import { OperatorError } from '../errors.js';
import { certificateFiles, readIfThere, writeWhole } from './files.js';
import { loadRotation, readPrivateKey } from './identity.js';
import { distinguishedName } from './issue.js';
import { encryptKey } from './pbes2.js';
import {
  type Credential,
  certificatesOf,
  generateKeyPair,
  type KeyType,
  keyPairOf,
  pemOf,
  signingAlgorithmOf,
  x509,
} from './x509.js';

/** When a new credential takes over: at once, or after an overlap in which peers learn to trust it beside the old. */
export type TakeOver = { readonly at: Moment } | 'now';

/**
 * Puts a credential in place: over the old one (which is kept in `certs/old`), or beside it until its moment comes.
 * @param passphrase encrypts the key at rest
 * @throws OperatorError key-mismatch, rotation-running
 */
export async function placeIdentity(
  dir: string,
  credential: Credential,
  takeOver: TakeOver,
  now: Moment,
  passphrase?: string,
): Promise<void> {
  const files = certificateFiles(dir);
  const certificate = certificatesOf(credential.certPem)[0];
  if (!certificate?.checkPrivateKey(createPrivateKey(credential.keyPem)))
    throw new OperatorError(
      'key-mismatch',
      'the key does not belong to the certificate',
      'Install the certificate that was issued for the last request of this gateway.',
    );
  await settleRotation(dir, now);
  const keyPem = passphrase === undefined ? credential.keyPem : encryptKey(credential.keyPem, passphrase);
  if (takeOver === 'now') {
    await keepOld(dir, now);
    await writeWhole(files.serverKey, keyPem, 'secret');
    await writeWhole(files.serverCert, credential.certPem, 'public');
    return;
  }
  if (await readIfThere(files.rotation))
    throw new OperatorError(
      'rotation-running',
      'a new certificate is waiting for its time already',
      'End it with "sluice certs rotate --activate" or take it back with "sluice certs rotate --cancel".',
    );
  await writeWhole(files.nextKey, keyPem, 'secret');
  await writeWhole(files.nextCert, credential.certPem, 'public');
  await writeWhole(files.rotation, `${JSON.stringify({ format: 1, activateAt: takeOver.at })}\n`, 'public');
}

async function keepOld(dir: string, now: Moment): Promise<void> {
  const files = certificateFiles(dir);
  const [cert, key] = [await readIfThere(files.serverCert), await readIfThere(files.serverKey)];
  const old = join(files.certs, 'old', `server-${chinaStamp(now)}`);
  if (cert) await writeWhole(`${old}.crt`, cert, 'public');
  if (key) await writeWhole(`${old}.key`, key, 'secret');
}

/** Moves a certificate whose time has come to the usual place. True when there was one. */
export async function settleRotation(dir: string, now: Moment): Promise<boolean> {
  const files = certificateFiles(dir);
  const rotation = await loadRotation(dir);
  if (rotation === undefined || rotation.activateAt > now) return false;
  await keepOld(dir, now);
  // While rotation.json stands, readers use the next pair; a crash in between leaves either state readable.
  const [cert, key] = [await readIfThere(files.nextCert), await readIfThere(files.nextKey)];
  if (cert && key) {
    await writeWhole(files.serverKey, key, 'secret');
    await writeWhole(files.serverCert, cert, 'public');
  }
  await rm(files.rotation, { force: true });
  await rm(files.nextCert, { force: true });
  await rm(files.nextKey, { force: true });
  return true;
}

/** Lets the waiting certificate take over now, or takes it back. @throws OperatorError rotation-none */
export async function endRotation(dir: string, how: 'activate' | 'cancel', now: Moment): Promise<void> {
  const files = certificateFiles(dir);
  if ((await loadRotation(dir)) === undefined)
    throw new OperatorError(
      'rotation-none',
      'no certificate is waiting',
      'Start with "sluice certs rotate".',
    );
  if (how === 'activate') {
    await writeWhole(files.rotation, `${JSON.stringify({ format: 1, activateAt: now })}\n`, 'public');
    await settleRotation(dir, now);
    return;
  }
  await rm(files.rotation, { force: true });
  await rm(files.nextCert, { force: true });
  await rm(files.nextKey, { force: true });
}

export interface RequestParams {
  readonly subject: string;
  readonly keyType: KeyType;
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
}

/** A request (PKCS#10) with a new key; the key waits beside it for the answer. Gives the PEM to send to the CA. */
export async function createRequest(
  dir: string,
  params: RequestParams,
  passphrase?: string,
): Promise<string> {
  const files = certificateFiles(dir);
  const { keyPem } = await generateKeyPair(params.keyType);
  const keys = await keyPairOf(keyPem);
  const names = [
    ...(params.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(params.ipAddresses ?? []).map((value) => ({ type: 'ip' as const, value })),
  ];
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: distinguishedName(params.subject),
    keys,
    signingAlgorithm: signingAlgorithmOf(keyPem),
    extensions: [
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([
        x509.ExtendedKeyUsage.serverAuth,
        x509.ExtendedKeyUsage.clientAuth,
      ]),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
    ],
  });
  const pem = pemOf('CERTIFICATE REQUEST', new Uint8Array(request.rawData));
  const stored = passphrase === undefined ? keyPem : encryptKey(keyPem, passphrase);
  await writeWhole(files.requestKey, stored, 'secret');
  await writeWhole(files.request, pem, 'public');
  return pem;
}

/**
 * From what a CA sent back (in any order, with or without its chain) to a credential: finds the certificate that fits a key of
 * ours, and orders its issuers behind it.
 * @throws OperatorError certificate-foreign, chain-incomplete
 */
export async function matchAnswer(
  dir: string,
  certificates: readonly X509Certificate[],
  options: { readonly allowIncomplete: boolean; readonly passphrase?: string | undefined },
): Promise<Credential> {
  const files = certificateFiles(dir);
  for (const file of [files.requestKey, files.nextKey, files.serverKey]) {
    const bytes = await readIfThere(file);
    if (bytes === undefined) continue;
    const key = readPrivateKey(file, bytes.toString('utf8'), options.passphrase);
    const own = certificates.find((one) => one.checkPrivateKey(key));
    if (own === undefined) continue;
    const chain = orderChain(own, certificates);
    if (!chain.complete && !options.allowIncomplete)
      throw new OperatorError(
        'chain-incomplete',
        `the issuer of "${chain.above}" is not in this file`,
        'Ask the CA for its certificates and give them with --chain FILE; or pass --no-chain if your peers pin the certificate.',
      );
    return {
      certPem: chain.certificates.map((one) => pemOf('CERTIFICATE', one.raw)).join(''),
      keyPem: String(key.export({ type: 'pkcs8', format: 'pem' })),
    };
  }
  throw new OperatorError(
    'certificate-foreign',
    'no certificate in this file belongs to a key of this gateway',
    'It must answer the request that "sluice certs csr" wrote; a key store must contain its private key.',
  );
}

/** The certificate, then each issuer in turn. The self-signed root is left out: peers have it or do not trust it. */
export function orderChain(own: X509Certificate, pool: readonly X509Certificate[]) {
  const certificates = [own];
  for (let current = own; certificates.length <= 10; ) {
    if (current.checkIssued(current)) return { certificates, complete: true, above: '' };
    const below = current;
    const issuer = pool.find((one) => below.checkIssued(one) && below.verify(one.publicKey));
    if (issuer === undefined) break;
    if (issuer.checkIssued(issuer)) return { certificates, complete: true, above: '' };
    certificates.push(issuer);
    current = issuer;
  }
  const last = certificates.at(-1) ?? own;
  return { certificates, complete: false, above: last.subject.replaceAll('\n', ', ') };
}

/** The request is answered: its key has moved to the identity. */
export async function dropRequest(dir: string): Promise<void> {
  const files = certificateFiles(dir);
  await rm(files.requestKey, { force: true });
  if (await readIfThere(files.request)) await rename(files.request, `${files.request}.answered`);
}
