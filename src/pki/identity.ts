/** Our own certificate and key: what the gateway shows to its peers, also while one replaces the other. */
import { createHash, createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { Moment } from '../clock.js';
import { messageOf, OperatorError } from '../errors.js';
import { certificateFiles, readIfThere } from './files.js';
import { type Credential, certificatesOf } from './x509.js';

/** The credential in use, and the one that takes its place at `activateAt`. */
export interface Identity extends Credential {
  readonly certificate: X509Certificate;
  readonly next?: Credential & { readonly certificate: X509Certificate; readonly activateAt: Moment };
}
export interface IdentityOptions {
  readonly now: Moment;
  /** For private keys that are encrypted at rest. */
  readonly passphrase?: string | undefined;
  /** An expired certificate of ours is refused at start, since peers will refuse it; a reload must not fail for it. */
  readonly allowExpired?: boolean;
}

const rotationSchema = z.strictObject({ format: z.literal(1), activateAt: z.number().int() });
export type Rotation = z.infer<typeof rotationSchema>;

/** When the second certificate takes over, or `undefined` when no rotation is under way. */
export async function loadRotation(dir: string): Promise<Rotation | undefined> {
  const bytes = await readIfThere(certificateFiles(dir).rotation);
  return bytes === undefined ? undefined : rotationSchema.parse(JSON.parse(bytes.toString('utf8')));
}

/**
 * Reads `certs/server.crt` and `.key`; during a rotation also `server.next.*`, which becomes the one in use when its time has come.
 * @throws OperatorError certificate-missing, certificate-unreadable, key-missing, key-unreadable, key-passphrase, key-mismatch,
 * certificate-expired, certificate-not-yet-valid
 */
export async function loadIdentity(dir: string, options: IdentityOptions): Promise<Identity> {
  const files = certificateFiles(dir);
  const rotation = await loadRotation(dir);
  if (rotation === undefined) return loadCredential(files.serverCert, files.serverKey, options);
  const next = await loadCredential(files.nextCert, files.nextKey, { ...options, allowExpired: true });
  if (rotation.activateAt <= options.now) return next;
  const current = await loadCredential(files.serverCert, files.serverKey, options);
  return { ...current, next: { ...next, activateAt: rotation.activateAt } };
}

const ADVICE =
  'Make one with "sluice certs new", or install the answer of your CA with "sluice certs install".';

/** One certificate with its key, checked against each other. */
export async function loadCredential(
  certFile: string,
  keyFile: string,
  { now, passphrase, allowExpired = false }: IdentityOptions,
): Promise<Credential & { readonly certificate: X509Certificate }> {
  const certBytes = await readIfThere(certFile);
  if (certBytes === undefined)
    throw new OperatorError('certificate-missing', `there is no certificate ${certFile}`, ADVICE);
  const certPem = certBytes.toString('utf8');
  const certificate = readCertificate(certFile, certPem);
  const keyBytes = await readIfThere(keyFile);
  if (keyBytes === undefined) throw new OperatorError('key-missing', `there is no key ${keyFile}`, ADVICE);
  const key = readPrivateKey(keyFile, keyBytes.toString('utf8'), passphrase);
  if (!certificate.checkPrivateKey(key))
    throw new OperatorError(
      'key-mismatch',
      `the key in ${keyFile} does not belong to the certificate in ${certFile}`,
      'Put the key back that the certificate was requested with, or make a new pair with "sluice certs new".',
    );
  if (!allowExpired) refuseOutOfDate(certFile, certificate, now);
  return { certPem, keyPem: String(key.export({ type: 'pkcs8', format: 'pem' })), certificate };
}

function readCertificate(file: string, pem: string): X509Certificate {
  try {
    const first = certificatesOf(pem)[0];
    if (first) return first;
    throw new Error('it holds no PEM certificate');
  } catch (error) {
    throw new OperatorError('certificate-unreadable', `${file}: ${messageOf(error)}`, ADVICE, {
      cause: error,
    });
  }
}

/** @throws OperatorError key-passphrase or key-unreadable */
export function readPrivateKey(file: string, pem: string, passphrase?: string): KeyObject {
  const encrypted = pem.includes('ENCRYPTED');
  if (encrypted && passphrase === undefined)
    throw new OperatorError(
      'key-passphrase',
      `the key in ${file} is encrypted and no passphrase was given`,
      'Give it in the file named by SLUICE_KEY_PASSPHRASE_FILE or in SLUICE_KEY_PASSPHRASE.',
    );
  try {
    return encrypted ? openOnce(pem, passphrase ?? '') : createPrivateKey(pem);
  } catch (error) {
    throw encrypted
      ? new OperatorError(
          'key-passphrase',
          `the passphrase does not open the key in ${file}`,
          'Check the passphrase file, also for a line end or blank that does not belong to it.',
          { cause: error },
        )
      : new OperatorError(
          'key-unreadable',
          `${file} holds no readable private key: ${messageOf(error)}`,
          ADVICE,
          {
            cause: error,
          },
        );
  }
}

/** Opening an encrypted key takes a third of a second on purpose; a running gateway must not stand still for it at each reload. */
function openOnce(pem: string, passphrase: string): KeyObject {
  const mark = createHash('sha256')
    .update(JSON.stringify([pem, passphrase]))
    .digest('hex');
  const key = opened.get(mark) ?? createPrivateKey({ key: pem, passphrase });
  if (opened.size >= OPENED_MAX) opened.clear();
  opened.set(mark, key);
  return key;
}
const opened = new Map<string, KeyObject>();
const OPENED_MAX = 10;

function refuseOutOfDate(file: string, certificate: X509Certificate, now: Moment): void {
  if (certificate.validToDate.getTime() < now)
    throw new OperatorError(
      'certificate-expired',
      `the certificate in ${file} expired on ${certificate.validTo}`,
      'Make a new one with "sluice certs rotate" and send it to the platform, or renew it at your CA.',
    );
  if (certificate.validFromDate.getTime() > now)
    throw new OperatorError(
      'certificate-not-yet-valid',
      `the certificate in ${file} is valid from ${certificate.validFrom} only`,
      'Check the clock of this machine; "sluice doctor" shows it.',
    );
}
