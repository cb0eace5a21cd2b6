/** An administrator's work with `sluice certs`, as typed. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { sluiceInside as sluice } from '../support/command-line.js';
import { temporaryDirectory } from '../support/directory.js';
import type { CommandResult } from '../support/gateway.js';
import { describeWith, program } from '../support/needs.js';
import { outcome, run } from '../support/programs.js';

const PASSPHRASE = 'passphrase of the test';

describe('sluice certs', () => {
  const dir = temporaryDirectory();
  const env = { SLUICE_CA_PASSPHRASE: PASSPHRASE };
  const attempt = (...args: string[]): Promise<CommandResult> => sluice([...args, '--dir', dir.at('g')], env);
  const does = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await attempt(...args);
    if (code !== 0) throw new Error(`sluice ${args.join(' ')} ended with ${code}: ${stderr}`);
    return stdout;
  };
  const refuses = async (...args: string[]): Promise<string> => {
    const { code, stderr } = await attempt(...args);
    expect(code, args.join(' ')).equal(1);
    expect(stderr, 'no stack trace').not.match(/\n\s+at /);
    return stderr;
  };
  const listed = async () => JSON.parse(await does('certs', 'list', '--json'));
  before(async () => {
    writeFileSync(dir.at('password'), 'changeit\nsecond line\n');
    const made = await sluice(['init', '--demo', '--dir', dir.at('g')]);
    expect(made.code, made.stderr).equal(0);
  });

  it('list and check know the demo', async () => {
    expect((await listed()).map((one: { use: string }) => one.use)).deep.equal([
      'own',
      'own-chain',
      'local-ca',
      'peer',
    ]);
    expect(await does('certs', 'list'))
      .contains('CN=platform-demo')
      .not.contains('BEGIN CERT');
    expect(await does('certs', 'check')).contains('正常 ok');
    expect(await does('certs', 'show', 'platform')).contains('EC prime256v1');
  });

  it('check ends with 2 when something is critical', async () => {
    run('chmod', ['644', join(dir.at('g'), 'certs', 'server.key')]);
    const { code, stdout } = await attempt('certs', 'check', '--json');
    expect(code).equal(2);
    expect(JSON.parse(stdout)).include({ level: 'critical' });
    run('chmod', ['600', join(dir.at('g'), 'certs', 'server.key')]);
  });

  it('rotate: made beside the old, exported with it, then in use', async () => {
    expect(await refuses('certs', 'new')).contains('there is a certificate already');
    await does('certs', 'rotate', '--overlap', '30d', '--key-type', 'rsa-2048');
    const [own, , next] = await listed();
    expect(next).include({ use: 'own-next', state: 'waiting', key: 'RSA 2048', subject: own.subject });
    const both = await does('certs', 'export');
    expect(both.match(/BEGIN CERTIFICATE/g)).length(2);
    await does('certs', 'rotate', '--activate');
    expect((await listed())[0]).include({ use: 'own', sha256: next.sha256 });
    const [{ before, after }] = JSON.parse(await does('audit', 'list', '--json'));
    expect(before).include({ sha256: own.sha256, waitingSha256: next.sha256 });
    expect(after).include({ sha256: next.sha256 }).not.property('waitingSha256');
    expect(await refuses('certs', 'rotate', '--cancel')).contains('no certificate is waiting');
  });

  it('a peer is added, changed, disabled, replaced, removed; every step is recorded', async () => {
    run('mv', [join(dir.at('g'), 'certs', 'ca'), dir.at('demo-ca')]);
    await does('certs', 'ca', 'init', '--subject', '测试 CA');
    for (const name of ['one', 'two'])
      await does('certs', 'ca', 'issue', name, '--usage', 'client', '--out', dir.path);
    expect(statSync(dir.at('one.key')).mode & 0o777).equal(0o600);
    expect(await refuses('certs', 'peer', 'add', 'alipay', dir.at('one.crt'), '--units', '1')).contains(
      'knows no unit 1',
    );
    await does('certs', 'peer', 'add', 'alipay', dir.at('one.crt'), '--units', '39536,37101');
    expect(await refuses('certs', 'peer', 'add', 'x', dir.at('one.crt'), '--units', '39536')).contains(
      '"alipay" already',
    );
    await does(
      'certs',
      'peer',
      'set',
      'alipay',
      'charset=gbk',
      'senders=ALIPAY,LONGSHINE',
      'versionCheck=on',
    );
    expect(await refuses('certs', 'peer', 'set', 'alipay', 'charset=latin1')).contains('charset=utf8|gbk');
    await does('certs', 'peer', 'disable', 'alipay');
    await does('certs', 'peer', 'enable', 'alipay');
    await does('certs', 'peer', 'replace', 'alipay', dir.at('two.crt'), '--overlap', '7d');
    const peers = JSON.parse(await does('certs', 'peer', 'list', '--json'));
    expect(peers[1]).include({ name: 'alipay', state: 'active' });
    expect(peers[1].dialect).deep.equal({
      charset: 'gbk',
      senders: ['ALIPAY', 'LONGSHINE'],
      versionCheck: true,
    });
    expect(peers[1].pins.map((pin: { until?: number }) => pin.until !== undefined)).deep.equal([true, false]);
    await does('certs', 'ca', 'revoke', 'one', '--reason', 'superseded');
    expect((await listed()).filter((one: { state: string }) => one.state === 'revoked')).length(1);
    await does('certs', 'revoke', dir.at('two.crt'), '--reason', 'key lost');
    expect((await listed()).filter((one: { state: string }) => one.state === 'revoked')).length(2);
    await does('certs', 'unrevoke', dir.at('two.crt'));
    await does('certs', 'peer', 'remove', 'alipay');
    expect(await refuses('certs', 'peer', 'remove', 'alipay')).contains('Known peers: platform');
    const records = JSON.parse(await does('audit', 'list', '--json'));
    expect(records.map((one: { action: string }) => one.action).reverse()).deep.equal([
      ...['certs rotate', 'certs rotate --activate', 'certs ca init', 'certs ca issue', 'certs ca issue'],
      ...[
        'certs peer add',
        'certs peer set',
        'certs peer disable',
        'certs peer enable',
        'certs peer replace',
      ],
      ...['certs ca revoke', 'certs revoke', 'certs unrevoke', 'certs peer remove'],
    ]);
    expect(JSON.stringify(records)).not.contains(PASSPHRASE).not.contains('BEGIN');
    expect(await does('audit', 'verify'))
      .contains('审计链完整')
      .contains('14 entries');
  }).timeout(60_000);

  it('without the passphrase the CA does nothing, and it says how to give it', async () => {
    const without = (...args: string[]) =>
      sluice(['certs', 'ca', ...args, '--dir', dir.at('g')], { SLUICE_CA_PASSPHRASE: '' });
    expect((await without('issue', 'x')).stderr).contains('--passphrase-file');
    const wrong = await sluice(['certs', 'ca', 'crl', '--dir', dir.at('g')], {
      SLUICE_CA_PASSPHRASE: 'wrong one',
    });
    expect(wrong.stderr).contains('does not open the key');
    writeFileSync(dir.at('pp'), `${PASSPHRASE}\n`);
    expect((await without('crl', '--passphrase-file', dir.at('pp'))).code).equal(0);
  });

  it('changes made while the database is away are kept and handed in later', async () => {
    const away = { ...env, SLUICE_DATABASE_URL: 'postgres://127.0.0.1:1/nothing' };
    const yaml = join(dir.at('g'), 'sluice.yaml');
    const text = readFileSync(yaml, 'utf8');
    writeFileSync(yaml, text.replace(/client: sqlite/, 'client: postgres').replace(/\n\s*file: \S+/, ''));
    const { code, stderr } = await sluice(
      ['certs', 'peer', 'set', 'platform', 'close=peer', '--dir', dir.at('g')],
      away,
    );
    writeFileSync(yaml, text);
    expect([code, stderr]).deep.include(0);
    expect(stderr).contains('until the database takes it');
    expect(await does('audit', 'list')).contains('close');
    expect(await does('audit', 'verify')).contains('16 entries');
  });

  describeWith(program('keytool', 'default-jdk-headless'), 'with Java', () => {
    it('what is exported is read by keytool, what keytool makes is taken', async () => {
      const password = ['--password-file', dir.at('password')];
      await does('certs', 'export', '--pkcs12', dir.at('t.p12'), '--jks', dir.at('t.jks'), ...password);
      for (const file of ['t.p12', 't.jks'])
        expect(run('keytool', ['-list', '-keystore', dir.at(file), '-storepass', 'changeit'])).contains(
          'trustedCertEntry',
        );
      const pair = ['-genkeypair', '-keyalg', 'RSA', '-dname', 'CN=kclient', '-alias', 'kclient'];
      const store = [
        '-keystore',
        dir.at('k.jks'),
        '-storetype',
        'JKS',
        '-storepass',
        'changeit',
        '-keypass',
        'changeit',
      ];
      run('keytool', [...pair, ...store]);
      await does('certs', 'peer', 'add', 'java', dir.at('k.jks'), '--units', '39536', ...password);
      expect(await does('certs', 'show', 'java')).contains('CN=kclient');
      await does('certs', 'install', dir.at('k.jks'), '--alias', 'kclient', ...password);
      expect((await listed())[0]).include({ subject: 'CN=kclient' });
      expect(statSync(join(dir.at('g'), 'certs', 'server.key')).mode & 0o777).equal(0o600);
    }).timeout(60_000);
  });

  describeWith(program('openssl', 'openssl'), 'with a foreign CA', () => {
    it('csr and install: the answer of OpenSSL is matched, its chain checked', async () => {
      const csr = await does(
        'certs',
        'csr',
        '--subject',
        'CN=gateway, O=长沙水务',
        '--dns',
        'gateway.example',
      );
      writeFileSync(dir.at('g.csr'), csr);
      const at = (name: string) => dir.at(name);
      run('openssl', [
        ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', at('fca.key'), '-out', at('fca.crt')],
        ...['-subj', '/CN=foreign CA'],
      ]);
      const ca = [
        '-CA',
        at('fca.crt'),
        '-CAkey',
        at('fca.key'),
        '-CAcreateserial',
        '-copy_extensions',
        'copy',
      ];
      run('openssl', ['x509', '-req', '-in', at('g.csr'), ...ca, '-out', at('g.crt')]);
      expect(await refuses('certs', 'install', at('g.crt'))).contains('--chain FILE');
      expect(await refuses('certs', 'install', at('fca.crt'))).contains('belongs to a key of this gateway');
      await does('certs', 'install', at('g.crt'), '--chain', at('fca.crt'));
      expect((await listed())[0]).include({ subject: 'CN=gateway, O=长沙水务', issuer: 'CN=foreign CA' });
      const verified = outcome('openssl', [
        'verify',
        '-CAfile',
        at('fca.crt'),
        join(dir.at('g'), 'certs', 'server.crt'),
      ]);
      expect(verified.text).contains(': OK');
    });
  });
});
