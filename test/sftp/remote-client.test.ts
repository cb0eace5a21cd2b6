/* We as the client of a platform that hosts SFTP itself: against a real OpenSSH server, and against ours, which offers digests. */

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { systemClock, systemIds } from '../../src/clock.js';
import {
  downloadDir,
  makeEd25519Key,
  openRemoteSftp,
  type RemoteSftp,
  RemoteSftpError,
  readHostKeys,
  remoteSftpSettings,
  uploadDir,
} from '../../src/sftp/index.js';
import { describeWith } from '../support/needs.js';
import { PASSWORD, startTestServer } from './support/server.js';
import { makeSshd, ownShadowNeed, type Sshd, sshdNeed } from './support/sshd.js';

const faultOf = async (work: Promise<unknown>): Promise<RemoteSftpError> => {
  try {
    await work;
  } catch (error) {
    if (error instanceof RemoteSftpError) return error;
    throw error;
  }
  throw new Error('it went well');
};

/** A wire that can be cut after some bytes towards the server, and slowed down. */
async function makeWire(port: number) {
  const sockets = new Set<Socket>();
  let cutAfter = Number.POSITIVE_INFINITY;
  let passed = 0;
  let connections = 0;
  let silent = false;
  const server: Server = createServer((near) => {
    connections += 1;
    const far = connect(port, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => [near, far].map((one) => one.destroy()));
    }
    const pass = (to: Socket) => (data: Buffer) => {
      passed += data.length;
      if (passed > cutAfter) {
        cutAfter = Number.POSITIVE_INFINITY;
        near.destroy();
      } else if (!silent) to.write(data);
    };
    near.on('data', pass(far));
    far.on('data', pass(near));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port, // a TCP server has no other
    cutAfter(bytes: number) {
      passed = 0;
      cutAfter = bytes;
    },
    goSilent: () => {
      silent = true;
    },
    connections: () => connections,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

describeWith(sshdNeed, 'the remote SFTP client with OpenSSH as server', () => {
  let sshd: Sshd;
  let local: string;
  const opened: RemoteSftp[] = [];
  before(async () => {
    sshd = await makeSshd();
    await sshd.start();
    local = mkdtempSync(join(tmpdir(), 'sluice-remote-'));
  });
  after(async () => {
    for (const one of opened) await one.close();
    await sshd.remove();
    rmSync(local, { recursive: true });
  });
  const attempts: string[] = [];
  const open = (more: Record<string, unknown> = {}): RemoteSftp => {
    const settings = remoteSftpSettings.parse({
      host: '127.0.0.1',
      port: sshd.port,
      username: sshd.user,
      privateKeyFile: sshd.clientKeyFile,
      hostKeys: [sshd.hostKey],
      retryMs: 20,
      ...more,
    });
    const remote = openRemoteSftp({
      settings,
      dir: local,
      clock: systemClock,
      failed: (what, { fault }) => attempts.push(`${what}: ${fault}`),
    });
    opened.push(remote);
    return remote;
  };
  const made = (name: string, bytes: number) => {
    const file = join(local, name);
    writeFileSync(file, randomBytes(bytes));
    return file;
  };
  const there = (name: string) => join(sshd.dir, name);

  it('puts under a temporary name, reads back, renames; lists; gets; removes', async () => {
    const remote = open();
    const file = made('a.bin', 3_000_000);
    const put = await remote.put(file, there('a.bin'));
    expect(put.bytes).to.equal(3_000_000);
    expect(put.checkedBy).to.equal('read-back');
    expect(readFileSync(there('a.bin')).equals(readFileSync(file))).to.equal(true);
    mkdirSync(there('folder'));
    const list = await remote.list(sshd.dir);
    expect(list.map(({ name, kind, size }) => [name, kind, kind === 'file' ? size : 0])).to.have.deep.members(
      [
        ['a.bin', 'file', 3_000_000],
        ['folder', 'folder', 0],
      ],
    );
    const got = await remote.get(there('a.bin'), join(local, 'back.bin'));
    expect(got).to.deep.equal({ bytes: 3_000_000, sha256: put.sha256, checkedBy: 'size' });
    expect(readFileSync(join(local, 'back.bin')).equals(readFileSync(file))).to.equal(true);
    expect(await remote.find(there('nothing'))).to.equal(undefined);
    expect((await remote.find(there('a.bin')))?.size).to.equal(3_000_000);
    await remote.remove(there('a.bin'));
    await remote.remove(there('a.bin'));
    expect(existsSync(there('a.bin'))).to.equal(false);
    expect(readdirSync(local).sort()).to.deep.equal(['a.bin', 'back.bin']);
  });

  it('replaces a file of the same name whole, and takes empty files', async () => {
    const remote = open();
    await remote.put(made('one', 10), there('same'));
    await remote.put(made('two', 20), there('same'));
    expect(readFileSync(there('same')).length).to.equal(20);
    await remote.put(made('none', 0), there('same'));
    await remote.get(there('same'), join(local, 'none.back'));
    expect(readFileSync(join(local, 'none.back')).length).to.equal(0);
  });

  it('speaks to nobody whose key is not pinned, and says how to accept it', async () => {
    const unknown = await faultOf(open({ hostKeys: [] }).list(sshd.dir));
    expect(unknown.fault).to.equal('host-key');
    expect(unknown.message).to.contain(sshd.hostKey).and.to.contain('none is known');
    expect(unknown.next).to.contain(`hostKeys in sluice.yaml: ["${sshd.hostKey}"]`);
    const other = `SHA256:${'A'.repeat(43)}`;
    const changed = await faultOf(open({ hostKeys: [other] }).list(sshd.dir));
    expect(changed.fault).to.equal('host-key');
    expect(changed.message).to.contain(other).and.to.contain('another server');
    // And it tries once only.
    expect(attempts.filter((one) => one.endsWith('host-key')).length).to.equal(2);
  });

  it('says what is wrong with key, password, path', async () => {
    writeFileSync(join(local, 'wrong'), makeEd25519Key(systemIds).privateKey);
    writeFileSync(join(local, 'rubbish'), 'rubbish');
    expect((await faultOf(open({ privateKeyFile: 'wrong' }).list('/'))).fault).to.equal('login');
    expect((await faultOf(open({ privateKeyFile: 'rubbish' }).list('/'))).fault).to.equal('local');
    expect((await faultOf(open({ privateKeyFile: 'missing' }).list('/'))).fault).to.equal('local');
    expect((await faultOf(open({ privateKeyFile: undefined }).list('/'))).fault).to.equal('local');
    expect((await faultOf(open().list(there('nowhere')))).fault).to.equal('not-found');
    expect((await faultOf(open().get(there('nowhere'), join(local, 'x')))).fault).to.equal('not-found');
    expect((await faultOf(open().put(join(local, 'wrong'), there('nowhere/x')))).fault).to.equal('not-found');
    expect((await faultOf(open().put(join(local, 'nothing'), there('x')))).fault).to.equal('local');
  });

  it('opens a private key that has a passphrase', async () => {
    copyFileSync(sshd.clientKeyFile, join(local, 'locked'));
    chmodSync(join(local, 'locked'), 0o600);
    execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'secret words', '-f', join(local, 'locked')]);
    writeFileSync(join(local, 'passphrase'), 'secret words\n', { mode: 0o600 });
    expect((await faultOf(open({ privateKeyFile: 'locked' }).list(sshd.dir))).fault).to.equal('local');
    const opens = open({ privateKeyFile: 'locked', passphraseFile: 'passphrase' });
    expect(await opens.find(sshd.dir)).to.include({ kind: 'folder' });
  });

  it('goes on after the connection was cut in the middle, with whole files only', async () => {
    const wire = await makeWire(sshd.port);
    const remote = open({ port: wire.port });
    const file = made('cut.bin', 2_000_000);
    await remote.list(sshd.dir);
    wire.cutAfter(1_000_000);
    await remote.put(file, there('cut.bin'));
    expect(readFileSync(there('cut.bin')).equals(readFileSync(file))).to.equal(true);
    wire.cutAfter(1_000_000);
    await remote.get(there('cut.bin'), join(local, 'cut.back'));
    expect(readFileSync(join(local, 'cut.back')).equals(readFileSync(file))).to.equal(true);
    expect(wire.connections()).to.equal(3);
    expect(readdirSync(sshd.dir).filter((name) => name.endsWith('.tmp'))).to.deep.equal([]);
    wire.close();
  });

  it('gives up on a server that falls silent', async () => {
    const wire = await makeWire(sshd.port);
    const remote = open({ port: wire.port, silenceMs: 1_000, attemptsMax: 1 });
    await remote.list(sshd.dir);
    wire.goSilent();
    expect((await faultOf(remote.list(sshd.dir))).fault).to.equal('connection');
    wire.close();
  });

  it('waits for a server that comes back, and tells when it does not', async () => {
    const remote = open({ attemptsMax: 12, retryMs: 100 });
    await remote.list(sshd.dir);
    await sshd.stop();
    const gone = await faultOf(open({ attemptsMax: 2 }).list(sshd.dir));
    expect(gone.fault).to.equal('connection');
    const listing = remote.list(sshd.dir);
    await systemClock.sleep(300);
    await sshd.start();
    expect((await listing).length).to.be.greaterThan(0);
  });

  it('takes no file that grows while it is fetched', async () => {
    writeFileSync(there('grows.txt'), Buffer.alloc(20_000_000));
    const remote = open();
    const growing = systemClock.every(5, () => appendFileSync(there('grows.txt'), 'more'));
    const fault = await faultOf(remote.get(there('grows.txt'), join(local, 'grows.txt')));
    growing();
    expect(fault.fault).to.equal('mismatch');
    expect(existsSync(join(local, 'grows.txt'))).to.equal(false);
  });
});

describeWith(ownShadowNeed, 'the remote SFTP client with OpenSSH as server, by password', () => {
  it('logs in, puts and gets; a wrong password is told and tried once; a changed host key is refused', async () => {
    const sshd = await makeSshd('a password of the platform');
    await sshd.start();
    const local = mkdtempSync(join(tmpdir(), 'sluice-remote-'));
    const files = { right: 'a password of the platform\n', wrong: 'another\n', file: 'content' };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(local, name), text, { mode: 0o600 });
    const faults: string[] = [];
    const open = (passwordFile: string, hostKey = sshd.hostKey) =>
      openRemoteSftp({
        settings: remoteSftpSettings.parse({
          ...{ host: '127.0.0.1', port: sshd.port, username: sshd.user, passwordFile },
          ...{ hostKeys: [hostKey], retryMs: 20 },
        }),
        dir: local,
        clock: systemClock,
        failed: (_, { fault }) => faults.push(fault),
      });
    const remote = open('right');
    expect((await remote.put(join(local, 'file'), join(sshd.dir, 'file'))).checkedBy).to.equal('read-back');
    await remote.get(join(sshd.dir, 'file'), join(local, 'back'));
    expect(readFileSync(join(local, 'back'), 'utf8')).to.equal('content');
    const refused = await faultOf(open('wrong').list(sshd.dir));
    expect(refused.fault).to.equal('login');
    expect(refused.message).to.contain('our password');
    expect(faults).to.deep.equal(['login']);

    // The running client too, when its connection was lost and the server that answers is another.
    await sshd.stop();
    const fingerprint = sshd.changeHostKey();
    await sshd.start();
    const changed = await faultOf(remote.list(sshd.dir));
    expect(changed.fault).to.equal('host-key');
    expect(changed.next).to.contain(`["${fingerprint}"]`);
    expect((await open('right', fingerprint).list(sshd.dir)).map(({ name }) => name)).to.deep.equal(['file']);
    await remote.close();
    await sshd.remove();
    rmSync(local, { recursive: true });
  }).timeout(60_000);
});

describe('the remote SFTP client with our own server', () => {
  it('logs in by password, compares digests where they are offered, and replaces whole files', async () => {
    const server = await startTestServer();
    const local = mkdtempSync(join(tmpdir(), 'sluice-remote-'));
    writeFileSync(join(local, 'password'), `${PASSWORD}\n`, { mode: 0o600 });
    const hostKeys = readHostKeys(join(server.dir, 'sftp')).map(({ fingerprint }) => fingerprint);
    const remote = openRemoteSftp({
      settings: remoteSftpSettings.parse({
        host: '127.0.0.1',
        port: server.port,
        username: 'platform',
        passwordFile: 'password',
        hostKeys,
      }),
      dir: local,
      clock: systemClock,
    });
    const file = join(local, 'a.txt');
    writeFileSync(file, randomBytes(700_000));
    for (let i = 0; i < 2; i += 1) {
      const put = await remote.put(file, '/upload/a.txt');
      expect(put.checkedBy).to.equal('digest');
    }
    expect(
      readFileSync(join(uploadDir(server.root, 'platform'), 'a.txt')).equals(readFileSync(file)),
    ).to.equal(true);
    expect(server.published.map(({ path }) => path)).to.deep.equal(['/upload/a.txt', '/upload/a.txt']);
    writeFileSync(join(downloadDir(server.root, 'platform'), 'b.txt'), 'for you');
    expect((await remote.get('/download/b.txt', join(local, 'b.txt'))).checkedBy).to.equal('digest');
    expect((await faultOf(remote.put(file, '/download/x.txt'))).fault).to.equal('refused');
    await remote.close();
    await server.close();
    rmSync(local, { recursive: true });
  });

  it('takes a file for sent that the other side has taken away already, and sends it once', async () => {
    const server = await startTestServer({ takes: true });
    const local = mkdtempSync(join(tmpdir(), 'sluice-remote-'));
    writeFileSync(join(local, 'password'), PASSWORD);
    writeFileSync(join(local, 'a.txt'), 'taken at once');
    const remote = openRemoteSftp({
      settings: remoteSftpSettings.parse({
        ...{ host: '127.0.0.1', port: server.port, username: 'platform', passwordFile: 'password' },
        hostKeys: readHostKeys(join(server.dir, 'sftp')).map(({ fingerprint }) => fingerprint),
      }),
      dir: local,
      clock: systemClock,
    });
    await remote.put(join(local, 'a.txt'), '/upload/a.txt');
    expect(readFileSync(join(server.dir, 'taken', 'a.txt'), 'utf8')).to.equal('taken at once');
    expect(server.published.length).to.equal(1);
    await remote.close();
    await server.close();
    rmSync(local, { recursive: true });
  });
});
