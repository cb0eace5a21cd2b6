import { createHash } from 'node:crypto';
import type { OpenFile } from './open-file.js';

const PART_BYTES = 256 * 1024;

/** SHA-256 of `length` bytes from `offset` (0 = to the end): read in parts, between which everything else goes on. */
export async function digestOf(file: OpenFile, offset: number, length: number): Promise<Buffer> {
  const hash = createHash('sha256');
  const part = Buffer.allocUnsafe(PART_BYTES);
  const end = length === 0 ? Number.MAX_SAFE_INTEGER : Math.min(offset + length, Number.MAX_SAFE_INTEGER);
  for (let at = offset; at < end; ) {
    const bytes = await new Promise<number>((resolve, reject) =>
      file.read(part, 0, Math.min(PART_BYTES, end - at), at, (error, count) =>
        error ? reject(error) : resolve(count),
      ),
    );
    if (bytes === 0) break;
    hash.update(part.subarray(0, bytes));
    at += bytes;
  }
  return hash.digest();
}
