/* We as the client of the platform (100001): who may answer, and what becomes of every kind of answer and silence. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect } from 'chai';
import { systemClock } from '../../src/clock.js';
import { encodeFrame } from '../../src/protocol/index.js';
import { callPlatform, type NoticeCall } from '../../src/server/index.js';
import {
  badPlatforms,
  type NoticeWorld,
  noticeTo,
  noticeWorld,
  type PlatformKind,
} from '../support/notice-world.js';
import { noticeAnswer, type StandIn, startStandIn } from '../support/platform-stand-in.js';

const never = new AbortController().signal;

describe('a notice to the platform', () => {
  let world: NoticeWorld;
  let standIn: StandIn | undefined;
  before(async () => {
    world = await noticeWorld();
  });
  after(() => world.remove());
  afterEach(async () => {
    await standIn?.stop();
    standIn = undefined;
  });
  const platform = async (kind: PlatformKind = 'good') => {
    const { certPem, keyPem } = world.platforms[kind];
    standIn = await startStandIn({ cert: certPem, key: keyPem, ca: world.caPem });
    return standIn;
  };
  const send = (port: number, more: Partial<NoticeCall> = {}, signal = never) =>
    callPlatform(noticeTo(port, more), world.trust, systemClock, signal);

  it('shows our certificate, and brings back the code and the text', async () => {
    const { port, notices } = await platform();
    expect(await send(port)).to.deep.equal({ kind: 'answered', code: '9999', text: '成功' });
    expect(notices[0]).to.include({ serviceCode: '100001', from: 'gateway' });
    expect(notices[0]?.body).to.deep.equal({
      acctOrgNo: '39536',
      filePath: '/download/',
      fileType: 'JF',
      fileName: 'GSCQQIANNENG_JF_39536_20240404.txt',
      extend: '',
    });
  });

  it('goes to a platform that is known by its certificate alone', async () => {
    const { port } = await platform('pinned');
    expect(await send(port)).to.include({ kind: 'answered', code: '9999' });
  });

  for (const [kind, reason] of Object.entries(badPlatforms)) {
    it(`says nothing to one whose certificate is wrong: ${kind}`, async () => {
      const { port, notices } = await platform(kind as PlatformKind);
      const reply = await send(port);
      expect(reply).to.have.property('kind', 'unanswered');
      expect(reply).to.have.property('reason').that.matches(reason);
      expect(notices).to.deep.equal([]);
    });
  }

  it('takes a refusal, an unknown code, a number for a code', async () => {
    const { port, react } = await platform();
    for (const [reaction, code] of [
      ['4000', '4000'],
      ['7777', '7777'],
      [noticeAnswer('100001', { rtnCode: 9999 }), '9999'],
    ] as const) {
      react(() => reaction);
      expect(await send(port)).to.include({ kind: 'answered', code });
    }
  });

  it('is unanswered when what comes is no answer', async () => {
    const { port, react } = await platform();
    const bad: readonly (readonly [Buffer | 'close', RegExp])[] = [
      ['close', /closed without an answer/],
      [Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), /is no frame/],
      [noticeAnswer('100001', {}), /no rtnCode/],
      [encodeFrame('100001', Buffer.from('[]')), /cannot be read/],
      [noticeAnswer('100001', { rtnCode: '9999' }).subarray(0, -3), /closed without an answer/],
    ];
    for (const [reaction, reason] of bad) {
      react(() => reaction);
      const reply = await send(port);
      expect(reply).to.have.property('kind', 'unanswered');
      expect(reply).to.have.property('reason').that.matches(reason);
    }
  });

  it('is given up on one that is silent, after the handshake and before it', async () => {
    const { port, react } = await platform();
    react(() => 'silence');
    const reason = 'no answer within 300 ms';
    expect(await send(port, { timeoutMs: 300 })).to.deep.equal({ kind: 'unanswered', reason });
    const mute = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const { port: mutePort } = mute.address() as AddressInfo;
    expect(await send(mutePort, { timeoutMs: 300 })).to.deep.equal({ kind: 'unanswered', reason });
    mute.close();
    await once(mute, 'close');
    expect(await send(mutePort)).to.deep.equal({ kind: 'unanswered', reason: 'ECONNREFUSED' });
  });

  it('ends at once when this node stops', async () => {
    const { port, react } = await platform();
    const stop = new AbortController();
    react(() => {
      stop.abort();
      return 'silence';
    });
    expect(await send(port, {}, stop.signal)).to.have.property('reason', 'this node is stopping');
    expect(await send(port, {}, stop.signal)).to.have.property('reason', 'this node is stopping');
  });
});
