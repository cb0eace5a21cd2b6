/** Passwords to keys as PKCS#12 does it (RFC 7292 appendix B), and its two ways of encrypting. */
import { createCipheriv, createDecipheriv, createHash, pbkdf2Sync } from 'node:crypto';

/** What the bytes are for; the RFC calls it the ID. */
export const purposeIds = { key: 1, iv: 2, mac: 3 } as const;
const hashBlocks = { sha1: 64, sha256: 64, sha384: 128, sha512: 128 } as const;
export type KdfHash = keyof typeof hashBlocks;

/** The password as UTF-16BE with a closing zero. */
function bmpPassword(password: string): Buffer {
  return Buffer.from(`${password}\0`, 'utf16le').swap16();
}

function repeated(bytes: Uint8Array, block: number): Buffer {
  if (bytes.length === 0) return Buffer.alloc(0);
  return Buffer.alloc(block * Math.ceil(bytes.length / block), bytes);
}

/** `bytes` octets of key material. */
export function pkcs12Derive(
  hash: KdfHash,
  password: string,
  salt: Uint8Array,
  purpose: keyof typeof purposeIds,
  rounds: number,
  bytes: number,
): Buffer {
  const block = hashBlocks[hash];
  const diversifier = Buffer.alloc(block, purposeIds[purpose]);
  const input = Buffer.concat([repeated(salt, block), repeated(bmpPassword(password), block)]);
  const out: Buffer[] = [];
  for (let have = 0; have < bytes; ) {
    let digest = createHash(hash).update(diversifier).update(input).digest();
    for (let i = 1; i < rounds; i++) digest = createHash(hash).update(digest).digest();
    out.push(digest);
    have += digest.length;
    addToEachBlock(input, repeated(digest, block).subarray(0, block));
  }
  return Buffer.concat(out).subarray(0, bytes);
}

/** Each block of `input` := (block + addend + 1) mod 2^(8·block). */
function addToEachBlock(input: Buffer, addend: Buffer): void {
  for (let start = 0; start < input.length; start += addend.length) {
    let carry = 1;
    for (let i = addend.length - 1; i >= 0; i--) {
      carry += input.readUInt8(start + i) + addend.readUInt8(i);
      input.writeUInt8(carry & 0xff, start + i);
      carry >>= 8;
    }
  }
}

/** A symmetric cipher with its key and IV, ready for one use. */
export interface Cipher {
  readonly name: string;
  readonly key: Buffer;
  readonly iv: Buffer;
}
export function encrypt({ name, key, iv }: Cipher, plain: Uint8Array): Buffer {
  const cipher = createCipheriv(name, key, iv);
  return Buffer.concat([cipher.update(plain), cipher.final()]);
}
/** @throws Error when the key is wrong (bad padding). */
export function decrypt({ name, key, iv }: Cipher, secret: Uint8Array): Buffer {
  const decipher = createDecipheriv(name, key, iv);
  return Buffer.concat([decipher.update(secret), decipher.final()]);
}

/** pbeWithSHAAnd3-KeyTripleDES-CBC. */
export const tripleDes = (password: string, salt: Uint8Array, rounds: number): Cipher => ({
  name: 'des-ede3-cbc',
  key: pkcs12Derive('sha1', password, salt, 'key', rounds, 24),
  iv: pkcs12Derive('sha1', password, salt, 'iv', rounds, 8),
});

/** PBES2 with PBKDF2. */
export const pbes2 = (
  name: string,
  hash: string,
  password: string,
  salt: Uint8Array,
  rounds: number,
  keyBytes: number,
  iv: Buffer,
): Cipher => ({ name, key: pbkdf2Sync(password, salt, rounds, keyBytes, hash), iv });
