/**
 * Java key stores (JKS, and the certificates of JCEKS), as `keytool` of JDK 1.2 to 8 wrote them by default. All big-endian:
 *
 *   feedfeed | version 1..2 | count | entries | SHA-1(password as UTF-16BE, "Mighty Aphrodite", all before)
 *   entry 1 (key):     1 | alias | ms | length, EncryptedPrivateKeyInfo | count, certificates
 *   entry 2 (trusted): 2 | alias | ms | certificate
 *   certificate: [version 2: type "X.509"] | length | DER
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { childAt, octetsOf, parseDer } from './der.js';
import type { StoreEntry } from './read-store.js';

const MAGIC = { jks: 0xfeedfeed, jceks: 0xcececece };
/** More entries than any real store has; a damaged count must not make us loop. */
const ENTRIES_MAX = 10_000;
const DIGEST_BYTES = 20;
const WHITENER = 'Mighty Aphrodite';

export const isJks = (bytes: Buffer): boolean =>
  bytes.length > 12 && Object.values(MAGIC).includes(bytes.readUInt32BE(0));

/** Reads forward; every read checks the end. */
class Cursor {
  #at = 0;
  constructor(readonly bytes: Buffer) {}
  take(count: number): Buffer {
    const end = this.#at + count;
    if (count < 0 || end > this.bytes.length) throw new Error('the key store is cut short');
    const part = this.bytes.subarray(this.#at, end);
    this.#at = end;
    return part;
  }
  int = (): number => this.take(4).readUInt32BE(0);
  /** `DataOutput.writeUTF`; aliases outside ASCII are rare, and modified UTF-8 differs only in NUL and surrogates. */
  text = (): string => this.take(this.take(2).readUInt16BE(0)).toString('utf8');
}

/**
 * @param password checks the store's digest when given; trusted certificates are readable without
 * @throws Error when the store is damaged or the password wrong
 */
export function readJks(bytes: Buffer, password?: string): StoreEntry[] {
  const body = bytes.subarray(0, bytes.length - DIGEST_BYTES);
  if (password !== undefined) checkDigest(body, bytes.subarray(bytes.length - DIGEST_BYTES), password);
  const cursor = new Cursor(body);
  const magic = cursor.int();
  const version = cursor.int();
  if (version !== 1 && version !== 2) throw new Error(`JKS version ${version} is not known`);
  const count = cursor.int();
  if (count > ENTRIES_MAX) throw new Error(`${count} entries in one key store`);
  const certificate = () => {
    if (version === 2) cursor.text();
    return cursor.take(cursor.int());
  };
  return Array.from({ length: count }, (): StoreEntry => {
    const tag = cursor.int();
    const alias = cursor.text();
    cursor.take(8);
    if (tag === 2) return { alias, certificates: [certificate()] };
    if (tag !== 1) throw new Error(`an entry of kind ${tag} (a secret key?) cannot be read`);
    const secret = cursor.take(cursor.int());
    const chain = Array.from({ length: Math.min(cursor.int(), 100) }, certificate);
    // The key of a JCEKS store is protected in another way; nobody was seen to send one.
    const readable = password !== undefined && magic === MAGIC.jks;
    return { alias, certificates: chain, ...(readable ? { pkcs8: unprotect(secret, password) } : {}) };
  });
}

const utf16 = (password: string): Buffer => Buffer.from(password, 'utf16le').swap16();
const sha1 = (...parts: Uint8Array[]): Buffer => createHash('sha1').update(Buffer.concat(parts)).digest();

function checkDigest(body: Buffer, digest: Buffer, password: string): void {
  if (!timingSafeEqual(sha1(utf16(password), Buffer.from(WHITENER), body), digest))
    throw new Error('wrong password, or the key store was changed');
}

/** Sun's own protection: salt (20) | key XOR SHA-1 chain | SHA-1(password, key). */
function unprotect(secret: Buffer, password: string): Buffer {
  const sealed = octetsOf(childAt(parseDer(secret), 1));
  const salt = sealed.subarray(0, DIGEST_BYTES);
  const hidden = sealed.subarray(DIGEST_BYTES, sealed.length - DIGEST_BYTES);
  const key = Buffer.alloc(hidden.length);
  let stream: Buffer = salt;
  for (let start = 0; start < hidden.length; start += DIGEST_BYTES) {
    stream = sha1(utf16(password), stream);
    for (let i = start; i < Math.min(start + DIGEST_BYTES, hidden.length); i++)
      key.writeUInt8(hidden.readUInt8(i) ^ stream.readUInt8(i - start), i);
  }
  if (!timingSafeEqual(sha1(utf16(password), key), sealed.subarray(sealed.length - DIGEST_BYTES)))
    throw new Error('the key has another password than the store');
  return key;
}
