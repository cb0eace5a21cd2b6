import { expect } from 'chai';
import fc from 'fast-check';
import { PACKET_BYTES_MAX, requestType } from '../../../src/sftp/wire/constants.js';
import { type Packet, PacketDecoder } from '../../../src/sftp/wire/packet-decoder.js';
import { readRequest } from '../../../src/sftp/wire/request.js';
import { text, uint32, uint64 } from '../support/raw-client.js';

const packet = (type: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat([Buffer.from([type]), ...parts]);
  return Buffer.concat([uint32(body.length), body]);
};
const whole = ({ body, data }: Packet): string => Buffer.concat([body, ...(data ?? [])]).toString('hex');

function decodeAll(pieces: readonly Buffer[]): string[] {
  const decoder = new PacketDecoder();
  const out: string[] = [];
  for (const piece of pieces) {
    decoder.push(piece);
    for (;;) {
      const next = decoder.next();
      if (next.kind === 'incomplete') break;
      if (next.kind === 'lost') return [...out, `lost: ${next.detail}`];
      out.push(whole(next.packet));
    }
  }
  return out;
}

function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((place, i) => bytes.subarray(places[i], place));
}

const bytes = fc.uint8Array({ maxLength: 400 }).map((one) => Buffer.from(one));
const anyPacket = fc.oneof(
  fc.tuple(fc.constantFrom(...Object.values(requestType)), bytes).map(([type, body]) => packet(type, body)),
  fc
    .tuple(fc.nat(), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), bytes)
    .map(([id, offset, data]) =>
      packet(requestType.write, uint32(id), text(Buffer.alloc(4)), uint64(offset), text(data)),
    ),
);

describe('SFTP packets', () => {
  it('any cutting of the stream gives the same packets', () => {
    fc.assert(
      fc.property(
        fc.array(anyPacket, { minLength: 1, maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 60 }),
        (all, cuts) => {
          const stream = Buffer.concat(all);
          const expected = all.map((one) => one.subarray(4).toString('hex'));
          expect(decodeAll([stream])).to.deep.equal(expected);
          expect(decodeAll(cutAt(stream, cuts))).to.deep.equal(expected);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('a packet that comes byte by byte holds no more pieces than a few', () => {
    const one = packet(
      requestType.write,
      uint32(1),
      text(Buffer.alloc(4)),
      uint64(0n),
      text(Buffer.alloc(60_000, 'x')),
    );
    expect(decodeAll([...one].map((byte) => Buffer.from([byte])))).to.deep.equal([
      one.subarray(4).toString('hex'),
    ]);
  });

  for (const length of [0, PACKET_BYTES_MAX + 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]) {
    it(`a length of ${length} ends the stream at once`, () => {
      const decoder = new PacketDecoder();
      decoder.push(uint32(length));
      expect(decoder.next().kind).to.equal('lost');
      decoder.push(Buffer.alloc(100));
      expect(decoder.next().kind).to.equal('lost');
      expect(decoder.pending).to.equal(0);
    });
  }

  it('reads any bytes as some request, without an exception', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 255 }), bytes, (type, body) => {
        const decoder = new PacketDecoder();
        decoder.push(packet(type, body));
        const decoded = decoder.next();
        if (decoded.kind !== 'packet') throw new Error(decoded.kind);
        expect(readRequest(decoded.packet).kind).to.be.a('string');
      }),
      { numRuns: 5_000 },
    );
  });

  it('a WRITE keeps its data in the pieces in which it came', () => {
    const data = Buffer.alloc(100_000, 'abc');
    const one = packet(requestType.write, uint32(7), text(Buffer.from([0, 0, 0, 9])), uint64(5n), text(data));
    const decoder = new PacketDecoder();
    for (let at = 0; at < one.length; at += 32_768) decoder.push(one.subarray(at, at + 32_768));
    const decoded = decoder.next();
    if (decoded.kind !== 'packet') throw new Error(decoded.kind);
    const request = readRequest(decoded.packet);
    if (request.kind !== 'write') throw new Error(request.kind);
    expect(request.data.length).to.equal(4);
    expect(Buffer.concat(request.data).equals(data)).to.equal(true);
    expect([request.id, request.handle, request.offset]).to.deep.equal([7, 9, 5]);
  });

  it('a WRITE that lies about the length of its data is malformed', () => {
    const lying = packet(
      requestType.write,
      uint32(7),
      text(Buffer.alloc(4)),
      uint64(0n),
      uint32(10),
      Buffer.alloc(3),
    );
    const decoder = new PacketDecoder();
    decoder.push(lying);
    const decoded = decoder.next();
    if (decoded.kind !== 'packet') throw new Error(decoded.kind);
    expect(readRequest(decoded.packet)).to.deep.equal({ kind: 'malformed', id: 7 });
  });

  it('an ATTRS block that claims four billion extended attributes is malformed at once', () => {
    const lying = packet(
      requestType.setstat,
      uint32(7),
      text('/x'),
      uint32(0x8000_0000),
      uint32(0xffff_ffff),
    );
    const decoder = new PacketDecoder();
    decoder.push(lying);
    const decoded = decoder.next();
    if (decoded.kind !== 'packet') throw new Error(decoded.kind);
    expect(readRequest(decoded.packet).kind).to.equal('malformed');
  });
});
