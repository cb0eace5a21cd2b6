/** Digests of files: SHA-256 is a file's identity; others are computed only where the platform named one. */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

/** Length of the hexadecimal text → algorithm. */
const algorithms = { 32: 'md5', 40: 'sha1', 64: 'sha256' } as const;
export interface NamedDigest {
  readonly algorithm: (typeof algorithms)[keyof typeof algorithms];
  /** Lower case hexadecimal. */
  readonly hex: string;
}

/** The digest that a notice gives in `extend` (bare, or as `sha256=…`, `md5:…`, in JSON); `undefined` where there is none. */
export function digestIn(extend: string): NamedDigest | undefined {
  for (const [hex] of extend.matchAll(/(?<![0-9A-Za-z])[0-9A-Fa-f]{32,64}(?![0-9A-Za-z])/g)) {
    const { length } = hex;
    // Digits alone are a serial or a time stamp sooner than a digest: no digest is expected without a single letter.
    if ((length === 32 || length === 40 || length === 64) && /[A-Fa-f]/.test(hex)) {
      return { algorithm: algorithms[length], hex: hex.toLowerCase() };
    }
  }
  return undefined;
}

/** The digest of a file, read as a stream. */
export async function digestOfFile(
  path: string,
  algorithm: NamedDigest['algorithm'] = 'sha256',
): Promise<string> {
  const hash = createHash(algorithm);
  for await (const block of blocksOf(path)) {
    hash.update(block);
  }
  return hash.digest('hex');
}

const BLOCK_BYTES = 256 * 1024;

/**
 * The bytes of a file, block by block, always in the same memory: a block is good until the next one is asked for. (A stream takes new
 * memory for each, of which the collector thinks too little: a large file would grow the process by a hundred megabytes.)
 */
export async function* blocksOf(path: string): AsyncIterable<Buffer> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(BLOCK_BYTES);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, BLOCK_BYTES);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
