/** The certificate matrix against a plain TLS listener that uses what this room gives it, in both TLS versions. */
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { expect } from 'chai';
import { handshakeRefusal, loadTrust, savePeers, type Trust, useTrust } from '../../src/pki/index.js';
import {
  type CertificateCase,
  type CertificateMatrix,
  makeCertificateMatrix,
  type Verdict,
} from '../support/certificates.js';
import { describeWith, program } from '../support/needs.js';

const now = Date.now();

/** Connects once and tells what the server made of it. */
function attempt(
  trust: Trust,
  { client }: CertificateCase,
  serverCaPem: string,
  version: tls.SecureVersion,
): Promise<Verdict> {
  return new Promise((resolve, reject) => {
    const server = tls.createServer({ requestCert: true, rejectUnauthorized: true });
    useTrust(server, trust.context, { sessionIdContext: 'test' });
    const done = (verdict: Verdict) => {
      server.close();
      socket.destroy();
      resolve(verdict);
    };
    let socket: tls.TLSSocket;
    server.on('tlsClientError', (error, refused) => {
      done({ handshake: handshakeRefusal(error, refused.authorizationError) });
    });
    server.on('secureConnection', (accepted) => {
      accepted.on('error', () => {});
      const certificate = accepted.getPeerX509Certificate();
      if (!certificate) return reject(new Error('accepted without a certificate'));
      const chain = () => {
        const chainOf = [];
        for (let one = certificate.issuerCertificate; one && chainOf.length < 5; one = one.issuerCertificate)
          chainOf.push(one);
        return chainOf;
      };
      const found = trust.identifier.identify({ certificate, chain, protocol: accepted.getProtocol() }, now);
      accepted.destroy();
      done(found.ok ? { peer: found.peer.name } : { identity: found.reason });
    });
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      socket = tls.connect({
        port,
        host: '127.0.0.1',
        ca: serverCaPem,
        minVersion: 'TLSv1',
        maxVersion: version,
        ciphers: 'DEFAULT@SECLEVEL=0',
        ...(client ? { cert: client.certPem, key: client.keyPem } : {}),
      });
      socket.on('error', () => {});
    });
  });
}

describeWith(program('openssl', 'openssl'), 'pki: the certificate matrix over TLS', () => {
  let dir: string;
  let matrix: CertificateMatrix;
  let trust: Trust;
  before(async () => {
    dir = mkdtempSync(join(tmpdir(), 'sluice-matrix-'));
    matrix = await makeCertificateMatrix(dir, now);
    trust = await loadTrust(dir, { now });
  });
  after(() => rmSync(dir, { recursive: true }));

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const)
    it(`${version}: every kind is accepted or refused for its own reason`, async () => {
      const got = [];
      for (const one of matrix.cases)
        got.push([one.name, await attempt(trust, one, matrix.serverCaPem, version)]);
      expect(got).deep.equal(matrix.cases.map(({ name, verdict }) => [name, verdict]));
    });

  it('with the switch on, a weak certificate is accepted from that peer only', async () => {
    const peers = trust.peers.map((peer) =>
      peer.name === 'old' ? { ...peer, legacy: { oldTls: false, weakCertificate: true } } : peer,
    );
    await savePeers(dir, peers);
    const loose = await loadTrust(dir, { now });
    const weak = matrix.cases.filter(({ name }) => /1024|SHA-1/.test(name));
    const got = [];
    for (const one of weak) got.push([one.name, await attempt(loose, one, matrix.serverCaPem, 'TLSv1.2')]);
    expect(got).deep.equal([
      ['signed with SHA-1', { identity: 'weak-certificate' }],
      ['1024-bit key', { identity: 'weak-certificate' }],
      ['1024-bit key, pinned', { peer: 'old' }],
    ]);
  });

  it('with the switch on, TLS 1.1 is accepted from that peer only', async () => {
    const [pinned, byCa] = ['pinned, self-signed', 'from the CA, right subject'].map((name) =>
      matrix.cases.find((one) => one.name === name),
    );
    if (!pinned || !byCa) throw new Error('the matrix has other names now');
    expect(await attempt(trust, pinned, matrix.serverCaPem, 'TLSv1.1')).deep.equal({
      handshake: 'old-protocol',
    });
    const peers = trust.peers.map((peer) =>
      peer.name === 'by-pin' ? { ...peer, legacy: { oldTls: true, weakCertificate: false } } : peer,
    );
    await savePeers(dir, peers);
    const loose = await loadTrust(dir, { now });
    expect(await attempt(loose, pinned, matrix.serverCaPem, 'TLSv1.1')).deep.equal({ peer: 'by-pin' });
    expect(await attempt(loose, byCa, matrix.serverCaPem, 'TLSv1.1')).deep.equal({ identity: 'old-tls' });
    expect(await attempt(loose, byCa, matrix.serverCaPem, 'TLSv1.2')).deep.equal({ peer: 'by-ca' });
  });
});
