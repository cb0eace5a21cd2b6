import { expect } from 'chai';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import {
  answerHead,
  decodeText,
  defaultUnitDialect,
  emptyHead,
  encodeJson,
  encodeText,
  lacks,
  parseEnvelope,
  payment,
  peekClearingUnit,
  wireDialectOf,
} from '../../src/protocol/index.js';
import { messageFixture } from '../support/fixtures.js';

const head = '"head":{"version":"1.0.1","source":"ALIPAY","desIfno":"WT","servCode":"200002","msgId":"7"}';
const parse = (text: string | Buffer, charset: 'utf8' | 'gbk' = 'utf8') =>
  parseEnvelope(typeof text === 'string' ? Buffer.from(text) : text, charset);
const verdict = (text: string | Buffer, charset: 'utf8' | 'gbk' = 'utf8') => {
  const read = parse(text, charset);
  return read.ok ? 'ok' : `${read.fault} ${read.result}`;
};
const deep = (open: string, close: string, levels: number) => open.repeat(levels) + close.repeat(levels);

describe('envelope', () => {
  const table: readonly (readonly [string, string | Buffer, string])[] = [
    ['head and body in any order', `{"body":{},${head}}`, 'ok'],
    ['unknown members beside them', `{"x":1,${head},"body":{"y":[]}}`, 'ok'],
    ['no JSON', 'hello', 'json 0000'],
    ['nothing but blanks', '  ', 'json 0000'],
    ['cut in the middle', `{${head},"body":{`, 'json 0000'],
    ['a backslash that escapes nothing', `{${head},"body":{"filePath":"C:\\upload"}}`, 'json 0000'],
    ['a raw control character', `{${head},"body":{"a":"\u0016"}}`, 'json 0000'],
    ['single quotes', `{'head':{},'body':{}}`, 'json 0000'],
    ['an array', '[]', 'not-object 0000'],
    ['a text', '"head"', 'not-object 0000'],
    ['null', 'null', 'not-object 0000'],
    ['no head', '{"body":{}}', 'no-head 0000'],
    ['head is a text', '{"head":"","body":{}}', 'no-head 0000'],
    ['no body', `{${head}}`, 'no-body 0000'],
    ['body is an array', `{${head},"body":[]}`, 'no-body 0000'],
    ['body is null', `{${head},"body":null}`, 'no-body 0000'],
    ['a member of the head that is no text', '{"head":{"msgId":{}},"body":{}}', 'head 0003'],
    ['a msgId that is too long', `{"head":{"msgId":"${'x'.repeat(37)}"},"body":{}}`, 'head 0003'],
    ['a byte order mark', `\ufeff{${head},"body":{}}`, 'byte-order-mark 0000'],
    ['UTF-16', Buffer.from(`{${head},"body":{}}`, 'utf16le'), 'json 0000'],
    [
      'GBK bytes from a UTF-8 peer',
      iconv.encode(`{${head},"body":{"consName":"王小明"}}`, 'gbk'),
      'charset 0000',
    ],
    [
      'a character cut in half',
      Buffer.from(`{${head},"body":{"a":"王"}}`.replace('王', '\xe7\x8e'), 'latin1'),
      'charset 0000',
    ],
    ['half a surrogate pair as UTF-8', Buffer.from('7b2261223a22eda080227d', 'hex'), 'charset 0000'],
    ['200,000 nested arrays', `{${head},"body":{"a":${deep('[', ']', 200_000)}}}`, 'too-deep 0000'],
    ['200,000 nested objects', deep('{"a":', '}', 200_000).replace('{"a":}', '{"a":1}'), 'too-deep 0000'],
    ['200,000 open brackets', '['.repeat(200_000), 'json 0000'],
    ['65,536 members', `{${head},"body":{${Array.from({ length: 65_536 }, (_, i) => `"${i}":1`)}}}`, 'ok'],
  ];
  for (const [title, text, expected] of table) {
    it(`${title}: ${expected}`, () => expect(verdict(text)).to.equal(expected));
  }

  it('never throws and never quotes the data, whatever the bytes', () => {
    const bytes = Buffer.from(messageFixture('02').data);
    const changes = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 4 });
    fc.assert(
      fc.property(changes, fc.nat(bytes.length), fc.constantFrom('utf8', 'gbk'), (all, end, charset) => {
        const copy = Buffer.from(bytes);
        for (const [at, byte] of all) copy[at] = byte;
        const read = parseEnvelope(copy.subarray(0, end), charset);
        if (!read.ok) expect(read.detail).not.to.match(/1542080708|557547572|201705034400007/);
      }),
      { numRuns: 10_000 },
    );
  });

  it('of duplicate members the last counts', () => {
    const read = parse(`{${head},"body":{"rcvAmt":"1","rcvAmt":"2"}}`);
    expect(read.ok && read.body.rcvAmt).to.equal('2');
  });

  it('__proto__ and constructor are names like any other', () => {
    const read = parse(
      `{${head},"__proto__":{"body":1},"body":{"__proto__":{"acctOrgNo":"1"},"constructor":{}}}`,
    );
    if (!read.ok) throw new Error(read.detail);
    expect(peekClearingUnit(read.body)).to.equal(undefined);
    const body = payment.readRequest(read.body, wireDialectOf(defaultUnitDialect));
    expect(body.ignored).to.deep.equal(['body.__proto__', 'body.constructor']);
    expect(({} as { acctOrgNo?: string }).acctOrgNo).to.equal(undefined);
  });

  it('long names and many unknown members do not make long lists', () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`${i}${'x'.repeat(500)}`, 1]));
    const read = payment.readRequest(many, wireDialectOf(defaultUnitDialect));
    expect(read.ignored).to.have.lengthOf(50);
    expect(Math.max(...read.ignored.map((name) => name.length))).to.be.below(80);
  });

  it('peeks at the clearing unit only where it may be one: a text, or a whole number', () => {
    const units = ['1', '', '0'.repeat(16), '0'.repeat(17), 1, 1.5, null, ['1'], undefined];
    const seen = units.map((acctOrgNo) => peekClearingUnit({ acctOrgNo }));
    expect(seen).to.deep.equal([
      '1',
      undefined,
      '0'.repeat(16),
      undefined,
      '1',
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('answers with the head of the request: echoed, its names swapped or as they came, the code of the frame', () => {
    const request = {
      ...emptyHead,
      source: 'A',
      target: 'B',
      messageId: '7',
      serviceCode: '9',
      version: '2',
      extend: 'x',
    };
    const now = '20240404101112';
    const swapped = {
      version: '2',
      source: 'B',
      target: 'A',
      serviceCode: '200001',
      messageId: '7',
      messageTime: now,
      extend: '',
    };
    expect(answerHead(request, '200001', now)).to.deep.equal(swapped);
    expect(answerHead(request, '200001', now, 'echo')).to.deep.equal({
      ...swapped,
      source: 'A',
      target: 'B',
    });
    expect(answerHead({ ...request, version: '' }, '200001', now).version).to.equal('1.0.1');
  });

  it('a bad head is echoed as far as it could be read', () => {
    const read = parse('{"head":{"msgId":"7","source":[],"version":"1.0.1"},"body":{}}');
    expect(!read.ok && read.head).to.include({ messageId: '7', source: '', version: '1.0.1' });
  });
});

describe('charset', () => {
  it('reads GBK, and GB18030 with four bytes, from a GBK peer', () => {
    const text = `{${head},"body":{"consName":"王镕𠮷€"}}`;
    const read = parse(iconv.encode(text, 'gb18030'), 'gbk');
    expect(read.ok && read.body.consName).to.equal('王镕𠮷€');
    expect(verdict(Buffer.from(text), 'gbk')).to.equal('charset 0000');
  });

  it('refuses bytes that are no character, in each charset', () => {
    for (const hex of ['80', 'ff', '81', '8130', '813081', '2081', '817f', 'fe39fe39']) {
      expect(decodeText(Buffer.from(`7b22${hex}`, 'hex'), 'utf8'), hex).to.equal(undefined);
    }
    for (const hex of ['ff', '81', '8130', '813081', '8120', '817f']) {
      expect(decodeText(Buffer.from(hex, 'hex'), 'gb18030'), hex).to.equal(undefined);
    }
    expect(decodeText(Buffer.from('8431a437', 'hex'), 'gb18030')).to.equal('\ufffd');
  });

  it('writes to a GBK peer without loss: what GBK lacks is escaped', () => {
    const json = JSON.stringify({ consName: '王𠮷䶮é€' });
    const bytes = encodeJson(json, 'gbk');
    expect(JSON.parse(iconv.decode(bytes, 'gbk'))).to.deep.equal({ consName: '王𠮷䶮é€' });
    expect(bytes.includes(Buffer.from('\\ud842\\udfb7'))).to.equal(true);
  });

  it('says where a charset lacks a character', () => {
    expect([
      lacks('王镕', 'gbk'),
      lacks('𠮷', 'gbk'),
      lacks('𠮷', 'gb18030'),
      lacks('\ud842', 'utf8'),
    ]).to.deep.equal([false, true, false, true]);
    expect(encodeText('𠮷', 'gbk').toString('latin1')).to.equal('?');
  });

  it('any text comes back in GB18030 and UTF-8, and in GBK through JSON', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        if (!text.isWellFormed()) return;
        for (const charset of ['utf8', 'gb18030'] as const) {
          expect(decodeText(encodeText(text, charset), charset)).to.equal(text);
        }
        const json = JSON.stringify(text);
        expect(JSON.parse(decodeText(encodeJson(json, 'gbk'), 'gbk') ?? '')).to.equal(text);
      }),
      { numRuns: 2000 },
    );
  });
});
