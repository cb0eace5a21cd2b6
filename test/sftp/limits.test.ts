/* What one client can take of the server, and what happens when the disk has no more to give (faults F2, F4). */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { downloadDir, partialDir, uploadDir } from '../../src/sftp/index.js';
import { describeWith } from '../support/needs.js';
import { mountSmallDisk, smallDisk, unmountSmallDisk } from '../support/small-disk.js';
import { until } from '../support/until.js';
import {
  connect,
  openFlag,
  RawClient,
  requestType,
  statusCode,
  text,
  uint32,
  uint64,
} from './support/raw-client.js';
import { startTestServer, type TestServer } from './support/server.js';

const { write, create, truncate, read } = openFlag;
const { ok, failure } = statusCode;

describe('SFTP limits', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({
      limits: { handlesMax: 5, fileBytesMax: 1_000, channelsPerConnectionMax: 2 },
    });
    const quota = { bytes: 2_500, files: 4 };
    await server.addAccount({ name: 'small', quota, passwordHash: await hashOfPassword() });
  });
  after(() => server.close());

  it('of handles: the next is refused, and one closed makes room', async () => {
    const client = await RawClient.open(server);
    const handles: Buffer[] = [];
    for (let i = 0; i < 5; i += 1) handles.push(await client.open(`/upload/h${i}`, write | create));
    expect(await client.openStatus('/upload/h5', write | create)).to.equal(failure);
    expect((await client.send(requestType.opendir, text('/'))).status).to.equal(failure);
    expect(readdirSync(partialDir(server.root, 'platform'))).not.to.include('h5');
    await client.close(handles[0] ?? Buffer.alloc(0));
    expect(await client.openStatus('/upload/h5', write | create)).to.equal(-1);
    client.end();
  });

  it('of a file’s length: a longer one is refused whole', async () => {
    const client = await RawClient.open(server);
    const handle = await client.open('/upload/long.txt', write | create | truncate);
    expect(await client.write(handle, 0, Buffer.alloc(1_000))).to.equal(ok);
    expect(await client.write(handle, 1_000, 'x')).to.equal(failure);
    expect(await client.close(handle)).to.equal(failure);
    expect(existsSync(join(uploadDir(server.root, 'platform'), 'long.txt'))).to.equal(false);
    client.end();
  });

  it('of an account’s bytes and files: what does not fit is refused, what was removed makes room', async () => {
    const client = await RawClient.open(server, { username: 'small', password: 'correct horse battery' });
    expect(await client.put('/upload/1', Buffer.alloc(1_000))).to.equal(ok);
    expect(await client.put('/upload/2', Buffer.alloc(1_000))).to.equal(ok);
    expect(await client.put('/upload/3', Buffer.alloc(1_000))).to.equal(failure);
    expect(await client.put('/upload/4', Buffer.alloc(100))).to.equal(ok);
    expect(await client.openStatus('/upload/5', write | create)).to.equal(failure);
    expect((await client.send(requestType.mkdir, text('/upload/d'), uint32(0))).status).to.equal(failure);
    for (const name of ['1', '3'])
      expect(await client.one(requestType.remove, `/upload/${name}`)).to.equal(ok);
    expect(await client.put('/upload/6', Buffer.alloc(1_000))).to.equal(ok);
    client.end();
  });

  it('of sessions within one connection', async () => {
    const client = await connect(server);
    const open = () =>
      RawClient.channelOf(client).then(
        () => 'open',
        () => 'refused',
      );
    expect([await open(), await open(), await open()]).to.deep.equal(['open', 'open', 'refused']);
    client.end();
  });

  it('of packets: one too long ends the session, and its handles with it', async () => {
    const client = await RawClient.open(server);
    await client.open('/upload/lost.txt', write | create);
    client.sendBytes(Buffer.concat([uint32(300_000), Buffer.from([requestType.write])]));
    await client.ended();
    await until(() =>
      server.events.some(({ name, fields }) => name === 'sftp.fault' && fields.what === 'stream'),
    );
    client.end();
  });

  it('a first packet that is no version ends the session', async () => {
    const client = await connect(server);
    const channel = await RawClient.channelOf(client);
    const ended = new Promise((resolve) => channel.once('close', resolve));
    channel.resume();
    channel.write(Buffer.from([0, 0, 0, 1, requestType.stat]));
    await ended;
    client.end();
  });

  it('a client that asks and never reads costs a few MiB, and others do not notice', async () => {
    writeFileSync(join(downloadDir(server.root, 'platform'), 'big.bin'), Buffer.alloc(8_000_000));
    const greedy = await RawClient.open(server);
    const handle = await greedy.open('/download/big.bin', read);
    // It asks for 20,000 × 255 KiB = 5 GiB and takes nothing.
    greedy.channel.pause();
    const ask = Buffer.concat(
      Array.from({ length: 20_000 }, (_, i) => {
        const body = Buffer.concat([
          Buffer.from([requestType.read]),
          uint32(1_000_000 + i),
          text(handle),
          uint64(0n),
          uint32(261_120),
        ]);
        return Buffer.concat([uint32(body.length), body]);
      }),
    );
    const before = process.memoryUsage().rss;
    greedy.sendBytes(ask);
    const other = await RawClient.open(server);
    const started = process.hrtime.bigint();
    for (let i = 0; i < 50; i += 1) expect((await other.stat('/download/big.bin')).size).to.equal(8_000_000);
    expect(Number(process.hrtime.bigint() - started) / 1e6).to.be.lessThan(5_000);
    // The client's own side lies in this process too: 2 MiB of window and the 700 kB of requests.
    expect(process.memoryUsage().rss - before).to.be.lessThan(200_000_000);
    greedy.cut();
    other.end();
  });

  it('ten clients at once put and get, each its own', async () => {
    const clients = await Promise.all(Array.from({ length: 10 }, () => RawClient.open(server)));
    await Promise.all(
      clients.map(async (client, i) => {
        for (let round = 0; round < 20; round += 1) {
          const content = `client ${i} round ${round} `.repeat(20);
          expect(await client.put(`/upload/c${i}.txt`, content)).to.equal(ok);
          expect(await client.get(`/upload/c${i}.txt`)).to.equal(content);
        }
      }),
    );
    for (const client of clients) client.end();
    expect(readFileSync(join(uploadDir(server.root, 'platform'), 'c9.txt'), 'utf8')).to.contain(
      'client 9 round 19',
    );
  });

  const many = process.env.SLUICE_LONG === '1' ? 100_000 : 10_000;
  it(`a directory of ${many} files is listed whole, and other requests are answered meanwhile`, async () => {
    const dir = join(downloadDir(server.root, 'platform'), 'many');
    mkdirSync(dir);
    execFileSync('sh', ['-c', `seq -f "f%06g.txt" 1 ${many} | xargs touch`], { cwd: dir });
    const [lister, other] = [await RawClient.open(server), await RawClient.open(server)];
    let slowest = 0;
    let listed = false;
    const listing = lister.list('/download/many').finally(() => {
      listed = true;
    });
    while (!listed) {
      const started = process.hrtime.bigint();
      await other.stat('/download');
      slowest = Math.max(slowest, Number(process.hrtime.bigint() - started) / 1e6);
    }
    expect(new Set((await listing).map(({ name }) => name)).size).to.equal(many);
    expect(slowest).to.be.lessThan(1_000);
    lister.end();
    other.end();
    rmSync(dir, { recursive: true });
  }).timeout(60_000);
});

async function hashOfPassword(): Promise<string> {
  const { hashPassword } = await import('../../src/sftp/index.js');
  const { systemIds } = await import('../../src/clock.js');
  return hashPassword('correct horse battery', systemIds);
}

describeWith(smallDisk, 'SFTP on a full disk', () => {
  let root: string;
  let server: TestServer;
  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'sluice-full-'));
    mountSmallDisk(root);
    server = await startTestServer({ root });
  });
  after(async () => {
    await server.close();
    unmountSmallDisk(root);
    rmSync(root, { recursive: true });
  });

  it('an upload that does not fit is an error to the client, no file to processing, and can go on when there is room', async () => {
    const client = await RawClient.open(server);
    const data = Buffer.alloc(100_000, 'full');
    const handle = await client.open('/upload/big.bin', write | create | truncate);
    let written = 0;
    while ((await client.write(handle, written * data.length, data)) === ok) written += 1;
    expect(written).to.be.within(8, 10);
    expect(await client.write(handle, 0, 'more')).to.equal(failure);
    expect(await client.close(handle)).to.equal(failure);
    expect(readdirSync(uploadDir(root, 'platform'))).to.deep.equal([]);
    expect(server.published).to.deep.equal([]);
    expect(server.events.some(({ fields }) => /ENOSPC/.test(String(fields.detail)))).to.equal(true);
    // The server lives, and others are told the same.
    expect(await client.put('/upload/other.bin', data)).to.equal(failure);
    expect(await client.one(requestType.remove, '/upload/big.bin')).to.equal(ok);
    expect(await client.put('/upload/other.bin', data)).to.equal(ok);
    expect(readFileSync(join(uploadDir(root, 'platform'), 'other.bin')).equals(data)).to.equal(true);
    client.end();
  });

  it('without inodes new files are refused and old ones still read', async () => {
    const client = await RawClient.open(server);
    let refused = 0;
    for (let i = 0; i < 80; i += 1) {
      const status = await client.put(`/upload/i${i}`, 'x').catch(() => failure);
      if (status !== ok) refused += 1;
    }
    expect(refused).to.be.greaterThan(20);
    expect(await client.get('/upload/i0')).to.equal('x');
    client.end();
  });

  it('with less free than the reserve, uploads are refused before the disk is full', async () => {
    const reserve = await startTestServer({
      root,
      database: server.database,
      dir: server.dir,
      limits: { freeBytesMin: 2 * 1024 * 1024 },
    });
    const client = await RawClient.open({ ...server, port: reserve.port });
    const without = await RawClient.open(server);
    try {
      for (const { name } of await client.list('/upload')) {
        await client.one(requestType.remove, `/upload/${name}`);
      }
      expect(await client.put('/upload/reserve.bin', 'x').catch(() => failure)).to.equal(failure);
      // There is room for it: a server that keeps no reserve takes it.
      expect(await without.put('/upload/reserve.bin', 'x')).to.equal(ok);
      const { bavail, bsize } = statfsSync(root);
      expect(bavail * bsize).to.be.greaterThan(0);
    } finally {
      for (const one of [client, without]) one.end();
      await reserve.close();
    }
  });
});
