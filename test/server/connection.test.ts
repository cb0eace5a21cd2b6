import { once } from 'node:events';
import { connect as netConnect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { encodeFrame } from '../../src/protocol/index.js';
import type { Arrears, RevenueSystem } from '../../src/revenue/revenue-system.js';
import { customerWith } from '../support/customers.js';
import { messageFixture } from '../support/fixtures.js';
import { framesOf, rawClient } from '../support/raw-client.js';
import { startServer, type TestServer } from '../support/server.js';

const query = Buffer.from(messageFixture('01').frameHex, 'hex');
const queryData = messageFixture('01').data;
const nothingOwed: Arrears = {
  customer: customerWith({ customer: '10125334' }),
  prepaid: 0n as never,
  bills: [],
};
const answering: Partial<RevenueSystem> = { arrears: async () => nothingOwed };
const CUT_MS = 300;

describe('one connection', () => {
  let server: TestServer;
  before(async () => {
    server = await startServer({ revenue: answering, limits: { silentMs: CUT_MS, lingerMs: 200 } });
  });
  after(() => server.close());

  it('answers a captured frame and closes after the answer', async () => {
    const client = await rawClient(server.client);
    client.socket.write(query);
    const [answer] = framesOf(await client.closed());
    expect(answer?.serviceCode).to.equal('200001');
    expect(answer?.body.rtnCode).to.equal('9999');
    expect(answer?.head).to.include({
      source: 'WTAHXUANCHENG',
      desIfno: 'ALIPAY',
      msgId: 'CSCXxuancheng0ss004',
      version: '1.0.1',
    });
  });

  it('answers a frame that comes byte by byte', async () => {
    const client = await rawClient(server.client);
    for (const byte of query) client.socket.write(Buffer.of(byte));
    expect(framesOf(await client.closed())[0]?.body.rtnCode).to.equal('9999');
  });

  it('answers every one of many frames in one write, in order', async () => {
    const frames = Array.from({ length: 25 }, (_, i) =>
      encodeFrame('200001', Buffer.from(queryData.replace('CSCXxuancheng0ss004', `message-${i}`))),
    );
    const client = await rawClient(server.client);
    client.socket.write(Buffer.concat(frames));
    const answers = framesOf(await client.closed());
    expect(answers.map(({ head }) => head.msgId)).to.deep.equal(frames.map((_, i) => `message-${i}`));
  });

  it('answers a peer that shuts its writing side after the request', async () => {
    const client = await rawClient({ ...server.client, allowHalfOpen: true } as never);
    client.socket.end(query);
    expect(framesOf(await client.closed())[0]?.body.rtnCode).to.equal('9999');
  });

  it('lives on when a peer resets the connection after its request, and answers the next', async () => {
    const raw = netConnect({ host: '127.0.0.1', port: server.client.port });
    const rude = await rawClient({ ...server.client, socket: raw });
    const since = server.events.length;
    rude.socket.write(query, () => raw.resetAndDestroy());
    await server.event('connection.fault', since);
    const client = await rawClient(server.client);
    client.socket.write(query);
    expect(framesOf(await client.closed())[0]?.body.rtnCode).to.equal('9999');
  });

  it('closes a connection on which nothing comes', async () => {
    const since = server.events.length;
    const client = await rawClient(server.client);
    expect(await client.closed()).to.have.length(0);
    expect((await server.event('connection.fault', since)).how).to.equal('silent');
  });

  it('closes a connection without a handshake, and gives its place away', async () => {
    const strict = await startServer({ revenue: answering, limits: { handshakeMs: 1000, handshakes: 1 } });
    try {
      for (let round = 0; round < 2; round += 1) {
        const stranger = netConnect({ host: '127.0.0.1', port: strict.client.port });
        stranger.resume();
        await once(stranger, 'close');
      }
      expect(strict.events.filter(({ fields }) => fields.reason === 'handshake-timeout')).to.have.length(2);
    } finally {
      await strict.close();
    }
  });

  it('lets a peer in when strangers hold all places: who has taken longest goes', async () => {
    const full = await startServer({ revenue: answering, limits: { handshakeMs: 60_000, handshakes: 2 } });
    try {
      const strangers = [1, 2].map(() => netConnect({ host: '127.0.0.1', port: full.client.port }));
      for (const stranger of strangers) await once(stranger, 'connect');
      const [longest] = strangers;
      longest?.resume();
      const client = await rawClient(full.client);
      client.socket.write(query);
      expect(framesOf(await client.closed())).to.have.length(1);
      if (longest && !longest.closed) await once(longest, 'close');
      expect((await full.event('connection.refused')).reason).to.equal('too-many-handshakes');
      for (const stranger of strangers) stranger.destroy();
    } finally {
      await full.close();
    }
  });

  it('closes a peer that sends a byte now and then, at the deadline of the whole frame', async () => {
    const client = await rawClient(server.client);
    let sent = 0;
    const drip = setInterval(() => client.socket.write(query.subarray(sent, ++sent)), 50);
    expect(await client.closed()).to.have.length(0);
    clearInterval(drip);
    expect(sent).to.be.below(query.length);
  });

  it('closes without an answer when the frame cannot be cut', async () => {
    const wrongEnd = Buffer.from(query);
    wrongEnd[wrongEnd.length - 1] = 0x17;
    const bigEndian = Buffer.from(query);
    bigEndian.writeInt32BE(query.length - 12, 1);
    const zero = Buffer.from(query);
    zero.writeInt32LE(0, 1);
    const hundredMb = Buffer.from(query);
    hundredMb.writeInt32LE(100 * 1024 * 1024, 1);
    const letters = Buffer.from(query);
    letters.write('2000x1', 5);
    const cases = {
      'end-mark': [wrongEnd, Buffer.from(messageFixture('08').frameHex, 'hex')],
      length: [bigEndian, zero, hundredMb],
      'service-code': [letters],
      'start-mark': [Buffer.concat([Buffer.from('\r\n'), query])],
    };
    for (const [fault, frames] of Object.entries(cases)) {
      for (const frame of frames) {
        const since = server.events.length;
        const client = await rawClient(server.client);
        client.socket.write(frame);
        // Whoever announces too much (or a stale length) sends something behind it, sooner or later.
        client.socket.write(Buffer.alloc(64));
        expect(await client.closed(), fault).to.have.length(0);
        const seen = await server.event('connection.fault', since);
        expect(`${seen.how} ${seen.detail}`).to.contain(`bad-frame ${fault}`);
      }
    }
  });

  it('closes without an answer when the peer ends in the middle of a frame', async () => {
    const since = server.events.length;
    const client = await rawClient(server.client);
    client.socket.end(query.subarray(0, 100));
    expect(await client.closed()).to.have.length(0);
    expect((await server.event('connection.fault', since)).how).to.equal('cut-off');
  });
});

describe('a peer whose dialect leaves closing to it', () => {
  it('is answered whatever byte its frames are split at', async () => {
    const server = await startServer({ revenue: answering, dialect: { close: 'peer' } });
    const client = await rawClient(server.client);
    client.socket.setNoDelay(true);
    for (let at = 1; at < query.length; at++) {
      client.socket.write(query.subarray(0, at));
      await setImmediate();
      client.socket.write(query.subarray(at));
    }
    const answers = await client.answers(query.length - 1);
    expect(new Set(answers.map(({ body }) => body.rtnCode))).to.deep.equal(new Set(['9999']));
    client.socket.destroy();
    await server.close();
  });

  it('sends one request after the other on one connection', async () => {
    const server = await startServer({ revenue: answering, dialect: { close: 'peer' } });
    const client = await rawClient(server.client);
    for (let i = 1; i <= 3; i++) {
      client.socket.write(query);
      expect(await client.answers(i)).to.have.length(i);
    }
    client.socket.end();
    await client.closed();
    await server.close();
  });

  it('cuts a peer that does not read its answers', async () => {
    const server = await startServer({
      revenue: answering,
      dialect: { close: 'peer' },
      limits: { lingerMs: 200 },
    });
    const client = await rawClient(server.client);
    client.socket.pause();
    const cut = server.event('connection.fault');
    let seen = false;
    void cut.then(() => {
      seen = true;
    });
    const writable = () => new Promise<void>((resolve) => client.socket.once('drain', resolve));
    while (!seen) if (!client.socket.write(query)) await Promise.race([writable(), cut]);
    expect((await cut).how).to.equal('not-read');
    client.socket.destroy();
    await server.close();
  });

  it('with a tolerated length is answered like any other', async () => {
    const server = await startServer({ revenue: answering, dialect: { lengthTolerance: 'charCount' } });
    const client = await rawClient(server.client);
    client.socket.write(Buffer.from(messageFixture('08').frameHex, 'hex'));
    expect(framesOf(await client.closed())[0]?.body.rtnCode).to.equal('9999');
    await server.close();
  });
});

describe('the listener', () => {
  it('lets one peer have only so many connections', async () => {
    const server = await startServer({ revenue: answering, limits: { connectionsPerPeer: 2 } });
    const clients = [
      await rawClient(server.client),
      await rawClient(server.client),
      await rawClient(server.client),
    ];
    await clients[2]?.closed();
    expect((await server.event('connection.refused')).reason).to.equal('too-many-connections-of-peer');
    clients[0]?.socket.write(query);
    expect(framesOf((await clients[0]?.closed()) ?? Buffer.alloc(0))).to.have.length(1);
    await server.close();
  });

  it('answers what it has accepted when it is drained, closes what is idle, and refuses what is new', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let asked = () => {};
    const arrived = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const arrears = async () => {
      asked();
      await held;
      return nothingOwed;
    };
    const server = await startServer({ revenue: { arrears } });
    const [busy, idle] = [await rawClient(server.client), await rawClient(server.client)];
    busy.socket.write(query);
    await arrived;
    const drained = server.listener.drain();
    expect(await idle.closed()).to.have.length(0);
    release();
    expect(framesOf(await busy.closed())[0]?.body.rtnCode).to.equal('9999');
    await drained;
    const refused = await rawClient(server.client)
      .then(
        () => 'connected',
        () => 'refused',
      )
      .catch(() => 'refused');
    expect(refused).to.equal('refused');
    await server.close();
  });

  it('gives 0009 when the time for a request is over', async () => {
    const server = await startServer({
      revenue: { arrears: () => new Promise(() => {}) },
      limits: { requestMs: 200 },
    });
    const client = await rawClient(server.client);
    client.socket.write(query);
    const [answer] = framesOf(await client.closed());
    expect(answer?.body).to.include({ rtnCode: '0009', totalOweAmt: '0' });
    await server.close();
  });

  it('gives 0009 for a fault of ours, logs it, and serves the next', async () => {
    let faults = 1;
    const arrears = async () => {
      if (faults-- > 0) throw new TypeError('a defect');
      return nothingOwed;
    };
    const server = await startServer({ revenue: { arrears } });
    const codes: unknown[] = [];
    for (let i = 0; i < 2; i++) {
      const client = await rawClient(server.client);
      client.socket.write(query);
      codes.push(framesOf(await client.closed())[0]?.body.rtnCode);
    }
    expect(codes).to.deep.equal(['0009', '9999']);
    expect(server.events.find(({ name }) => name === 'exchange.failed')?.fields.stack).to.contain('a defect');
    await server.close();
  });
});
