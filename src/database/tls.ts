/** How the way to a database is encrypted, and how its certificate is checked. What is asked for is never silently left out. */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { isAbsolute, join } from 'node:path';
import { type ConnectionOptions, checkServerIdentity } from 'node:tls';
import { codeOf, OperatorError } from '../errors.js';
import type { DatabaseSettings } from './settings.js';

export interface DatabaseTls {
  /** `host`: of a trusted authority, and it names the host. `ca`: of a trusted authority. `none`: whatever is shown. */
  readonly verify: 'host' | 'ca' | 'none';
  /** Authorities in PEM; absent: those that Node trusts. */
  readonly ca: string | undefined;
}

// libpq's names. `prefer` and `allow` would fall back to clear text where somebody in between wants it: they mean what they end in.
const SSLMODES: Readonly<Record<string, DatabaseTls['verify'] | 'off'>> = {
  disable: 'off',
  allow: 'off',
  prefer: 'off',
  require: 'none',
  'verify-ca': 'ca',
  'verify-full': 'host',
};

/** From the section `tls`, else from the url's options. @throws {OperatorError} for what is no setting, or a file that cannot be read */
export function databaseTls(
  { tls }: Pick<DatabaseSettings, 'tls'>,
  url: URLSearchParams,
  dir: string,
): DatabaseTls | undefined {
  const ca = tls?.ca ?? url.get('sslrootcert') ?? undefined;
  const verify = tls?.verify ?? verifyOfUrl(url);
  if (verify !== 'off') return { verify, ca: ca === undefined ? undefined : readCa(ca, dir) };
  if (ca === undefined) return undefined;
  throw invalid('a certificate authority is given and TLS is not asked for: add sslmode=verify-full');
}

function verifyOfUrl(url: URLSearchParams): DatabaseTls['verify'] | 'off' {
  const ssl = url.get('ssl');
  if (ssl !== null && !['true', 'false'].includes(ssl)) throw invalid('ssl in the url must be true or false');
  const fallback = ssl === 'true' ? 'verify-full' : 'disable';
  const found = SSLMODES[url.get('sslmode') ?? fallback];
  if (found !== undefined) return found;
  throw invalid(`sslmode in the url must be one of ${Object.keys(SSLMODES).join(', ')}`);
}

function readCa(ca: string, dir: string): string {
  const file = isAbsolute(ca) ? ca : join(dir, ca);
  try {
    const text = readFileSync(file, 'utf8');
    if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  } catch (error) {
    throw invalid(`the certificate authority cannot be read: ${file} (${codeOf(error)})`);
  }
  throw invalid(`the certificate authority is not in PEM: ${file}`);
}
const invalid = (text: string): OperatorError =>
  new OperatorError(
    'config-invalid',
    `database: ${text}`,
    'correct the section `database` of sluice.yaml; docs/databases.md has examples',
  );

/** For a driver that hands them on to `tls.connect`. */
export const tlsOptions = ({ verify, ca }: DatabaseTls, host: string): ConnectionOptions => ({
  minVersion: 'TLSv1.2',
  rejectUnauthorized: verify !== 'none',
  ...(ca !== undefined && { ca }),
  ...(isIP(host) === 0 && { servername: host }),
  // Drivers do not tell Node the host where it is an address: it would be compared with "localhost".
  checkServerIdentity:
    verify === 'host' ? (_, certificate) => checkServerIdentity(host, certificate) : () => undefined,
});
