/** What is kept of an exchange: nothing personal, every defect, and never more than the limit. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { systemClock, systemIds } from '../../src/clock.js';
import { silentLog } from '../../src/log.js';
import { encodeFrame, encodeText } from '../../src/protocol/index.js';
import { maskBytes } from '../../src/tools/capture/mask-bytes.js';
import { importFixtures, openCapture } from '../../src/tools/index.js';
import { captureSettings } from '../../src/tools/settings.js';

const KEY = 'a secret of the test';
const answer =
  '{"head":{"servCode":"200001"},"body":{"rtnCode":"9999","consNo":"10125334","consName":"王小明","addr":"示例路1号","totalOweAmt":"11310"}}';
const masked = (bytes: Buffer) => maskBytes(bytes, KEY);

describe('bytes that are no frame, masked', () => {
  const frame = encodeFrame('200001', Buffer.from(answer));
  const shortLength = Buffer.from(frame);
  shortLength.writeInt32LE(frame.length - 20, 1);
  const broken: Readonly<Record<string, Buffer>> = {
    'a length that is short': shortLength,
    GBK: Buffer.concat([
      Buffer.from('6890000000', 'hex'),
      Buffer.from('200001'),
      encodeText(answer, 'gbk'),
      Buffer.of(0x16),
    ]),
    'cut in the middle of a Chinese character': frame.subarray(0, frame.indexOf('小') + 1),
    'JSON with a lone backslash': encodeFrame('200001', Buffer.from(answer.replace('1号', '1\\号'))),
    'CR LF behind': Buffer.concat([frame, Buffer.from('\r\n')]),
    'no header at all': Buffer.from(answer),
    'bytes before the start mark': Buffer.concat([Buffer.of(0, 0), Buffer.from(answer)]),
    'neither UTF-8 nor GBK': Buffer.concat([frame, Buffer.of(0xff, 0xff)]),
  };
  for (const [what, bytes] of Object.entries(broken)) {
    it(`keeps its length and defect, and nobody's name: ${what}`, () => {
      const out = masked(bytes);
      expect(out.length).equals(bytes.length);
      for (const charset of ['utf8', 'gbk'] as const)
        for (const personal of ['王小', '小明', '示例路'])
          expect(out.includes(encodeText(personal, charset))).equals(false);
      expect(out.includes('10125334'), 'the customer number, by which one looks').equals(true);
      if (bytes[0] === 0x68) expect(out.subarray(0, 11)).deep.equals(bytes.subarray(0, 11));
      if (what === 'CR LF behind') expect(out.subarray(-2).toString()).equals('\r\n');
    });
  }

  it('gives the same name the same other name, as in frames that are sound', () => {
    const name = (bytes: Buffer) => /"consName":"(.+?)"/.exec(bytes.toString())?.[1];
    const whole = name(masked(shortLength));
    expect(whole)
      .matches(/^[\u4e00-\u9fa5]{3}$/)
      .not.equals('王小明');
    expect(name(masked(Buffer.from(answer)))).equals(whole);
    const hex = frame.toString('hex');
    const [sound] = importFixtures(Buffer.from(hex), { name: 'a', dialect: {}, key: KEY });
    expect(String(sound?.data)).contains(`"consName":"${whole}"`);
  });

  it('masks a mobile number that is asked with, and leaves a customer number', () => {
    const ask = (type: string) => Buffer.from(`{"body":{"queryType":"${type}","queryValue":"13812345678"`);
    expect(masked(ask('1')).includes('13812345678')).equals(false);
    expect(masked(ask('0')).includes('13812345678')).equals(true);
  });

  it('masks imported frames that are broken', () => {
    const [made] = importFixtures(Buffer.from(shortLength.toString('hex')), {
      name: 'a',
      dialect: {},
      key: KEY,
    });
    const bytes = Buffer.from(String(made?.frameHex), 'hex');
    expect(bytes.length).equals(shortLength.length);
    expect(bytes.includes('王小明')).equals(false);
    const [plain] = importFixtures(Buffer.from(shortLength.toString('hex')), {
      name: 'a',
      dialect: {},
      key: undefined,
    });
    expect(plain?.frameHex).equals(shortLength.toString('hex'));
  });
});

describe('captures', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'sluice-captures-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));
  const open = (settings: object) =>
    openCapture({
      settings: captureSettings.parse({ dir, ...settings }),
      dir,
      dialectOf: () => undefined,
      clock: systemClock,
      ids: systemIds,
      log: silentLog,
    });
  const files = () =>
    readdirSync(dir, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.json'))
      .sort();
  const request = Buffer.from('{"head":{},"body":{"acctOrgNo":"1","queryType":"0","queryValue":"1"}}');
  const day = 86_400_000;
  const served = (receivedAt: number, peer = 'platform') => ({
    serviceCode: '200001',
    request,
    answer: encodeFrame('200001', Buffer.from(answer.replace('示例路1号', '示'.repeat(20_000)))),
    peer,
    receivedAt,
  });

  it('keep below their limit: the oldest go first', async () => {
    const capture = open({ fileMiB: 1 });
    const began = Date.parse('2026-11-01T00:00:00Z');
    for (let i = 0; i < 40; i += 1) capture.take(served(began + Math.floor(i / 10) * day));
    await capture.close();
    const left = files();
    const bytes = left.reduce((sum, name) => sum + statSync(join(dir, name)).size, 0);
    expect(bytes)
      .at.most(1024 * 1024)
      .and.at.least(256 * 1024);
    expect(left.some((name) => name.startsWith('20261101'))).equals(false);
    expect(left.some((name) => name.startsWith('20261104'))).equals(true);
    expect(readdirSync(dir)).not.includes('20261101');
  });

  it('are those of the peers that were named', async () => {
    const capture = open({ peers: ['platform'] });
    capture.take(served(0, 'somebody'));
    capture.take(served(0));
    await capture.close();
    expect(files()).length(1);
  });

  it('keep what was no frame as it came, with its fault', async () => {
    const capture = open({});
    const bytes = Buffer.from('GET / HTTP/1.1\r\n');
    capture.takeUncut({
      bytes,
      how: 'bad-frame',
      detail: 'start-mark: first byte is 0x47',
      peer: 'platform',
      at: 0,
    });
    capture.takeUncut({
      bytes: Buffer.alloc(70_000, 0x68),
      how: 'cut-off',
      detail: '70000 bytes',
      peer: 'platform',
      at: 0,
    });
    await capture.close();
    const [first, second] = files().map((name) => JSON.parse(readFileSync(join(dir, name), 'utf8')));
    expect(first).nested.include({
      note: 'bad-frame: start-mark: first byte is 0x47',
      'expect.silence': true,
    });
    expect(Buffer.from(first.frameHex, 'hex').length).equals(bytes.length);
    expect(first).nested.include({ 'captured.peer': 'platform' });
    expect(second.note).contains('the first 65536 of 70000 bytes');
    expect(second.end).equals(true);
  });
});
