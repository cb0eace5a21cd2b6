/* Processing takes a file the moment it is there; whoever put it must still be able to look at it, or its client says the upload failed. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { systemIds } from '../../src/clock.js';
import { hashPassword } from '../../src/sftp/index.js';
import { until } from '../support/until.js';
import { openFlag, RawClient, requestType, statusCode, text, uint32 } from './support/raw-client.js';
import { PASSWORD, startTestServer, type TestServer } from './support/server.js';

describe('SFTP uploads that processing takes at once', () => {
  let server: TestServer;
  let client: RawClient;
  before(async () => {
    server = await startTestServer({ takes: true });
    client = await RawClient.open(server);
  });
  after(async () => {
    client.end();
    await server.close();
  });
  const taken = (name: string) => readFileSync(join(server.dir, 'taken', name), 'utf8');
  const timesOf = (at: number) => Buffer.concat([uint32(8), uint32(at), uint32(at)]);

  it('keep their size and times for whoever asks after CLOSE, on any connection of the account', async () => {
    expect(await client.put('/upload/a.txt', 'twelve bytes')).to.equal(statusCode.ok);
    expect(taken('a.txt')).to.equal('twelve bytes');
    expect((await client.stat('/upload/a.txt')).size).to.equal(12);
    const set = await client.send(requestType.setstat, text('/upload/a.txt'), timesOf(1_700_000_000));
    expect(set.status).to.equal(statusCode.ok);
    const other = await RawClient.open(server);
    expect(await other.stat('/upload/a.txt')).to.deep.equal({
      status: 0,
      size: 12,
      modifiedAt: 1_700_000_000,
    });
    other.end();
  });

  it('and after a rename', async () => {
    expect(await client.put('/upload/b.txt.part', 'part')).to.equal(statusCode.ok);
    expect(await client.one(requestType.rename, '/upload/b.txt.part', '/upload/b.txt')).to.equal(
      statusCode.ok,
    );
    expect(taken('b.txt')).to.equal('part');
    expect((await client.stat('/upload/b.txt')).size).to.equal(4);
    expect((await client.stat('/upload/b.txt.part')).status).to.equal(statusCode.noSuchFile);
  });

  it('are gone for everything else: lists, reading, renames, removal', async () => {
    await client.put('/upload/c.txt', 'c');
    expect(await client.list('/upload')).to.deep.equal([]);
    expect(await client.openStatus('/upload/c.txt', openFlag.read)).to.equal(statusCode.noSuchFile);
    expect(await client.one(requestType.rename, '/upload/c.txt', '/upload/d.txt')).to.equal(
      statusCode.noSuchFile,
    );
    expect(await client.one(requestType.remove, '/upload/c.txt')).to.equal(statusCode.noSuchFile);
  });

  it('count no more against the quota of files and bytes', async () => {
    const quota = { bytes: 1_500, files: 2 };
    await server.addAccount({ name: 'small', quota, passwordHash: await hashPassword(PASSWORD, systemIds) });
    const small = await RawClient.open(server, { username: 'small', password: PASSWORD });
    for (const name of ['1', '2']) await small.put(`/upload/${name}`, Buffer.alloc(700));
    // What was counted half a second ago is counted again.
    const flags = openFlag.write | openFlag.create;
    await until(async () => (await small.openStatus('/upload/3', flags)) === -1);
    small.end();
  });

  it('may be put again under the same name, also by who wants a new name', async () => {
    await client.put('/upload/e.txt', 'one');
    const again = openFlag.write | openFlag.create | openFlag.exclusive;
    expect(await client.put('/upload/e.txt', 'three', again)).to.equal(statusCode.ok);
    expect((await client.stat('/upload/e.txt')).size).to.equal(5);
    expect(readdirSync(join(server.dir, 'taken')).filter((name) => name === 'e.txt').length).to.equal(1);
  });
});
