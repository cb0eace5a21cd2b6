/*
  TLS sessions: resumed on whichever process and after a reload, with the identity they began with, and not once that is gone (S12).
  Clients: OpenSSL's s_client and Java.
*/
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { expect } from 'chai';
import { systemClock } from '../../src/clock.js';
import { rotatingTicketKeys } from '../../src/server/index.js';
import { sluiceInside } from '../support/command-line.js';
import { messageFixture } from '../support/fixtures.js';
import { demoDirectory, type Gateway, startGateway } from '../support/gateway.js';
import { describeWith, program } from '../support/needs.js';
import { run } from '../support/programs.js';
import { startServer } from '../support/server.js';
import { TestClock } from '../support/test-clock.js';
import { until } from '../support/until.js';

const query = Buffer.from(messageFixture('01').frameHex, 'hex');

describeWith(program('openssl', 'openssl'), 'TLS sessions of two processes', () => {
  let gateway: Gateway;
  let remove: () => void;
  let scratch: string;
  before(async function () {
    this.timeout(90_000);
    const made = await demoDirectory();
    remove = made.remove;
    scratch = mkdtempSync(join(tmpdir(), 'sluice-sessions-'));
    const config = join(made.dir, 'sluice.yaml');
    writeFileSync(config, readFileSync(config, 'utf8').replace('workers: 1 ', 'workers: 2 '));
    gateway = await startGateway(made.dir);
  });
  after(async () => {
    await gateway.stop();
    rmSync(scratch, { recursive: true, force: true });
    remove();
  });
  const does = async (...args: string[]) => {
    const { code, stderr } = await sluiceInside([...args, '--dir', gateway.dir]);
    if (code !== 0) throw new Error(`sluice ${args.join(' ')}: ${stderr}`);
  };
  const certs = (name: string) => join(gateway.dir, 'certs', name);

  /** One query by s_client: whether it was answered, and whether its session was resumed. */
  async function ask(version: 'tls1_2' | 'tls1_3', ...more: string[]) {
    const target = ['-connect', `127.0.0.1:${gateway.port}`, `-${version}`, '-CAfile', certs('ca.crt')];
    const own = ['-cert', certs('platform.crt'), '-key', certs('platform.key')];
    const child = spawn('openssl', ['s_client', '-ign_eof', ...target, ...own, ...more]);
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stdin.on('error', () => {});
    child.stdin.write(query);
    await once(child, 'close');
    const text = Buffer.concat(chunks).toString('latin1');
    const tickets = text.split('Post-Handshake New Session Ticket arrived').length - 1;
    return { answered: text.includes('"rtnCode":"9999"'), resumed: /^Reused, /m.test(text), tickets };
  }

  it('a full handshake of TLS 1.3 brings one ticket: OpenSSL by itself would send two', async () => {
    expect(await ask('tls1_3')).to.deep.equal({ answered: true, resumed: false, tickets: 1 });
  });

  for (const version of ['tls1_2', 'tls1_3'] as const)
    it(`OpenSSL resumes ${version}, also after a reload, until its peer is disabled`, async () => {
      const file = join(scratch, version);
      // Both processes have the common key a moment after they began.
      await until(async () => {
        await ask(version, '-sess_out', file);
        return (await ask(version, '-sess_in', file)).resumed;
      }, 30_000);
      await does('reload');
      for (let i = 0; i < 4; i++)
        expect(await ask(version, '-sess_in', file)).to.include({ answered: true, resumed: true });
      await does('certs', 'peer', 'disable', 'platform');
      await until(async () => !(await ask(version, '-sess_in', file)).answered);
      await does('certs', 'peer', 'enable', 'platform');
      await until(async () => (await ask(version)).answered);
    }).timeout(90_000);

  describeWith(program('javac', 'default-jdk-headless'), 'and Java', () => {
    const store = (name: string) => join(scratch, name);
    before(function () {
      this.timeout(60_000);
      run('javac', ['-d', scratch, join(import.meta.dirname, '../support/java/Ask.java')]);
      const trusted = ['-alias', 'ca', '-file', certs('ca.crt'), '-keystore', store('trust.jks')];
      run('keytool', ['-importcert', '-noprompt', ...trusted, '-storetype', 'JKS', '-storepass', 'changeit']);
      const from = ['-srckeystore', certs('platform.p12'), '-srcstorepass', 'sluice-demo'];
      const to = ['-destkeystore', store('own.jks'), '-deststoretype', 'JKS', '-deststorepass', 'changeit'];
      run('keytool', ['-importkeystore', '-noprompt', ...from, ...to, '-destkeypass', 'changeit']);
      writeFileSync(store('data'), query.subarray(11, -1));
    });
    const resumedSoFar = async () => {
      const text = await (await fetch(`http://127.0.0.1:${gateway.ports.metrics}/metrics`)).text();
      return Number(/^sluice_handshakes_total\{kind="resumed"\} (\d+)$/m.exec(text)?.[1] ?? 0);
    };
    /** How many of six connections of one Java process were resumed. */
    async function resumed(...options: string[]): Promise<number> {
      const before = await resumedSoFar();
      const stores = [store('own.jks'), store('trust.jks'), 'changeit', String(gateway.port)];
      const what = ['200001', store('data'), '6'];
      const said = run('java', [...options, '-cp', scratch, 'Ask', ...stores, ...what]);
      expect(said.match(/"rtnCode":"9999"/g)).to.have.length(6);
      return (await resumedSoFar()) - before;
    }
    const tls12 = '-Djdk.tls.client.protocols=TLSv1.2';

    it('resumes by itself', async () => {
      // Not every time: a session is used once, and its successor may come too late for the next connection.
      expect(await resumed()).to.be.above(0);
    }).timeout(60_000);

    it('cannot as a JDK 8 on TLS 1.2, which knows no tickets: full handshakes, all answered', async () => {
      expect(await resumed(tls12, '-Djdk.tls.client.enableSessionTicketExtension=false')).to.equal(0);
    }).timeout(60_000);
  });
});

describe('a resumed TLS session', () => {
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
    it(`is refused when its certificate has expired since (${maxVersion})`, async () => {
      let later = 0;
      const server = await startServer({ now: () => systemClock.now() + later });
      try {
        const talk = async (session?: Buffer) => {
          const sessions: Buffer[] = [];
          const options = { ...server.client, maxVersion, ...(session && { session }) };
          const socket = connect({ ...options, host: '127.0.0.1', checkServerIdentity: () => undefined });
          socket.on('session', (one) => sessions.push(one)).on('error', () => {});
          // No frame: the gateway answers nothing and closes, and TLS 1.3 sends its tickets before.
          let reused = false;
          socket.on('secureConnect', () => {
            reused = socket.isSessionReused();
            socket.end();
          });
          socket.resume();
          await once(socket, 'close');
          return { session: sessions.at(-1), reused };
        };
        const { session } = await talk();
        expect((await talk(session)).reused).to.equal(true);
        expect(server.events.filter(({ name }) => name === 'connection.refused')).to.deep.equal([]);
        later = 3 * 86_400_000;
        expect((await talk(session)).reused).to.equal(true);
        const { reason } = await server.event('connection.refused');
        expect(reason).to.equal('expired-certificate');
      } finally {
        await server.close();
      }
    });
});

describe('keys of session tickets', () => {
  it('are replaced every hour, and everybody who watches gets the new one', async () => {
    const clock = new TestClock(0);
    const keys = rotatingTicketKeys(clock);
    const first = keys.current();
    const seen: Buffer[] = [];
    keys.watch((key) => seen.push(key));
    await clock.advance(3_600_000);
    expect(seen).to.have.length(1);
    expect(keys.current()).to.equal(seen[0]).and.not.deep.equal(first);
    expect(keys.current()).to.have.length(48);
    keys.close();
  });
});
