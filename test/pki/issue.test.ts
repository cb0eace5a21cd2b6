import { createPrivateKey, X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import { createCa, fingerprint, issueCertificate, keyText, keyTypes, selfSign } from '../../src/pki/index.js';

const now = Date.parse('2026-03-01T00:00:00Z');
const gateway = { subject: 'gateway', usage: 'both', days: 365, now } as const;
const keyNames = {
  'ecdsa-p256': 'EC prime256v1',
  'rsa-2048': 'RSA 2048',
  'rsa-3072': 'RSA 3072',
  'rsa-4096': 'RSA 4096',
};

describe('pki: certificates made here', () => {
  for (const keyType of keyTypes)
    it(`a self-signed ${keyType} certificate fits its key and is no CA`, async () => {
      const { certPem, keyPem } = await selfSign({ ...gateway, keyType });
      const certificate = new X509Certificate(certPem);
      expect(certificate.checkPrivateKey(createPrivateKey(keyPem))).equal(true);
      expect(certificate.verify(certificate.publicKey)).equal(true);
      expect(certificate.ca).equal(false);
      expect(certificate.subject).equal('CN=gateway');
      expect(keyText(certificate)).equal(keyNames[keyType]);
    }).timeout(60_000);

  it('a CA signs a leaf with its names, and the leaf never outlives the CA', async () => {
    const ca = await createCa({ commonName: '水务 test CA', days: 30, now });
    const leaf = await issueCertificate({
      ...gateway,
      ca,
      keyType: 'ecdsa-p256',
      subject: 'CN=platform, O=蚂蚁, C=CN',
      dnsNames: ['localhost'],
      ipAddresses: ['127.0.0.1', '::1'],
    });
    const [issuer, certificate] = [new X509Certificate(ca.certPem), new X509Certificate(leaf.certPem)];
    expect(certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)).equal(true);
    expect(certificate.subject.split('\n')).deep.equal(['CN=platform', 'O=蚂蚁', 'C=CN']);
    expect(certificate.subjectAltName).equal(
      'DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1',
    );
    expect(certificate.validToDate.getTime()).equal(issuer.validToDate.getTime());
    expect(issuer.ca).equal(true);
  });

  it('a name with separators stays one name', async () => {
    const { certPem } = await selfSign({ ...gateway, keyType: 'ecdsa-p256', subject: 'a+b, "c" \\ d' });
    expect(new X509Certificate(certPem).subject.startsWith('CN=')).equal(true);
    expect(new X509Certificate(certPem).toLegacyObject().subject.CN).equal('a+b, "c" \\ d');
  });

  it('the fingerprint is written as Node writes it', async () => {
    const { certPem } = await selfSign({ ...gateway, keyType: 'ecdsa-p256' });
    expect(fingerprint(certPem))
      .equal(new X509Certificate(certPem).fingerprint256)
      .match(/^([0-9A-F]{2}:){31}/);
  });
});
