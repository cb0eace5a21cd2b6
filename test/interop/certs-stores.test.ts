/** Key stores and bundles made by OpenSSL and by Java's keytool are read, whatever their age. */
import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  type Credential,
  certificateOf,
  createCa,
  issueCertificate,
  readStore,
} from '../../src/pki/index.js';
import { describeWith, program } from '../support/needs.js';
import { run } from '../support/programs.js';

const now = Date.now();
const password = 'changeit';

describe('interop: certificate files of others', () => {
  let dir: string;
  let ca: Credential;
  let leaf: Credential;
  const at = (name: string) => join(dir, name);
  const read = (name: string, secret?: string) => readStore(name, readFileSync(at(name)), secret);
  before(async () => {
    dir = mkdtempSync(join(tmpdir(), 'sluice-stores-'));
    ca = await createCa({ commonName: 'interop CA', days: 30, now });
    const request = { ca, subject: 'platform', usage: 'client', keyType: 'rsa-2048', days: 30, now } as const;
    leaf = await issueCertificate(request);
    writeFileSync(at('leaf.pem'), leaf.certPem);
    writeFileSync(at('leaf.key'), leaf.keyPem);
    writeFileSync(at('ca.pem'), ca.certPem);
  });
  after(() => rmSync(dir, { recursive: true }));

  describeWith(program('openssl', 'openssl'), 'OpenSSL', () => {
    const bundle = [
      '-inkey',
      'leaf.key',
      '-in',
      'leaf.pem',
      '-certfile',
      'ca.pem',
      '-passout',
      `pass:${password}`,
    ];
    const kinds: Record<string, string[]> = {
      'as it is today': [],
      'as before version 3 (RC2, 3DES)': ['-legacy'],
      'with AES-128 and SHA-1': ['-keypbe', 'AES-128-CBC', '-certpbe', 'AES-128-CBC', '-macalg', 'sha1'],
      'with SHA-512': ['-macalg', 'sha512'],
      'without integrity check': ['-nomac'],
      'not encrypted': ['-keypbe', 'NONE', '-certpbe', 'NONE'],
    };
    for (const [kind, options] of Object.entries(kinds))
      it(`PKCS#12 ${kind}`, () => {
        const files = bundle.map((word) => (/\.(key|pem)$/.test(word) ? at(word) : word));
        run('openssl', ['pkcs12', '-export', '-name', 'platform', '-out', at('o.p12'), ...files, ...options]);
        const { format, entries } = read('o.p12', password);
        expect(format).equal('PKCS#12');
        expect(entries.map(({ alias, issuers }) => [alias, issuers.length])).deep.equal([['platform', 1]]);
        expect(entries[0]?.certificate.fingerprint256).equal(certificateOf(leaf.certPem).fingerprint256);
        expect(entries[0]?.certificate.checkPrivateKey(createPrivateKey(entries[0].keyPem ?? ''))).equal(
          true,
        );
      });

    for (const form of ['PEM', 'DER'])
      it(`PKCS#7 ${form}`, () => {
        const files = ['-certfile', at('leaf.pem'), '-certfile', at('ca.pem')];
        run('openssl', ['crl2pkcs7', '-nocrl', ...files, '-outform', form, '-out', at('o.p7b')]);
        const { format, entries } = read('o.p7b');
        expect(format).equal('PKCS#7');
        expect(entries.map(({ certificate }) => certificate.subject).sort()).deep.equal([
          'CN=interop CA',
          'CN=platform',
        ]);
      });

    it('DER, and PEM with explanations around it', () => {
      run('openssl', ['x509', '-in', at('leaf.pem'), '-outform', 'DER', '-out', at('o.der')]);
      run('openssl', ['x509', '-in', at('leaf.pem'), '-text', '-out', at('o.txt')]);
      expect(read('o.der')).property('format', 'DER');
      expect(read('o.txt').entries[0]?.certificate.subject).equal('CN=platform');
    });

    it('says what is wrong: password, missing password, damage, something else', () => {
      expect(() => read('o.p12', 'wrong')).throws(/wrong password|bad decrypt|not ASN/i);
      expect(() => read('o.p12')).throws(/opens with its password/);
      writeFileSync(at('cut.der'), readFileSync(at('o.der')).subarray(0, 100));
      expect(() => read('cut.der')).throws(/cannot be read/);
      writeFileSync(at('readme.txt'), 'see attachment');
      expect(() => read('readme.txt')).throws(/cannot be read/);
    });
  });

  describeWith(program('keytool', 'default-jdk-headless'), 'keytool', () => {
    const keytool = (...args: string[]) => run('keytool', ['-J-Duser.language=en', ...args]);
    const stores: Record<string, { type: string; java: string[]; format: string }> = {
      'JKS, the default until JDK 8': { type: 'JKS', java: [], format: 'JKS' },
      'PKCS#12 as JDK 17 writes it': { type: 'PKCS12', java: [], format: 'PKCS#12' },
      'PKCS#12 as JDK 8 wrote it': {
        type: 'PKCS12',
        java: ['-J-Dkeystore.pkcs12.legacy'],
        format: 'PKCS#12',
      },
    };
    for (const [title, { type, java, format }] of Object.entries(stores)) {
      const store = (name: string) => ['-keystore', at(name), '-storetype', type, '-storepass', password];
      it(`${title}: a trust store with two certificates`, () => {
        const name = `t-${type}-${java.length}`;
        for (const alias of ['leaf', 'ca'])
          keytool(
            ...java,
            '-importcert',
            '-noprompt',
            '-alias',
            alias,
            '-file',
            at(`${alias}.pem`),
            ...store(name),
          );
        const found = read(name, password);
        expect(found.format).equal(format);
        expect(found.entries.map(({ alias, certificate }) => [alias, certificate.subject]).sort()).deep.equal(
          [
            ['ca', 'CN=interop CA'],
            ['leaf', 'CN=platform'],
          ],
        );
        expect(() => read(name, 'not the password')).throws(/wrong password/);
      }).timeout(60_000);

      it(`${title}: a key store`, () => {
        const name = `k-${type}-${java.length}`;
        const pair = ['-genkeypair', '-keyalg', 'RSA', '-keysize', '2048', '-dname', 'CN=服务器, O=水务'];
        keytool(...java, ...pair, '-alias', 'kserver', '-keypass', password, ...store(name));
        const [entry] = read(name, password).entries;
        expect(entry?.alias).equal('kserver');
        expect(entry?.certificate.subject.split('\n')).members(['CN=服务器', 'O=水务']);
        expect(entry?.certificate.checkPrivateKey(createPrivateKey(entry.keyPem ?? ''))).equal(true);
      }).timeout(60_000);
    }

    it('JCEKS: a trust store', () => {
      const store = ['-keystore', at('t.jceks'), '-storetype', 'JCEKS', '-storepass', password];
      keytool('-importcert', '-noprompt', '-alias', 'leaf', '-file', at('leaf.pem'), ...store);
      expect(read('t.jceks', password).entries.map(({ alias }) => alias)).deep.equal(['leaf']);
    });

    it('a JKS trust store is read without its password', () => {
      expect(read('t-JKS-0').entries).length(2);
    });

    it('a JKS store cut anywhere, or with any byte changed, is refused and never hangs', () => {
      const whole = readFileSync(at('t-JKS-0'));
      for (let i = 0; i < whole.length; i += 7) {
        expect(() => readStore('cut', whole.subarray(0, i), password)).throws();
        const changed = Buffer.from(whole);
        changed.writeUInt8(changed.readUInt8(i) ^ 0x55, i);
        expect(() => readStore('changed', changed, password)).throws();
      }
    });
  });
});
