/** Java peers connect with the stores that we gave them, and are known by the stores that they gave us. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import tls from 'node:tls';
import { expect } from 'chai';
import { handshakeRefusal, keyTypes, loadTrust, type Trust, useTrust } from '../../src/pki/index.js';
import { sluiceInside } from '../support/command-line.js';
import { temporaryDirectory } from '../support/directory.js';
import { describeWith, program } from '../support/needs.js';
import { run } from '../support/programs.js';

const now = Date.now();
const source = join(import.meta.dirname, '..', 'support', 'java', 'Connect.java');

describeWith(program('javac', 'default-jdk-headless'), 'interop: Java peers and our certificates', () => {
  const dir = temporaryDirectory();
  const does = async (...args: string[]) => {
    const { code, stderr } = await sluiceInside(['certs', ...args, '--dir', dir.at('g')], env);
    if (code !== 0) throw new Error(stderr);
  };
  const env = { SLUICE_STORE_PASSWORD: 'changeit', SLUICE_CA_PASSPHRASE: 'long enough' };

  /** One handshake of the Java client with our listener: what Java printed, and whom we took it for. */
  async function handshake(
    store: string,
    storeType: string,
    trust: string,
    trustType: string,
    ...more: string[]
  ) {
    const trusted: Trust = await loadTrust(dir.at('g'), { now });
    const server = tls.createServer({ requestCert: true, rejectUnauthorized: true });
    useTrust(server, trusted.context, { sessionIdContext: 'test' });
    let peer = 'nobody';
    server.on('secureConnection', (socket) => {
      const certificate = socket.getPeerX509Certificate();
      const found = certificate && trusted.identifier.identify({ certificate, chain: () => [] }, now);
      peer = found === undefined ? 'nobody' : found.ok ? found.peer.name : found.reason;
      socket.end('!');
      socket.on('error', () => {});
    });
    server.on('tlsClientError', (error, socket) => {
      peer = handshakeRefusal(error, socket.authorizationError);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const stores = [dir.at(store), storeType, dir.at(trust), trustType, String(port), 'changeit'];
    const java = spawn('java', ['-cp', dir.path, 'Connect', ...stores, ...more]);
    let said = '';
    java.stdout.on('data', (data) => {
      said += data;
    });
    java.stderr.on('data', (data) => {
      said += data;
    });
    await once(java, 'close');
    server.close();
    return `${said.trim()} ${peer}`;
  }

  before(async function () {
    this.timeout(60_000);
    run('javac', ['-d', dir.path, source]);
    await does('new', '--subject', 'gateway');
    const pair = [
      '-genkeypair',
      '-keyalg',
      'RSA',
      '-keysize',
      '2048',
      '-dname',
      'CN=kclient',
      '-alias',
      'kclient',
    ];
    const store = ['-keystore', dir.at('kclient.jks'), '-storetype', 'JKS', '-storepass', 'changeit'];
    run('keytool', [...pair, ...store, '-keypass', 'changeit']);
    await does('peer', 'add', 'java', dir.at('kclient.jks'), '--units', '39536');
  });

  for (const keyType of keyTypes.filter((type) => type !== 'rsa-4096'))
    it(`our ${keyType} certificate: TLS 1.3 and 1.2, PKCS#12 and JKS trust stores`, async () => {
      await does('new', '--replace', '--key-type', keyType);
      await does('export', '--pkcs12', dir.at('trust.p12'), '--jks', dir.at('trust.jks'));
      const suite = keyType.startsWith('rsa') ? 'ECDHE_RSA' : 'ECDHE_ECDSA';
      expect(await handshake('kclient.jks', 'JKS', 'trust.p12', 'PKCS12')).equal(
        'TLSv1.3 TLS_AES_128_GCM_SHA256 ! java',
      );
      // What a JDK 8 without TLS 1.3 brings along.
      const old = ['TLSv1.2', `TLS_${suite}_WITH_AES_128_GCM_SHA256`];
      expect(await handshake('kclient.jks', 'JKS', 'trust.jks', 'JKS', ...old)).equal(
        `${old.join(' ')} ! java`,
      );
    }).timeout(60_000);

  it('a key store of a CA that is not trusted is pinned, and Java shows its certificate all the same', async () => {
    await does('ca', 'init');
    await does('ca', 'issue', 'platform', '--usage', 'client', '--pkcs12', dir.at('platform.p12'));
    await does('peer', 'add', 'platform', dir.at('platform.p12'), '--units', '39536');
    expect(await handshake('platform.p12', 'PKCS12', 'trust.p12', 'PKCS12')).match(/^TLSv1.3 .* ! platform$/);
  }).timeout(60_000);

  it('a Java peer that trusts another certificate refuses ours', async () => {
    await does('new', '--replace');
    expect(await handshake('kclient.jks', 'JKS', 'trust.p12', 'PKCS12')).match(/^FAILED .* refused-by-peer$/);
  }).timeout(60_000);
});
