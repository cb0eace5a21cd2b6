/** Client certificates of every kind that a listener must accept or refuse, each with what is expected of it (faults S10, S12). */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Credential,
  certificateFiles,
  createCa,
  fingerprint,
  type HandshakeRefusal,
  type IdentityRefusal,
  issueCertificate,
  type Peer,
  savePeers,
  saveRevokedFingerprints,
  selfSign,
  writeWhole,
} from '../../src/pki/index.js';
import { run } from './programs.js';

const DAY_MS = 86_400_000;

/** What becomes of a connection: accepted as a peer, refused in the handshake, or refused by its identity. */
export type Verdict =
  | { readonly peer: string }
  | { readonly handshake: HandshakeRefusal }
  | { readonly identity: IdentityRefusal };

export interface CertificateCase {
  readonly name: string;
  /** The client's certificate with the chain it sends; `undefined` = it shows none. */
  readonly client: Credential | undefined;
  readonly verdict: Verdict;
}

export interface CertificateMatrix {
  readonly cases: readonly CertificateCase[];
  /** Trusted by every client of the matrix. */
  readonly serverCaPem: string;
}

const peer = (name: string, more: Partial<Peer>): Peer => ({
  name,
  units: ['39536'],
  state: 'active',
  pins: [],
  dialect: {},
  legacy: { oldTls: false, weakCertificate: false },
  addedAt: 0,
  ...more,
});
const pin = ({ certPem }: Credential) => ({ sha256: fingerprint(certPem), pem: certPem, addedAt: 0 });

/** Fills `dir/certs` with a server identity, peers and revocations, and gives the clients to try. Needs the openssl program. */
export async function makeCertificateMatrix(dir: string, now: number): Promise<CertificateMatrix> {
  const client = { usage: 'client', keyType: 'ecdsa-p256', days: 30, now } as const;
  const ca = await createCa({ commonName: 'platform CA', days: 365, now });
  const impostor = await createCa({ commonName: 'platform CA', days: 365, now });
  const foreign = await createCa({ commonName: 'foreign CA', days: 365, now });
  const server = await issueCertificate({
    ...client,
    ca,
    usage: 'both',
    subject: 'gateway',
    dnsNames: ['localhost'],
    ipAddresses: ['127.0.0.1'],
  });
  const pinned = await selfSign({ ...client, subject: 'pinned' });
  const pinnedLeaf = await issueCertificate({ ...client, ca: foreign, subject: 'pinned leaf' });
  const disabled = await selfSign({ ...client, subject: 'disabled' });
  const replaced = await selfSign({ ...client, subject: 'replaced' });
  const revokedPin = await selfSign({ ...client, subject: 'revoked pin' });
  const revoked = await issueCertificate({ ...client, ca, subject: 'platform' });
  const expiredPin = await selfSign({ ...client, subject: 'expired', now: now - 60 * DAY_MS });
  const weak = weakCertificates(ca);
  await savePeers(dir, [
    peer('by-ca', { ca: { pem: ca.certPem + weak.rootPem, subject: 'CN=platform' } }),
    peer('by-pin', { pins: [pin(pinned), { ...pin(replaced), until: now - 1 }] }),
    peer('by-leaf', { pins: [pin(pinnedLeaf)] }),
    peer('by-plain-leaf', { pins: [pin(weak.plain)] }),
    peer('gone', { state: 'disabled', pins: [pin(disabled)] }),
    peer('lost-key', { pins: [pin(revokedPin)] }),
    peer('late', { pins: [pin(expiredPin)] }),
    peer('old', { pins: [pin(weak.selfSigned1024)], legacy: { oldTls: false, weakCertificate: false } }),
  ]);
  await saveRevokedFingerprints(
    dir,
    [revoked, revokedPin].map(({ certPem }) => ({ sha256: fingerprint(certPem), at: now, reason: 'test' })),
  );
  const files = certificateFiles(dir);
  await writeWhole(files.serverCert, server.certPem, 'public');
  await writeWhole(files.serverKey, server.keyPem, 'secret');
  const fromCa = (more: Partial<Parameters<typeof issueCertificate>[0]>) =>
    issueCertificate({ ...client, ca, subject: 'platform', ...more });
  return {
    serverCaPem: ca.certPem,
    cases: [
      { name: 'pinned, self-signed', client: pinned, verdict: { peer: 'by-pin' } },
      { name: 'pinned, its CA unknown here', client: pinnedLeaf, verdict: { peer: 'by-leaf' } },
      {
        name: 'pinned, without key identifiers, sent with its CA',
        client: weak.plain,
        verdict: { peer: 'by-plain-leaf' },
      },
      { name: 'from the CA, right subject', client: await fromCa({}), verdict: { peer: 'by-ca' } },
      { name: 'with its intermediate', client: weak.withIntermediate, verdict: { peer: 'by-ca' } },
      { name: 'none', client: undefined, verdict: { handshake: 'no-certificate' } },
      {
        name: 'self-signed, unknown',
        client: await selfSign({ ...client, subject: 'pinned' }),
        verdict: { handshake: 'unknown-certificate' },
      },
      {
        name: 'from another CA with the same subject',
        client: await fromCa({ ca: impostor }),
        verdict: { handshake: 'unknown-issuer' },
      },
      {
        name: 'expired',
        client: await fromCa({ now: now - 60 * DAY_MS }),
        verdict: { handshake: 'expired-certificate' },
      },
      { name: 'expired, though pinned', client: expiredPin, verdict: { handshake: 'expired-certificate' } },
      {
        name: 'not yet valid',
        client: await fromCa({ now: now + 10 * DAY_MS }),
        verdict: { handshake: 'future-certificate' },
      },
      { name: 'revoked, from the CA', client: revoked, verdict: { identity: 'revoked-certificate' } },
      { name: 'revoked, pinned', client: revokedPin, verdict: { handshake: 'unknown-certificate' } },
      {
        name: 'from the CA, wrong subject',
        client: await fromCa({ subject: 'somebody' }),
        verdict: { identity: 'wrong-subject' },
      },
      {
        name: 'wrong usage',
        client: await fromCa({ usage: 'server' }),
        verdict: { handshake: 'wrong-usage' },
      },
      { name: 'signed with SHA-1', client: weak.sha1, verdict: { handshake: 'weak-certificate' } },
      { name: '1024-bit key', client: weak.rsa1024, verdict: { handshake: 'weak-certificate' } },
      {
        name: '1024-bit key, pinned',
        client: weak.selfSigned1024,
        verdict: { handshake: 'weak-certificate' },
      },
      {
        name: 'without its intermediate',
        client: weak.withoutIntermediate,
        verdict: { handshake: 'unknown-issuer' },
      },
      { name: 'disabled peer', client: disabled, verdict: { handshake: 'unknown-certificate' } },
      { name: 'replaced, overlap over', client: replaced, verdict: { handshake: 'unknown-certificate' } },
    ],
  };
}

/** What our own code refuses to make, by the openssl program: SHA-1, 1024 bits, an intermediate CA. */
function weakCertificates(ca: Credential) {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-weak-'));
  const at = (name: string) => join(dir, name);
  const read = (name: string) => readFileSync(at(name), 'utf8');
  const openssl = (...args: string[]) => run('openssl', args);
  const request = (name: string, key: string[], subject: string) =>
    openssl(
      'req',
      '-new',
      '-nodes',
      ...key,
      '-keyout',
      at(`${name}.key`),
      '-out',
      at(`${name}.csr`),
      '-subj',
      subject,
    );
  const sign = (name: string, issuer: string, ...more: string[]) =>
    openssl(
      'x509', '-req', '-in', at(`${name}.csr`), '-CA', at(`${issuer}.crt`), '-CAkey', at(`${issuer}.key`),
      '-CAcreateserial', '-days', '30', '-out', at(`${name}.crt`), ...more,
    ); // biome-ignore format: one command line
  const credential = (name: string, chain = ''): Credential => ({
    certPem: read(`${name}.crt`) + chain,
    keyPem: read(`${name}.key`),
  });
  const p256 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  try {
    writeFileSync(at('ca.crt'), ca.certPem);
    writeFileSync(at('ca.key'), ca.keyPem);
    writeFileSync(at('ca.ext'), 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n');
    openssl(
      'req', '-x509', '-nodes', ...p256, '-keyout', at('root.key'), '-out', at('root.crt'), '-days', '60',
      '-subj', '/CN=two-level root',
    ); // biome-ignore format: one command line
    request('between', p256, '/CN=intermediate CA');
    sign('between', 'root', '-extfile', at('ca.ext'));
    request('deep', p256, '/CN=platform');
    sign('deep', 'between');
    request('sha1', ['-newkey', 'rsa:2048'], '/CN=platform');
    sign('sha1', 'ca', '-sha1');
    request('rsa1024', ['-newkey', 'rsa:1024'], '/CN=platform');
    sign('rsa1024', 'ca');
    openssl(
      'req', '-x509', '-nodes', '-newkey', 'rsa:1024', '-keyout', at('old.key'), '-out', at('old.crt'),
      '-days', '30', '-subj', '/CN=old',
    ); // biome-ignore format: one command line
    const rsa = ['-newkey', 'rsa:2048'];
    openssl(
      'req', '-x509', '-nodes', ...rsa, '-keyout', at('rsa.key'), '-out', at('rsa.crt'), '-days', '30',
      '-subj', '/CN=unknown RSA CA',
    ); // biome-ignore format: one command line
    request('plain', rsa, '/CN=plain');
    sign('plain', 'rsa');
    return {
      plain: credential('plain', read('rsa.crt')),
      rootPem: read('root.crt'),
      withIntermediate: credential('deep', read('between.crt')),
      withoutIntermediate: credential('deep'),
      sha1: credential('sha1'),
      rsa1024: credential('rsa1024'),
      selfSigned1024: credential('old'),
    };
  } finally {
    rmSync(dir, { recursive: true });
  }
}
