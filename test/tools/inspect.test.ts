/** `sluice inspect` explains sound frames, and says what the sender of a broken one did. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import { encodeFrame } from '../../src/protocol/index.js';
import { explainFrame, explainInput, plainPaint, renderFrame } from '../../src/tools/index.js';

const json =
  '{"head":{"version":"1.0.1","servCode":"200003"},"body":{"acctOrgNo":"1","queryType":"0","queryValue":"张三0001"}}';
const data = Buffer.from(json);
const frame = encodeFrame('200003', data);
const withLength = (length: number, bigEndian = false) => {
  const copy = Buffer.from(frame);
  if (bigEndian) copy.writeInt32BE(length, 1);
  else copy.writeInt32LE(length, 1);
  return copy;
};
const faultsOf = (bytes: Buffer) => {
  const explained = explainFrame(bytes);
  return [...explained.parts.map((part) => part.fault), explained.dataFault, explained.verdict]
    .filter(Boolean)
    .join(' | ');
};

describe('sluice inspect', () => {
  for (const name of readdirSync('fixtures/messages').filter((file) => file.endsWith('.json'))) {
    it(`explains ${name}`, () => {
      const [explained, ...more] = explainInput(name, readFileSync(`fixtures/messages/${name}`));
      expect(more).length(0);
      expect(explained?.frame.sound).equals(!name.startsWith('08'));
      expect(explained?.frame.side).equals(/answer/.test(name) ? 'answer' : 'request');
      const bytes = explained?.frame.parts.reduce((sum, part) => sum + part.bytes.length, 0);
      expect(bytes).equals(explained?.frame.bytesUsed);
    });
  }

  it('says each field in words: amounts, months, days, codes, rows', () => {
    const file = 'fixtures/messages/02-payment-captured-2017.json';
    const [explained] = explainInput(file, readFileSync(file));
    const body = new Map(explained?.frame.body.map((line) => [line.path, line]));
    expect(body.get('body.rcvAmt')?.says).equals('87.21 元');
    expect(body.get('body.bankDate')?.says).equals('2017-05-03');
    expect(body.get('body.rcvDet')?.says).equals('3 rows');
    expect(body.get('body.rcvDet[2].rcvblAmtId')?.raw).equals('"557547574"');
  });

  const broken: Record<string, [Buffer, RegExp]> = {
    'a length that counts characters': [withLength(json.length), /counts characters.*cannot be cut/],
    'a length one short': [withLength(data.length - 1), /1 too small.*closed without an answer/],
    'a stale length': [withLength(data.length + 9), /9 too large/],
    'a length of the whole frame': [withLength(data.length + 12), /counts the whole frame/],
    'a big-endian length': [withLength(data.length, true), /written big-endian/],
    'a zero length': [withLength(0), new RegExp(`data has ${data.length} bytes`)],
    'a negative length': [withLength(-5), /too small/],
    'a line end behind': [Buffer.concat([frame, Buffer.from('\r\n')]), /trailingNewline/],
    'bytes before': [Buffer.concat([Buffer.from('\0\0'), frame]), /before the start mark/],
    'a wrong end mark': [Buffer.from([...frame.subarray(0, -1), 0x17]), /no end mark/],
    'a cut frame': [frame.subarray(0, 60), /bytes are missing.*waits for more bytes/],
    'a cut header': [frame.subarray(0, 3), /cut off within the length/],
    'no digits in the service code': [
      Buffer.from(frame.toString('latin1').replace('200003', '20000x'), 'latin1'),
      /six ASCII digits/,
    ],
    'an unknown service': [encodeFrame('299999', data), /not a service|0008/],
    GBK: [encodeFrame('200003', iconv.encode(json, 'gbk')), /not UTF-8.*charset: gbk/],
    'no JSON': [encodeFrame('200003', Buffer.from('{"head":{"a":"\\x"}}')), /not JSON/],
    'no body': [encodeFrame('200003', Buffer.from('{"head":{}}')), /body is missing/],
    'an empty key field': [
      encodeFrame('200003', Buffer.from(json.replace('张三0001', ''))),
      /0004: body.queryValue/,
    ],
    'an unreadable field': [
      encodeFrame('200001', Buffer.from(json.replace('"0"', '"0","bgnYm":"201713"'))),
      /0003: body.bgnYm/,
    ],
  };
  for (const [name, [bytes, says]] of Object.entries(broken)) {
    it(`names ${name}`, () => {
      expect(faultsOf(bytes)).matches(says);
      expect(explainFrame(bytes).sound).equals(false);
    });
  }

  it('shows Chinese text in the dump, whole and once, and control characters never raw', () => {
    const text = renderFrame(explainFrame(frame), { paint: plainPaint, dumpRowsMax: 100 });
    const shown = text
      .split('\n')
      .filter((line) => /^ +\d+ {2}(?:[0-9a-f]{2} ){15}/.test(line))
      .map((line) => line.slice(57))
      .join('');
    expect(json).contains(shown.slice(0, -1));
    const nasty = encodeFrame(
      '200003',
      Buffer.from('{"head":{"source":"\\u001b[31m"},"body":{"x":"\u001b]0;evil\u0007"}}'),
    );
    expect(renderFrame(explainFrame(nasty), { paint: plainPaint, dumpRowsMax: 100 })).not.contains('\u001b');
  });

  it('explains frames glued together one by one', () => {
    const glued = Buffer.concat([frame, frame, frame.subarray(0, 30)]);
    const found = explainInput('x', Buffer.from(glued.toString('hex')));
    expect(found.map(({ frame: { sound } }) => sound)).deep.equals([true, true, false]);
    expect(found.map(({ where }) => where)).deep.equals([
      'x',
      `x byte ${frame.length}`,
      `x byte ${frame.length * 2}`,
    ]);
  });

  it('finds messages in JSON logs: frames as hex or numbers, whole messages, bodies beside their service', () => {
    const body = { acctOrgNo: '90001', queryType: '0', queryValue: '1' };
    const head = { servCode: '200001', version: '1.0.1' };
    const lines = [
      { level: 'info', id: 'b58e922d-fc2b-4837-bd44-80e2554c7d82', msg: `recv ${frame.toString('hex')}` },
      { level: 'info', bytes: [...frame].map((byte) => (byte > 127 ? byte - 256 : byte)) },
      { level: 'info', payload: { head, body } },
      { level: 'info', payload: JSON.stringify({ head, body }) },
      { service: '200001', request: JSON.stringify(body), answer: '{"rtnCode":"9999","rtnMsg":"交易成功"}' },
      { level: 'info', message: 'nothing here', list: [1, 2, 3] },
    ];
    const found = explainInput('log', Buffer.from(lines.map((line) => JSON.stringify(line)).join('\n')));
    expect(found.map(({ where }) => where)).deep.equals([
      'log line 1 msg',
      'log line 2 bytes',
      'log line 3 payload',
      'log line 4 payload',
      'log line 5 request',
      'log line 5 answer',
    ]);
    expect(found.map(({ frame: { serviceCode } }) => serviceCode)).deep.equals([
      '200003',
      '200003',
      '200001',
      '200001',
      '200001',
      '200001',
    ]);
    expect(found[5]?.frame).include({ side: 'answer', title: '欠费查询' });
    expect(found[4]?.frame.body.map(({ path }) => path)).includes('body.queryValue');
    expect(explainInput('one', Buffer.from(JSON.stringify(lines)))).length(6);
  });

  it('never throws, whatever the bytes', () => {
    const mutated = fc.tuple(fc.nat(frame.length - 1), fc.nat(255)).map(([at, value]) => {
      const copy = Buffer.from(frame);
      copy[at] = value;
      return copy;
    });
    const any = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(any, mutated), (bytes) => {
        renderFrame(explainFrame(bytes), { paint: plainPaint, dumpRowsMax: 8 });
        explainInput('x', bytes);
      }),
      { numRuns: 2000 },
    );
  });
});
