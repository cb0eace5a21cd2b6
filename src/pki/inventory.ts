/** Every certificate that the gateway knows, ours and theirs, as one list for people and monitoring. */
import type { X509Certificate } from 'node:crypto';
import type { Moment } from '../clock.js';
import { subjectText } from './distinguished-name.js';
import { certificateFiles, readIfThere } from './files.js';
import { loadRotation } from './identity.js';
import { caPemsOf, loadPeers } from './peers.js';
import { pemText } from './read-store.js';
import { loadRevocations } from './revocation.js';
import { keyText, signatureOf, weaknessOf } from './weakness.js';
import { certificatesOf } from './x509.js';

const DAY_MS = 86_400_000;

/** Where a certificate is used. */
export const certificateUses = ['own', 'own-next', 'own-chain', 'local-ca', 'peer', 'peer-ca'] as const;
export type CertificateUse = (typeof certificateUses)[number];

export interface CertificateInfo {
  readonly use: CertificateUse;
  /** The peer's name, or the file below `certs`. */
  readonly name: string;
  readonly subject: string;
  readonly issuer: string;
  readonly serial: string;
  readonly sha256: string;
  readonly pem: string;
  readonly key: string;
  readonly signature: string;
  readonly validFrom: Moment;
  readonly validTo: Moment;
  /** Whole days left; negative when expired. */
  readonly daysLeft: number;
  /** For people: what it does here, e.g. the clearing units it stands for. */
  readonly purpose: string;
  readonly state: 'active' | 'disabled' | 'revoked' | 'waiting' | 'ending' | 'ended';
  readonly weakness: string | undefined;
}

/** What one certificate says about itself. */
export const describeCertificate = (certificate: X509Certificate, now: Moment) => ({
  subject: subjectText(certificate.subject),
  issuer: subjectText(certificate.issuer),
  serial: certificate.serialNumber,
  sha256: certificate.fingerprint256,
  pem: pemText(certificate),
  key: keyText(certificate),
  signature: signatureOf(certificate),
  validFrom: certificate.validFromDate.getTime(),
  validTo: certificate.validToDate.getTime(),
  daysLeft: Math.floor((certificate.validToDate.getTime() - now) / DAY_MS),
  weakness: weaknessOf(certificate),
});

/** Reads the directory as it is; certificates that are missing are missing from the list. */
export async function listCertificates(dir: string, now: Moment): Promise<CertificateInfo[]> {
  const files = certificateFiles(dir);
  const rotation = await loadRotation(dir);
  const due = rotation !== undefined && rotation.activateAt <= now;
  return [
    ...(await fromFile(files.serverCert, 'server.crt', 'own', due ? 'ended' : 'active', now)),
    ...(rotation
      ? await fromFile(files.nextCert, 'server.next.crt', 'own-next', due ? 'active' : 'waiting', now)
      : []),
    ...(await fromFile(files.caCert, 'ca/ca.crt', 'local-ca', 'active', now)),
    ...(await fromPeers(dir, now)),
  ];
}

const PURPOSE = {
  own: 'our identity',
  'own-next': 'our identity, next',
  'own-chain': 'issuer of ours, sent along',
  'local-ca': 'issues to peers',
};

async function fromFile(
  file: string,
  name: string,
  use: 'own' | 'own-next' | 'local-ca',
  state: CertificateInfo['state'],
  now: Moment,
): Promise<CertificateInfo[]> {
  const bytes = await readIfThere(file);
  return certificatesOf(bytes?.toString('utf8') ?? '').map((certificate, index) => {
    const role = index === 0 ? use : 'own-chain';
    return { use: role, name, purpose: PURPOSE[role], state, ...describeCertificate(certificate, now) };
  });
}

async function fromPeers(dir: string, now: Moment): Promise<CertificateInfo[]> {
  const peers = await loadPeers(dir);
  const revocations = await loadRevocations(dir, caPemsOf(peers));
  return peers.flatMap((peer) => {
    const purpose = `units ${peer.units.join(', ')}`;
    const pins = peer.pins.flatMap((pin) =>
      certificatesOf(pin.pem).map((certificate) => ({
        use: 'peer' as const,
        name: peer.name,
        purpose,
        state: pinState(peer.state, pin.until, revocations.has(certificate), now),
        ...describeCertificate(certificate, now),
      })),
    );
    const cas = certificatesOf(peer.ca?.pem ?? '').map((certificate) => ({
      use: 'peer-ca' as const,
      name: peer.name,
      purpose: `${purpose}, for ${peer.ca?.subject ?? ''}`,
      state: peer.state,
      ...describeCertificate(certificate, now),
    }));
    return [...pins, ...cas];
  });
}

function pinState(
  peer: 'active' | 'disabled',
  until: Moment | undefined,
  revoked: boolean,
  now: Moment,
): CertificateInfo['state'] {
  if (revoked) return 'revoked';
  if (peer === 'disabled') return 'disabled';
  if (until === undefined) return 'active';
  return until > now ? 'ending' : 'ended';
}
