/** Judges everything about our certificates and our peers', for administrators and for monitoring. */
import { createPrivateKey, type X509Certificate } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { Moment } from '../clock.js';
import { codeOf, messageOf, OperatorError } from '../errors.js';
import { subjectText } from './distinguished-name.js';
import { expiryWarnings } from './expiry.js';
import { certificateFiles, readIfThere } from './files.js';
import { loadIdentity } from './identity.js';
import { listCertificates } from './inventory.js';
import { oldJavaRemarks } from './old-java.js';
import { orderChain } from './own.js';
import { caPemsOf, legacyNeeds, loadPeers } from './peers.js';
import { loadRevocations } from './revocation.js';
import { weaknessOf } from './weakness.js';
import { certificatesOf } from './x509.js';

/** The exit code of `sluice certs check` is the worst level: 0, 1, 2, as monitoring systems expect. */
export const findingLevels = ['ok', 'warning', 'critical'] as const;
export type FindingLevel = (typeof findingLevels)[number];

export interface Finding {
  readonly level: FindingLevel;
  /** What was looked at. */
  readonly about: string;
  readonly text: string;
  /** What to do; empty when nothing is. */
  readonly next: string;
}

const finding = (level: FindingLevel, about: string, text: string, next = ''): Finding => ({
  level,
  about,
  text,
  next,
});

/** Everything, worst first. Reads only. */
export async function checkCertificates(
  dir: string,
  options: { readonly now: Moment; readonly passphrase?: string | undefined },
): Promise<Finding[]> {
  const findings = [
    ...(await ownFindings(dir, options)),
    ...(await keyFileFindings(dir)),
    ...(await expiryFindings(dir, options.now)),
    ...(await peerFindings(dir)),
    ...(await crlFindings(dir, options.now)),
  ];
  return findings.sort((a, b) => findingLevels.indexOf(b.level) - findingLevels.indexOf(a.level));
}

async function ownFindings(
  dir: string,
  options: { readonly now: Moment; readonly passphrase?: string | undefined },
): Promise<Finding[]> {
  try {
    const identity = await loadIdentity(dir, { ...options, allowExpired: true });
    const about = subjectText(identity.certificate.subject);
    const weakness = weaknessOf(identity.certificate);
    return [
      finding('ok', about, 'our key belongs to our certificate'),
      chainFinding(about, certificatesOf(identity.certPem)),
      weakness
        ? finding(
            'critical',
            about,
            `our certificate is weak: ${weakness}`,
            'Replace it: sluice certs rotate',
          )
        : finding('ok', about, 'key and signature are strong'),
      ...oldJavaRemarks(identity.certificate).map((text) => finding('warning', about, text)),
    ];
  } catch (error) {
    const next = error instanceof OperatorError ? error.next : '';
    return [finding('critical', 'our identity', messageOf(error), next)];
  }
}

function chainFinding(about: string, chain: readonly X509Certificate[]): Finding {
  const [own] = chain;
  if (own === undefined) return finding('critical', about, 'there is no certificate');
  if (own.checkIssued(own)) return finding('ok', about, 'self-signed: peers pin it');
  const ordered = orderChain(own, chain).certificates;
  const last = ordered.at(-1) ?? own;
  // The root may stand at the end: superfluous, but every peer takes it.
  const sent = chain.filter((one) => !(last.checkIssued(one) && one.checkIssued(one)));
  if (sent.length > ordered.length || sent.some((one, i) => one !== ordered[i]))
    return finding(
      'warning',
      about,
      'certificates that are not its issuers, or out of order, stand behind it',
    );
  return chain.length > 1
    ? finding('ok', about, `sent with ${chain.length - 1} issuer(s)`)
    : finding('ok', about, `sent alone, issued by ${subjectText(own.issuer)}: peers need that CA or pin it`);
}

/** A key that others can read is no secret. */
async function keyFileFindings(dir: string): Promise<Finding[]> {
  const files = certificateFiles(dir);
  const found: Finding[] = [];
  for (const file of [files.serverKey, files.nextKey, files.requestKey, files.caKey]) {
    const mode = await modeOf(file);
    if (mode === undefined) continue;
    found.push(
      mode & 0o077
        ? finding(
            'critical',
            file,
            `others may read this private key (mode ${(mode & 0o777).toString(8)})`,
            `chmod 600 ${file}`,
          )
        : finding('ok', file, 'only its owner reads this key'),
    );
  }
  const caKey = await readIfThere(files.caKey).catch(() => undefined);
  if (caKey && isPlainKey(caKey.toString('utf8')))
    found.push(
      finding('warning', files.caKey, 'the key of the local CA is not encrypted', 'sluice certs ca protect'),
    );
  return found;
}

async function modeOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).mode;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function isPlainKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).type === 'private';
  } catch {
    return false; // encrypted, or no key: the second is found when it is used
  }
}

async function expiryFindings(dir: string, now: Moment): Promise<Finding[]> {
  const certificates = await listCertificates(dir, now);
  const warnings = expiryWarnings(certificates);
  const late = warnings.map(({ certificate, step }) =>
    finding(
      step <= 7 ? 'critical' : 'warning',
      `${certificate.use} ${certificate.name}: ${certificate.subject}`,
      certificate.daysLeft < 0 ? 'expired' : `expires in ${certificate.daysLeft} day(s)`,
      certificate.use.startsWith('own') ? 'sluice certs rotate' : 'Ask the peer for its new certificate.',
    ),
  );
  const future = certificates
    .filter((one) => one.state === 'active' && one.validFrom > now)
    .map((one) =>
      finding('critical', `${one.use} ${one.name}: ${one.subject}`, 'not valid yet', 'Compare clocks.'),
    );
  const rest = certificates.length - warnings.length;
  return [...late, ...future, finding('ok', 'expiry', `${rest} certificate(s) are valid for a good while`)];
}

async function peerFindings(dir: string): Promise<Finding[]> {
  const peers = await loadPeers(dir);
  if (!peers.some((peer) => peer.state === 'active'))
    return [
      finding('warning', 'peers', 'no peer can connect', 'sluice certs peer add NAME FILE --units UNIT'),
    ];
  const { oldTls, weakCertificate } = legacyNeeds(peers);
  return [
    finding('ok', 'peers', `${peers.length} peer(s) known`),
    ...oldTls.map((name) =>
      finding('warning', `peer ${name}`, 'may speak TLS 1.0 and 1.1', 'Ask the peer to move to TLS 1.2.'),
    ),
    ...weakCertificate.map((name) =>
      finding('warning', `peer ${name}`, 'may show a weak certificate', 'Ask the peer for a stronger one.'),
    ),
  ];
}

async function crlFindings(dir: string, now: Moment): Promise<Finding[]> {
  const peers = await loadPeers(dir);
  const revocations = await loadRevocations(dir, caPemsOf(peers));
  return [
    ...revocations.crls.map(({ file, fault, entries }) =>
      fault === undefined
        ? finding('ok', file, `${entries} revoked certificate(s)`)
        : finding('warning', file, `not used: ${fault}`, 'Remove it, or add the peer whose CA signed it.'),
    ),
    ...revocations
      .staleIssuers(now)
      .map((issuer) =>
        finding(
          'warning',
          `CRL of ${subjectText(issuer)}`,
          'past its next update: newer revocations are not known here',
          'Fetch the new CRL into certs/crl; for the local CA: sluice certs ca crl.',
        ),
      ),
  ];
}
