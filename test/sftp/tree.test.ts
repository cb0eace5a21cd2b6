/* Nothing outside the account's tree can be reached, and nothing in it changed that is not the account's (faults F1, F2). */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { archiveDir, downloadDir, partialDir, uploadDir } from '../../src/sftp/index.js';
import { openFlag, RawClient, requestType, statusCode, text, uint32, uint64 } from './support/raw-client.js';
import { startTestServer, type TestServer } from './support/server.js';

const { write, create, truncate, append, read } = openFlag;
const { noSuchFile, permissionDenied, unsupported, failure, ok } = statusCode;
const SECRET = 'canary-7f3a';

describe("an SFTP account's tree", () => {
  let server: TestServer;
  let client: RawClient;
  before(async () => {
    server = await startTestServer();
    await server.addAccount({ name: 'other' });
    writeFileSync(join(server.root, 'secret.txt'), SECRET);
    writeFileSync(join(server.dir, 'secret.txt'), SECRET);
    writeFileSync(join(uploadDir(server.root, 'other'), 'secret.txt'), SECRET);
    writeFileSync(join(downloadDir(server.root, 'platform'), 'ours.txt'), 'for you');
    writeFileSync(join(archiveDir(server.root, 'platform'), 'done.txt'), 'archived');
    client = await RawClient.open(server);
  });
  after(async () => {
    client.end();
    await server.close();
  });

  const catalogue = [
    '../secret.txt',
    '../../secret.txt',
    '/../secret.txt',
    '/upload/../../secret.txt',
    '/upload/../../other/upload/secret.txt',
    '/other/upload/secret.txt',
    '/.partial/other/secret.txt',
    '/upload/%2e%2e/%2e%2e/secret.txt',
    '/upload/..%2f..%2fsecret.txt',
    '/upload/..\\..\\secret.txt',
    '/upload/..\u2215..\u2215secret.txt',
    '/upload/.. /.. /secret.txt',
    '/upload/.../secret.txt',
    '/etc/passwd',
    'file:///etc/passwd',
    '~/secret.txt',
    '/UPLOAD/secret.txt',
    '/upload/secret.txt\u0000.txt',
    `/upload/${'x'.repeat(300)}`,
    `/upload/${'../'.repeat(600)}secret.txt`,
    '/proc/self/environ',
    '/dev/stdin',
  ];
  for (const path of catalogue) {
    it(`${JSON.stringify(path).slice(0, 60)} leads nowhere`, async () => {
      const raw = text(path);
      const answers = await Promise.all([
        client.openStatus(path, read),
        client.one(requestType.stat, path),
        client.one(requestType.lstat, path),
        client.one(requestType.opendir, path),
        client.one(requestType.remove, path),
        client.one(requestType.rmdir, path),
        client.one(requestType.rename, path, '/upload/stolen.txt'),
        client.send(requestType.setstat, raw, uint32(8), uint32(1), uint32(1)).then(({ status }) => status),
      ]);
      for (const status of answers) expect(status).to.be.oneOf([noSuchFile, permissionDenied, failure]);
      expect(existsSync(join(uploadDir(server.root, 'platform'), 'stolen.txt'))).to.equal(false);
    });
  }

  it('and nothing can be made outside upload', async () => {
    const before = execFileSync('find', [
      server.dir,
      '-newermt',
      '@0',
      '-not',
      '-name',
      '*sqlite*',
    ]).toString();
    for (const path of [...catalogue, '/new.txt', '/download/new.txt', '/archive/new.txt', '/upload', '/']) {
      if (path.startsWith('/upload/') && !path.includes('../')) continue; // a strange name, but one within upload
      expect(await client.openStatus(path, write | create | truncate), path).to.be.oneOf([
        noSuchFile,
        permissionDenied,
        failure,
      ]);
      const made = await client.send(requestType.mkdir, text(path), uint32(0));
      expect(made.status, path).to.be.oneOf([noSuchFile, permissionDenied, failure]);
    }
    const after = execFileSync('find', [
      server.dir,
      '-newermt',
      '@0',
      '-not',
      '-name',
      '*sqlite*',
    ]).toString();
    expect(after).to.equal(before);
  });

  it('names that are not UTF-8 are nobody’s', async () => {
    const bad = Buffer.concat([Buffer.from('/upload/'), Buffer.from([0xff, 0xfe]), Buffer.from('.txt')]);
    const opened = await client.send(requestType.open, text(bad), uint32(write | create), uint32(0));
    expect(opened.status).to.equal(noSuchFile);
  });

  it('links cannot be made, read or followed', async () => {
    expect(await client.one(requestType.symlink, '/etc/passwd', '/upload/link')).to.equal(unsupported);
    expect(await client.one(requestType.readlink, '/upload/link')).to.equal(unsupported);
    expect((await client.extended('hardlink@openssh.com', text('/a'), text('/b'))).status).to.equal(
      unsupported,
    );
    // Somebody on the machine itself put links there.
    const upload = uploadDir(server.root, 'platform');
    symlinkSync(join(server.root, 'secret.txt'), join(upload, 'file-link'));
    symlinkSync(server.root, join(upload, 'folder-link'));
    symlinkSync(join(server.root, 'made.txt'), join(upload, 'dangling'));
    expect(await client.openStatus('/upload/file-link', read)).to.be.oneOf([permissionDenied, noSuchFile]);
    expect(await client.openStatus('/upload/folder-link/secret.txt', read)).to.be.oneOf([
      permissionDenied,
      noSuchFile,
    ]);
    expect(await client.one(requestType.opendir, '/upload/folder-link')).to.be.oneOf([
      permissionDenied,
      noSuchFile,
    ]);
    expect(await client.one(requestType.stat, '/upload/file-link')).to.equal(noSuchFile);
    expect((await client.list('/upload')).map(({ name }) => name)).to.deep.equal([]);
    await client.put('/upload/dangling', 'mine');
    expect(existsSync(join(server.root, 'made.txt'))).to.equal(false);
    expect(readFileSync(join(upload, 'dangling'), 'utf8')).to.equal('mine');
    for (const name of ['file-link', 'folder-link', 'dangling']) rmSync(join(upload, name));
  });

  it('pipes and devices are no files, and do not make us wait', async () => {
    const pipe = join(uploadDir(server.root, 'platform'), 'pipe');
    execFileSync('mkfifo', [pipe]);
    expect(await client.openStatus('/upload/pipe', read)).to.equal(failure);
    expect(await client.one(requestType.stat, '/upload/pipe')).to.equal(noSuchFile);
    rmSync(pipe);
  });

  it('a directory swapped for a link while paths through it are opened never leads outside', async function () {
    this.timeout(30_000);
    const upload = uploadDir(server.root, 'platform');
    const outside = join(server.dir, 'outside');
    mkdirSync(outside, { recursive: true });
    mkdirSync(join(upload, 'real'), { recursive: true });
    mkdirSync(join(partialDir(server.root, 'platform'), 'real'), { recursive: true });
    writeFileSync(join(outside, 'secret.txt'), SECRET);
    writeFileSync(join(upload, 'real', 'secret.txt'), 'mine');
    symlinkSync(outside, join(upload, 'link'));
    let leaks = 0;
    for (let round = 0; round < 150; round += 1) {
      const opens = Promise.all(
        Array.from({ length: 8 }, async (_, i) => {
          if (i % 2 === 1) return void (await client.put(`/upload/dir/w${i}.txt`, 'w').catch(() => {}));
          const content = await client.get('/upload/dir/secret.txt').catch(() => '');
          if (content.includes(SECRET)) leaks += 1;
        }),
      );
      for (const name of ['real', 'link', 'real', 'link']) {
        renameSync(join(upload, name), join(upload, 'dir'));
        await new Promise(setImmediate);
        renameSync(join(upload, 'dir'), join(upload, name));
      }
      await opens;
    }
    expect(leaks).to.equal(0);
    expect(readdirSync(outside)).to.deep.equal(['secret.txt']);
    for (const name of ['real', 'link', 'dir']) rmSync(join(upload, name), { recursive: true, force: true });
  });

  it('download and archive are there to be read', async () => {
    expect(await client.get('/download/ours.txt')).to.equal('for you');
    expect(await client.get('archive/done.txt')).to.equal('archived');
    for (const path of ['/download/ours.txt', '/archive/done.txt']) {
      expect(await client.openStatus(path, write)).to.equal(permissionDenied);
      expect(await client.openStatus(path, read | append)).to.equal(permissionDenied);
      expect(await client.openStatus(path, read | truncate)).to.equal(permissionDenied);
      expect(await client.one(requestType.remove, path)).to.equal(permissionDenied);
      expect(await client.one(requestType.rename, path, '/upload/x')).to.equal(permissionDenied);
      expect(await client.one(requestType.rmdir, '/upload')).to.equal(permissionDenied);
      expect(await client.one(requestType.rename, '/upload', '/download')).to.equal(permissionDenied);
    }
  });

  it('a second file name for the same file gives no way out', async () => {
    const upload = uploadDir(server.root, 'platform');
    linkSync(join(server.root, 'secret.txt'), join(upload, 'hard'));
    await client.put('/upload/hard', 'overwritten');
    expect(readFileSync(join(server.root, 'secret.txt'), 'utf8')).to.equal(SECRET);
    await client.one(requestType.remove, '/upload/hard');
  });

  it('handles that are not one’s own, or not one’s any more, open nothing', async () => {
    const other = await RawClient.open(server);
    const handle = await client.open('/download/ours.txt', read);
    const foreign = [
      handle,
      Buffer.from([0xff, 0xff, 0xff, 0xff]),
      Buffer.alloc(0),
      Buffer.alloc(256, 1),
      Buffer.from('1'),
    ];
    for (const one of foreign) {
      expect(await other.read(one, 0, 10)).to.equal(failure);
      expect(await other.write(one, 0, 'x')).to.equal(failure);
      expect(await other.close(one)).to.equal(failure);
      expect((await other.send(requestType.readdir, text(one))).status).to.equal(failure);
      expect((await other.send(requestType.fstat, text(one))).status).to.equal(failure);
    }
    expect(await client.close(handle)).to.equal(ok);
    expect(await client.read(handle, 0, 10)).to.equal(failure);
    other.end();
  });

  it('huge offsets and lengths cost nothing', async () => {
    const handle = await client.open('/download/ours.txt', read);
    expect(String(await client.read(handle, 0, 0xffff_ffff))).to.equal('for you');
    for (const offset of [2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]) {
      expect(await client.read(handle, offset, 0xffff_ffff), String(offset)).to.be.oneOf([
        statusCode.endOfFile,
        failure,
      ]);
    }
    await client.close(handle);
    for (const offset of [2n ** 40n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]) {
      const upload = await client.open('/upload/huge.txt', write | create | truncate);
      const reply = await client.send(requestType.write, text(upload), uint64(offset), text('x'));
      expect(reply.status, String(offset)).to.equal(failure);
      expect(await client.close(upload)).to.equal(failure);
    }
    expect(readdirSync(uploadDir(server.root, 'platform'))).to.deep.equal([]);
  });

  it('READs are answered in the order in which they were asked', async () => {
    writeFileSync(join(downloadDir(server.root, 'platform'), 'long.bin'), Buffer.alloc(4_000_000, 'order'));
    const handle = await client.open('/download/long.bin', read);
    const order: number[] = [];
    const all = Array.from({ length: 60 }, (_, i) =>
      // Long and short in turn, so that the short ones are ready first.
      client.read(handle, i * 60_000, i % 2 === 0 ? 255_000 : 1).then(() => order.push(i)),
    );
    await Promise.all(all);
    expect(order).to.deep.equal(order.toSorted((a, b) => a - b));
    await client.close(handle);
  });

  it('what is no operation of ours is unsupported, and what is cut is a bad message; the session goes on', async () => {
    for (const type of [2, 21, 99, 199, 250]) expect((await client.send(type)).status).to.equal(unsupported);
    expect((await client.send(requestType.open)).status).to.equal(statusCode.badMessage);
    expect((await client.send(requestType.read, text(Buffer.alloc(4)))).status).to.equal(
      statusCode.badMessage,
    );
    expect((await client.extended('statvfs@openssh.com', text('/'))).status).to.equal(unsupported);
    expect(await client.one(requestType.realpath, '/')).to.equal(-1);
  });
});
