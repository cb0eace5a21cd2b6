/* What certificates mean for a listener: the TLS context, and the peer behind a connection. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../clock.js';
import { OperatorError } from '../errors.js';
import {
  type Trust as Certificates,
  dialectOf,
  loadTrust as loadCertificates,
  type Peer as StoredPeer,
} from '../pki/index.js';
import type { Peer } from './peer.js';

/** Made anew as a whole whenever certificates, peers or revocations change. */
export interface Trust {
  readonly certificates: Certificates;
  /** The peer behind an authenticated connection (resumed ones too), or the reason why it is refused. */
  identify(socket: TLSSocket): Peer | { readonly refused: string };
}

/** Passphrase for keys that are encrypted at rest: SLUICE_KEY_PASSPHRASE_FILE, else SLUICE_KEY_PASSPHRASE. */
export function keyPassphrase(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const file = env.SLUICE_KEY_PASSPHRASE_FILE;
  return file ? readFileSync(file, 'utf8').replace(/\r?\n$/, '') : env.SLUICE_KEY_PASSPHRASE;
}

/**
 * @param running a gateway that runs takes over whatever takes trust away (our own certificate expired, the last peer
 * removed);
 *   one that starts refuses it
 * @throws {OperatorError} for a missing, unreadable, expired or mismatched certificate or key, and when there is no
 * peer
 */
export async function loadTrust(dir: string, clock: Clock, running = false): Promise<Trust> {
  const certificates = await loadCertificates(dir, {
    now: clock.now(),
    passphrase: keyPassphrase(),
    allowExpired: running,
  });
  if (certificates.peers.length === 0 && !running) {
    throw new OperatorError(
      'no-peers',
      'no peer certificate is known, so nobody could connect',
      "Add the platform's certificate: sluice certs peer add NAME FILE --units UNIT,…",
    );
  }
  const known = new Map(certificates.peers.map((peer) => [peer, peerOf(peer)]));
  return {
    certificates,
    identify(socket) {
      const certificate = socket.getPeerX509Certificate();
      if (certificate === undefined) return { refused: 'no-certificate' };
      const shown = { certificate, chain: () => chainOf(socket), protocol: socket.getProtocol() };
      const found = certificates.identifier.identify(shown, clock.now());
      return found.ok ? (known.get(found.peer) ?? peerOf(found.peer)) : { refused: found.reason };
    },
  };
}

const peerOf = (peer: StoredPeer): Peer => ({
  name: peer.name,
  units: new Set(peer.units),
  dialect: dialectOf(peer),
});

function chainOf(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let at = socket.getPeerCertificate(true);
  while (at.issuerCertificate && at.issuerCertificate !== at && chain.length < 5) {
    at = at.issuerCertificate;
    chain.push(new X509Certificate(at.raw));
  }
  return chain;
}
