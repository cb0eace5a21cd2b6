/**
 * PKCS#12 files (RFC 7292) for Java and OpenSSL peers.
 *
 *   PFX { 3, data( SafeContents*: encrypted certificates, shrouded key ), MacData }
 */
import { createHmac, createPrivateKey } from 'node:crypto';
import type { BaseBlock } from 'asn1js';
import { type Ids, systemIds } from '../clock.js';
import { OperatorError } from '../errors.js';
import {
  bmpString,
  derOf,
  explicit,
  implicitOctets,
  integer,
  nothing,
  octets,
  oid,
  seq,
  set,
} from './der.js';
import { oids } from './oids.js';
import { type Encrypted, pbes2Encrypt } from './pbes2.js';
import { encrypt, type KdfHash, pkcs12Derive, tripleDes } from './pkcs12-kdf.js';
import { certificatesOf, fingerprint } from './x509.js';

/**
 * `compatible`: 3DES and a SHA-1 MAC, the only form that every JDK from 6 on and every OpenSSL reads.
 * `modern`: AES-256 and HMAC-SHA-256, from JDK 8u301, 11.0.12 and OpenSSL 1.1 on.
 */
export const pkcs12Strengths = ['compatible', 'modern'] as const;
export type Pkcs12Strength = (typeof pkcs12Strengths)[number];

/** keytool refuses to make shorter ones, and a short one protects nothing. */
export const PASSWORD_CHARS_MIN = 6;
const ROUNDS = { compatible: 50_000, modern: 100_000 };

export interface Pkcs12Params {
  readonly password: string;
  readonly strength?: Pkcs12Strength;
  readonly ids?: Ids;
}
export interface Pkcs12KeyStore extends Pkcs12Params {
  readonly certPem: string;
  readonly keyPem: string;
  /** Issuers, from the certificate's own upwards. */
  readonly caPems?: readonly string[];
  /** The alias in a Java key store. */
  readonly friendlyName: string;
}

/** A key store: one private key with its chain. */
export function writePkcs12(params: Pkcs12KeyStore): Buffer {
  const localKeyId = Buffer.from(fingerprint(params.certPem).replaceAll(':', ''), 'hex').subarray(0, 20);
  const marks = set(friendlyName(params.friendlyName), attribute(oids.localKeyId, octets(localKeyId)));
  const [own, ...chain] = [params.certPem, ...(params.caPems ?? [])].flatMap((pem) => certificatesOf(pem));
  if (own === undefined) throw new Error('no certificate to write');
  const pkcs8 = createPrivateKey(params.keyPem).export({ type: 'pkcs8', format: 'der' });
  const shrouded = encrypted(params, pkcs8);
  const certBags = [certBag(own.raw, marks), ...chain.map((ca) => certBag(ca.raw))];
  const keyBag = seq(
    oid(oids.shroudedKeyBag),
    explicit(0, seq(shrouded.algorithm, octets(shrouded.bytes))),
    marks,
  );
  return pfx(params, [encryptedContent(params, seq(...certBags)), dataContent(derOf(seq(keyBag)))]);
}

/** A trust store: certificates only, marked so that Java takes them as trusted entries. */
export function writeTrustStore(
  params: Pkcs12Params & {
    readonly entries: readonly { readonly alias: string; readonly certPem: string }[];
  },
): Buffer {
  const bags = params.entries.flatMap(({ alias, certPem }) =>
    certificatesOf(certPem).map(({ raw }) =>
      certBag(raw, set(friendlyName(alias), attribute(oids.javaTrusted, oid(oids.anyPurpose)))),
    ),
  );
  return pfx(params, [encryptedContent(params, seq(...bags))]);
}

const attribute = (id: string, value: BaseBlock) => seq(oid(id), set(value));
const friendlyName = (name: string) => attribute(oids.friendlyName, bmpString(name));

const certBag = (der: Uint8Array, attributes?: BaseBlock) =>
  seq(
    oid(oids.certBag),
    explicit(0, seq(oid(oids.x509Certificate), explicit(0, octets(der)))),
    ...(attributes ? [attributes] : []),
  );

const dataContent = (bytes: Uint8Array) => seq(oid(oids.data), explicit(0, octets(bytes)));

function encryptedContent(params: Pkcs12Params, contents: BaseBlock) {
  const { algorithm, bytes } = encrypted(params, derOf(contents));
  const info = seq(oid(oids.data), algorithm, implicitOctets(0, bytes));
  return seq(oid(oids.encryptedData), explicit(0, seq(integer(0), info)));
}

function encrypted(params: Pkcs12Params, plain: Uint8Array): Encrypted {
  const { ids = systemIds, strength = 'compatible', password } = params;
  const rounds = ROUNDS[strength];
  if (strength === 'compatible') {
    const salt = ids.bytes(16);
    const algorithm = seq(oid(oids.pbeTripleDes), seq(octets(salt), integer(rounds)));
    return { algorithm, bytes: encrypt(tripleDes(password, salt, rounds), plain) };
  }
  return pbes2Encrypt(plain, password, rounds, ids);
}

function pfx(params: Pkcs12Params, contents: BaseBlock[]): Buffer {
  const { ids = systemIds, strength = 'compatible', password } = params;
  if (password.length < PASSWORD_CHARS_MIN)
    throw new OperatorError(
      'password-short',
      `the password of a key store needs at least ${PASSWORD_CHARS_MIN} characters`,
      'Java key tools refuse shorter ones: choose a longer password.',
    );
  const safe = derOf(seq(...contents));
  const hash: KdfHash = strength === 'compatible' ? 'sha1' : 'sha256';
  const salt = ids.bytes(20);
  const rounds = ROUNDS[strength];
  const macKey = pkcs12Derive(hash, password, salt, 'mac', rounds, hash === 'sha1' ? 20 : 32);
  const mac = createHmac(hash, macKey).update(safe).digest();
  const digestInfo = seq(seq(oid(oids[hash]), nothing()), octets(mac));
  return derOf(seq(integer(3), dataContent(safe), seq(digestInfo, octets(salt), integer(rounds))));
}
