import { expect } from 'chai';
import fc from 'fast-check';
import { encodeFrame, FrameDecoder, type FrameEvent, type FrameSettings } from '../../src/protocol/index.js';
import { messageFixture, messageFixtures } from '../support/fixtures.js';

const LIMIT = 64 * 1024;
const json = '{"body":{"consName":"王小明"},"head":{}}';
const data = Buffer.from(json);
const frame = encodeFrame('200001', data);

/** The header with another length, then the rest as given. */
function withLength(length: number, rest: Buffer = Buffer.concat([data, Buffer.from([0x16])])): Buffer {
  const header = Buffer.from(frame.subarray(0, 11));
  header.writeInt32LE(length, 1);
  return Buffer.concat([header, rest]);
}
const bigEndian = (() => {
  const bytes = Buffer.from(frame);
  bytes.writeInt32BE(data.length, 1);
  return bytes;
})();
const replaced = (at: number, byte: number): Buffer => {
  const bytes = Buffer.from(frame);
  bytes[at < 0 ? bytes.length + at : at] = byte;
  return bytes;
};
const join = (...parts: (Buffer | string)[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));

/** One word per event: the data of a frame, or the name of the fault. */
const words = (events: readonly FrameEvent[]) =>
  events.map((event) =>
    event.kind === 'frame' ? `${event.serviceCode} ${event.data.toString('utf8')}` : `!${event.fault}`,
  );
function cut(settings: FrameSettings, ...chunks: readonly Buffer[]): string[] {
  const decoder = new FrameDecoder({ dataBytesMax: LIMIT, ...settings });
  const events = words(chunks.flatMap((chunk) => decoder.push(chunk)));
  return decoder.pendingBytes > 0 ? [...events, `…${decoder.pendingBytes}`] : events;
}
const whole = `200001 ${json}`;
const strict = {};
const charCount = { lengthTolerance: 'charCount' } as const;
const newline = { lengthTolerance: 'trailingNewline' } as const;
// {"b":"北…"}: its last character ends in 0x5c.
const gbkData = Buffer.from('7b2262223a22b1b1815c22 7d'.replaceAll(' ', ''), 'hex');

/** What is sent, by whom, and what must come of it: spec messages.md "Frame", field by field. */
const table: readonly (readonly [string, FrameSettings, Buffer, readonly string[]])[] = [
  ['one frame', strict, frame, [whole]],
  ['two frames glued together', strict, join(frame, frame), [whole, whole]],
  ['a frame and half of the next', strict, join(frame, frame.subarray(0, 20)), [whole, '…20']],
  ['marks inside the data', strict, encodeFrame('200001', Buffer.from('h\x16h\x16')), ['200001 h\x16h\x16']],
  ['nothing', strict, Buffer.alloc(0), []],
  ['bytes before the start mark', strict, join('\r\n', frame), ['!start-mark']],
  ['a frame, then garbage', strict, join(frame, 'GET /'), [whole, '!start-mark']],
  ['a TLS hello', strict, Buffer.from('160301', 'hex'), ['!start-mark']],
  ['length -1', strict, withLength(-1), ['!length']],
  ['length zero', strict, withLength(0), ['!length']],
  ['length at the limit', strict, withLength(LIMIT, data), [`…${11 + data.length}`]],
  ['length over the limit', strict, withLength(LIMIT + 1), ['!length']],
  ['length 0x7fffffff', strict, withLength(0x7fffffff), ['!length']],
  ['length 0x80000000', strict, withLength(-0x80000000), ['!length']],
  ['length big-endian', strict, bigEndian, ['!length']],
  ['length big-endian, tolerant peer', charCount, bigEndian, ['!length']],
  ['a letter in the service code', strict, replaced(6, 0x41), ['!service-code']],
  ['a NUL in the service code', strict, replaced(10, 0), ['!service-code']],
  ['a wrong end mark', strict, replaced(-1, 0x17), ['!end-mark']],
  ['a wrong end mark, tolerant peer', charCount, replaced(-1, 0x17), ['!end-mark']],
  ['CR LF behind the frame', strict, join(frame, '\r\n'), [whole, '!start-mark']],
  ['CR LF behind the frame, tolerant peer', newline, join(frame, '\r\n'), [whole]],
  [
    'CR LF between frames, tolerant peer',
    newline,
    join(frame, '\r\n', frame, '\n', frame),
    [whole, whole, whole],
  ],
  ['CR LF before the first frame, tolerant peer', newline, join('\r\n', frame), ['!start-mark']],
  ['endless line ends, tolerant peer', newline, join(frame, '\r\n\r\n\n'), [whole, '!start-mark']],
  ['length of characters', strict, withLength(json.length), ['!end-mark']],
  ['length of characters, tolerant peer', charCount, withLength(json.length), [whole]],
  ['length one short', strict, withLength(data.length - 1), ['!end-mark']],
  ['length one short, tolerant peer', charCount, withLength(data.length - 1), [whole]],
  ['length one long', strict, withLength(data.length + 1), [`…${data.length + 12}`]],
  ['length one long, tolerant peer', charCount, withLength(data.length + 1), [whole]],
  ['length stale, tolerant peer', charCount, withLength(17), [whole]],
  [
    'length stale, the next frame behind it, tolerant peer',
    charCount,
    join(withLength(17), frame),
    [whole, whole],
  ],
  ['right length, tolerant peer', charCount, join(frame, frame), [whole, whole]],
  [
    'right length, no JSON, tolerant peer',
    charCount,
    encodeFrame('200001', Buffer.from('hello')),
    ['200001 hello'],
  ],
  [
    'right length, JSON cut inside a string, tolerant peer',
    charCount,
    join(encodeFrame('200001', Buffer.from('{"a":"b')), frame),
    ['200001 {"a":"b', whole],
  ],
  ['wrong length, no JSON, tolerant peer', charCount, withLength(3, join('hello', '\x16')), ['!end-mark']],
  [
    'braces, quotes and backslashes in strings, tolerant peer',
    charCount,
    withLength(9, join('{"a":"}]\\"}\\\\","b":[{"c":"{"}]} \n', '\x16')),
    ['200001 {"a":"}]\\"}\\\\","b":[{"c":"{"}]} \n'],
  ],
  [
    'something behind the object, tolerant peer',
    charCount,
    withLength(2, join('{}x', '\x16')),
    ['!end-mark'],
  ],
  [
    'GBK with a character that ends in a backslash, tolerant peer',
    { ...charCount, charset: 'gbk' },
    withLength(5, join(gbkData, '\x16')),
    [`200001 ${gbkData.toString('utf8')}`],
  ],
];

describe('frame decoder', () => {
  for (const [title, settings, bytes, expected] of table) {
    it(`${title}: ${expected.map((word) => word.slice(0, 12)).join(', ') || 'nothing'}`, () => {
      expect(cut(settings, bytes), 'in one chunk').to.deep.equal(expected);
      for (let at = 1; at < bytes.length; at += 1) {
        const chunks = [bytes.subarray(0, at), bytes.subarray(at)];
        expect(cut(settings, ...chunks), `cut at ${at}`).to.deep.equal(expected);
      }
      expect(cut(settings, ...[...bytes].map((byte) => Buffer.from([byte]))), 'byte by byte').to.deep.equal(
        expected,
      );
    });
  }

  it('judges as early as the bytes allow', () => {
    const heard = (bytes: Buffer) => {
      const decoder = new FrameDecoder({ dataBytesMax: LIMIT });
      const at = [...bytes].findIndex((byte) => decoder.push(Buffer.from([byte])).length > 0);
      return at + 1;
    };
    expect(heard(replaced(0, 0x67))).to.equal(1);
    expect(heard(withLength(LIMIT + 1))).to.equal(5);
    expect(heard(replaced(5, 0x20))).to.equal(11);
    expect(heard(frame)).to.equal(frame.length);
  });

  it('hints at a big-endian length', () => {
    const [event] = new FrameDecoder().push(bigEndian);
    expect(event?.kind === 'fault' && event.detail).to.contain(`read big-endian it would be ${data.length}`);
  });

  it('says nothing more after a fault, and keeps nothing', () => {
    const decoder = new FrameDecoder();
    decoder.push(Buffer.from('x'));
    expect(decoder.push(frame)).to.deep.equal([]);
    expect([decoder.dead, decoder.pendingBytes]).to.deep.equal([true, 0]);
  });

  it('refuses to encode what would not decode', () => {
    for (const code of ['20001', '2000011', '20000a', '２００００１', '']) {
      expect(() => encodeFrame(code, data)).to.throw(RangeError);
    }
    expect(() => encodeFrame('200001', Buffer.alloc(0))).to.throw(RangeError);
  });
});

const tolerances = fc.constantFrom<FrameSettings>(strict, charCount, newline, {
  ...charCount,
  charset: 'gbk',
});
/** The bytes in chunks of the given sizes, over and over. */
function chunksOf(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, i = 0; at < bytes.length; i += 1) {
    const size = sizes[i % sizes.length] ?? 1;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}
const someFrames = fc
  .array(fc.tuple(fc.constantFrom('200001', '300002'), fc.uint8Array({ minLength: 1, maxLength: 60 })), {
    maxLength: 4,
  })
  .map((frames) => Buffer.concat(frames.map(([code, bytes]) => encodeFrame(code, Buffer.from(bytes)))));
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 });
const captured = messageFixtures.map(({ frameHex }) => Buffer.from(frameHex, 'hex'));

describe('frame decoder, for all bytes', () => {
  it('any partition of any frames and any tail gives the same events', () => {
    const tail = fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(someFrames, tail, sizes, tolerances, (frames, more, by, settings) => {
        const bytes = join(frames, more);
        expect(cut(settings, ...chunksOf(bytes, by))).to.deep.equal(cut(settings, bytes));
      }),
      { numRuns: 5000 },
    );
  });

  it('what is encoded is decoded, in any sequence', () => {
    const bodies = fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(bodies, sizes, (all, by) => {
        const frames = all.map((bytes) => encodeFrame('200002', Buffer.from(bytes)));
        const decoder = new FrameDecoder();
        const events = chunksOf(Buffer.concat(frames), by).flatMap((chunk) => decoder.push(chunk));
        const back = events.map((event) => event.kind === 'frame' && [...event.data]);
        expect(back).to.deep.equal(all.map((bytes) => [...bytes]));
      }),
      { numRuns: 1000 },
    );
  });

  it('random bytes and mutations of captured frames never throw, and the work is bounded by the bytes', () => {
    const random = fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes));
    const plausible = random.map((bytes) =>
      join('h', Buffer.from([bytes[0] ?? 1, 0, 0, 0]), '200001', bytes),
    );
    const mutated = fc
      .tuple(
        fc.constantFrom(...captured),
        fc.array(fc.tuple(fc.nat(900), fc.nat(255)), { minLength: 1, maxLength: 3 }),
      )
      .map(([bytes, changes]) => {
        const copy = Buffer.from(bytes);
        for (const [at, byte] of changes) copy[at % copy.length] = byte;
        return copy;
      });
    fc.assert(
      fc.property(fc.oneof(random, plausible, mutated), tolerances, (bytes, settings) => {
        const decoder = new FrameDecoder({ dataBytesMax: 1000, ...settings });
        const events = decoder.push(bytes);
        expect(events.length).to.be.at.most(bytes.length / 12 + 1);
        expect(events.slice(0, -1).every(({ kind }) => kind === 'frame')).to.equal(true);
        expect(decoder.pendingBytes).to.be.at.most(bytes.length);
      }),
      { numRuns: 12_000 },
    );
  });

  it('frames do not change when later chunks arrive', () => {
    const decoder = new FrameDecoder();
    const first = Buffer.from(frame);
    const [kept] = decoder.push(join(first, first.subarray(0, 30)));
    const text = kept?.kind === 'frame' ? kept.data.toString('utf8') : '';
    for (let i = 0; i < 50; i += 1) decoder.push(join(first.subarray(30), first.subarray(0, 30)));
    expect(kept?.kind === 'frame' && kept.data.toString('utf8')).to.equal(text);
  });

  it('holds what was received, not what a length claims', () => {
    const decoders = Array.from({ length: 2000 }, () => new FrameDecoder({ dataBytesMax: 1 << 30 }));
    const before = process.memoryUsage().arrayBuffers;
    for (const decoder of decoders) decoder.push(withLength(1 << 30, Buffer.alloc(0)));
    const each = (process.memoryUsage().arrayBuffers - before) / decoders.length;
    expect(each).to.be.below(4096);
    expect(decoders.every(({ pendingBytes }) => pendingBytes === 11)).to.equal(true);
  });

  for (const settings of [strict, charCount]) {
    it(`a large frame byte by byte costs linear time (${settings === strict ? 'strict' : 'charCount'})`, () => {
      const seconds = (dataBytes: number) => {
        const text = `{"a":"${'x'.repeat(dataBytes - 8)}"}`;
        const bytes = encodeFrame('200001', Buffer.from(text));
        const chunks = [...bytes].map((byte) => Buffer.from([byte]));
        const runs = Array.from({ length: 3 }, () => {
          const decoder = new FrameDecoder({ dataBytesMax: LIMIT * 8, ...settings });
          const begin = process.cpuUsage().user;
          const events = chunks.flatMap((chunk) => decoder.push(chunk));
          expect(events.length).to.equal(1);
          return process.cpuUsage().user - begin;
        });
        return Math.min(...runs);
      };
      seconds(LIMIT); // Warms the code up.
      // Linear is a factor of 8, quadratic would be 64.
      expect(seconds(8 * LIMIT) / seconds(LIMIT)).to.be.below(25);
    });
  }

  it('08 as captured is 01 to a tolerant peer, whatever follows', () => {
    const short = Buffer.from(messageFixture('08').frameHex, 'hex');
    const right = Buffer.from(messageFixture('01').frameHex, 'hex');
    expect(cut(charCount, join(short, right, short))).to.deep.equal(cut(strict, join(right, right, right)));
  });
});
