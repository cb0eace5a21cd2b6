import { attributeFlag } from './constants.js';
import type { Reader } from './reader.js';

/** What a client may say about a file. Owner and extended attributes are read over and not kept: nothing here may change them. */
export interface Attributes {
  readonly size: number | undefined;
  readonly permissions: number | undefined;
  /** Seconds since 1970. */
  readonly accessedAt: number | undefined;
  readonly modifiedAt: number | undefined;
  readonly owner: boolean;
}

/** An extended attribute is a pair of strings, eight bytes at least: more than this many cannot stand in a packet. */
const EXTENDED_MAX = 1024;

/** Reads an ATTRS block; the reader is marked as failed where it is cut or lies about its length. */
export function readAttributes(reader: Reader): Attributes {
  const flags = reader.uint32();
  const size = flags & attributeFlag.size ? reader.uint64() : undefined;
  if (flags & attributeFlag.owner) {
    reader.uint32();
    reader.uint32();
  }
  const permissions = flags & attributeFlag.permissions ? reader.uint32() : undefined;
  const accessedAt = flags & attributeFlag.times ? reader.uint32() : undefined;
  const modifiedAt = flags & attributeFlag.times ? reader.uint32() : undefined;
  if ((flags & attributeFlag.extended) !== 0) {
    const count = reader.uint32();
    if (count > EXTENDED_MAX) reader.fail();
    for (let i = 0; i < count && !reader.failed; i += 1) {
      reader.bytes();
      reader.bytes();
    }
  }
  return { size, permissions, accessedAt, modifiedAt, owner: (flags & attributeFlag.owner) !== 0 };
}

/** What we say about a file or directory. */
export interface EntryAttributes {
  readonly kind: 'file' | 'folder';
  readonly size: number;
  /** Seconds since 1970. */
  readonly accessedAt: number;
  readonly modifiedAt: number;
}

export const ENTRY_ATTRIBUTES_BYTES = 4 + 8 + 4 + 8;
/**
 * One mode for all: what an account may do is decided by its directions, not by bits, and clients copy these bits to their own disk,
 * where a file without the writing bit could not be fetched a second time.
 */
const MODE = { file: 0o100_640, folder: 0o040_750 } as const;

export function writeAttributes(target: Buffer, at: number, entry: EntryAttributes): number {
  let p = target.writeUInt32BE(attributeFlag.size | attributeFlag.permissions | attributeFlag.times, at);
  p = target.writeBigUInt64BE(BigInt(entry.size), p);
  p = target.writeUInt32BE(MODE[entry.kind], p);
  p = target.writeUInt32BE(entry.accessedAt >>> 0, p);
  return target.writeUInt32BE(entry.modifiedAt >>> 0, p);
}
