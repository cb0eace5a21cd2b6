/** Peers: whose certificates we accept, and for which clearing units. Kept in `certs/peers.json`, which only the CLI writes. */
import { z } from 'zod';
import type { Moment } from '../clock.js';
import { OperatorError } from '../errors.js';
import { defaultPeerDialect, type PeerDialect } from '../protocol/dialect.js';
import { certificateFiles, readIfThere, writeWhole } from './files.js';

const fingerprintText = z.string().regex(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
const moment = z.number().int().nonnegative();

/** One certificate that is accepted as it is, whoever issued it. */
const pinSchema = z.strictObject({
  sha256: fingerprintText,
  pem: z.string(),
  addedAt: moment,
  /** Accepted until then only: the old certificate during a replacement. */
  until: moment.optional(),
});
export type Pin = z.infer<typeof pinSchema>;

export const peerDialectSchema = z.strictObject({
  close: z.enum(['server', 'peer']).optional(),
  lengthTolerance: z.enum(['strict', 'charCount', 'trailingNewline']).optional(),
  charset: z.enum(['utf8', 'gbk']).optional(),
  head: z.enum(['swap', 'echo']).optional(),
  versionCheck: z.boolean().optional(),
  senders: z.array(z.string().min(1).max(64)).max(100).optional(),
});
export type PeerDialectSettings = z.infer<typeof peerDialectSchema>;

/** Switches for what is refused by default. Each one that is on is logged at every start. */
const legacySchema = z.strictObject({
  /** TLS 1.0 and 1.1. */
  oldTls: z.boolean().default(false),
  /** Certificates signed with SHA-1 or with RSA keys below 2048 bits. */
  weakCertificate: z.boolean().default(false),
});

const peerSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
  units: z.array(z.string().min(1).max(16)).min(1).max(1000),
  state: z.enum(['active', 'disabled']),
  pins: z.array(pinSchema).max(20),
  /** Accepts what this CA issued to this subject. The PEM may hold intermediates beside the CA. */
  ca: z
    .strictObject({
      pem: z.string(),
      subject: z.string().min(3),
      /** Refuse all of it while its CRL is missing or past its next update. */
      requireCrl: z.boolean().optional(),
    })
    .optional(),
  dialect: peerDialectSchema,
  legacy: legacySchema,
  addedAt: moment,
});
/** One certificate owner. */
export type Peer = z.infer<typeof peerSchema>;

const peersSchema = z.strictObject({ format: z.literal(1), peers: z.array(peerSchema).max(1000) });

/** All peers, in the order they were added. */
export type Peers = readonly Peer[];

/** The peer's settings over the defaults. */
export const dialectOf = (peer: Peer): PeerDialect => {
  const given = Object.entries(peer.dialect).filter(([, value]) => value !== undefined);
  return { ...defaultPeerDialect, ...Object.fromEntries(given) };
};

/** Reads the peers of a gateway directory; none when the file is not there. @throws OperatorError when it is damaged. */
export async function loadPeers(dir: string): Promise<Peers> {
  const file = certificateFiles(dir).peers;
  const bytes = await readIfThere(file);
  if (bytes === undefined) return [];
  try {
    const { peers } = peersSchema.parse(JSON.parse(bytes.toString('utf8')));
    refuseDoubles(peers);
    return peers;
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error).replaceAll('\n', ' ') : String(error);
    throw new OperatorError(
      'peers-damaged',
      `${file} is not what sluice wrote: ${why}`,
      'This file is written by "sluice certs peer …" only. Restore it from a copy, or remove it and add the peers again.',
      { cause: error },
    );
  }
}

/** Replaces the list as a whole. */
export async function savePeers(dir: string, peers: Peers): Promise<void> {
  refuseDoubles(peers);
  const checked = peersSchema.parse({ format: 1, peers });
  await writeWhole(certificateFiles(dir).peers, `${JSON.stringify(checked, null, 2)}\n`, 'public');
}

/** A name or a certificate that belongs to two peers would make identity a matter of order. */
function refuseDoubles(peers: Peers): void {
  const seen = new Map<string, string>();
  for (const { name, pins } of peers) {
    for (const key of [name, ...pins.map((pin) => pin.sha256)]) {
      const other = seen.get(key);
      if (other !== undefined) throw new Error(`${key} stands twice (peers ${other} and ${name})`);
      seen.set(key, name);
    }
  }
}

/** Pins that are accepted at this moment. */
export const pinsAt = (peer: Peer, at: Moment): readonly Pin[] =>
  peer.pins.filter((pin) => pin.until === undefined || at < pin.until);

/** The CAs that peers are known by. */
export const caPemsOf = (peers: Peers): string[] => peers.flatMap((peer) => (peer.ca ? [peer.ca.pem] : []));

/**
 * What the `ca` option of a TLS context needs: every accepted certificate itself and every CA, each once.
 * Use it with `allowPartialTrustChain: true`, because a pinned certificate may have been issued by a CA that we do not have.
 */
export function trustedCaPems(
  peers: Peers,
  at: Moment,
  revoked: (sha256: string) => boolean = () => false,
): string[] {
  const pems = peers
    .filter((peer) => peer.state === 'active')
    .flatMap((peer) => [
      ...pinsAt(peer, at)
        .filter((pin) => !revoked(pin.sha256))
        .map((pin) => pin.pem),
      ...(peer.ca ? [peer.ca.pem] : []),
    ]);
  return [...new Set(pems)];
}

/** Which defaults of the TLS context must be loosened because some active peer has a switch on. */
export const legacyNeeds = (peers: Peers) => {
  const active = peers.filter((peer) => peer.state === 'active');
  return {
    oldTls: active.filter((peer) => peer.legacy.oldTls).map((peer) => peer.name),
    weakCertificate: active.filter((peer) => peer.legacy.weakCertificate).map((peer) => peer.name),
  };
};
