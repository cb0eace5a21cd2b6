import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import ssh2 from 'ssh2';
import { systemIds } from '../../src/clock.js';
import { OperatorError } from '../../src/errors.js';
import { offerFor } from '../../src/sftp/algorithms.js';
import {
  createHostKeys,
  makeEd25519Key,
  parsePublicKey,
  readHostKeys,
  sftpSettings,
} from '../../src/sftp/index.js';
import { describeWith, program } from '../support/needs.js';

const codeOf = (work: () => unknown): string => {
  try {
    work();
    return 'nothing thrown';
  } catch (error) {
    return error instanceof OperatorError ? error.code : String(error);
  }
};

describeWith(program('ssh-keygen', 'openssh-client'), 'SFTP keys', () => {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-keys-'));
  after(() => rmSync(dir, { recursive: true }));
  const keygen = (...args: string[]) => execFileSync('ssh-keygen', ['-q', ...args]).toString();

  it('made by us are read again, every one of them', () => {
    for (let i = 0; i < 600; i += 1) {
      const { privateKey, publicKey } = makeEd25519Key(systemIds);
      const parsed = ssh2.utils.parseKey(privateKey);
      if (parsed instanceof Error || Array.isArray(parsed)) throw new Error(`key ${i} cannot be read`);
      expect(`${parsed.type} ${parsed.getPublicSSH().toString('base64')}`).to.equal(publicKey);
    }
  });

  it('made by us are taken by OpenSSH', () => {
    const file = join(dir, 'ours');
    const { privateKey, publicKey } = makeEd25519Key(systemIds);
    writeFileSync(file, privateKey, { mode: 0o600 });
    expect(keygen('-y', '-f', file).trim()).to.equal(publicKey);
  });

  it('of the host are made once, closed to others, and have the fingerprints that OpenSSH shows', () => {
    const made = createHostKeys(join(dir, 'host'));
    expect(made.map(({ type }) => type)).to.deep.equal(['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ssh-rsa']);
    for (const { file, fingerprint } of made) {
      expect(statSync(file).mode & 0o777).to.equal(0o600);
      expect(keygen('-l', '-f', file)).to.contain(` ${fingerprint} `);
    }
    expect(keygen('-l', '-f', made[2]?.file ?? '')).to.match(/^3072 /);
    expect(createHostKeys(join(dir, 'host')).map(({ fingerprint }) => fingerprint)).to.deep.equal(
      made.map(({ fingerprint }) => fingerprint),
    );
    chmodSync(made[0]?.file ?? '', 0o644);
    expect(codeOf(() => readHostKeys(join(dir, 'host')))).to.equal('sftp-host-key-open');
    chmodSync(made[0]?.file ?? '', 0o600);
    writeFileSync(made[0]?.file ?? '', 'rubbish');
    expect(codeOf(() => readHostKeys(join(dir, 'host')))).to.equal('sftp-host-key-unreadable');
    expect(codeOf(() => readHostKeys(join(dir, 'nowhere')))).to.equal('sftp-host-keys-missing');
  });

  for (const [type, ...bits] of [
    ['ed25519'],
    ['ecdsa', '-b', '256'],
    ['ecdsa', '-b', '521'],
    ['rsa', '-b', '3072'],
  ] as const) {
    it(`of accounts: ${type} ${bits.join(' ')} is read in both forms`, () => {
      const file = join(dir, `${type}${bits.join('')}`);
      keygen('-t', type, ...bits, '-N', '', '-C', 'somebody@somewhere', '-f', file);
      const key = parsePublicKey(readFileSync(`${file}.pub`, 'utf8'));
      expect(keygen('-l', '-f', file)).to.contain(` ${key.fingerprint} `);
      expect(key.comment).to.equal('somebody@somewhere');
      expect(parsePublicKey(keygen('-e', '-f', file)).fingerprint).to.equal(key.fingerprint);
      expect(codeOf(() => parsePublicKey(readFileSync(file, 'utf8')))).to.equal('sftp-key-invalid');
    });
  }

  it('of accounts that are weak or no keys are not taken', () => {
    const file = join(dir, 'weak');
    keygen('-t', 'rsa', '-b', '1024', '-N', '', '-f', file);
    for (const text of [readFileSync(`${file}.pub`, 'utf8'), '', 'ssh-ed25519 AAAA', 'hello']) {
      expect(codeOf(() => parsePublicKey(text))).to.equal('sftp-key-invalid');
    }
  });

  it('and algorithms: NIST curves for old clients only, SHA-1 only by configuration', () => {
    const hostKeys = readHostKeysAfresh(join(dir, 'offer'));
    const offered = (software: string, settings: Record<string, unknown> = {}) => {
      const offer = offerFor(software, sftpSettings.parse(settings), hostKeys);
      const lists = Object.values(offer.algorithms).flat().map(String);
      return [...lists, ...offer.hostKeys.map(({ key }) => String(key.type))];
    };
    const nist = /nistp/;
    const sha1 = /sha1$|^ssh-rsa$|cbc/;
    expect(offered('OpenSSH_9.2p1').filter((name) => nist.test(name) || sha1.test(name))).to.deep.equal([]);
    expect(offered('JSCH-0.1.54')).to.include.members(['ecdh-sha2-nistp256', 'ecdsa-sha2-nistp256']);
    expect(offered('JSCH-0.1.54').filter((name) => sha1.test(name))).to.deep.equal([]);
    expect(offered('JSCH-0.1.54', { nistCurves: 'never' }).filter((name) => nist.test(name))).to.deep.equal(
      [],
    );
    expect(offered('OpenSSH_9.2p1', { nistCurves: 'always' })).to.include('ecdsa-sha2-nistp256');
    expect(offered('OpenSSH_5.3', { legacyAlgorithms: true })).to.include.members([
      'hmac-sha1',
      'aes128-cbc',
      'ssh-rsa',
    ]);
  });
});

const readHostKeysAfresh = (dir: string) => createHostKeys(dir);
