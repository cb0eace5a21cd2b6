/** PKCS#12 files that we write are read by OpenSSL and by Java's keytool. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  createCa,
  fingerprint,
  issueCertificate,
  pkcs12Strengths,
  writePkcs12,
  writeTrustStore,
} from '../../src/pki/index.js';
import { describeWith, program } from '../support/needs.js';
import { run } from '../support/programs.js';

const now = Date.now();
const password = 'geheim-水务';

async function store(keyType: 'ecdsa-p256' | 'rsa-2048') {
  const ca = await createCa({ commonName: 'interop CA', days: 30, now });
  const leaf = await issueCertificate({ ca, subject: 'platform', usage: 'client', keyType, days: 30, now });
  return { ca, leaf };
}

describe('interop: PKCS#12', () => {
  let dir: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'sluice-p12-'));
  });
  after(() => rmSync(dir, { recursive: true }));
  const file = () => join(dir, 'platform.p12');

  for (const strength of pkcs12Strengths)
    for (const keyType of ['ecdsa-p256', 'rsa-2048'] as const) {
      describeWith(program('openssl', 'openssl'), `${strength} ${keyType}: OpenSSL`, () => {
        it('reads key and chain', async () => {
          const { ca, leaf } = await store(keyType);
          writeFileSync(
            file(),
            writePkcs12({ ...leaf, caPems: [ca.certPem], password, friendlyName: 'platform', strength }),
          );
          const args = ['pkcs12', '-in', file(), '-passin', `pass:${password}`, '-nodes'];
          const text = run('openssl', args);
          expect(text.match(/BEGIN CERTIFICATE/g)).length(2);
          expect(text).contains('BEGIN PRIVATE KEY').contains('friendlyName: platform');
        });
      });
      describeWith(program('keytool', 'default-jre-headless'), `${strength} ${keyType}: keytool`, () => {
        it('lists the key entry with its chain and our fingerprint', async () => {
          const { ca, leaf } = await store(keyType);
          writeFileSync(
            file(),
            writePkcs12({
              ...leaf,
              caPems: [ca.certPem],
              password: 'changeit',
              friendlyName: 'platform',
              strength,
            }),
          );
          const text = run('keytool', [
            '-J-Duser.language=en',
            '-list',
            '-v',
            '-keystore',
            file(),
            '-storepass',
            'changeit',
          ]);
          expect(text)
            .contains('Entry type: PrivateKeyEntry')
            .contains('Certificate chain length: 2')
            .contains(fingerprint(leaf.certPem));
        });
      });
    }

  describeWith(program('keytool', 'default-jre-headless'), 'trust store', () => {
    it('keytool lists each certificate as trusted', async () => {
      const { ca, leaf } = await store('ecdsa-p256');
      const entries = [
        { alias: 'gateway', certPem: leaf.certPem },
        { alias: 'ca', certPem: ca.certPem },
      ];
      writeFileSync(file(), writeTrustStore({ entries, password: 'changeit' }));
      const text = run('keytool', [
        '-J-Duser.language=en',
        '-list',
        '-keystore',
        file(),
        '-storepass',
        'changeit',
      ]);
      expect(text.match(/trustedCertEntry/g)).length(2);
      expect(text).contains(fingerprint(leaf.certPem));
    });
  });

  it('refuses a password that Java would refuse', async () => {
    const { leaf } = await store('ecdsa-p256');
    expect(() => writePkcs12({ ...leaf, password: '12345', friendlyName: 'x' })).throws(/at least 6/);
  });
});
