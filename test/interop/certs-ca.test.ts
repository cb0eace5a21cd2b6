/** What the local CA makes is accepted by OpenSSL: requests, certificates, CRLs, encrypted keys. */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import {
  certificateFiles,
  certificateOf,
  createRequest,
  initCa,
  issueForRequest,
  issueFromCa,
  keyTypes,
  loadCaRegister,
  loadRevocations,
  protectCa,
  readCrl,
  revokeIssued,
  writeCrl,
} from '../../src/pki/index.js';
import { temporaryDirectory } from '../support/directory.js';
import { describeWith, program } from '../support/needs.js';
import { outcome, run } from '../support/programs.js';

const now = Date.now();
const passphrase = 'correct horse 电池';
const client = { usage: 'client', keyType: 'ecdsa-p256', days: 30, now } as const;

describeWith(program('openssl', 'openssl'), 'interop: the local CA and OpenSSL', () => {
  const dir = temporaryDirectory();
  const files = () => certificateFiles(dir.path);
  before(async () => {
    await initCa(dir.path, { commonName: '水务 CA', days: 3650, keyType: 'ecdsa-p256', passphrase, now });
  });

  it('the key is encrypted with the passphrase, and OpenSSL opens it', async () => {
    expect(readFileSync(files().caKey, 'utf8')).contains('BEGIN ENCRYPTED PRIVATE KEY');
    const read = (pass: string) =>
      outcome('openssl', ['pkey', '-in', files().caKey, '-passin', `pass:${pass}`]);
    expect(read(passphrase).status).equal(0);
    expect(read('wrong passphrase').status).not.equal(0);
    await protectCa(dir.path, passphrase, 'another passphrase');
    expect(read('another passphrase').status).equal(0);
    await protectCa(dir.path, 'another passphrase', passphrase);
  });

  it('a certificate it issued is verified for its purpose only', async () => {
    const leaf = await issueFromCa(dir.path, passphrase, { ...client, subject: 'platform' });
    writeFileSync(dir.at('leaf.pem'), leaf.certPem);
    const verify = (purpose: string) =>
      outcome('openssl', [
        'verify',
        '-x509_strict',
        '-purpose',
        purpose,
        '-CAfile',
        files().caCert,
        dir.at('leaf.pem'),
      ]);
    expect(verify('sslclient')).deep.include({ status: 0 });
    expect(verify('sslserver').text).contains('unsuitable certificate purpose');
  });

  for (const keyType of keyTypes.filter((type) => type !== 'rsa-4096'))
    it(`a ${keyType} request of ours is verified and carries its names; the CA signs it`, async () => {
      const pem = await createRequest(dir.path, {
        subject: 'CN=gateway, O=长沙水务, C=CN',
        keyType,
        dnsNames: ['gateway.example'],
        ipAddresses: ['192.0.2.7'],
      });
      const text = run('openssl', [
        'req',
        '-verify',
        '-noout',
        '-text',
        '-nameopt',
        'utf8',
        '-in',
        files().request,
      ]);
      expect(text).contains('DNS:gateway.example, IP Address:192.0.2.7').contains('长沙水务');
      const issued = await issueForRequest(dir.path, passphrase, pem, { usage: 'both', days: 10, now });
      expect(certificateOf(issued).subject.split('\n')).members(['CN=gateway', 'O=长沙水务', 'C=CN']);
    }).timeout(60_000);

  it('a request that somebody changed is refused', async () => {
    const pem = await createRequest(dir.path, { subject: 'gateway', keyType: 'ecdsa-p256' });
    const der = Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64');
    der.writeUInt8(der.readUInt8(der.length - 1) ^ 1, der.length - 1);
    const changed = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----`;
    const issue = issueForRequest(dir.path, passphrase, changed, { usage: 'client', days: 1, now });
    expect(await issue.catch(String)).contains('signature is wrong');
  });

  it('a revoked certificate stands in the CRL, which OpenSSL verifies and we read back', async () => {
    const leaf = await issueFromCa(dir.path, passphrase, { ...client, subject: 'leaver' });
    const other = await issueFromCa(dir.path, passphrase, { ...client, subject: 'stayer' });
    await revokeIssued(dir.path, passphrase, 'leaver', { reason: 'keyCompromise', now, crlDays: 7 });
    await writeCrl(dir.path, passphrase, { now, days: 7 });
    const text = run('openssl', ['crl', '-in', files().caCrl, '-CAfile', files().caCert, '-noout', '-text']);
    expect(text)
      .contains('Key Compromise')
      .match(/X509v3 CRL Number:\s+2/);
    for (const [name, credential] of Object.entries({ leaver: leaf, stayer: other })) {
      writeFileSync(dir.at(`${name}.pem`), credential.certPem);
      const { text: verdict } = outcome('openssl', [
        ...['verify', '-crl_check', '-CAfile', files().caCert, '-CRLfile', files().caCrl],
        dir.at(`${name}.pem`),
      ]);
      expect(verdict).contains(name === 'leaver' ? 'certificate revoked' : ': OK');
    }
    const revocations = await loadRevocations(dir.path, []);
    expect(revocations.crls.map(({ fault }) => fault)).deep.equal([undefined]);
    expect(revocations.has(certificateOf(leaf.certPem))).equal(true);
    expect(revocations.has(certificateOf(other.certPem))).equal(false);
    expect(revocations.staleIssuers(now)).deep.equal([]);
    expect(revocations.staleIssuers(now + 8 * 86_400_000)).deep.equal(['CN=水务 CA']);
  });

  it('the register knows what was issued and revoked', async () => {
    const { issued } = await loadCaRegister(dir.path);
    expect(issued.find(({ subject }) => subject === 'CN=leaver')).includes({
      reason: 'keyCompromise',
      revokedAt: now,
    });
    const again = revokeIssued(dir.path, passphrase, 'leaver', { reason: 'superseded', now, crlDays: 7 });
    expect(await again.catch(String)).contains('issued no valid certificate');
  });
});

describeWith(program('openssl', 'openssl'), 'interop: CRLs of other CAs', () => {
  const dir = temporaryDirectory();

  it('a CRL made by openssl ca counts when its CA is trusted; a foreign or damaged one is reported', async () => {
    writeFileSync(dir.at('index.txt'), '');
    writeFileSync(dir.at('crlnumber'), '01\n');
    writeFileSync(dir.at('serial'), '01\n');
    writeFileSync(
      dir.at('ca.cnf'),
      `[ca]\ndefault_ca=d\n[d]\ndatabase=${dir.at('index.txt')}\ncrlnumber=${dir.at('crlnumber')}\nserial=${dir.at('serial')}
new_certs_dir=${dir.path}\ndefault_md=sha256\ndefault_crl_days=7\ndefault_days=30\npolicy=p\n[p]\ncommonName=supplied\n`,
    );
    const at = (name: string) => dir.at(name);
    const key = ['-newkey', 'rsa:2048', '-nodes'];
    run('openssl', [
      'req',
      '-x509',
      ...key,
      '-keyout',
      at('ca.key'),
      '-out',
      at('ca.crt'),
      '-subj',
      '/CN=foreign CA',
    ]);
    run('openssl', ['req', ...key, '-keyout', at('l.key'), '-out', at('l.csr'), '-subj', '/CN=leaf']);
    const ca = ['ca', '-config', at('ca.cnf'), '-cert', at('ca.crt'), '-keyfile', at('ca.key'), '-batch'];
    run('openssl', [...ca, '-in', at('l.csr'), '-out', at('l.crt')]);
    run('openssl', [...ca, '-revoke', at('l.crt')]);
    const { crls } = certificateFiles(dir.path);
    run('mkdir', ['-p', crls]);
    run('openssl', [...ca, '-gencrl', '-out', `${crls}/foreign.pem`]);
    run('openssl', [
      'crl',
      '-in',
      `${crls}/foreign.pem`,
      '-outform',
      'DER',
      '-out',
      `${crls}/foreign-der.crl`,
    ]);
    writeFileSync(`${crls}/half.crl`, readFileSync(`${crls}/foreign-der.crl`).subarray(0, 100));
    const trusted = await loadRevocations(dir.path, [readFileSync(at('ca.crt'), 'utf8')]);
    expect(trusted.crls.map(({ fault }) => fault?.split(':')[0])).deep.equal([
      undefined,
      undefined,
      'not a CRL',
    ]);
    expect(trusted.has(certificateOf(readFileSync(at('l.crt'), 'utf8')))).equal(true);
    const untrusted = await loadRevocations(dir.path, []);
    expect(untrusted.crls[0]?.fault).contains('none of the CAs');
    expect(untrusted.has(certificateOf(readFileSync(at('l.crt'), 'utf8')))).equal(false);
  });

  for (const [kind, key, more] of [
    ['RSA-PSS', ['-newkey', 'rsa:2048'], ['-sigopt', 'rsa_padding_mode:pss']],
    ['ECDSA P-384', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384'], []],
    ['Ed25519', ['-newkey', 'ed25519'], []],
  ] as const)
    it(`a CRL of 20,000 entries signed with ${kind} is read; no part of it makes the reader stumble`, () => {
      const at = (name: string) => dir.at(name);
      const rows = Array.from({ length: 20_000 }, (_, i) => {
        const serial = (2n ** 126n + BigInt(i) * 7919n).toString(16).toUpperCase();
        return `R\t350101000000Z\t240101000000Z\t${serial}\tunknown\t/CN=u${i}\n`;
      });
      writeFileSync(at('index.txt'), rows.join(''));
      writeFileSync(at('crlnumber'), '01\n');
      const md = kind === 'Ed25519' ? 'null' : 'sha256';
      writeFileSync(
        at('big.cnf'),
        `[ca]\ndefault_ca=d\n[d]\ndatabase=${at('index.txt')}\ncrlnumber=${at('crlnumber')}\ndefault_md=${md}\ndefault_crl_days=7\n`,
      );
      run('openssl', [
        'req',
        '-x509',
        ...key,
        '-nodes',
        '-keyout',
        at('b.key'),
        '-out',
        at('b.crt'),
        '-subj',
        '/CN=big',
      ]);
      const ca = ['ca', '-config', at('big.cnf'), '-cert', at('b.crt'), '-keyfile', at('b.key')];
      run('openssl', [...ca, ...more, '-gencrl', '-out', at('big.crl')]);
      const bytes = readFileSync(at('big.crl'));
      const cas = [certificateOf(readFileSync(at('b.crt'), 'utf8'))];
      const { state, serials } = readCrl(bytes, cas);
      expect(state).include({ fault: undefined, entries: 20_000, issuer: 'CN=big' });
      expect(serials[1]).equal((2n ** 126n + 7919n).toString(16).toUpperCase());
      const der = Buffer.from(bytes.toString().replace(/-----[^-]+-----/g, ''), 'base64');
      for (let cut = 0; cut < der.length; cut += Math.ceil(der.length / 30)) {
        expect(readCrl(der.subarray(0, cut), cas).state.fault).not.equal(undefined);
        const changed = Buffer.from(der);
        changed.writeUInt8(changed.readUInt8(cut) ^ 0x21, cut);
        expect(readCrl(changed, cas).state.fault).not.equal(undefined);
      }
    }).timeout(60_000);
});
