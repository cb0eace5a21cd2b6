/** Changes to the list of peers, as values: the commands read the list, change it here, and write it back. */
import type { X509Certificate } from 'node:crypto';
import type { Moment } from '../clock.js';
import { OperatorError } from '../errors.js';
import { subjectText, wantedParts } from './distinguished-name.js';
import type { Peer, Peers, Pin } from './peers.js';
import { type CertificateEntry, type CertificateStore, pemText } from './read-store.js';
import { weaknessOf } from './weakness.js';

/** Finds a peer by its name. @throws OperatorError peer-unknown */
export function peerNamed(peers: Peers, name: string): Peer {
  const peer = peers.find((one) => one.name === name);
  if (peer === undefined)
    throw new OperatorError(
      'peer-unknown',
      `there is no peer "${name}"`,
      peers.length > 0
        ? `Known peers: ${peers.map((one) => one.name).join(', ')}.`
        : 'No peer was added yet.',
    );
  return peer;
}

const replaced = (peers: Peers, peer: Peer): Peers =>
  peers.map((one) => (one.name === peer.name ? peer : one));

/**
 * The one certificate of a file that identifies its owner: the only one, the one with this alias, or the only one that is not an
 * issuer of another.
 * @throws OperatorError store-ambiguous
 */
export function chooseCertificate(store: CertificateStore, alias?: string): CertificateEntry {
  const named = alias === undefined ? store.entries : store.entries.filter((entry) => entry.alias === alias);
  const distinct = named.filter(
    (entry, i) =>
      named.findIndex((one) => one.certificate.fingerprint256 === entry.certificate.fingerprint256) === i,
  );
  const leaves = distinct.filter(
    ({ certificate }) =>
      !distinct.some(
        (other) => other.certificate !== certificate && other.certificate.checkIssued(certificate),
      ),
  );
  const only = leaves[0];
  if (only && leaves.length === 1) return only;
  const found = distinct.map((one) => `${one.alias || '-'}: ${subjectText(one.certificate.subject)}`);
  throw new OperatorError(
    'store-ambiguous',
    found.length === 0
      ? `the file holds no entry "${alias ?? ''}"; it holds ${store.entries.map((one) => one.alias).join(', ')}`
      : `the file holds ${found.length} certificates that could be the peer's: ${found.join('; ')}`,
    'Name one with --alias ALIAS, or extract the one certificate into a file of its own.',
  );
}

export interface NewPeer {
  readonly name: string;
  readonly units: readonly string[];
  readonly now: Moment;
  readonly legacy: Peer['legacy'];
}

const pinOf = (certificate: X509Certificate, now: Moment): Pin => ({
  sha256: certificate.fingerprint256,
  pem: pemText(certificate),
  addedAt: now,
});

/** Without the switch a weak certificate would be refused at every connection: say it when it is added. */
export function refuseWeak(certificate: X509Certificate, legacy: Peer['legacy']): void {
  const weakness = weaknessOf(certificate);
  if (weakness !== undefined && !legacy.weakCertificate)
    throw new OperatorError(
      'certificate-weak',
      `this certificate is too weak: ${weakness}`,
      'Ask for one with at least RSA 2048 or EC P-256 and SHA-256; or accept the risk with --allow-weak-certificate.',
    );
}

function refuseTaken(peers: Peers, name: string, certificate?: X509Certificate): void {
  const owner = peers.find(
    (one) =>
      one.name === name || one.pins.some((pin) => certificate && pin.sha256 === certificate.fingerprint256),
  );
  if (owner)
    throw new OperatorError(
      'peer-exists',
      owner.name === name
        ? `there is a peer "${name}" already`
        : `this certificate belongs to the peer "${owner.name}" already`,
      'Use "sluice certs peer replace" for a new certificate of the same peer, or another name.',
    );
}

const newPeer = ({ name, units, now, legacy }: NewPeer): Peer => ({
  name,
  units: [...units],
  state: 'active',
  pins: [],
  dialect: {},
  legacy,
  addedAt: now,
});

/** A peer known by exactly this certificate. */
export function addPinnedPeer(peers: Peers, params: NewPeer, certificate: X509Certificate): Peers {
  refuseTaken(peers, params.name, certificate);
  refuseWeak(certificate, params.legacy);
  return [...peers, { ...newPeer(params), pins: [pinOf(certificate, params.now)] }];
}

/** A peer known by its CA and subject, so that it may renew its certificate by itself. */
export function addPeerOfCa(
  peers: Peers,
  params: NewPeer & { readonly subject: string; readonly requireCrl?: boolean },
  store: CertificateStore,
): Peers {
  refuseTaken(peers, params.name);
  const certificates = store.entries.map(({ certificate }) => certificate);
  const leaf = certificates.find((one) => !one.ca);
  if (leaf)
    throw new OperatorError(
      'certificate-no-ca',
      `"${subjectText(leaf.subject)}" is not the certificate of a CA`,
      'Leave --subject away to pin this very certificate, or give the certificate of its CA.',
    );
  if (!wantedParts(params.subject).every((part) => /^[A-Za-z0-9.]+=./.test(part)))
    throw new OperatorError(
      'subject-invalid',
      `"${params.subject}" is not a subject`,
      'Write it as CN=name or CN=name, O=organisation.',
    );
  for (const certificate of certificates) refuseWeak(certificate, params.legacy);
  const pem = certificates.map(pemText).join('');
  return [
    ...peers,
    { ...newPeer(params), ca: { pem, subject: params.subject, requireCrl: params.requireCrl === true } },
  ];
}

/** A new certificate for a pinned peer; the ones before are accepted until the overlap ends. */
export function replacePin(
  peers: Peers,
  name: string,
  certificate: X509Certificate,
  { now, overlapMs }: { readonly now: Moment; readonly overlapMs: number },
): Peers {
  const peer = peerNamed(peers, name);
  refuseTaken(
    peers.filter((one) => one !== peer),
    name,
    certificate,
  );
  refuseWeak(certificate, peer.legacy);
  const until = now + overlapMs;
  const before = peer.pins
    .filter(
      (pin) => pin.sha256 !== certificate.fingerprint256 && (pin.until === undefined || pin.until > now),
    )
    .map((pin) => ({ ...pin, until: Math.min(pin.until ?? until, until) }));
  const pins = [...before.filter((pin) => pin.until > now), pinOf(certificate, now)];
  return replaced(peers, { ...peer, pins });
}

export const setPeerState = (peers: Peers, name: string, state: Peer['state']): Peers =>
  replaced(peers, { ...peerNamed(peers, name), state });

export function removePeer(peers: Peers, name: string): Peers {
  const gone = peerNamed(peers, name);
  return peers.filter((one) => one !== gone);
}

/** Changes units, dialect or switches. */
export function changePeer(
  peers: Peers,
  name: string,
  change: {
    readonly units?: readonly string[];
    readonly dialect?: Peer['dialect'];
    readonly legacy?: Partial<Peer['legacy']>;
  },
): Peers {
  const peer = peerNamed(peers, name);
  return replaced(peers, {
    ...peer,
    units: [...(change.units ?? peer.units)],
    dialect: { ...peer.dialect, ...change.dialect },
    legacy: { ...peer.legacy, ...change.legacy },
  });
}
