/** Changes of certificates and configuration while a gateway runs: in force at once, and nobody notices who need not (S11, S12). */
import { once } from 'node:events';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { expect } from 'chai';
import { sluiceInside } from '../support/command-line.js';
import { messageFixture } from '../support/fixtures.js';
import { demoDirectory, type Gateway, platformTls, startGateway } from '../support/gateway.js';
import { sendFrame } from '../support/platform.js';
import { framesOf, rawClient } from '../support/raw-client.js';
import { until } from '../support/until.js';

const query = Buffer.from(messageFixture('01').frameHex, 'hex');
/** "Within one second", and some for a busy machine. */
const IN_FORCE_MS = 3000;

describe('certificates of a running gateway', () => {
  let gateway: Gateway;
  let remove: () => void;
  let tls: ReturnType<typeof platformTls> & { port: number };
  before(async () => {
    const made = await demoDirectory();
    remove = made.remove;
    gateway = await startGateway(made.dir);
    tls = { ...platformTls(made.dir), port: gateway.port };
  });
  after(async () => {
    await gateway.stop();
    remove();
  });
  const does = async (...args: string[]) => {
    const { code, stdout, stderr } = await sluiceInside([...args, '--dir', gateway.dir]);
    if (code !== 0) throw new Error(`sluice ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  /** Does the gateway answer a query on a connection of its own? A refused one is cut without an answer. */
  const answers = async (more: object = {}) => {
    try {
      return (await sendFrame({ ...tls, ...more }, query)).length === 1;
    } catch {
      return false;
    }
  };
  const logged = () => readFileSync(join(gateway.dir, 'logs', 'sluice.log'), 'utf8');
  const refused = async () => !(await answers());

  it('a revoked certificate is refused within a second, and accepted again when that is taken back', async () => {
    expect(await answers()).equal(true);
    await does('certs', 'revoke', join(gateway.dir, 'certs', 'platform.crt'));
    expect(await until(refused)).below(IN_FORCE_MS);
    await until(async () => logged().includes('"connection.refused"')); // the log is written behind
    await does('certs', 'unrevoke', join(gateway.dir, 'certs', 'platform.crt'));
    expect(await until(answers)).below(IN_FORCE_MS);
  });

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
    it(`a resumed ${maxVersion} session does not outlive the revocation`, async () => {
      const sessions: Buffer[] = [];
      const first = connect({ ...tls, host: '127.0.0.1', checkServerIdentity: () => undefined, maxVersion });
      first.on('session', (session) => sessions.push(session)).on('error', () => {});
      first.write(query);
      first.resume();
      await once(first, 'close');
      const session = sessions.at(-1);
      expect(session).not.equal(undefined);
      await does('certs', 'peer', 'disable', 'platform');
      await until(refused);
      expect(await answers({ session, maxVersion })).equal(false);
      await does('certs', 'peer', 'enable', 'platform');
      await until(answers);
    });

  it('our own certificate is replaced while a connection stays open, which goes on with the old one', async () => {
    const client = await rawClient(tls);
    const old = serverFingerprint(client.socket);
    await does('certs', 'new', '--replace', '--key-type', 'rsa-2048', '--subject', 'CN=gateway');
    const ca = readFileSync(join(gateway.dir, 'certs', 'server.crt'));
    expect(await until(() => answers({ ca }))).below(IN_FORCE_MS);
    const fresh = await rawClient({ ...tls, ca });
    expect(serverFingerprint(fresh.socket)).not.equal(old);
    fresh.socket.destroy();
    client.socket.write(query);
    expect(framesOf(await client.closed())).length(1);
    tls = { ...tls, ca };
  });

  it('a damaged file is refused whole, and the old state stays', async () => {
    const file = join(gateway.dir, 'certs', 'peers.json');
    const good = readFileSync(file);
    writeFileSync(file, good.subarray(0, good.length / 2));
    await until(
      async () =>
        /"trust.refused"[^\n]*peers.json/.test(logged()) || /peers.json[^\n]*"trust.refused"/.test(logged()),
    );
    expect(await answers()).equal(true);
    writeFileSync(file, good);
    writeFileSync(join(gateway.dir, 'certs', 'server.key'), 'rubbish');
    await until(async () => /server.key/.test(logged()));
    expect(await answers()).equal(true);
  });

  it('sluice reload says what is wrong, and changes nothing then', async () => {
    const { stderr } = await sluiceInside(['reload', '--dir', gateway.dir]);
    expect(stderr).contains('goes on as before').contains('server.key');
    await does('certs', 'new', '--replace');
    tls = { ...tls, ca: readFileSync(join(gateway.dir, 'certs', 'server.crt')) };
    await until(answers);
    const yaml = join(gateway.dir, 'sluice.yaml');
    const good = readFileSync(yaml, 'utf8');
    appendFileSync(yaml, '\nnonsense: true\n');
    expect((await sluiceInside(['reload', '--dir', gateway.dir])).stderr).contains(
      'unknown setting nonsense',
    );
    writeFileSync(yaml, good);
    expect(await does('reload')).contains('已生效');
  });

  it('100 reloads under load: not one exchange fails', async () => {
    let done = 0;
    let failed = 0;
    let going = true;
    const client = async () => {
      while (going) {
        if (await answers()) done++;
        else failed++;
      }
    };
    const clients = Array.from({ length: 4 }, client);
    try {
      for (let i = 0; i < 100; i++) expect(await does('reload')).contains('已生效');
    } finally {
      going = false;
      await Promise.all(clients);
    }
    expect({ failed, enough: done >= 100 }).deep.equal({ failed: 0, enough: true });
  }).timeout(120_000);
});

const serverFingerprint = (socket: TLSSocket) => socket.getPeerX509Certificate()?.fingerprint256;
