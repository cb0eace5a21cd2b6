/* Who gets in, who does not, and what it costs to try (faults F7, F8). */
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { expect } from 'chai';
import ssh2, { type ConnectConfig } from 'ssh2';
import { systemClock, systemIds } from '../../src/clock.js';
import { sql } from '../../src/database/index.js';
import {
  addKey,
  hashPassword,
  makeEd25519Key,
  parsePublicKey,
  removeAccount,
  setAccountEnabled,
  setAccountPassword,
} from '../../src/sftp/index.js';
import { until } from '../support/until.js';
import { openFlag, RawClient, statusCode, withPassword } from './support/raw-client.js';
import { PASSWORD, startTestServer, type TestServer } from './support/server.js';

/** How a login ends: `in`, or the client's error. */
async function login(server: TestServer, config: Partial<ConnectConfig>): Promise<string> {
  const client = new ssh2.Client();
  const result = new Promise<string>((resolve) => {
    client.once('ready', () => resolve('in'));
    client.once('error', (error: Error & { level?: string }) => resolve(error.level ?? error.message));
    client.once('close', () => resolve('closed'));
  });
  client.connect({ host: '127.0.0.1', port: server.port, username: 'platform', ...config });
  const how = await result;
  client.on('error', () => {});
  client.end();
  return how;
}
const reasons = (server: TestServer) =>
  server.events.filter(({ name }) => name === 'sftp.login.refused').map(({ fields }) => fields.reason);
const REFUSED = 'client-authentication';

async function silentSocket(server: TestServer): Promise<Socket> {
  const socket = connectTcp(server.port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

describe('SFTP logins', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({
      limits: { failuresPerAddressMax: 1_000, failuresPerAccountMax: 1_000 },
    });
  });
  after(() => server.close());

  it('by key and by password', async () => {
    expect(await login(server, { privateKey: server.privateKey })).to.equal('in');
    expect(await login(server, withPassword)).to.equal('in');
  });

  it('are refused alike, whatever the reason; only the log knows it', async () => {
    const passwordHash = await hashPassword(PASSWORD, systemIds);
    await server.addAccount({ name: 'disabled', enabled: false, passwordHash });
    await server.addAccount({ name: 'expired', expiresAt: 1, passwordHash });
    await server.addAccount({ name: 'elsewhere', addresses: ['192.0.2.0/24'], passwordHash });
    await server.addAccount({ name: 'keys-only' });
    const start = reasons(server).length;
    for (const username of [
      'nobody',
      'disabled',
      'expired',
      'elsewhere',
      'keys-only',
      '../platform',
      'PLATFORM',
    ]) {
      expect(await login(server, { username, password: PASSWORD }), username).to.equal(REFUSED);
    }
    expect(await login(server, { password: `${PASSWORD}x` })).to.equal(REFUSED);
    expect(await login(server, { password: '' })).to.be.oneOf([REFUSED, 'closed']);
    expect(reasons(server).slice(start, start + 8)).to.deep.equal([
      'unknown-account',
      'account-disabled',
      'account-expired',
      'address-not-allowed',
      'no-password',
      'unknown-account',
      'unknown-account',
      'wrong-password',
    ]);
  });

  it('by a key of another account, an unknown key, or a known key without its private part are refused', async () => {
    const other = makeEd25519Key(systemIds);
    expect(await login(server, { privateKey: other.privateKey })).to.equal(REFUSED);
    expect(await login(server, { username: 'nobody', privateKey: server.privateKey })).to.equal(REFUSED);
    const known = parsePublicKey(other.publicKey);
    await addKey(server.database, {
      account: 'platform',
      fingerprint: known.fingerprint,
      type: known.type,
      data: known.blob.toString('base64'),
      note: '',
      addedAt: 0,
    });
    expect(await login(server, { privateKey: other.privateKey })).to.equal('in');
    const agent: ssh2.BaseAgent = new (class extends ssh2.BaseAgent {
      override getIdentities(found: (error: undefined, keys: ssh2.ParsedKey[]) => void): void {
        const key = ssh2.utils.parseKey(other.publicKey);
        found(undefined, key instanceof Error ? [] : [key].flat());
      }
      override sign(...all: unknown[]): void {
        const done = all.at(-1);
        if (typeof done === 'function') done(undefined, Buffer.alloc(64));
      }
    })();
    expect(await login(server, { agent })).to.equal(REFUSED);
    expect(reasons(server).at(-1)).to.equal('wrong-signature');
  });

  it('by RSA key are signed with SHA-2; SHA-1 is not taken', async () => {
    const rsa = ssh2.utils.generateKeyPairSync('rsa', { bits: 2_048 });
    const { type, fingerprint, blob } = parsePublicKey(rsa.public);
    await addKey(server.database, {
      account: 'platform',
      fingerprint,
      type,
      data: blob.toString('base64'),
      note: '',
      addedAt: 0,
    });
    expect(await login(server, { privateKey: rsa.private })).to.equal('in');
  });

  it('end after six failures on one connection', async () => {
    const client = new ssh2.Client();
    let tries = 0;
    client.on('error', () => {});
    client.connect({
      host: '127.0.0.1',
      port: server.port,
      username: 'platform',
      authHandler: (_left, _partial, next) => {
        tries += 1;
        next({ type: 'password', username: 'platform', password: `wrong ${tries}` });
      },
    });
    await once(client, 'close');
    expect(tries).to.equal(6);
  });

  it('are possible again the moment the account is enabled or has a new password', async () => {
    await setAccountEnabled(server.database, 'disabled', true);
    expect(await login(server, { username: 'disabled', password: PASSWORD })).to.equal('in');
    await setAccountPassword(server.database, 'disabled', await hashPassword('another password', systemIds));
    expect(await login(server, { username: 'disabled', password: PASSWORD })).to.equal(REFUSED);
    expect(await login(server, { username: 'disabled', password: 'another password' })).to.equal('in');
  });

  it('end within seconds when the account is disabled or removed', async () => {
    for (const end of [
      () => setAccountEnabled(server.database, 'disabled', false),
      () => removeAccount(server.database, 'disabled'),
    ]) {
      await setAccountEnabled(server.database, 'disabled', true);
      const client = await RawClient.open(server, { username: 'disabled', password: 'another password' });
      await end();
      await client.ended();
    }
  });

  it('end when the account expires, or its addresses are others now', async () => {
    const passwordHash = await hashPassword(PASSWORD, systemIds);
    await server.addAccount({ name: 'brief', addresses: ['127.0.0.0/8'], passwordHash });
    const change = (column: string, value: string) =>
      server.database.run(
        sql(`update sftp_accounts set ${column} = ${value} where account_name = 'brief'`),
        {},
      );
    for (const [column, value, old] of [
      ['expires_at', '1', 'null'],
      ['addresses', "'192.0.2.0/24'", "'127.0.0.0/8'"],
    ] as const) {
      const client = await RawClient.open(server, { username: 'brief', password: PASSWORD });
      await change(column, value);
      await client.ended();
      await change(column, old);
    }
  });

  it('keep their passwords and keys to themselves: nothing of them is logged', () => {
    const written = JSON.stringify(server.events);
    for (const secret of [PASSWORD, 'another password', 'wrong 1', 'scrypt$'])
      expect(written).not.to.contain(secret);
  });
});

describe('SFTP login attacks', () => {
  it('from one address: it is banned, and refused before any cryptography', async () => {
    const server = await startTestServer({ limits: { failuresPerAddressMax: 5, banMs: 60_000 } });
    try {
      for (let i = 0; i < 5; i += 1) await login(server, { password: `guess number ${i}` });
      expect(server.events.filter(({ name }) => name === 'sftp.banned').length).to.equal(1);
      expect(await login(server, withPassword)).not.to.equal('in');
      const refused = server.events.filter(({ name }) => name === 'sftp.connection.refused');
      expect(refused.map(({ fields }) => fields.reason)).to.deep.equal(['banned']);
    } finally {
      await server.close();
    }
  });

  it('on one account: its passwords are not taken, its keys are', async () => {
    const server = await startTestServer({
      limits: { failuresPerAccountMax: 3, failuresPerAddressMax: 100 },
    });
    try {
      for (let i = 0; i < 3; i += 1) await login(server, { password: `guess number ${i}` });
      expect(await login(server, withPassword)).to.equal(REFUSED);
      expect(await login(server, { privateKey: server.privateKey })).to.equal('in');
    } finally {
      await server.close();
    }
  });

  it('connections that say nothing are closed after the grace, those that say anything but SSH at once', async () => {
    const server = await startTestServer({ limits: { loginGraceMs: 300 } });
    try {
      const silent = await silentSocket(server);
      const half = await silentSocket(server);
      half.write('SSH-2.0-half\r\n');
      const closed = Promise.all([silent, half].map((socket) => once(socket.resume(), 'close')));
      const http = await silentSocket(server);
      http.write(`GET / HTTP/1.1\r\n\r\n`);
      await once(http.resume(), 'close');
      const long = await silentSocket(server);
      long.write('x'.repeat(1_000));
      await once(long.resume(), 'close');
      await closed;
      await until(() => server.events.filter(({ name }) => name === 'sftp.connection.ended').length === 4);
      const why = server.events.flatMap(({ name, fields }) =>
        name === 'sftp.connection.ended' ? [fields.reason] : [],
      );
      expect(why.sort()).to.deep.equal(['login-grace', 'login-grace', 'not-ssh', 'not-ssh']);
    } finally {
      await server.close();
    }
  });

  it('five hundred silent connections: few are let in, and a login goes through among them', async () => {
    const limits = { startupsFree: 10, startupsMax: 20, startupsPerAddressMax: 1_000, loginGraceMs: 600 };
    const server = await startTestServer({ limits });
    try {
      const sockets = await Promise.all(Array.from({ length: 500 }, () => silentSocket(server)));
      const refused = () => server.events.filter(({ name }) => name === 'sftp.connection.refused').length;
      await until(() => refused() >= 480);
      await until(async () => (await login(server, { privateKey: server.privateKey })) === 'in');
      for (const socket of sockets) socket.destroy();
    } finally {
      await server.close();
    }
  });

  it('one address cannot take all places before login', async () => {
    const server = await startTestServer({ limits: { startupsPerAddressMax: 3 } });
    try {
      const sockets = await Promise.all(Array.from({ length: 5 }, () => silentSocket(server)));
      await until(() => server.events.filter(({ name }) => name === 'sftp.connection.refused').length === 2);
      for (const socket of sockets) socket.destroy();
    } finally {
      await server.close();
    }
  });
});

describe('SFTP sessions', () => {
  it('are limited for each account, over all nodes', async () => {
    const server = await startTestServer({ limits: { sessionsPerAccountMax: 2 } });
    const node = await startTestServer({
      database: server.database,
      dir: server.dir,
      limits: { sessionsPerAccountMax: 2 },
    });
    try {
      const first = await RawClient.open(server);
      const privateKey = server.privateKey;
      const client = await RawClient.open({ ...server, port: node.port });
      expect(await login(server, { privateKey })).to.equal(REFUSED);
      expect(await login(node, { privateKey })).to.equal(REFUSED);
      first.end();
      await until(async () => (await login(node, { privateKey })) === 'in');
      client.end();
    } finally {
      await node.close();
      await server.close();
    }
  });

  it('are listed and ended from another node', async () => {
    const server = await startTestServer();
    const node = await startTestServer({ database: server.database, dir: server.dir });
    try {
      const client = await RawClient.open(server);
      const [session] = await node.server.sessions();
      expect(session?.account).to.equal('platform');
      expect(session?.address).to.equal('127.0.0.1');
      expect(session?.software).to.match(/^ssh2js/);
      expect(await node.server.kick(session?.id ?? '')).to.equal(true);
      await client.ended();
      await until(async () => (await node.server.sessions()).length === 0);
      expect(await node.server.kick('nobody')).to.equal(false);
    } finally {
      await node.close();
      await server.close();
    }
  });

  it('of a node that died are forgotten', async () => {
    const server = await startTestServer();
    try {
      const old = systemClock.now() - 60_000;
      await server.database.run(
        sql(
          "insert into sftp_sessions (session_id, node_id, account_name, address, started_at, seen_at, kicked) values ('x', 'dead', 'platform', '-', :at, :at, 'N')",
        ),
        { at: old },
      );
      expect(await server.server.sessions()).to.deep.equal([]);
    } finally {
      await server.close();
    }
  });

  it('without a request for too long are closed', async () => {
    const server = await startTestServer({ limits: { idleMs: 1_000 } });
    try {
      const client = await RawClient.open(server);
      await client.ended();
      await until(() => server.events.some(({ fields }) => fields.reason === 'idle'));
    } finally {
      await server.close();
    }
  });

  it('exchange new keys under way without losing a byte', async () => {
    const server = await startTestServer({ limits: { rekeyBytes: 1_000_000 } });
    try {
      const client = await RawClient.open(server);
      let rekeyed = 0;
      client.client.on('handshake', () => {
        rekeyed += 1;
      });
      const data = Buffer.alloc(200_000, 'rekey');
      const handle = await client.open(
        '/upload/keys.bin',
        openFlag.write | openFlag.create | openFlag.truncate,
      );
      let at = 0;
      while (rekeyed < 2) {
        const writes = Array.from({ length: 8 }, (_, i) => client.write(handle, at + i * data.length, data));
        for (const status of await Promise.all(writes)) expect(status).to.equal(statusCode.ok);
        at += 8 * data.length;
      }
      expect(await client.close(handle)).to.equal(statusCode.ok);
      client.end();
    } finally {
      await server.close();
    }
  });

  it('when the server stops: what runs is finished, what does not end in time is cut and kept', async () => {
    const server = await startTestServer();
    const client = await RawClient.open(server);
    const idle = await RawClient.open(server);
    const handle = await client.open('/upload/last.txt', openFlag.write | openFlag.create);
    await client.write(handle, 0, 'last words');
    const stopped = server.server.close(5_000);
    await idle.ended();
    expect(await client.close(handle)).to.equal(statusCode.ok);
    await stopped;
    expect(server.published.map(({ path }) => path)).to.deep.equal(['/upload/last.txt']);
    await server.close();
  });
});
