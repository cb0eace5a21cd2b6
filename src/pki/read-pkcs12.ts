/** Reading PKCS#12 (RFC 7292) as Java 6 to 21, OpenSSL 0.9 to 3 and Windows write it: password integrity, the usual ciphers. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { BaseBlock } from 'asn1js';
import { childAt, childrenOf, integerOf, octetsOf, oidOf, parseDer, rawOf, textOf } from './der.js';
import { oids } from './oids.js';
import { decrypt, type KdfHash, pbes2, pkcs12Derive, tripleDes } from './pkcs12-kdf.js';
import { rc2Decrypt } from './rc2.js';
import type { StoreEntry } from './read-store.js';

/** A hostile file must not keep us busy for hours. */
const ROUNDS_MAX = 5_000_000;
const HASHES: Readonly<Record<string, KdfHash>> = {
  [oids.sha1]: 'sha1',
  [oids.sha256]: 'sha256',
  [oids.sha384]: 'sha384',
  [oids.sha512]: 'sha512',
};
const MAC_BYTES = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 };
const PRFS: Readonly<Record<string, KdfHash>> = {
  [oids.hmacSha1]: 'sha1',
  [oids.hmacSha256]: 'sha256',
  [oids.hmacSha384]: 'sha384',
  [oids.hmacSha512]: 'sha512',
};
const CIPHERS: Readonly<Record<string, { readonly name: string; readonly keyBytes: number }>> = {
  [oids.aes128Cbc]: { name: 'aes-128-cbc', keyBytes: 16 },
  [oids.aes192Cbc]: { name: 'aes-192-cbc', keyBytes: 24 },
  [oids.aes256Cbc]: { name: 'aes-256-cbc', keyBytes: 32 },
  [oids.desEde3Cbc]: { name: 'des-ede3-cbc', keyBytes: 24 },
};

/** Looks like PKCS#12: a sequence that begins with the version 3. */
export function isPkcs12(bytes: Buffer): boolean {
  try {
    const pfx = parseDer(bytes);
    return integerOf(childAt(pfx, 0)) === 3 && oidOf(childAt(childAt(pfx, 1), 0)) === oids.data;
  } catch {
    return false;
  }
}

/** @throws Error when the file is damaged, the password wrong, or a cipher unknown */
export function readPkcs12(bytes: Buffer, password: string): StoreEntry[] {
  const pfx = parseDer(bytes);
  const safe = octetsOf(childAt(childAt(childAt(pfx, 1), 1), 0));
  const macData = childrenOf(pfx)[2];
  if (macData !== undefined) checkMac(safe, macData, password);
  const bags = childrenOf(parseDer(safe)).flatMap((content) => bagsOf(content, password));
  return entriesOf(bags.map((bag) => readBag(bag, password)));
}

function rounds(block: BaseBlock): number {
  const value = integerOf(block);
  if (value < 1 || value > ROUNDS_MAX) throw new Error(`${value} rounds of key derivation`);
  return value;
}

function checkMac(safe: Buffer, macData: BaseBlock, password: string): void {
  const digestInfo = childAt(macData, 0);
  const hash = HASHES[oidOf(childAt(childAt(digestInfo, 0), 0))];
  if (hash === undefined) throw new Error('its integrity check uses an unknown digest');
  const count = childrenOf(macData)[2];
  const salt = octetsOf(childAt(macData, 1));
  const key = pkcs12Derive(hash, password, salt, 'mac', count ? rounds(count) : 1, MAC_BYTES[hash]);
  const mac = createHmac(hash, key).update(safe).digest();
  const wanted = octetsOf(childAt(digestInfo, 1));
  if (mac.length !== wanted.length || !timingSafeEqual(mac, wanted))
    throw new Error('wrong password, or the file was changed');
}

function bagsOf(content: BaseBlock, password: string): readonly BaseBlock[] {
  const type = oidOf(childAt(content, 0));
  const inner = childAt(childAt(content, 1), 0);
  if (type === oids.data) return childrenOf(parseDer(octetsOf(inner)));
  if (type !== oids.encryptedData) throw new Error('it is protected by a public key, not by a password');
  const info = childAt(inner, 1);
  return childrenOf(parseDer(open(childAt(info, 1), octetsOf(childAt(info, 2)), password)));
}

/** Decrypts by the algorithm that stands beside the secret. */
function open(algorithm: BaseBlock, secret: Buffer, password: string): Buffer {
  const name = oidOf(childAt(algorithm, 0));
  const params = childAt(algorithm, 1);
  if (name === oids.pbes2) return openPbes2(params, secret, password);
  const salt = octetsOf(childAt(params, 0));
  const count = rounds(childAt(params, 1));
  if (name === oids.pbeTripleDes) return decrypt(tripleDes(password, salt, count), secret);
  if (name === oids.pbeRc2With40Bits)
    return rc2Decrypt(
      pkcs12Derive('sha1', password, salt, 'key', count, 5),
      pkcs12Derive('sha1', password, salt, 'iv', count, 8),
      secret,
    );
  throw new Error(`it is encrypted with an algorithm that is not known here (${name})`);
}

function openPbes2(params: BaseBlock, secret: Buffer, password: string): Buffer {
  const [kdf, scheme] = [childAt(params, 0), childAt(params, 1)];
  const cipher = CIPHERS[oidOf(childAt(scheme, 0))];
  if (oidOf(childAt(kdf, 0)) !== oids.pbkdf2 || cipher === undefined)
    throw new Error('it is encrypted with an algorithm that is not known here');
  const [salt, count, ...rest] = childrenOf(childAt(kdf, 1));
  const prf = rest.at(-1);
  const named = prf !== undefined && prf.idBlock.tagNumber === 16 ? PRFS[oidOf(childAt(prf, 0))] : 'sha1';
  if (named === undefined || count === undefined) throw new Error('its key derivation is not known here');
  const iv = octetsOf(childAt(scheme, 1));
  return decrypt(
    pbes2(cipher.name, named, password, octetsOf(salt), rounds(count), cipher.keyBytes, iv),
    secret,
  );
}

interface Bag {
  readonly alias: string;
  readonly localKeyId: string;
  readonly certificate?: Buffer;
  readonly pkcs8?: Buffer;
}

function readBag(bag: BaseBlock, password: string): Bag {
  const type = oidOf(childAt(bag, 0));
  const value = childAt(childAt(bag, 1), 0);
  const attributeSet = childrenOf(bag)[2];
  const attributes = new Map(
    (attributeSet ? childrenOf(attributeSet) : []).map((one) => [
      oidOf(childAt(one, 0)),
      childAt(childAt(one, 1), 0),
    ]),
  );
  const localKeyId = attributes.get(oids.localKeyId);
  const marks = {
    alias: textOf(attributes.get(oids.friendlyName)),
    localKeyId: localKeyId ? octetsOf(localKeyId).toString('hex') : '',
  };
  switch (type) {
    case oids.certBag:
      return { ...marks, certificate: octetsOf(childAt(childAt(value, 1), 0)) };
    case oids.shroudedKeyBag:
      return { ...marks, pkcs8: open(childAt(value, 0), octetsOf(childAt(value, 1)), password) };
    case oids.keyBag:
      return { ...marks, pkcs8: rawOf(value) };
    default:
      return marks; // CRLs and secrets are of no use here
  }
}

/** Certificates go to the key they belong to; those without mark that are left are its chain or stand alone. */
function entriesOf(bags: readonly Bag[]): StoreEntry[] {
  const keys = bags.filter((bag) => bag.pkcs8 !== undefined);
  const certificates = bags.flatMap(({ certificate, ...marks }) =>
    certificate ? [{ ...marks, certificate }] : [],
  );
  if (keys.length === 0)
    return certificates.map(({ alias, certificate }) => ({ alias, certificates: [certificate] }));
  return keys.map(({ alias, localKeyId, pkcs8 }) => {
    const own = certificates.filter((one) => one.localKeyId !== '' && one.localKeyId === localKeyId);
    const others = certificates.filter((one) => !own.includes(one) && one.localKeyId === '');
    return {
      alias,
      certificates: [...own, ...others].map(({ certificate }) => certificate),
      ...(pkcs8 ? { pkcs8 } : {}),
    };
  });
}
