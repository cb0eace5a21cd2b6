/**
 * Reads CRLs (RFC 5280 section 5) by walking over the bytes: a CA's list may have hundreds of thousands of entries, for which an object
 * for each ASN.1 value would take seconds and hundreds of megabytes (and the general parser refuses so many).
 *
 *   CertificateList { tbs { [version] algorithm issuer thisUpdate [nextUpdate] [entries] [0] extensions } algorithm signature }
 */
import { constants, type KeyObject, verify, type X509Certificate } from 'node:crypto';
import type { Moment } from '../clock.js';

const TAG = {
  integer: 0x02,
  bits: 0x03,
  oid: 0x06,
  sequence: 0x30,
  utcTime: 0x17,
  time: 0x18,
  extensions: 0xa0,
};

/** One value: its tag and where it lies in the bytes. */
interface Span {
  readonly tag: number;
  /** Of the tag. */
  readonly start: number;
  /** Of the content. */
  readonly inside: number;
  readonly end: number;
}

function spanAt(der: Buffer, start: number, limit: number): Span {
  const fail = () => new Error('it is cut short or no DER');
  if (start + 2 > limit) throw fail();
  const first = der.readUInt8(start + 1);
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || lengthBytes > 4 || start + 2 + lengthBytes > limit) throw fail();
  const length = lengthBytes === 0 ? first : der.readUIntBE(start + 2, lengthBytes);
  const inside = start + 2 + lengthBytes;
  if (inside + length > limit) throw fail();
  return { tag: der.readUInt8(start), start, inside, end: inside + length };
}

function* children(der: Buffer, parent: Span): Generator<Span> {
  for (let at = parent.inside; at < parent.end; ) {
    const child = spanAt(der, at, parent.end);
    yield child;
    at = child.end;
  }
}
const bytesOf = (der: Buffer, { start, end }: Span): Buffer => der.subarray(start, end);
const contentOf = (der: Buffer, { inside, end }: Span): Buffer => der.subarray(inside, end);

export interface ReadCrl {
  /** The issuer's name as DER. */
  readonly issuer: Buffer;
  readonly thisUpdate: Moment;
  readonly nextUpdate: Moment | undefined;
  /** Serial numbers in Node's form. */
  readonly serials: readonly string[];
  /** Does this key belong to the signature? */
  signedBy(key: KeyObject): boolean;
}

/** @throws Error when the bytes are no CRL */
export function parseCrl(der: Buffer): ReadCrl {
  const whole = spanAt(der, 0, der.length);
  const [tbs, algorithm, signature] = [...children(der, whole)];
  if (
    whole.tag !== TAG.sequence ||
    tbs === undefined ||
    algorithm === undefined ||
    signature?.tag !== TAG.bits
  )
    throw new Error('it has not the parts of a CRL');
  const parts = [...children(der, tbs)];
  if (parts[0]?.tag === TAG.integer) parts.shift();
  const [, issuer, thisUpdate, ...rest] = parts;
  if (issuer?.tag !== TAG.sequence || thisUpdate === undefined)
    throw new Error('it has not the parts of a CRL');
  const nextUpdate = rest[0]?.tag === TAG.utcTime || rest[0]?.tag === TAG.time ? rest.shift() : undefined;
  const entries = rest[0]?.tag === TAG.sequence ? rest.shift() : undefined;
  const signed = contentOf(der, signature).subarray(1); // the first byte counts unused bits: none
  return {
    issuer: bytesOf(der, issuer),
    thisUpdate: momentOf(der, thisUpdate),
    nextUpdate: nextUpdate && momentOf(der, nextUpdate),
    serials: entries ? serialsOf(der, entries) : [],
    signedBy: (key) => verifies(bytesOf(der, algorithm), bytesOf(der, tbs), key, signed),
  };
}

function serialsOf(der: Buffer, entries: Span): string[] {
  const serials: string[] = [];
  for (const entry of children(der, entries)) {
    const serial = spanAt(der, entry.inside, entry.end);
    if (serial.tag !== TAG.integer) throw new Error('an entry has no serial number');
    serials.push(serialText(contentOf(der, serial).toString('hex')));
  }
  return serials;
}

/** A serial number as Node writes it: upper-case hex without leading zero bytes. */
export const serialText = (hex: string): string => hex.toUpperCase().replace(/^(00)+(?=..)/, '');

function momentOf(der: Buffer, span: Span): Moment {
  const text = contentOf(der, span).toString('latin1');
  // Two digits of the year: 50 to 99 belong to the last century (RFC 5280 4.1.2.5.1).
  const full = span.tag === TAG.utcTime ? `${Number(text.slice(0, 2)) >= 50 ? '19' : '20'}${text}` : text;
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(full)?.slice(1).map(Number);
  if (parts === undefined) throw new Error('a time in it cannot be read');
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** Object identifiers (DER content, hex) → digest. */
const SIGNATURES: Readonly<Record<string, string>> = {
  '2a864886f70d010105': 'sha1',
  '2a864886f70d01010b': 'sha256',
  '2a864886f70d01010c': 'sha384',
  '2a864886f70d01010d': 'sha512',
  '2a8648ce3d0401': 'sha1',
  '2a8648ce3d040302': 'sha256',
  '2a8648ce3d040303': 'sha384',
  '2a8648ce3d040304': 'sha512',
};
const RSA_PSS = '2a864886f70d01010a';
const PURE = new Set(['2b6570', '2b6571']); // Ed25519, Ed448
const PSS_DIGESTS: readonly (readonly [string, string])[] = [
  ['608648016503040201', 'sha256'],
  ['608648016503040202', 'sha384'],
  ['608648016503040203', 'sha512'],
];

function verifies(algorithm: Buffer, tbs: Buffer, key: KeyObject, signature: Buffer): boolean {
  const [name] = [...children(algorithm, spanAt(algorithm, 0, algorithm.length))];
  if (name === undefined) return false;
  const oid = contentOf(algorithm, name).toString('hex');
  try {
    if (PURE.has(oid)) return verify(null, tbs, key, signature);
    if (oid === RSA_PSS) {
      const params = algorithm.toString('hex');
      const digest = PSS_DIGESTS.find(([id]) => params.includes(id))?.[1] ?? 'sha1';
      const padding = constants.RSA_PKCS1_PSS_PADDING;
      return verify(digest, tbs, { key, padding, saltLength: constants.RSA_PSS_SALTLEN_AUTO }, signature);
    }
    const digest = SIGNATURES[oid];
    return digest !== undefined && verify(digest, tbs, key, signature);
  } catch {
    return false; // a key of another kind
  }
}

/** The subject of a certificate as DER. */
export function subjectDer({ raw }: X509Certificate): Buffer {
  const whole = spanAt(raw, 0, raw.length);
  const parts = [...children(raw, spanAt(raw, whole.inside, whole.end))];
  if (parts[0]?.tag === TAG.extensions) parts.shift(); // [0] version
  const subject = parts[4];
  if (subject === undefined) throw new Error('the certificate has no subject');
  return bytesOf(raw, subject);
}
