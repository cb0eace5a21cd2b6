/* `sluice sftp …`, as typed, beside a running server that obeys within a second. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { text as textOfStream } from 'node:stream/consumers';
import { expect } from 'chai';
import { systemClock, systemIds } from '../../src/clock.js';
import { loadConfig } from '../../src/config/index.js';
import { type Database, openDatabase } from '../../src/database/index.js';
import { silentLog } from '../../src/log.js';
import { type KeyTexts, makeEd25519Key, parsePublicKey } from '../../src/sftp/index.js';
import { RawClient } from '../sftp/support/raw-client.js';
import { startTestServer, type TestServer } from '../sftp/support/server.js';
import { sluiceInside } from '../support/command-line.js';
import { temporaryDirectory } from '../support/directory.js';
import { root as repository } from '../support/gateway.js';

const FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}$/;

describe('sluice sftp', () => {
  const here = temporaryDirectory();
  let server: TestServer;
  let database: Database;
  let key: KeyTexts;
  let keyFile: string;
  before(async () => {
    const made = await sluiceInside(['init', '--demo', '--dir', here.at('g')]);
    expect(made.code, made.stderr).to.equal(0);
    const config = loadConfig(here.at('g'));
    database = await openDatabase(config.database, { dir: config.dir, clock: systemClock, log: silentLog });
    const root = resolve(config.dir, config.sftp.root);
    server = await startTestServer({ dir: config.dir, root, database });
    key = makeEd25519Key(systemIds);
    keyFile = here.at('id.pub');
    writeFileSync(keyFile, `${key.publicKey} somebody@platform\n`);
  });
  after(async () => {
    await server.close();
    await database.close();
  });

  const run = (...args: string[]) => sluiceInside(['sftp', ...args, '--dir', here.at('g')]);
  async function json(...args: string[]) {
    const { code, stdout, stderr } = await run(...args, '--json');
    expect(code, stderr).to.equal(0);
    return JSON.parse(stdout);
  }
  const failing = async (...args: string[]): Promise<string> => {
    const { code, stderr } = await run(...args);
    expect(code).to.equal(1);
    expect(stderr).to.contain('→');
    return stderr;
  };
  const byPassword = (username: string, password: string) => RawClient.open(server, { username, password });
  const byKey = (username: string) => RawClient.open({ ...server, privateKey: key.privateKey }, { username });
  const isRefused = (login: Promise<RawClient>) =>
    login.then(
      () => false,
      () => true,
    );

  it('account add: everything that an account has, and its folders', async () => {
    const shown = await json(
      ...['account', 'add', 'platform', '--unit', '39536', '--key', keyFile, '--password'],
      ...['--quota-mib', '512', '--quota-files', '1000', '--allow', '127.0.0.1', '10.1.0.0/16'],
      ...['--expires', '20991231', '--note', 'the platform'],
    );
    expect(shown).to.include({ name: 'platform', unit: '39536', enabled: true, hasPassword: true });
    expect(shown).to.include({ mayUpload: true, mayDownload: true, note: 'the platform', lastLoginAt: null });
    expect(shown).to.include({ quotaBytes: 512 * 1024 * 1024, quotaFiles: 1000 });
    expect(shown.addresses).to.deep.equal(['127.0.0.1', '10.1.0.0/16']);
    expect(shown.expiresAt).to.equal('2099-12-31T16:00:00.000Z'); // the day is over in China
    expect(shown.keys).to.deep.equal([parsePublicKey(key.publicKey).fingerprint]);
    const [one, other] = [await byPassword('platform', shown.password), await byKey('platform')];
    expect((await one.list('/')).map(({ name }) => name)).to.deep.equal(['upload', 'download', 'archive']);
    for (const client of [one, other]) client.end();
  });

  it('account add: what is wrong is said in two lines, and nothing is made', async () => {
    const add = (...args: string[]) => failing('account', 'add', ...args);
    expect(await add('platform', '--unit', '39536')).to.contain('already');
    expect(await add('../x', '--unit', '39536')).to.contain('no name for an account');
    expect(await add('new', '--unit', '11111')).to.contain('no clearing unit 11111');
    expect(await add('new', '--unit', '39536', '--allow', '10.0.0.0/99')).to.contain('no address or network');
    expect(await add('new', '--unit', '39536', '--quota-mib', '-1')).to.contain('not a whole number');
    expect(await add('new', '--unit', '39536', '--expires', '20270230')).to.contain('not a day');
    expect(await add('new', '--unit', '39536', '--key', here.at('none'))).to.contain('cannot be read');
    expect((await json('account', 'list')).map(({ name }: { name: string }) => name)).to.deep.equal([
      'platform',
    ]);
  });

  it('account list and show: the same, never a password or its hash', async () => {
    const shown = await json('account', 'show', 'platform');
    expect(await json('account', 'list')).to.deep.equal([shown]);
    expect(shown.lastLoginAt).to.match(/^\d{4}-/);
    for (const command of [
      ['account', 'list'],
      ['account', 'show', 'platform'],
    ]) {
      const { stdout } = await run(...command);
      expect(stdout)
        .to.contain('platform')
        .and.contain('39536')
        .and.not.match(/scrypt|\$/);
    }
    expect(await failing('account', 'show', 'nobody')).to.contain('no SFTP account nobody');
  });

  it('account passwd: made once, or read from standard input, or none', async () => {
    const made = await json('account', 'passwd', 'platform');
    const opened = await byPassword('platform', made.password);
    // A process of its own, since only that has a standard input.
    const typed = [
      'sftp',
      'account',
      'passwd',
      'platform',
      '--password-stdin',
      '--json',
      '--dir',
      here.at('g'),
    ];
    const child = spawn(join(repository, 'bin', 'sluice'), typed, { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.end('typed by an administrator\n');
    const [output] = await Promise.all([textOfStream(child.stdout), once(child, 'exit')]);
    expect(JSON.parse(output)).to.include({ hasPassword: true }).and.not.have.property('password');
    await opened.ended();
    expect(await isRefused(byPassword('platform', made.password))).to.equal(true);
    (await byPassword('platform', 'typed by an administrator')).end();
    expect(await json('account', 'passwd', 'platform', '--none')).to.include({ hasPassword: false });
    expect(await isRefused(byPassword('platform', 'typed by an administrator'))).to.equal(true);
  }).timeout(60_000);

  it('account disable and enable: its sessions end, and it cannot come back until it may', async () => {
    const client = await byKey('platform');
    expect(await json('account', 'disable', 'platform')).to.include({ enabled: false });
    await client.ended();
    expect(await isRefused(byKey('platform'))).to.equal(true);
    expect(await json('account', 'enable', 'platform')).to.include({ enabled: true });
    (await byKey('platform')).end();
    expect(await failing('account', 'disable', 'nobody')).to.contain('no SFTP account nobody');
  });

  it('key list, remove, add: a session that the key opened ends with it', async () => {
    const [listed] = await json('key', 'list', 'platform');
    expect(listed).to.include({ type: 'ssh-ed25519', note: 'somebody@platform' });
    expect(listed.fingerprint).to.match(FINGERPRINT);
    expect(listed.publicKey).to.equal(key.publicKey.split(' ').slice(0, 2).join(' '));
    const client = await byKey('platform');
    const removed = await json('key', 'remove', 'platform', listed.fingerprint);
    expect(removed).to.deep.equal({ account: 'platform', fingerprint: listed.fingerprint, removed: true });
    await client.ended();
    expect(await isRefused(byKey('platform'))).to.equal(true);
    expect(await failing('key', 'remove', 'platform', listed.fingerprint)).to.contain('has no key');
    const added = await json('key', 'add', 'platform', '--file', keyFile, '--note', 'again');
    expect(added).to.include({ account: 'platform', fingerprint: listed.fingerprint, note: 'again' });
    (await byKey('platform')).end();
    expect((await json('key', 'list', 'platform')).length).to.equal(1);
    expect(await failing('key', 'add', 'nobody', '--file', keyFile)).to.contain('no SFTP account nobody');
    expect(await failing('key', 'list', 'nobody')).to.contain('no SFTP account nobody');
  });

  it('session list and kick: that session ends, others stay', async () => {
    const [one, other] = [await byKey('platform'), await byKey('platform')];
    const sessions = await json('session', 'list');
    expect(sessions.length).to.be.at.least(2);
    for (const session of sessions) {
      expect(session).to.include({ account: 'platform', address: '127.0.0.1' });
      expect(session.startedAt).to.match(/^\d{4}-/);
    }
    expect((await run('session', 'list')).stdout).to.contain(sessions[0].id);
    const last = sessions.at(-1).id;
    expect(await json('session', 'kick', last)).to.deep.equal({ id: last, kicked: true });
    await Promise.race([one.ended(), other.ended()]);
    const stays = one.closed ? other : one;
    expect((await stays.stat('/upload')).status).to.equal(0);
    stays.end();
    expect(await failing('session', 'kick', 'nobody')).to.contain('no session nobody');
  });

  it('account remove: its sessions end, its keys go, its files stay', async () => {
    const client = await byKey('platform');
    await client.put('/upload/stays.txt', 'stays');
    const removed = await json('account', 'remove', 'platform');
    expect(removed).to.include({ name: 'platform', removed: true });
    await client.ended();
    expect(
      execFileSync('cat', [join(removed.directory, 'upload', 'stays.txt')], { encoding: 'utf8' }),
    ).to.equal('stays');
    expect(await isRefused(byKey('platform'))).to.equal(true);
    expect(await json('account', 'list')).to.deep.equal([]);
    await json('account', 'add', 'platform', '--unit', '39536');
    expect(await json('key', 'list', 'platform')).to.deep.equal([]);
    expect(await failing('account', 'remove', 'nobody')).to.contain('no SFTP account nobody');
  });

  it('hostkeys: three kinds, with the fingerprints that OpenSSH shows', async () => {
    const keys: { type: string; fingerprint: string; publicKey: string; file: string }[] =
      await json('hostkeys');
    const types = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ssh-rsa'];
    expect(keys.map(({ type }) => type)).to.have.members(types);
    const { stdout } = await run('hostkeys');
    for (const { fingerprint, publicKey } of keys) {
      expect(fingerprint).to.match(FINGERPRINT);
      expect(stdout).to.contain(fingerprint);
      expect(execFileSync('ssh-keygen', ['-lf', '-'], { input: publicKey, encoding: 'utf8' })).to.contain(
        fingerprint,
      );
    }
  });

  it('all of it stands in the audit log, without passwords', async () => {
    const { stdout } = await sluiceInside(['audit', 'list', '--json', '--dir', here.at('g')]);
    for (const verb of [
      'account add',
      'account passwd',
      'account disable',
      'key remove',
      'session kick',
      'account remove',
    ]) {
      expect(stdout).to.contain(`sftp ${verb}`);
    }
    expect(stdout).not.to.contain('typed by an administrator');
  });
});
