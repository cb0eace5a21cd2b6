/* Uploads appear whole or not at all, and can be gone on with (faults F3, F5). */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { partialDir, uploadDir } from '../../src/sftp/index.js';
import { until } from '../support/until.js';
import { openFlag, RawClient, requestType, statusCode, text, uint32, uint64 } from './support/raw-client.js';
import { startTestServer, type TestServer } from './support/server.js';

const { write, create, truncate, append, read, exclusive } = openFlag;

describe('SFTP uploads', () => {
  let server: TestServer;
  let client: RawClient;
  const inUpload = (name = '') => join(uploadDir(server.root, 'platform'), name);
  const inPartial = (name = '') => join(partialDir(server.root, 'platform'), name);
  before(async () => {
    server = await startTestServer();
  });
  beforeEach(async () => {
    client = await RawClient.open(server);
  });
  afterEach(() => client.end());
  after(() => server.close());

  it('are invisible to processing until they are closed, and visible to their account', async () => {
    const handle = await client.open('/upload/a.txt', write | create | truncate);
    expect(await client.write(handle, 0, 'one')).to.equal(statusCode.ok);
    expect(readdirSync(inUpload())).to.deep.equal([]);
    expect((await client.stat('/upload/a.txt')).size).to.equal(3);
    expect((await client.list('/upload')).map(({ name, size }) => [name, size])).to.deep.equal([
      ['a.txt', 3n],
    ]);
    expect(await client.close(handle)).to.equal(statusCode.ok);
    expect(readFileSync(inUpload('a.txt'), 'utf8')).to.equal('one');
    expect(readdirSync(inPartial())).to.deep.equal([]);
    expect(server.published.map(({ account, unit, path }) => [account, unit, path])).to.deep.equal([
      ['platform', '39536', '/upload/a.txt'],
    ]);
  });

  it('of an empty file are whole too', async () => {
    expect(await client.put('/upload/empty.txt', '')).to.equal(statusCode.ok);
    expect(statSync(inUpload('empty.txt')).size).to.equal(0);
  });

  for (const [what, bytes] of [
    ['nothing', 0],
    ['one byte', 1],
    ['half', 50_000],
    ['all but CLOSE', 100_000],
  ] as const) {
    it(`cut after ${what} leave no file, and go on after a new connection`, async () => {
      const data = Buffer.alloc(100_000, 'abcdefg');
      const path = `/upload/cut-${bytes}.txt`;
      const handle = await client.open(path, write | create | truncate);
      if (bytes > 0) await client.write(handle, 0, data.subarray(0, bytes));
      client.cut();
      const again = await RawClient.open(server);
      await until(async () => (await again.stat(path)).size === bytes);
      expect(existsSync(inUpload(`cut-${bytes}.txt`))).to.equal(false);
      const resumed = await again.open(path, write);
      expect(await again.write(resumed, bytes, data.subarray(bytes))).to.equal(statusCode.ok);
      expect(await again.close(resumed)).to.equal(statusCode.ok);
      expect(readFileSync(inUpload(`cut-${bytes}.txt`)).equals(data)).to.equal(true);
      again.end();
    });
  }

  it('keep only what has come without a gap when they are cut', async () => {
    const handle = await client.open('/upload/gap.txt', write | create | truncate);
    await client.write(handle, 0, 'abc');
    await client.write(handle, 10, 'xyz');
    client.cut();
    const again = await RawClient.open(server);
    await until(async () => (await again.stat('/upload/gap.txt')).size === 3);
    again.end();
  });

  it('with a part never sent are refused at the end', async () => {
    const handle = await client.open('/upload/hole.txt', write | create | truncate);
    await client.write(handle, 5, 'late');
    expect(await client.close(handle)).to.equal(statusCode.failure);
    expect(existsSync(inUpload('hole.txt'))).to.equal(false);
  });

  it('can be cut to a length within what was sent', async () => {
    const handle = await client.open('/upload/cut.txt', write | create | truncate);
    await client.write(handle, 0, 'abcdef');
    const to = (size: bigint) => client.send(requestType.fsetstat, text(handle), uint32(1), uint64(size));
    expect((await to(3n)).status).to.equal(statusCode.ok);
    expect(await client.write(handle, 3, 'X')).to.equal(statusCode.ok);
    await client.close(handle);
    expect(readFileSync(inUpload('cut.txt'), 'utf8')).to.equal('abcX');
  });

  it('may come in any order', async () => {
    const handle = await client.open('/upload/order.txt', write | create | truncate);
    const parts = ['aa', 'bb', 'cc', 'dd'];
    await Promise.all([3, 1, 0, 2].map((i) => client.write(handle, i * 2, parts[i] ?? '')));
    expect(await client.close(handle)).to.equal(statusCode.ok);
    expect(readFileSync(inUpload('order.txt'), 'utf8')).to.equal('aabbccdd');
  });

  it('are done in the order of the requests, also when the client waits for no answer', async () => {
    const handle = await client.open('/upload/fast.tmp', write | create | truncate);
    const answers = await Promise.all([
      client.write(handle, 0, 'first'),
      client.write(handle, 5, 'second'),
      client.close(handle),
      client.one(requestType.rename, '/upload/fast.tmp', '/upload/fast.txt'),
      client.one(requestType.lstat, '/upload/fast.txt').then((status) => (status === -1 ? 0 : status)),
    ]);
    expect(answers).to.deep.equal([0, 0, 0, 0, 0]);
    expect(readFileSync(inUpload('fast.txt'), 'utf8')).to.equal('firstsecond');
  });

  it('replace a file only when they are whole', async () => {
    await client.put('/upload/r.txt', 'old');
    const handle = await client.open('/upload/r.txt', write | create | truncate);
    await client.write(handle, 0, 'new content');
    expect(readFileSync(inUpload('r.txt'), 'utf8')).to.equal('old');
    expect((await client.stat('/upload/r.txt')).size).to.equal(11);
    await client.close(handle);
    expect(readFileSync(inUpload('r.txt'), 'utf8')).to.equal('new content');
  });

  it('can go on at the end of a finished file, in a copy until that is whole', async () => {
    await client.put('/upload/grow.txt', 'one');
    const handle = await client.open('/upload/grow.txt', write | append);
    await client.write(handle, 0, 'two');
    await client.write(handle, 0, 'three');
    expect(readFileSync(inUpload('grow.txt'), 'utf8')).to.equal('one');
    await client.close(handle);
    expect(readFileSync(inUpload('grow.txt'), 'utf8')).to.equal('onetwothree');
  });

  it('with an unfinished ending wait for their rename', async () => {
    await client.put('/upload/w.txt.filepart', 'whole');
    expect(existsSync(inUpload('w.txt.filepart'))).to.equal(false);
    expect((await client.stat('/upload/w.txt.filepart')).size).to.equal(5);
    expect(await client.one(requestType.rename, '/upload/w.txt.filepart', '/upload/w.txt')).to.equal(0);
    expect(readFileSync(inUpload('w.txt'), 'utf8')).to.equal('whole');
    expect(readdirSync(inPartial()).filter((name) => name.startsWith('w.'))).to.deep.equal([]);
  });

  it('that were cut cannot get a place by a rename', async () => {
    for (const path of ['/upload/half.filepart', '/upload/half.csv']) {
      const handle = await client.open(path, write | create | truncate);
      await client.write(handle, 0, 'half');
      client.cut();
      client = await RawClient.open(server);
      await until(async () => (await client.stat(path)).size === 4);
      expect(await client.one(requestType.rename, path, '/upload/half.txt')).to.equal(statusCode.failure);
      expect(existsSync(inUpload('half.txt'))).to.equal(false);
    }
  });

  it('taken over by another session end for the first', async () => {
    const first = await client.open('/upload/t.txt', write | create | truncate);
    await client.write(first, 0, 'first');
    const other = await RawClient.open(server);
    const second = await other.open('/upload/t.txt', write | create | truncate);
    await other.write(second, 0, 'second');
    expect(await client.write(first, 5, 'more')).to.equal(statusCode.failure);
    expect(await client.close(first)).to.equal(statusCode.failure);
    expect(existsSync(inUpload('t.txt'))).to.equal(false);
    expect(await other.close(second)).to.equal(statusCode.ok);
    expect(readFileSync(inUpload('t.txt'), 'utf8')).to.equal('second');
    other.end();
  });

  it('taken over on another node end for the first, and nothing of it gets into the second', async () => {
    const { root, dir, database } = server;
    const node = await startTestServer({ root, dir, database });
    const other = await RawClient.open({ ...server, port: node.port });
    const first = await client.open('/upload/nodes.txt', write | create | truncate);
    await client.write(first, 0, 'first and longer');
    const second = await other.open('/upload/nodes.txt', write | create | truncate);
    await other.write(second, 0, 'second');
    expect(await client.close(first)).to.equal(statusCode.failure);
    expect(existsSync(inUpload('nodes.txt'))).to.equal(false);
    expect(await other.close(second)).to.equal(statusCode.ok);
    expect(readFileSync(inUpload('nodes.txt'), 'utf8')).to.equal('second');
    other.end();
    await node.close();
  });

  it('of which the name was removed meanwhile do not come back', async () => {
    const handle = await client.open('/upload/gone.txt', write | create | truncate);
    await client.write(handle, 0, 'x');
    expect(await client.one(requestType.remove, '/upload/gone.txt')).to.equal(statusCode.ok);
    expect(await client.close(handle)).to.equal(statusCode.failure);
    expect((await client.stat('/upload/gone.txt')).status).to.equal(statusCode.noSuchFile);
  });

  it('EXCL refuses a name that is there, finished or not', async () => {
    await client.put('/upload/x.txt', 'x');
    expect(await client.openStatus('/upload/x.txt', write | create | exclusive)).to.equal(statusCode.failure);
    const handle = await client.open('/upload/y.txt', write | create | exclusive);
    const other = await RawClient.open(server);
    expect(await other.openStatus('/upload/y.txt', write | create | exclusive)).to.equal(statusCode.failure);
    await client.close(handle);
    other.end();
  });

  it('can be read back while they grow, with READ and WRITE on one handle', async () => {
    const handle = await client.open('/upload/rw.txt', read | write | create | truncate);
    void client.write(handle, 0, 'abcdef');
    expect(String(await client.read(handle, 2, 100))).to.equal('cdef');
    expect(await client.read(handle, 6, 100)).to.equal(statusCode.endOfFile);
    await client.close(handle);
    const blind = await client.open('/upload/rw.txt', write);
    expect(await client.read(blind, 0, 1)).to.equal(statusCode.permissionDenied);
    await client.close(blind);
  });

  it('times can be set on the handle and on the name; nothing else can', async () => {
    const times = Buffer.concat([uint32(8), uint32(1_700_000_000), uint32(1_700_000_001)]);
    const rights = Buffer.concat([uint32(4), uint32(0o777)]);
    const both = Buffer.concat([uint32(12), uint32(0o777), uint32(1_700_000_002), uint32(1_700_000_003)]);
    const beyond = Buffer.concat([uint32(1), uint64(1_000_000n)]);
    const handle = await client.open('/upload/times.txt', write | create | truncate);
    await client.write(handle, 0, 'x');
    const onHandle = (attributes: Buffer) => client.send(requestType.fsetstat, text(handle), attributes);
    expect((await onHandle(times)).status).to.equal(statusCode.ok);
    expect((await onHandle(rights)).status).to.equal(statusCode.ok); // passed over, as in OPEN
    expect((await onHandle(beyond)).status).to.equal(statusCode.unsupported);
    await client.close(handle);
    expect((await client.stat('/upload/times.txt')).modifiedAt).to.equal(1_700_000_001);
    const onName = (attributes: Buffer) =>
      client.send(requestType.setstat, text('/upload/times.txt'), attributes);
    expect((await onName(both)).status).to.equal(statusCode.ok);
    expect((await client.stat('/upload/times.txt')).modifiedAt).to.equal(1_700_000_003);
    expect(statSync(inUpload('times.txt')).mode & 0o777).to.equal(0o640);
    expect((await onName(rights)).status).to.equal(statusCode.unsupported);
    expect((await onName(beyond)).status).to.equal(statusCode.unsupported);
  });

  it('into directories: made, renamed, removed only when empty, also of unfinished uploads', async () => {
    expect((await client.send(requestType.mkdir, text('/upload/d'), uint32(0))).status).to.equal(
      statusCode.ok,
    );
    expect((await client.send(requestType.mkdir, text('/upload/d'), uint32(0))).status).to.equal(
      statusCode.failure,
    );
    const rights = Buffer.concat([uint32(4), uint32(0o755)]);
    // As in MKDIR: clients send them with each directory.
    expect((await client.send(requestType.setstat, text('/upload/d'), rights)).status).to.equal(
      statusCode.ok,
    );
    const handle = await client.open('/upload/d/a.txt', write | create | truncate);
    await client.write(handle, 0, 'in d');
    expect(await client.one(requestType.rmdir, '/upload/d')).to.equal(statusCode.failure);
    expect(await client.one(requestType.rename, '/upload/d', '/upload/e')).to.equal(statusCode.failure);
    await client.close(handle);
    expect(await client.one(requestType.rename, '/upload/d', '/upload/e')).to.equal(statusCode.ok);
    expect(readFileSync(inUpload('e/a.txt'), 'utf8')).to.equal('in d');
    expect(await client.one(requestType.rmdir, '/upload/e')).to.equal(statusCode.failure);
    await client.one(requestType.remove, '/upload/e/a.txt');
    expect(await client.one(requestType.rmdir, '/upload/e')).to.equal(statusCode.ok);
    expect(existsSync(inUpload('e'))).to.equal(false);
  });

  it('rename refuses a name that is taken, posix-rename replaces it', async () => {
    await client.put('/upload/p.txt', 'p');
    await client.put('/upload/q.txt', 'q');
    expect(await client.one(requestType.rename, '/upload/p.txt', '/upload/q.txt')).to.equal(
      statusCode.failure,
    );
    expect(readFileSync(inUpload('q.txt'), 'utf8')).to.equal('q');
    const replaced = await client.extended(
      'posix-rename@openssh.com',
      text('/upload/p.txt'),
      text('/upload/q.txt'),
    );
    expect(replaced.status).to.equal(statusCode.ok);
    expect(readFileSync(inUpload('q.txt'), 'utf8')).to.equal('p');
    expect(existsSync(inUpload('p.txt'))).to.equal(false);
  });

  it('left unfinished for a week are removed', async () => {
    mkdirSync(inPartial('old'), { recursive: true });
    writeFileSync(inPartial('old/stale.txt'), 'x');
    writeFileSync(inPartial('fresh.txt'), 'x');
    utimesSync(inPartial('old/stale.txt'), 1_600_000_000, 1_600_000_000);
    const node = await startTestServer({ database: server.database, dir: server.dir });
    await until(async () => !existsSync(inPartial('old/stale.txt')));
    expect(existsSync(inPartial('fresh.txt'))).to.equal(true);
    await node.close();
  });
});
