/* An account may have one direction only: it writes, or it reads. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { systemIds } from '../../src/clock.js';
import { sql } from '../../src/database/index.js';
import { downloadDir, hashPassword, uploadDir } from '../../src/sftp/index.js';
import { until } from '../support/until.js';
import { openFlag, RawClient, requestType, statusCode, text, uint32 } from './support/raw-client.js';
import { PASSWORD, startTestServer, type TestServer } from './support/server.js';

const { read, write, create } = openFlag;
const { permissionDenied, ok } = statusCode;

describe('SFTP directions', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
    const passwordHash = await hashPassword(PASSWORD, systemIds);
    await server.addAccount({ name: 'reader', mayUpload: false, passwordHash });
    await server.addAccount({ name: 'writer', mayDownload: false, passwordHash });
    for (const name of ['reader', 'writer']) {
      writeFileSync(join(downloadDir(server.root, name), 'ours.txt'), 'for you');
      writeFileSync(join(uploadDir(server.root, name), 'theirs.txt'), 'from you');
      mkdirSync(join(uploadDir(server.root, name), 'folder'));
    }
  });
  after(() => server.close());
  const open = (username: string) => RawClient.open(server, { username, password: PASSWORD });

  it('who may not upload reads download, and neither sees nor changes upload', async () => {
    const client = await open('reader');
    expect(await client.get('/download/ours.txt')).to.equal('for you');
    expect((await client.stat('/upload/theirs.txt')).status).to.equal(permissionDenied);
    expect((await client.send(requestType.opendir, text('/upload'))).status).to.equal(permissionDenied);
    for (const flags of [read, write, write | create]) {
      expect(await client.openStatus('/upload/theirs.txt', flags)).to.equal(permissionDenied);
    }
    expect(await client.openStatus('/upload/new.txt', write | create)).to.equal(permissionDenied);
    expect(await client.one(requestType.remove, '/upload/theirs.txt')).to.equal(permissionDenied);
    expect(await client.one(requestType.rmdir, '/upload/folder')).to.equal(permissionDenied);
    expect((await client.send(requestType.mkdir, text('/upload/x'), uint32(0))).status).to.equal(
      permissionDenied,
    );
    expect(await client.one(requestType.rename, '/upload/theirs.txt', '/upload/x')).to.equal(
      permissionDenied,
    );
    const times = Buffer.concat([uint32(8), uint32(1), uint32(1)]);
    const set = await client.send(requestType.setstat, text('/upload/theirs.txt'), times);
    expect(set.status).to.equal(permissionDenied);
    client.end();
  });

  it('who may not download writes upload, and sees nothing of download', async () => {
    const client = await open('writer');
    expect(await client.put('/upload/new.txt', 'new')).to.equal(ok);
    expect((await client.stat('/download/ours.txt')).status).to.equal(permissionDenied);
    expect(await client.openStatus('/download/ours.txt', read)).to.equal(permissionDenied);
    expect((await client.send(requestType.opendir, text('/download'))).status).to.equal(permissionDenied);
    client.end();
  });

  it('a session that runs has the new directions within seconds', async () => {
    const client = await open('writer');
    expect(await client.openStatus('/upload/one.txt', write | create)).to.equal(-1);
    const change = sql("update sftp_accounts set may_upload = 'N' where account_name = 'writer'");
    await server.database.run(change, {});
    await until(async () => (await client.stat('/upload/new.txt')).status === permissionDenied);
    expect(await client.openStatus('/upload/two.txt', write | create)).to.equal(permissionDenied);
    client.end();
  });
});
