/** From the certificate that a TLS connection showed to the peer it belongs to. */
import type { X509Certificate } from 'node:crypto';
import type { Moment } from '../clock.js';
import { subjectMatches } from './distinguished-name.js';
import { type Peer, type Peers, pinsAt } from './peers.js';
import type { Revocations } from './revocation.js';
import { weaknessOf } from './weakness.js';
import { certificatesOf } from './x509.js';

/** Why a certificate is not accepted; also the label of the metric. */
export const identityRefusals = {
  'no-certificate': 'showed no certificate',
  'unknown-certificate': 'its certificate belongs to no peer',
  'peer-disabled': 'this peer is disabled',
  'overlap-ended': 'this certificate was replaced and its overlap is over',
  'wrong-subject': 'its CA is trusted, its subject is not that of any peer',
  'revoked-certificate': 'its certificate is revoked',
  'crl-missing': 'its CA must have a CRL here, and there is none or it is past its next update',
  'weak-certificate':
    'its certificate is too weak (SHA-1 or a short key) and the peer has no switch for that',
  'expired-certificate': 'its certificate has expired since its session began',
  'old-tls': 'it speaks TLS 1.0 or 1.1 and the peer has no switch for that',
} as const;
export type IdentityRefusal = keyof typeof identityRefusals;

export type Identified =
  | { readonly ok: true; readonly peer: Peer }
  | { readonly ok: false; readonly reason: IdentityRefusal; readonly peer?: Peer };

/** What identification needs of a connection. The chain is asked for only when the fingerprint is not pinned. */
export interface ShownCertificate {
  readonly certificate: X509Certificate;
  /** Issuers that came with it, as far as the connection knows them. */
  readonly chain?: () => readonly X509Certificate[];
  /** As `TLSSocket.getProtocol()` gives it. */
  readonly protocol?: string | null;
}

/** Answers by fingerprint in a look-up; made anew whenever peers or revocations change. */
export interface Identifier {
  identify(shown: ShownCertificate, at: Moment): Identified;
}

export function createIdentifier(peers: Peers, revocations: Revocations): Identifier {
  const byPin = new Map(peers.flatMap((peer) => peer.pins.map((pin) => [pin.sha256, peer] as const)));
  const byCa = peers.flatMap((peer) =>
    peer.ca ? [{ peer, subject: peer.ca.subject, cas: certificatesOf(peer.ca.pem) }] : [],
  );
  const known = new Map<string, Known>();

  /** Everything that does not depend on the moment, once for each certificate: asking it for names and numbers costs 100 µs. */
  function judge({ certificate, chain }: ShownCertificate): Known {
    const sha256 = certificate.fingerprint256;
    const cached = known.get(sha256);
    if (cached) return cached;
    const pinned = byPin.get(sha256);
    const owner = pinned ?? ownerByCa(certificate, chain?.() ?? [], byCa, revocations);
    const judged: Known = {
      owner,
      isPinned: pinned !== undefined,
      isRevoked: revocations.has(certificate),
      isWeak: weaknessOf(certificate) !== undefined,
      issuer: certificate.issuer,
      until: Date.parse(certificate.validTo),
    };
    if (known.size >= KNOWN_MAX) known.clear();
    // Without the chain (a resumed session) an unknown issuer says nothing for good.
    if (typeof owner !== 'string' || chain) known.set(sha256, judged);
    return judged;
  }

  return {
    identify(shown, at) {
      const judged = judge(shown);
      const { owner } = judged;
      if (judged.isRevoked)
        return {
          ok: false,
          reason: 'revoked-certificate',
          ...(typeof owner === 'string' ? {} : { peer: owner }),
        };
      if (typeof owner === 'string') return { ok: false, reason: owner };
      const reason = refusalOf(owner, judged, shown, at, revocations);
      return reason === undefined ? { ok: true, peer: owner } : { ok: false, reason, peer: owner };
    },
  };
}

/** What is known about a certificate until peers or revocations change. */
interface Known {
  readonly owner: Peer | IdentityRefusal;
  readonly isPinned: boolean;
  readonly isRevoked: boolean;
  readonly isWeak: boolean;
  readonly issuer: string;
  /** End of its validity. OpenSSL judges it in full handshakes only. */
  readonly until: Moment;
}

/** Distinct certificates of trusted CAs are few; a bound all the same, since a CA may issue without end. */
const KNOWN_MAX = 10_000;

type CaRule = { readonly peer: Peer; readonly subject: string; readonly cas: readonly X509Certificate[] };

function ownerByCa(
  certificate: X509Certificate,
  chain: readonly X509Certificate[],
  rules: readonly CaRule[],
  revocations: Revocations,
): Peer | IdentityRefusal {
  const paths = rules.map((rule) => ({ rule, path: pathTo(certificate, chain, rule.cas) }));
  if (paths.some(({ path }) => path?.some((one) => revocations.has(one)))) return 'revoked-certificate';
  const issued = paths.flatMap(({ rule, path }) => (path ? [{ ...rule, path }] : []));
  const fitting = issued.filter(({ subject }) => subjectMatches(certificate.subject, subject));
  const only = fitting[0];
  if (only && fitting.length === 1) {
    const weak = only.path.some((one) => weaknessOf(one) !== undefined);
    return weak && !only.peer.legacy.weakCertificate ? 'weak-certificate' : only.peer;
  }
  return issued.length > 0 ? 'wrong-subject' : 'unknown-certificate';
}

/** The issuers from the certificate over what was shown to one of the CAs, by signature and not by name; `undefined` if there is no way. */
function pathTo(
  certificate: X509Certificate,
  chain: readonly X509Certificate[],
  cas: readonly X509Certificate[],
): X509Certificate[] | undefined {
  const path: X509Certificate[] = [];
  for (let below = certificate; path.length < DEPTH_MAX; ) {
    const child = below;
    const signedBy = (issuer: X509Certificate) =>
      issuer.ca && child.checkIssued(issuer) && child.verify(issuer.publicKey);
    const trusted = cas.find(signedBy);
    if (trusted) return [...path, trusted];
    const next = chain.find((one) => one.fingerprint256 !== child.fingerprint256 && signedBy(one));
    if (next === undefined) return undefined;
    path.push(next);
    below = next;
  }
  return undefined;
}
const DEPTH_MAX = 5;

function refusalOf(
  peer: Peer,
  { isPinned, isWeak, issuer, until }: Known,
  { certificate, protocol }: ShownCertificate,
  at: Moment,
  revocations: Revocations,
): IdentityRefusal | undefined {
  if (peer.state === 'disabled') return 'peer-disabled';
  const sha256 = certificate.fingerprint256;
  if (at > until) return 'expired-certificate';
  if (isPinned && !pinsAt(peer, at).some((pin) => pin.sha256 === sha256)) return 'overlap-ended';
  if (!isPinned && peer.ca?.requireCrl && !revocations.hasFreshCrl(issuer, at)) return 'crl-missing';
  if (isWeak && !peer.legacy.weakCertificate) return 'weak-certificate';
  if (!peer.legacy.oldTls && (protocol === 'TLSv1' || protocol === 'TLSv1.1')) return 'old-tls';
  return undefined;
}

/** One-off identification, for tools and tests. */
export const identify = (
  peers: Peers,
  revocations: Revocations,
  shown: ShownCertificate,
  at: Moment,
): Identified => createIdentifier(peers, revocations).identify(shown, at);
