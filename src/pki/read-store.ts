/** Reads certificates, and keys where they are wanted, from whatever file an integrator sends. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { messageOf, OperatorError } from '../errors.js';
import { childAt, childrenOf, isTagged, oidOf, parseDer, rawOf } from './der.js';
import { oids } from './oids.js';
import { isJks, readJks } from './read-jks.js';
import { isPkcs12, readPkcs12 } from './read-pkcs12.js';
import { pemOf } from './x509.js';

/** One entry of a key store, or one certificate of a file without entries (alias `''`). DER throughout. */
export interface StoreEntry {
  readonly alias: string;
  /** The entry's own certificate first, then its issuers. */
  readonly certificates: readonly Buffer[];
  /** Its private key, PKCS#8. */
  readonly pkcs8?: Buffer;
}

export const storeFormats = ['PEM', 'DER', 'PKCS#7', 'PKCS#12', 'JKS'] as const;
export type StoreFormat = (typeof storeFormats)[number];

export interface CertificateStore {
  readonly format: StoreFormat;
  readonly entries: readonly CertificateEntry[];
}
export interface CertificateEntry {
  readonly alias: string;
  readonly certificate: X509Certificate;
  readonly issuers: readonly X509Certificate[];
  /** PKCS#8 PEM, not encrypted. */
  readonly keyPem?: string;
}

/** A certificate store bigger than this is no certificate store. */
export const STORE_BYTES_MAX = 10_000_000;

/**
 * Recognises the format by content, never by the file's name.
 * @param source for messages
 * @throws OperatorError store-unreadable, store-password
 */
export function readStore(source: string, bytes: Buffer, password?: string): CertificateStore {
  if (bytes.length > STORE_BYTES_MAX) throw unreadable(source, 'it is too big to hold certificates');
  try {
    const { format, entries } = readEntries(source, bytes, password);
    const read = entries.flatMap(({ alias, certificates, pkcs8 }) => {
      const [certificate, ...issuers] = certificates.map((der) => new X509Certificate(der));
      if (certificate === undefined) return [];
      return [{ alias, certificate, issuers, ...(pkcs8 ? { keyPem: keyPemOf(pkcs8) } : {}) }];
    });
    if (read.length === 0) throw new Error('it holds no certificate');
    return { format, entries: read };
  } catch (error) {
    throw error instanceof OperatorError ? error : unreadable(source, messageOf(error), error);
  }
}

const unreadable = (source: string, why: string, cause?: unknown) =>
  new OperatorError(
    'store-unreadable',
    `${source} cannot be read: ${why}`,
    'It must be a certificate as PEM, DER, PKCS#7 (.p7b), PKCS#12 (.p12) or a Java key store (JKS).',
    { cause },
  );

const keyPemOf = (pkcs8: Buffer): string =>
  String(
    createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }).export({ type: 'pkcs8', format: 'pem' }),
  );

function readEntries(source: string, bytes: Buffer, password: string | undefined) {
  const text = bytes.toString('latin1');
  if (text.includes('-----BEGIN ')) return readPem(text);
  if (isJks(bytes)) return { format: 'JKS' as const, entries: readJks(bytes, password) };
  if (isPkcs12(bytes)) {
    if (password === undefined) throw passwordNeeded(source);
    return { format: 'PKCS#12' as const, entries: readPkcs12(bytes, password) };
  }
  const pkcs7 = certificatesOfPkcs7(bytes);
  if (pkcs7) return { format: 'PKCS#7' as const, entries: pkcs7.map(alone) };
  return { format: 'DER' as const, entries: [alone(bytes)] };
}

const passwordNeeded = (source: string) =>
  new OperatorError(
    'store-password',
    `${source} is a PKCS#12 file, which opens with its password only`,
    'Give the password in a file (--password-file F) or in SLUICE_STORE_PASSWORD.',
  );

const alone = (der: Buffer): StoreEntry => ({ alias: '', certificates: [der] });

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----([^-]+)-----END \1-----/g;

function readPem(text: string): { format: StoreFormat; entries: StoreEntry[] } {
  let format: StoreFormat = 'PEM';
  const entries: StoreEntry[] = [];
  for (const [, label = '', base64 = ''] of text.matchAll(BLOCK)) {
    const der = Buffer.from(base64, 'base64');
    if (/CERTIFICATE$/.test(label)) {
      entries.push(alone(der));
    } else if (label === 'PKCS7' || label === 'CMS') {
      format = 'PKCS#7';
      entries.push(...(certificatesOfPkcs7(der) ?? []).map(alone));
    }
  }
  return { format, entries };
}

/** The certificates of a PKCS#7 SignedData, or `undefined` when it is no PKCS#7. */
function certificatesOfPkcs7(bytes: Buffer): Buffer[] | undefined {
  try {
    const content = parseDer(bytes);
    if (oidOf(childAt(content, 0)) !== oids.signedData) return undefined;
    const signedData = childAt(childAt(content, 1), 0);
    const certificates = childrenOf(signedData).find((member) => isTagged(member, 0));
    return childrenOf(certificates).map(rawOf);
  } catch {
    return undefined;
  }
}

/** PEM text of a certificate. */
export const pemText = (certificate: X509Certificate): string => pemOf('CERTIFICATE', certificate.raw);
