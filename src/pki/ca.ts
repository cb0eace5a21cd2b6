/** The local CA, for peers that have none: its key encrypted at rest, a register of what it issued, its CRL. */
import type { Moment } from '../clock.js';
import { messageOf, OperatorError } from '../errors.js';
import {
  type IssuedCertificate,
  loadCaRegister,
  noCa,
  type RevocationReason,
  saveCaRegister,
} from './ca-register.js';
import { derOf, integer } from './der.js';
import { certificateFiles, readIfThere, writeWhole } from './files.js';
import { readPrivateKey } from './identity.js';
import { type CertificateParams, createCa, issueCertificate, signLeaf } from './issue.js';
import { encryptKey } from './pbes2.js';
import {
  type Credential,
  certificateOf,
  type KeyType,
  pemOf,
  signingAlgorithmOf,
  signingKey,
  x509,
} from './x509.js';

const DAY_MS = 86_400_000;
/** The numbers of RFC 5280 5.3.1. */
const CRL_REASONS = {
  unspecified: x509.X509CrlReason.unspecified,
  keyCompromise: x509.X509CrlReason.keyCompromise,
  affiliationChanged: x509.X509CrlReason.affiliationChanged,
  superseded: x509.X509CrlReason.superseded,
  cessationOfOperation: x509.X509CrlReason.cessationOfOperation,
} as const satisfies Record<RevocationReason, number>;

/** Makes the CA. Never replaces one: its certificates would become worthless. */
export async function initCa(
  dir: string,
  params: { commonName: string; days: number; keyType: KeyType; passphrase: string; now: Moment },
): Promise<string> {
  const files = certificateFiles(dir);
  if (await readIfThere(files.caCert))
    throw new OperatorError(
      'ca-exists',
      `there is a CA already: ${files.caCert}`,
      'Go on with it; or move the directory certs/ca away if nothing depends on it any more.',
    );
  const ca = await createCa(params);
  await writeWhole(files.caKey, encryptKey(ca.keyPem, params.passphrase), 'secret');
  await saveCaRegister(dir, { format: 1, crlNumber: 0, issued: [] });
  await writeWhole(files.caCert, ca.certPem, 'public');
  return ca.certPem;
}

/** Encrypts the key of the CA with another passphrase (or with one at all). */
export async function protectCa(dir: string, old: string | undefined, passphrase: string): Promise<void> {
  const { keyPem } = await openCa(dir, old);
  await writeWhole(certificateFiles(dir).caKey, encryptKey(keyPem, passphrase), 'secret');
}

/** @throws OperatorError ca-missing, key-passphrase, key-unreadable, key-missing */
export async function openCa(dir: string, passphrase: string | undefined): Promise<Credential> {
  const files = certificateFiles(dir);
  const [cert, key] = [await readIfThere(files.caCert), await readIfThere(files.caKey)];
  if (cert === undefined) throw noCa(dir);
  if (key === undefined)
    throw new OperatorError('key-missing', `there is no key ${files.caKey}`, 'Restore it from a copy.');
  const opened = readPrivateKey(files.caKey, key.toString('utf8'), passphrase);
  return { certPem: cert.toString('utf8'), keyPem: String(opened.export({ type: 'pkcs8', format: 'pem' })) };
}

/** A new key with its certificate; the key goes to the peer and is not kept. */
export async function issueFromCa(
  dir: string,
  passphrase: string,
  params: CertificateParams,
): Promise<Credential> {
  const ca = await openCa(dir, passphrase);
  const issued = await issueCertificate({ ...params, ca });
  await register(dir, issued.certPem, params.now);
  return issued;
}

/** The certificate for a request (PKCS#10) whose key stays with the peer. The subject is the request's unless given. */
export async function issueForRequest(
  dir: string,
  passphrase: string,
  requestPem: string,
  params: Omit<CertificateParams, 'keyType' | 'subject'> & { readonly subject?: string | undefined },
): Promise<string> {
  const ca = await openCa(dir, passphrase);
  const request = await readRequest(requestPem);
  const keyType: KeyType = request.publicKey.algorithm.name === 'ECDSA' ? 'ecdsa-p256' : 'rsa-2048';
  const subject = params.subject ?? request.subject;
  const certPem = await signLeaf({ ...params, ca, keyType, subject }, request.publicKey);
  await register(dir, certPem, params.now);
  return certPem;
}

async function readRequest(pem: string): Promise<x509.Pkcs10CertificateRequest> {
  const refuse = (why: string, cause?: unknown) =>
    new OperatorError(
      'request-invalid',
      `this is not a usable request: ${why}`,
      'It must be a PKCS#10 (.csr).',
      {
        cause,
      },
    );
  let request: x509.Pkcs10CertificateRequest;
  try {
    request = new x509.Pkcs10CertificateRequest(pem);
  } catch (error) {
    throw refuse(messageOf(error), error);
  }
  if (!(await request.verify().catch(() => false))) throw refuse('its signature is wrong');
  return request;
}

async function register(dir: string, certPem: string, now: Moment): Promise<void> {
  const known = await loadCaRegister(dir);
  const certificate = certificateOf(certPem);
  const entry = {
    serial: certificate.serialNumber,
    subject: certificate.subject.replaceAll('\n', ', '),
    sha256: certificate.fingerprint256,
    issuedAt: now,
    notAfter: certificate.validToDate.getTime(),
  };
  await saveCaRegister(dir, { ...known, issued: [...known.issued, entry] });
}

/** Marks one certificate as revoked, by serial number, fingerprint or subject, and writes a new CRL. */
export async function revokeIssued(
  dir: string,
  passphrase: string,
  which: string,
  { reason, now, crlDays }: { reason: RevocationReason; now: Moment; crlDays: number },
): Promise<IssuedCertificate> {
  const known = await loadCaRegister(dir);
  const found = known.issued.filter(
    (one) =>
      [one.serial, one.sha256, one.subject, one.subject.replace(/^CN=/, '')].includes(which) &&
      !one.revokedAt,
  );
  const [one] = found;
  if (one === undefined || found.length > 1)
    throw new OperatorError(
      'certificate-unknown',
      found.length > 1
        ? `${found.length} certificates of this CA fit ${which}`
        : `this CA issued no valid certificate ${which}`,
      'Name it by serial number or fingerprint, as "sluice certs ca list" shows them.',
    );
  const revoked = { ...one, revokedAt: now, reason };
  await openCa(dir, passphrase); // a wrong passphrase must be seen before anything is written
  await saveCaRegister(dir, {
    ...known,
    issued: known.issued.map((each) => (each === one ? revoked : each)),
  });
  await writeCrl(dir, passphrase, { now, days: crlDays });
  return revoked;
}

/** Signs a CRL of all revoked certificates and puts it where the gateway reads it. Gives its PEM. */
export async function writeCrl(
  dir: string,
  passphrase: string,
  { now, days }: { now: Moment; days: number },
): Promise<string> {
  const credential = await openCa(dir, passphrase);
  const known = await loadCaRegister(dir);
  const ca = new x509.X509Certificate(credential.certPem);
  const crlNumber = known.crlNumber + 1;
  const keyId = ca.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId ?? '';
  const crl = await x509.X509CrlGenerator.create({
    issuer: ca.subjectName,
    thisUpdate: new Date(now),
    nextUpdate: new Date(now + days * DAY_MS),
    signingAlgorithm: signingAlgorithmOf(credential.keyPem),
    signingKey: await signingKey(credential.keyPem),
    entries: known.issued.flatMap(({ serial, revokedAt, reason }) =>
      revokedAt === undefined
        ? []
        : [
            {
              serialNumber: serial,
              revocationDate: new Date(revokedAt),
              reason: CRL_REASONS[reason ?? 'unspecified'],
            },
          ],
    ),
    extensions: [
      new x509.AuthorityKeyIdentifierExtension(keyId),
      new x509.Extension('2.5.29.20', false, derOf(integer(crlNumber))),
    ],
  });
  const pem = pemOf('X509 CRL', new Uint8Array(crl.rawData)); // the library's own label is one that OpenSSL does not know
  await saveCaRegister(dir, { ...known, crlNumber });
  await writeWhole(certificateFiles(dir).caCrl, pem, 'public');
  return pem;
}
