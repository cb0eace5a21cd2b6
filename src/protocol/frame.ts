/*
  0      1                 5              11           11+n   12+n
  +------+-----------------+--------------+------------+------+
  | 0x68 | n, int32 LE     | service code | data       | 0x16 |
  +------+-----------------+--------------+------------+------+
   start   bytes of data     6 digits       JSON text    end        spec messages.md "Frame"
*/
import { Parser } from 'binary-parser';
import type { PeerDialect } from './dialect.js';
import { JsonEnd } from './json-end.js';

export const START_MARK = 0x68;
export const END_MARK = 0x16;
export const HEADER_BYTES = 11;
/** What a frame has beside its data. */
export const FRAME_EXTRA_BYTES = HEADER_BYTES + 1;
/** Default limit of the data of one frame; the spec asks for at least 64 KiB. */
export const DATA_BYTES_MAX = 256 * 1024;

const LENGTH_END = 5;
const HELD_BYTES_FIRST = 1024;
/** Line ends swallowed behind one frame of a peer with `trailingNewline`. */
const NEWLINE_BYTES_MAX = 4;

const headerParser = new Parser()
  .uint8('start')
  .int32le('dataBytes')
  .buffer('serviceCode', { length: HEADER_BYTES - LENGTH_END });
/** Stands in for header bytes that have not arrived; each is valid where it stands. */
const ABSENT_HEADER = Buffer.from([START_MARK, 0, 0, 0, 0, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30]);

export type FrameFaultName = 'start-mark' | 'length' | 'service-code' | 'end-mark';
export interface Frame {
  readonly kind: 'frame';
  readonly serviceCode: string;
  /** May share memory with the chunk it came in. */
  readonly data: Buffer;
}
export interface FrameFault {
  readonly kind: 'fault';
  readonly fault: FrameFaultName;
  /** For the operator; holds numbers only, never data. */
  readonly detail: string;
}
export type FrameEvent = Frame | FrameFault;

export interface FrameSettings {
  readonly dataBytesMax?: number;
  readonly lengthTolerance?: PeerDialect['lengthTolerance'];
  /** Only `charCount` looks at it: in GBK a byte of a character may look like a backslash. */
  readonly charset?: PeerDialect['charset'];
}

/**
 * Cuts a stream of chunks into frames, however they are split; the events depend on the bytes alone, never on the chunks.
 * Nothing comes after a fault: without a trusted length there is no next frame.
 * Holds at most twice what was really received, never what a length claims; a frame sent byte by byte costs linear time.
 *
 * Tolerances (spec "Dialect settings", peer): `charCount`: the length may be wrong (characters counted, off by one, stale):
 * the frame ends at the end mark behind the closed JSON object, or where the length says, whichever comes first, within the limit.
 * `trailingNewline`: CR and LF behind a frame are not the next frame.
 */
export class FrameDecoder {
  readonly #dataBytesMax: number;
  readonly #tolerance: PeerDialect['lengthTolerance'];
  readonly #charset: PeerDialect['charset'];
  #held: Buffer | undefined;
  #bytes = 0;
  #header: Header | undefined;
  #jsonEnd: JsonEnd | undefined;
  #newlinesLeft = 0;
  #dead = false;
  #broken: Buffer | undefined;

  constructor(settings: FrameSettings = {}) {
    this.#dataBytesMax = settings.dataBytesMax ?? DATA_BYTES_MAX;
    this.#tolerance = settings.lengthTolerance ?? 'strict';
    this.#charset = settings.charset ?? 'utf8';
  }

  /** The frames that this chunk completes, then perhaps one fault. */
  push(chunk: Buffer): FrameEvent[] {
    const events: FrameEvent[] = [];
    if (this.#dead) return events;
    const bytes = this.#held === undefined ? chunk : this.#append(this.#held, chunk);
    let at = 0;
    for (;;) {
      at += this.#newlines(bytes, at);
      const step = this.#judge(bytes.subarray(at));
      if (step === undefined) break;
      events.push(step.event);
      if (step.event.kind === 'fault') {
        this.#dead = true;
        this.#broken = bytes.subarray(at);
        this.#drop();
        return events;
      }
      at += step.bytes;
      this.#header = undefined;
      this.#jsonEnd = undefined;
      this.#newlinesLeft = this.#tolerance === 'trailingNewline' ? NEWLINE_BYTES_MAX : 0;
    }
    this.#keep(bytes, at);
    return events;
  }

  /** Bytes of an unfinished frame; not 0 when the peer ends means that it was cut off. */
  get pendingBytes(): number {
    return this.#bytes;
  }
  /** The bytes of an unfinished frame, or those in which the fault was found; empty between frames. A view, to be copied by who keeps it. */
  get unread(): Buffer {
    return this.#broken ?? this.#held?.subarray(0, this.#bytes) ?? Buffer.alloc(0);
  }
  /** True after a fault: nothing more will come. */
  get dead(): boolean {
    return this.#dead;
  }

  #newlines(bytes: Buffer, at: number): number {
    let count = 0;
    while (this.#newlinesLeft > 0 && (bytes[at + count] === 0x0d || bytes[at + count] === 0x0a)) {
      count += 1;
      this.#newlinesLeft -= 1;
    }
    return count;
  }

  /** Judges as early as the bytes allow, so that a wrong first byte or length closes the connection at once. */
  #judge(bytes: Buffer): { readonly event: FrameEvent; readonly bytes: number } | undefined {
    if (bytes.length === 0) return undefined;
    if (this.#header === undefined) {
      const header = readHeader(bytes);
      const fault = headerFault(header, bytes.length, this.#dataBytesMax);
      if (fault !== undefined) return { event: fault, bytes: 0 };
      if (bytes.length < HEADER_BYTES) return undefined;
      this.#header = header;
      if (this.#tolerance === 'charCount') this.#jsonEnd = new JsonEnd(this.#charset);
    }
    const { serviceCode, dataBytes } = this.#header;
    const found = this.#jsonEnd?.find(bytes, HEADER_BYTES, dataBytes, this.#dataBytesMax);
    if (found === 'more') return undefined;
    const end = typeof found === 'number' ? found : dataBytes;
    if (found !== 'none' && bytes.length < end + FRAME_EXTRA_BYTES) return undefined;
    if (found === 'none' || bytes[HEADER_BYTES + end] !== END_MARK) {
      const detail = `no end mark 0x16 behind ${dataBytes} bytes of data (the length may count characters or be stale)`;
      return { event: { kind: 'fault', fault: 'end-mark', detail }, bytes: 0 };
    }
    const data = bytes.subarray(HEADER_BYTES, HEADER_BYTES + end);
    return { event: { kind: 'frame', serviceCode, data }, bytes: end + FRAME_EXTRA_BYTES };
  }

  #append(held: Buffer, chunk: Buffer): Buffer {
    const needed = this.#bytes + chunk.length;
    let room = held;
    if (needed > held.length) {
      room = Buffer.allocUnsafeSlow(Math.max(needed, held.length * 2));
      held.copy(room, 0, 0, this.#bytes);
    }
    chunk.copy(room, this.#bytes);
    this.#held = room;
    this.#bytes = needed;
    return room.subarray(0, needed);
  }
  /** Keeps what is left from `at` on. Frames already given out keep their memory: what is left moves to a new buffer. */
  #keep(bytes: Buffer, at: number): void {
    const left = bytes.length - at;
    if (left > 0 && at === 0 && this.#held !== undefined) return;
    this.#drop();
    if (left === 0) return;
    this.#held = Buffer.allocUnsafeSlow(Math.max(left, HELD_BYTES_FIRST));
    bytes.copy(this.#held, 0, at);
    this.#bytes = left;
  }
  #drop(): void {
    this.#held = undefined;
    this.#bytes = 0;
  }
}

interface Header {
  readonly start: number;
  readonly dataBytes: number;
  readonly serviceCode: string;
}
/** The header as far as it is there; what is missing is read from {@link ABSENT_HEADER}. */
function readHeader(bytes: Buffer): Header {
  let whole = bytes;
  if (bytes.length < HEADER_BYTES) {
    whole = Buffer.from(ABSENT_HEADER);
    bytes.copy(whole);
  }
  const { start, dataBytes, serviceCode } = headerParser.parse(whole);
  return { start, dataBytes, serviceCode: serviceCode.toString('latin1') };
}
function headerFault(header: Header, bytesHere: number, dataBytesMax: number): FrameFault | undefined {
  const { start, dataBytes, serviceCode } = header;
  if (start !== START_MARK) {
    return { kind: 'fault', fault: 'start-mark', detail: `first byte is 0x${hex(start, 2)}, expected 0x68` };
  }
  if (bytesHere < LENGTH_END) return undefined;
  if (dataBytes <= 0 || dataBytes > dataBytesMax) {
    return { kind: 'fault', fault: 'length', detail: lengthDetail(dataBytes, dataBytesMax) };
  }
  if (bytesHere >= HEADER_BYTES && !/^[0-9]{6}$/.test(serviceCode)) {
    return { kind: 'fault', fault: 'service-code', detail: 'the service code is not six digits' };
  }
  return undefined;
}
function lengthDetail(dataBytes: number, dataBytesMax: number): string {
  const swapped = Buffer.alloc(4);
  swapped.writeInt32LE(dataBytes);
  const bigEndian = swapped.readInt32BE();
  const hint = bigEndian > 0 && bigEndian <= dataBytesMax ? `; read big-endian it would be ${bigEndian}` : '';
  return `length ${dataBytes} is not within 1..${dataBytesMax}${hint}`;
}
const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

/**
 * The exact inverse of {@link FrameDecoder}: one frame around the data. Text is written as UTF-8.
 * @throws {RangeError} when the service code is not six digits or the data is empty: our own fault
 */
export function encodeFrame(serviceCode: string, data: Buffer | string): Buffer {
  if (!/^[0-9]{6}$/.test(serviceCode)) throw new RangeError('a service code is six digits');
  const dataBytes = Buffer.byteLength(data);
  if (dataBytes === 0) throw new RangeError('a frame has data');
  const frame = Buffer.allocUnsafe(dataBytes + FRAME_EXTRA_BYTES);
  frame.writeUInt8(START_MARK, 0);
  frame.writeInt32LE(dataBytes, 1);
  frame.write(serviceCode, LENGTH_END, 'latin1');
  if (typeof data === 'string') frame.write(data, HEADER_BYTES, 'utf8');
  else data.copy(frame, HEADER_BYTES);
  frame.writeUInt8(END_MARK, HEADER_BYTES + dataBytes);
  return frame;
}
