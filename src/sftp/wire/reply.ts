import { ENTRY_ATTRIBUTES_BYTES, type EntryAttributes, writeAttributes } from './attributes.js';
import {
  HANDLE_BYTES,
  PACKET_BYTES_MAX,
  replyType,
  type Status,
  statusCode,
  statusText,
  TRANSFER_BYTES_MAX,
} from './constants.js';

/** What we can do beyond version 3. A client uses an extension only where it is named here. */
const EXTENSIONS = [
  ['posix-rename@openssh.com', '1'],
  ['fsync@openssh.com', '1'],
  ['limits@openssh.com', '1'],
  ['check-file', 'sha256'],
] as const;

/** Bytes before the data in a DATA reply; {@link finishData} fills them in. */
export const DATA_HEAD_BYTES = 13;

export function versionReply(): Buffer {
  const parts = EXTENSIONS.flatMap((extension) => extension.map(text));
  return packet(replyType.version, Buffer.from([0, 0, 0, 3]), ...parts);
}

const statusTails = new Map<string, Buffer>();
export function statusReply(id: number, status: Status, detail?: string): Buffer {
  const message = detail ?? statusText[status];
  let tail = statusTails.get(message);
  if (tail === undefined) {
    tail = Buffer.concat([text(message), text('en')]);
    // Details are texts of ours, never of the client's, so there are few of them.
    statusTails.set(message, tail);
  }
  const reply = Buffer.allocUnsafe(13 + tail.length);
  reply.writeUInt32BE(9 + tail.length, 0);
  reply[4] = replyType.status;
  reply.writeUInt32BE(id, 5);
  reply.writeUInt32BE(statusCode[status], 9);
  reply.set(tail, 13);
  return reply;
}

export function handleReply(id: number, handle: number): Buffer {
  const value = Buffer.allocUnsafe(4 + HANDLE_BYTES);
  value.writeUInt32BE(HANDLE_BYTES, 0);
  value.writeUInt32BE(handle, 4);
  return withId(replyType.handle, id, value);
}

/** The file was read into `buffer` from {@link DATA_HEAD_BYTES} on; gives the reply without copying it. */
export function finishData(buffer: Buffer, id: number, dataBytes: number): Buffer {
  buffer.writeUInt32BE(9 + dataBytes, 0);
  buffer[4] = replyType.data;
  buffer.writeUInt32BE(id, 5);
  buffer.writeUInt32BE(dataBytes, 9);
  return buffer.subarray(0, DATA_HEAD_BYTES + dataBytes);
}

export function attributesReply(id: number, entry: EntryAttributes): Buffer {
  const block = Buffer.allocUnsafe(ENTRY_ATTRIBUTES_BYTES);
  writeAttributes(block, 0, entry);
  return withId(replyType.attributes, id, block);
}

export interface NamedEntry {
  readonly name: string;
  /** As `ls -l` would print it; clients show it as it is. */
  readonly longName: string;
  readonly attributes: EntryAttributes;
}
export function nameReply(id: number, entries: readonly NamedEntry[]): Buffer {
  const count = Buffer.allocUnsafe(4);
  count.writeUInt32BE(entries.length, 0);
  const parts: Buffer[] = [count];
  for (const entry of entries) {
    const block = Buffer.allocUnsafe(ENTRY_ATTRIBUTES_BYTES);
    writeAttributes(block, 0, entry.attributes);
    parts.push(text(entry.name), text(entry.longName), block);
  }
  return withId(replyType.name, id, ...parts);
}

/** REALPATH is answered with one name and no attributes. */
export function pathReply(id: number, path: string): Buffer {
  return withId(replyType.name, id, Buffer.from([0, 0, 0, 1]), text(path), text(path), Buffer.alloc(4));
}

export function limitsReply(id: number, handlesMax: number): Buffer {
  const block = Buffer.alloc(32);
  block.writeBigUInt64BE(BigInt(PACKET_BYTES_MAX), 0);
  block.writeBigUInt64BE(BigInt(TRANSFER_BYTES_MAX), 8);
  block.writeBigUInt64BE(BigInt(TRANSFER_BYTES_MAX), 16);
  block.writeBigUInt64BE(BigInt(handlesMax), 24);
  return withId(replyType.extended, id, block);
}

export const digestReply = (id: number, algorithm: string, digest: Buffer): Buffer =>
  withId(replyType.extended, id, text('check-file'), text(algorithm), digest);

function text(value: string): Buffer {
  const bytes = Buffer.byteLength(value);
  const out = Buffer.allocUnsafe(4 + bytes);
  out.writeUInt32BE(bytes, 0);
  out.write(value, 4);
  return out;
}
function withId(type: number, id: number, ...parts: readonly Buffer[]): Buffer {
  const head = Buffer.allocUnsafe(4);
  head.writeUInt32BE(id, 0);
  return packet(type, head, ...parts);
}
function packet(type: number, ...parts: readonly Buffer[]): Buffer {
  const bytes = parts.reduce((sum, part) => sum + part.length, 1);
  const head = Buffer.allocUnsafe(5);
  head.writeUInt32BE(bytes, 0);
  head[4] = type;
  return Buffer.concat([head, ...parts], 4 + bytes);
}
