/** Everything a TLS listener must know, read together, so that a running gateway takes over all of it or nothing. */
import type { Moment } from '../clock.js';
import { issuerNamePems } from './acceptable-issuers.js';
import { createIdentifier, type Identifier } from './identify.js';
import { type Identity, type IdentityOptions, loadIdentity } from './identity.js';
import { caPemsOf, legacyNeeds, loadPeers, type Peers, trustedCaPems } from './peers.js';
import { loadRevocations, type Revocations } from './revocation.js';

export interface Trust {
  readonly identity: Identity;
  readonly peers: Peers;
  readonly revocations: Revocations;
  readonly identifier: Identifier;
  /** Options for `tls.createServer`, `tls.createSecureContext` and `server.setSecureContext`. */
  readonly context: TrustContext;
  /** Moments at which this must be read again although no file changes. */
  readonly changesAt: readonly Moment[];
}

export interface TrustContext {
  readonly cert: string;
  readonly key: string;
  readonly ca: string[];
  /** A pinned certificate is trusted as it is, even when it was issued by a CA that we do not have. */
  readonly allowPartialTrustChain: true;
  readonly minVersion: 'TLSv1' | 'TLSv1.2';
  readonly ciphers: string;
}

/** Forward-secret AEAD suites only: TLS 1.3's own, then ECDHE with GCM or ChaCha20 for TLS 1.2 (a JDK 8 knows GCM). */
export const STRONG_CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
];
/** What TLS 1.0 and 1.1 can do at best: still forward secret. */
const OLD_CIPHERS = ['ECDHE-ECDSA-AES128-SHA', 'ECDHE-RSA-AES128-SHA'];
/** OpenSSL's own floor: level 2 refuses RSA below 2048 bits and SHA-1; level 0 leaves the judgement to the identifier. */
const SECURITY_LEVEL = { strict: '@SECLEVEL=2', legacy: '@SECLEVEL=0' };

/** Reads `DIR/certs`. @throws OperatorError when any part of it cannot be used. */
export async function loadTrust(dir: string, options: IdentityOptions): Promise<Trust> {
  const identity = await loadIdentity(dir, options);
  const peers = await loadPeers(dir);
  const revocations = await loadRevocations(dir, caPemsOf(peers));
  const overlapEnds = peers.flatMap((peer) => peer.pins.flatMap(({ until }) => until ?? []));
  return {
    identity,
    peers,
    revocations,
    identifier: createIdentifier(peers, revocations),
    context: await contextOf(identity, peers, revocations, options.now),
    changesAt: [...overlapEnds, ...(identity.next ? [identity.next.activateAt] : [])],
  };
}

async function contextOf(
  identity: Identity,
  peers: Peers,
  revocations: Revocations,
  now: Moment,
): Promise<TrustContext> {
  const needs = legacyNeeds(peers);
  const oldTls = needs.oldTls.length > 0;
  const level = oldTls || needs.weakCertificate.length > 0 ? SECURITY_LEVEL.legacy : SECURITY_LEVEL.strict;
  return {
    cert: identity.certPem,
    key: identity.keyPem,
    ca: [...trustedCaPems(peers, now, revocations.hasFingerprint), ...(await issuerNamePems(peers, now))],
    allowPartialTrustChain: true,
    minVersion: oldTls ? 'TLSv1' : 'TLSv1.2',
    ciphers: [...STRONG_CIPHERS, ...(oldTls ? OLD_CIPHERS : []), level].join(':'),
  };
}
