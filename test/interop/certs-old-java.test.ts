/*
  What `certs check` says that a JDK 8 will say, against Java 17 that was made as old as it can be: its lists of disabled algorithms, TLS 1.2,
  the curves and signatures of JDK 8, no session tickets, JKS. A real JDK 8 is not to be had here.
*/
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import tls from 'node:tls';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { oldJavaRemarks, weaknessOf, writeJksTrustStore } from '../../src/pki/index.js';
import { temporaryDirectory } from '../support/directory.js';
import { describeWith, program } from '../support/needs.js';
import { run } from '../support/programs.js';

/** Of JDK 8u392 (java.security), and of what it does not know yet. */
const SECURITY = `jdk.certpath.disabledAlgorithms=MD2, MD5, SHA1 jdkCA & usage TLSServer, RSA keySize < 1024, \\
  DSA keySize < 1024, EC keySize < 224, SHA1 usage SignedJAR & denyAfter 2019-01-01
jdk.tls.disabledAlgorithms=SSLv3, TLSv1, TLSv1.1, RC4, DES, MD5withRSA, DH keySize < 1024, EC keySize < 224, \\
  3DES_EDE_CBC, anon, NULL, ECDH, EdDSA, Ed25519, Ed448, RSASSA-PSS
`;

/** OpenSSL's options for a key and certificate of our own → what an old Java makes of it. */
const cases: readonly {
  readonly name: string;
  /** Issued by a CA that the peer trusts; else the certificate itself is in its trust store. */
  readonly issued?: boolean;
  readonly make: readonly string[];
  readonly java: RegExp;
  readonly remark: RegExp | undefined;
}[] = [
  {
    name: 'ECDSA P-256',
    make: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    java: /^TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_(128|256)_GCM_SHA/,
    remark: undefined,
  },
  {
    name: 'RSA 2048',
    make: ['-newkey', 'rsa:2048'],
    java: /^TLSv1.2 TLS_ECDHE_RSA_WITH_AES_(128|256)_GCM_SHA/,
    remark: undefined,
  },
  {
    name: 'Ed25519',
    make: ['-newkey', 'ed25519'],
    java: /^FAILED .*handshake_failure/,
    remark: /Ed25519.*handshake_failure/,
  },
  {
    name: 'curve secp256k1',
    make: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1'],
    java: /^FAILED .*handshake_failure/,
    remark: /curve secp256k1.*handshake_failure/,
  },
  {
    name: 'for TLS clients only, in the trust store itself',
    make: ['-newkey', 'rsa:2048', '-addext', 'extendedKeyUsage=clientAuth'],
    java: /^TLSv1.2 /,
    remark: undefined,
  },
  {
    name: 'for TLS clients only, issued',
    issued: true,
    make: ['-newkey', 'rsa:2048', '-addext', 'extendedKeyUsage=clientAuth'],
    java: /^FAILED .*Extended key usage does not permit use for TLS server authentication/,
    remark: /Extended key usage does not permit use for TLS server authentication/,
  },
  {
    name: 'MD5, issued',
    issued: true,
    make: ['-newkey', 'rsa:2048', '-md5'],
    java: /^FAILED .*handshake_failure/,
    remark: /MD5.*handshake_failure/,
  },
  {
    name: 'SHA-1, issued',
    issued: true,
    make: ['-newkey', 'rsa:2048', '-sha1'],
    java: /^TLSv1.2 /,
    remark: /SHA-1 from private CAs only/,
  },
];

describeWith(program('javac', 'default-jdk-headless'), 'interop: a Java as old as JDK 8', () => {
  const dir = temporaryDirectory();

  it('accepts and refuses what we say it will', async () => {
    run('javac', ['-d', dir.path, join(import.meta.dirname, '../support/java/OldPeer.java')]);
    writeFileSync(dir.at('java.security'), SECURITY);
    const servers: tls.Server[] = [];
    const certPems: string[] = [];
    const trusted: string[] = [];
    try {
      const ca = ['-keyout', dir.at('ca.key'), '-out', dir.at('ca.crt'), '-subj', '/CN=CA'];
      run('openssl', ['req', '-x509', '-nodes', '-days', '30', '-newkey', 'rsa:2048', ...ca]);
      for (const [i, { make, issued }] of cases.entries()) {
        const files = ['-keyout', dir.at(`${i}.key`), '-out', dir.at(`${i}.crt`)];
        const by = ['-CA', dir.at('ca.crt'), '-CAkey', dir.at('ca.key')];
        const server = ['-subj', `/CN=gateway ${i}`, '-addext', 'basicConstraints=critical,CA:FALSE'];
        run('openssl', [
          'req',
          '-x509',
          '-nodes',
          '-days',
          '30',
          ...make,
          ...files,
          ...server,
          ...(issued ? by : []),
        ]);
        const cert = readFileSync(dir.at(`${i}.crt`), 'utf8');
        certPems.push(cert);
        if (!issued) trusted.push(cert);
        const made = tls.createServer({
          cert,
          key: readFileSync(dir.at(`${i}.key`)),
          ciphers: 'DEFAULT@SECLEVEL=0',
          ecdhCurve: 'X25519:prime256v1:secp384r1:secp521r1',
        });
        made.on('secureConnection', (socket) => socket.on('error', () => {}).end());
        made.on('tlsClientError', () => {});
        made.listen(0, '127.0.0.1');
        await once(made, 'listening');
        servers.push(made);
      }
      trusted.push(readFileSync(dir.at('ca.crt'), 'utf8'));
      const entries = trusted.map((certPem, i) => ({ alias: `gateway${i}`, certPem }));
      writeFileSync(
        dir.at('trust.jks'),
        writeJksTrustStore({ entries, password: 'changeit', now: Date.now() }),
      );
      const ports = servers.map((server) => String((server.address() as AddressInfo).port));
      const old = [
        `-Djava.security.properties=${dir.at('java.security')}`,
        '-Djdk.tls.client.protocols=TLSv1.2',
        '-Djdk.tls.namedGroups=secp256r1,secp384r1,secp521r1',
        '-Djdk.tls.client.enableSessionTicketExtension=false',
      ];
      const { stdout } = await promisify(execFile)('java', [
        ...old,
        '-cp',
        dir.path,
        'OldPeer',
        dir.at('trust.jks'),
        'changeit',
        ...ports,
      ]);
      const said = stdout.trim().split('\n');
      for (const [i, { name, java, remark }] of cases.entries()) {
        expect(said[i], name).to.match(java);
        if (/MD5|SHA-1/.test(name))
          expect(weaknessOf(new X509Certificate(certPems[i] ?? '')), name).to.match(/^it is signed with/);
        const remarks = oldJavaRemarks(new X509Certificate(certPems[i] ?? '')).join('; ');
        if (remark) expect(remarks, name).to.match(remark);
        else expect(remarks, name).to.equal('');
      }
    } finally {
      for (const server of servers) server.close();
    }
  }).timeout(90_000);
});
