/*
  Strangers and rude peers against a real gateway while honest exchanges go on (S1, S2, S7; spec of hardening).
  Honest exchanges must all be answered, memory must stay bounded, refusals must be counted and logged at a bounded rate.
  What throughput remains is printed; `npm run test:hostile` (longer, alone on the machine) asserts the 80 %.
*/
import { readFileSync } from 'node:fs';
import { connect as netConnect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as tlsConnect } from 'node:tls';
import { expect } from 'chai';
import { encodeFrame } from '../../src/protocol/index.js';
import { messageFixture } from '../support/fixtures.js';
import { demoDirectory, type Gateway, platformTls, startGateway } from '../support/gateway.js';
import { ask, freshSerial, paymentBody, requestFrame, sendFrame } from '../support/platform.js';

const LONG = process.env.SLUICE_LONG === '1';
const WINDOW_MS = LONG ? 5000 : 800;
const query = Buffer.from(messageFixture('01').frameHex, 'hex');
const arrears = { acctOrgNo: '36745', queryType: '0', queryValue: '10125334' };

describe('honest exchanges go on', () => {
  let gateway: Gateway;
  let remove: () => void;
  let tls: ReturnType<typeof platformTls> & { port: number };
  let calm = 0;
  before(async () => {
    const made = await demoDirectory();
    remove = made.remove;
    gateway = await startGateway(made.dir);
    tls = { ...platformTls(made.dir), port: gateway.port };
    await honest(WINDOW_MS);
    calm = await honest(WINDOW_MS);
  });
  after(async () => {
    await gateway.stop();
    remove();
  });

  /** Exchanges per second of four honest clients; every one of them must be answered 9999. */
  async function honest(ms: number): Promise<number> {
    const until = Date.now() + ms;
    let done = 0;
    const client = async () => {
      while (Date.now() < until) {
        const { body } = await ask(tls, '200001', arrears);
        expect(body.rtnCode).to.equal('9999');
        done++;
      }
    };
    await Promise.all([client(), client(), client(), client()]);
    return (done * 1000) / ms;
  }
  const memoryMiB = (): number => {
    const status = readFileSync(`/proc/${gateway.process.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  };
  const metric = async (name: string): Promise<number> => {
    const text = await (await fetch(`http://127.0.0.1:${gateway.ports.metrics}/metrics`)).text();
    return [...text.matchAll(new RegExp(`^${name.replaceAll(/[{}"]/g, '\\$&')}[^\\n]* (\\d+)$`, 'gm'))]
      .map(([, value]) => Number(value))
      .reduce((sum, value) => sum + value, 0);
  };

  /** Strangers come from other addresses of this machine, as they do in life; each attack from its own. */
  let attack = 1;
  const from = () => ({ host: '127.0.0.1', port: gateway.port, localAddress: `127.0.0.${1 + attack}` });
  const stranger = (): Socket => {
    const socket = netConnect(from());
    socket.on('error', () => {});
    return socket;
  };
  const peer = (): Socket => {
    const socket = tlsConnect({ host: '127.0.0.1', ...tls, checkServerIdentity: () => undefined });
    socket.on('error', () => {});
    return socket;
  };
  /** Opens so many at once and drops them all at the end. */
  const many = (count: number, open: () => Socket, then: (socket: Socket) => void = () => {}) => {
    const sockets = Array.from({ length: count }, () => {
      const socket = open();
      socket.once(open === peer ? 'secureConnect' : 'connect', () => then(socket));
      return socket;
    });
    return () => {
      for (const socket of sockets) socket.destroy();
    };
  };
  /** Does it again and again, so many times a second. */
  const often = (perSecond: number, act: () => void) => {
    const timer = setInterval(act, 1000 / perSecond);
    return () => clearInterval(timer);
  };
  const dripping = (bytes: Buffer) => (socket: Socket) => {
    let at = 0;
    const timer = setInterval(
      () => (socket.destroyed ? clearInterval(timer) : socket.write(bytes.subarray(at, ++at))),
      100,
    );
    socket.once('close', () => clearInterval(timer));
  };
  const claiming = (bytes: number) => {
    const header = Buffer.from(query.subarray(0, 11));
    header.writeInt32LE(bytes, 1);
    return header;
  };
  const data = (text: string) => encodeFrame('200001', Buffer.from(text));
  const bombs = [
    data(`{"head":{},"body":${'['.repeat(100_000)}${']'.repeat(100_000)}}`),
    data(`{"head":{},"body":{"a":[${'0,'.repeat(60_000)}0]}}`),
    data(`{"head":{},"body":{${'"a":1,'.repeat(30_000)}"__proto__":{"acctOrgNo":"36745"}}}`),
  ];

  const attacks: Readonly<Record<string, { start: () => () => void; idle: boolean; refused?: string }>> = {
    '2,000 connections that say nothing': {
      start: () => many(LONG ? 10_000 : 2000, stranger),
      idle: true,
      refused: 'too-many-handshakes',
    },
    '200 handshakes that drip': {
      start: () => many(200, stranger, dripping(Buffer.from('16030100fd010000f90303', 'hex'))),
      idle: true,
    },
    '100 peers whose frames drip': { start: () => many(100, peer, dripping(query)), idle: true },
    '50 peers that never read their answers': {
      start: () =>
        many(50, peer, (socket) => {
          socket.pause();
          socket.write(Buffer.concat(Array(200).fill(query)));
        }),
      idle: false,
    },
    '50 peers that claim 100 MB': {
      start: () => many(50, peer, (socket) => socket.write(claiming(100 * 1024 * 1024))),
      idle: true,
    },
    'a storm of connects and resets': {
      start: () => often(200, () => stranger().resetAndDestroy()),
      idle: false,
    },
    'a flood of handshakes without a certificate': {
      start: () =>
        often(50, () => {
          const socket = tlsConnect({ ...from(), rejectUnauthorized: false } as never);
          socket.on('error', () => {}).on('secureConnect', () => socket.end());
        }),
      idle: false,
      refused: 'no-certificate',
    },
    'JSON bombs': {
      start: () =>
        often(10, () => void Promise.all(bombs.map((bomb) => sendFrame(tls, bomb).catch(() => [])))),
      idle: false,
    },
    'frames at the limit': {
      start: () => {
        const big = requestFrame('200001', { ...arrears, extra: 'x'.repeat(250_000) });
        return often(20, () => void sendFrame(tls, big).catch(() => []));
      },
      idle: false,
    },
    'peers that ask for units that are not theirs, and serials of strange characters': {
      start: () =>
        often(50, () => {
          void ask(tls, '200001', { ...arrears, acctOrgNo: '99999' }).catch(() => undefined);
          const strange = `\u0000\u202e'; drop table serials;--${freshSerial()}`.slice(0, 32);
          void ask(tls, '200002', paymentBody('36745', '10125334', 1, strange)).catch(() => undefined);
        }),
      idle: false,
    },
  };

  for (const [name, { start, idle, refused }] of Object.entries(attacks)) {
    it(`under ${name}`, async () => {
      attack += 1;
      const before = memoryMiB();
      const stop = start();
      await sleep(100);
      const rate = await honest(WINDOW_MS);
      const grown = memoryMiB() - before;
      stop();
      console.log(
        `      ${(rate / calm).toFixed(2)} of the calm throughput, ${grown.toFixed(0)} MiB more memory`,
      );
      expect(grown).to.be.lessThan(200);
      if (refused !== undefined) {
        expect(await metric(`sluice_connections_refused_total{reason="${refused}"`)).to.be.greaterThan(0);
      }
      if (LONG && idle) expect(rate / calm).to.be.greaterThan(0.8);
    }).timeout(60_000);
  }

  it('and the log of all this stays short', async () => {
    const lines = readFileSync(join(gateway.dir, 'logs', 'sluice.log'), 'utf8').split('\n');
    const refusals = lines.filter((line) => /connection\.(refused|fault)/.test(line));
    expect(await metric('sluice_connections_refused_total')).to.be.greaterThan(500);
    expect(refusals.length).to.be.lessThan(LONG ? 5000 : 500);
    expect(gateway.process.exitCode).to.equal(null);
  });
});
