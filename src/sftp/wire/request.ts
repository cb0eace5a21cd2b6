import { type Attributes, readAttributes } from './attributes.js';
import { HANDLE_BYTES, requestType } from './constants.js';
import type { Packet } from './packet-decoder.js';
import { Reader } from './reader.js';

/** A path as the client wrote it; `undefined` where it is not UTF-8. */
export type PathText = string | undefined;
/** A handle of ours; `undefined` where it cannot be one. */
export type HandleNumber = number | undefined;

export type Request =
  | { readonly kind: 'open'; id: number; path: PathText; flags: number; attributes: Attributes }
  | { readonly kind: 'close' | 'fstat' | 'readdir'; id: number; handle: HandleNumber }
  | { readonly kind: 'read'; id: number; handle: HandleNumber; offset: number; length: number }
  | { readonly kind: 'write'; id: number; handle: HandleNumber; offset: number; data: readonly Buffer[] }
  | {
      readonly kind: 'stat' | 'lstat' | 'opendir' | 'remove' | 'mkdir' | 'rmdir' | 'realpath';
      id: number;
      path: PathText;
    }
  | { readonly kind: 'setstat'; id: number; path: PathText; attributes: Attributes }
  | { readonly kind: 'fsetstat'; id: number; handle: HandleNumber; attributes: Attributes }
  | { readonly kind: 'rename' | 'posix-rename'; id: number; from: PathText; to: PathText }
  | { readonly kind: 'fsync'; id: number; handle: HandleNumber }
  | { readonly kind: 'limits'; id: number }
  /** Of a file by its name or by a handle. `blockBytes` 0: one digest of everything. */
  | { readonly kind: 'digest-name'; id: number; path: PathText; range: DigestRange }
  | { readonly kind: 'digest-handle'; id: number; handle: HandleNumber; range: DigestRange }
  /** Links, and whatever we do not know. */
  | { readonly kind: 'unsupported'; id: number }
  | { readonly kind: 'malformed'; id: number };
/** `string algorithms, uint64 offset, uint64 length (0 = to the end), uint32 block` */
export interface DigestRange {
  readonly algorithms: readonly string[];
  readonly offset: number;
  readonly length: number;
  readonly blockBytes: number;
}
export type RequestKind = Request['kind'];

/** The first packet of a channel: the client's version. `undefined` where it is something else. */
export function readInit(packet: Packet): number | undefined {
  const { body } = packet;
  return body[0] === requestType.init && body.length >= 5 ? body.readUInt32BE(1) : undefined;
}

/** One packet as a request. Never throws; a packet that is cut or lies about its lengths is `malformed`. */
export function readRequest(packet: Packet): Request {
  const reader = new Reader(packet.body, 1);
  const id = reader.uint32();
  const request = read(packet, reader, id);
  return reader.failed ? { kind: 'malformed', id } : request;
}

function read(packet: Packet, reader: Reader, id: number): Request {
  switch (packet.body[0]) {
    case requestType.open:
      return {
        kind: 'open',
        id,
        path: reader.text(),
        flags: reader.uint32(),
        attributes: readAttributes(reader),
      };
    case requestType.close:
      return { kind: 'close', id, handle: handle(reader) };
    case requestType.read:
      return { kind: 'read', id, handle: handle(reader), offset: reader.uint64(), length: reader.uint32() };
    case requestType.write:
      return write(packet, reader, id);
    case requestType.lstat:
      return { kind: 'lstat', id, path: reader.text() };
    case requestType.fstat:
      return { kind: 'fstat', id, handle: handle(reader) };
    case requestType.setstat:
      return { kind: 'setstat', id, path: reader.text(), attributes: readAttributes(reader) };
    case requestType.fsetstat:
      return { kind: 'fsetstat', id, handle: handle(reader), attributes: readAttributes(reader) };
    case requestType.opendir:
      return { kind: 'opendir', id, path: reader.text() };
    case requestType.readdir:
      return { kind: 'readdir', id, handle: handle(reader) };
    case requestType.remove:
      return { kind: 'remove', id, path: reader.text() };
    case requestType.mkdir:
      return { kind: 'mkdir', id, path: reader.text() };
    case requestType.rmdir:
      return { kind: 'rmdir', id, path: reader.text() };
    case requestType.realpath:
      return { kind: 'realpath', id, path: reader.text() };
    case requestType.stat:
      return { kind: 'stat', id, path: reader.text() };
    case requestType.rename:
      return { kind: 'rename', id, from: reader.text(), to: reader.text() };
    case requestType.extended:
      return extended(reader, id);
    default:
      return { kind: 'unsupported', id };
  }
}

function write(packet: Packet, reader: Reader, id: number): Request {
  const number = handle(reader);
  const offset = reader.uint64();
  if (packet.data === undefined) return { kind: 'write', id, handle: number, offset, data: [reader.bytes()] };
  const length = reader.uint32();
  const held = packet.data.reduce((sum, piece) => sum + piece.length, 0);
  if (length > held) reader.fail();
  const data = length === held ? packet.data : [Buffer.concat(packet.data).subarray(0, length)];
  return { kind: 'write', id, handle: number, offset, data };
}

function extended(reader: Reader, id: number): Request {
  switch (reader.text()) {
    case 'posix-rename@openssh.com':
      return { kind: 'posix-rename', id, from: reader.text(), to: reader.text() };
    case 'fsync@openssh.com':
      return { kind: 'fsync', id, handle: handle(reader) };
    case 'limits@openssh.com':
      return { kind: 'limits', id };
    case 'check-file-name':
      return { kind: 'digest-name', id, path: reader.text(), range: digestRange(reader) };
    // The second name is that of an older draft, which paramiko speaks.
    case 'check-file-handle':
    case 'check-file':
      return { kind: 'digest-handle', id, handle: handle(reader), range: digestRange(reader) };
    default:
      return { kind: 'unsupported', id };
  }
}

const digestRange = (reader: Reader): DigestRange => ({
  algorithms: (reader.text() ?? '').split(','),
  offset: reader.uint64(),
  length: reader.uint64(),
  blockBytes: reader.uint32(),
});

function handle(reader: Reader): HandleNumber {
  const bytes = reader.bytes();
  return bytes.length === HANDLE_BYTES ? bytes.readUInt32BE(0) : undefined;
}
