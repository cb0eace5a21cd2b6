/* What an administrator's dashboard sees of the SFTP server. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect } from 'chai';
import { until } from '../support/until.js';
import { RawClient } from './support/raw-client.js';
import { startTestServer, type TestServer } from './support/server.js';

describe('SFTP metrics', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ limits: { failuresPerAddressMax: 2 } });
  });
  after(() => server.close());
  const value = async (name: string, labels: Record<string, string> = {}): Promise<number> => {
    const metric = await server.metrics.registry.getSingleMetric(name)?.get();
    const isIt = (one: object) =>
      Object.entries(labels).every(([k, v]) => Object.entries(one).some(([a, b]) => a === k && b === v));
    return metric?.values.find(({ labels: has }) => isIt(has))?.value ?? 0;
  };

  it('count sessions, bytes of files both ways, and uploads', async () => {
    const client = await RawClient.open(server);
    expect(await value('sluice_sftp_sessions')).to.equal(1);
    await client.put('/upload/a.txt', Buffer.alloc(5_000));
    await client.put('/upload/b.txt.part', Buffer.alloc(10));
    expect((await client.get('/upload/a.txt')).length).to.equal(5_000);
    expect(await value('sluice_sftp_bytes_total', { direction: 'in' })).to.equal(5_010);
    expect(await value('sluice_sftp_bytes_total', { direction: 'out' })).to.equal(5_000);
    expect(await value('sluice_sftp_uploads_total', { end: 'published' })).to.equal(1);
    expect(await value('sluice_sftp_uploads_total', { end: 'awaits-rename' })).to.equal(1);
    expect(await value('sluice_sftp_logins_total', { result: 'accepted' })).to.equal(1);
    client.end();
    await until(async () => (await value('sluice_sftp_sessions')) === 0);
  });

  it('count failed logins by reason, bans, and connections refused for them', async () => {
    for (const username of ['platform', 'nobody']) {
      // The second is cut off, and ssh2 calls that neither ready nor an error.
      void RawClient.open(server, { username, password: 'wrong' }).catch(() => {});
      const result = username === 'platform' ? 'wrong-password' : 'unknown-account';
      await until(async () => (await value('sluice_sftp_logins_total', { result })) === 1);
    }
    await until(async () => (await value('sluice_sftp_bans_total', { kind: 'address' })) === 1);
    const socket = connect(server.port, '127.0.0.1').on('error', () => {});
    await once(socket, 'close');
    expect(await value('sluice_sftp_connections_refused_total', { reason: 'banned' })).to.equal(1);
  });
});
