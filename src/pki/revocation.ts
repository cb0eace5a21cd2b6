/** Revoked certificates: CRL files of the CAs we trust, and single fingerprints. Checked by us at every connection (see docs/certificates.md). */
import type { X509Certificate } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Moment } from '../clock.js';
import { codeOf, messageOf } from '../errors.js';
import { certificateFiles, readIfThere, writeWhole } from './files.js';
import { parseCrl, type ReadCrl, serialText, subjectDer } from './read-crl.js';
import { certificatesOf } from './x509.js';

/** What is asked about one certificate; Node's `X509Certificate` has it all. */
export interface RevocationQuestion {
  readonly fingerprint256: string;
  readonly issuer: string | undefined;
  readonly serialNumber: string;
}

const revokedSchema = z.strictObject({
  format: z.literal(1),
  revoked: z.array(z.strictObject({ sha256: z.string(), at: z.number().int(), reason: z.string().max(200) })),
});
export type RevokedFingerprint = z.infer<typeof revokedSchema>['revoked'][number];

/** The fingerprints revoked by hand. @throws when the file is damaged: then nobody may be let in by mistake. */
export async function loadRevokedFingerprints(dir: string): Promise<readonly RevokedFingerprint[]> {
  const bytes = await readIfThere(certificateFiles(dir).revoked);
  return bytes === undefined ? [] : revokedSchema.parse(JSON.parse(bytes.toString('utf8'))).revoked;
}
export const saveRevokedFingerprints = (dir: string, revoked: readonly RevokedFingerprint[]): Promise<void> =>
  writeWhole(certificateFiles(dir).revoked, `${JSON.stringify({ format: 1, revoked }, null, 2)}\n`, 'public');

/** One CRL file and what became of it. */
export interface CrlState {
  readonly file: string;
  readonly issuer: string;
  readonly thisUpdate: Moment | undefined;
  readonly nextUpdate: Moment | undefined;
  readonly entries: number;
  /** Why it is not used, or `undefined`. */
  readonly fault: string | undefined;
}

export interface Revocations {
  /** Is exactly this certificate revoked? */
  has(certificate: RevocationQuestion): boolean;
  hasFingerprint(sha256: string): boolean;
  readonly crls: readonly CrlState[];
  /** Is there a CRL of this issuer (Node's form of the name) that is not past its next update? */
  hasFreshCrl(issuer: string | undefined, at: Moment): boolean;
  /** Issuers whose newest CRL is past its next update: new revocations of theirs may be missing. */
  staleIssuers(at: Moment): readonly string[];
}

/**
 * Reads `certs/revoked.json` and every `certs/crl/*`. A CRL counts only when one of the given CAs or our local CA signed it;
 * one that cannot be used is reported in `crls`, the others still count.
 */
export async function loadRevocations(dir: string, caPems: readonly string[]): Promise<Revocations> {
  const fingerprints = new Set((await loadRevokedFingerprints(dir)).map(({ sha256 }) => sha256));
  const localCa = await readIfThere(certificateFiles(dir).caCert);
  const cas = [...caPems, ...(localCa ? [localCa.toString('utf8')] : [])].flatMap((pem) =>
    certificatesOf(pem),
  );
  const serialsOf = new Map<string, Set<string>>();
  const crls: CrlState[] = [];
  for (const file of await crlFiles(certificateFiles(dir).crls)) {
    const bytes = await readIfThere(file);
    if (bytes === undefined) continue; // taken away between listing and reading
    const read = readCrl(bytes, cas);
    crls.push({ file, ...read.state });
    if (read.state.fault !== undefined) continue;
    const serials = serialsOf.get(read.state.issuer) ?? new Set();
    for (const serial of read.serials) serials.add(serial);
    serialsOf.set(read.state.issuer, serials);
  }
  return {
    has: ({ fingerprint256, issuer, serialNumber }) =>
      fingerprints.has(fingerprint256) ||
      (issuer !== undefined && (serialsOf.get(issuer)?.has(serialText(serialNumber)) ?? false)),
    hasFingerprint: (sha256) => fingerprints.has(sha256),
    crls,
    hasFreshCrl: (issuer, at) => (freshUntil(crls).get(issuer ?? '') ?? 0) >= at,
    staleIssuers: (at) => [...freshUntil(crls)].flatMap(([issuer, until]) => (until < at ? [issuer] : [])),
  };
}

async function crlFiles(folder: string): Promise<string[]> {
  try {
    const names = await readdir(folder);
    return names
      .filter((name) => /\.(crl|pem|der)$/i.test(name))
      .sort()
      .map((name) => join(folder, name));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

const UNREAD = { issuer: '', thisUpdate: undefined, nextUpdate: undefined, entries: 0 };

/** Reads a CRL, PEM or DER, and finds the CA that signed it. The issuer is given in Node's form of a name. */
export function readCrl(bytes: Buffer, cas: readonly X509Certificate[]) {
  let crl: ReadCrl;
  try {
    crl = parseCrl(derOfPem(bytes));
  } catch (error) {
    return { state: { ...UNREAD, fault: `not a CRL: ${messageOf(error)}` }, serials: [] };
  }
  const state = {
    issuer: '',
    thisUpdate: crl.thisUpdate,
    nextUpdate: crl.nextUpdate,
    entries: crl.serials.length,
  };
  const ca = cas.find((one) => subjectDer(one).equals(crl.issuer) && crl.signedBy(one.publicKey));
  return ca === undefined
    ? { state: { ...state, fault: 'signed by none of the CAs that are trusted here' }, serials: [] }
    : { state: { ...state, issuer: ca.subject, fault: undefined }, serials: crl.serials };
}

const PEM_CRL = /-----BEGIN (?:X509 )?CRL-----([^-]+)-----END/;
function derOfPem(bytes: Buffer): Buffer {
  if (bytes.readUInt8(0) === 0x30) return bytes;
  const base64 = PEM_CRL.exec(bytes.toString('latin1'))?.[1];
  return base64 === undefined ? bytes : Buffer.from(base64, 'base64');
}

/** Until when the newest CRL of each issuer is fresh; one without next update never ends. */
function freshUntil(crls: readonly CrlState[]): Map<string, Moment> {
  const until = new Map<string, Moment>();
  for (const { issuer, nextUpdate, fault } of crls) {
    if (fault === undefined)
      until.set(issuer, Math.max(until.get(issuer) ?? 0, nextUpdate ?? Number.MAX_SAFE_INTEGER));
  }
  return until;
}
