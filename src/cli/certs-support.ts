/* What the `certs` commands share: options, reading files that others sent, one change at a time with its record. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { chinaText } from '../clock.js';
import { directoryOf } from '../config/index.js';
import { messageOf, OperatorError } from '../errors.js';
import {
  type CertificateInfo,
  type CertificateStore,
  certificatesOf,
  type KeyType,
  keyTypes,
  readStore,
  withCertificatesLocked,
} from '../pki/index.js';
import { listOf, oneOf, wholeOf } from './arguments.js';
import { type Change, recordChange } from './record-change.js';
import { findSecret, needSecret } from './secrets.js';

/** Under two years and a bit: what strict peers accept. */
export const CERTIFICATE_DAYS = '825';

/** Runs a change while no other command changes the certificates, and records it. */
export async function changeCertificates(
  options: { readonly dir?: string },
  work: (dir: string) => Promise<Change & { readonly say: string }>,
): Promise<void> {
  const dir = directoryOf(options.dir);
  const { say, ...change } = await withCertificatesLocked(dir, () => work(dir));
  await recordChange(dir, change);
  console.log(say);
}

export interface SubjectOptions {
  readonly subject?: string;
  readonly keyType: string;
  readonly dns?: string;
  readonly ip?: string;
}
export interface CertificateOptions extends SubjectOptions {
  readonly days: string;
}
/** Options of every command that makes a certificate. */
export const withCertificate = (command: Command): Command =>
  withSubject(command).option('--days <days>', 'how long it is valid', CERTIFICATE_DAYS);
/** Options of every command that makes a certificate or a request; how long one is valid, decides who signs. */
export const withSubject = (command: Command): Command =>
  command
    .option('--subject <name>', 'a name, or a whole subject such as "CN=gateway,O=长沙水务,C=CN"')
    .option('--key-type <type>', keyTypes.join(', '), 'ecdsa-p256')
    .option('--dns <names>', 'DNS names, separated by commas')
    .option('--ip <addresses>', 'IP addresses, separated by commas');

export const subjectParams = (options: SubjectOptions) => ({
  keyType: oneOf('--key-type', options.keyType, keyTypes) satisfies KeyType,
  dnsNames: listOf(options.dns),
  ipAddresses: listOf(options.ip),
});
export const certificateParams = (options: CertificateOptions) => ({
  ...subjectParams(options),
  days: wholeOf('--days', options.days, 1, 36_500),
});

/** Reads what somebody sent, asking for its password when it needs one. */
export async function readSentFile(
  file: string,
  passwordFile: string | undefined,
): Promise<CertificateStore> {
  const bytes = readBytes(file);
  const password = (prompt: boolean) =>
    prompt || passwordFile !== undefined || process.env.SLUICE_STORE_PASSWORD !== undefined
      ? findSecret({ file: passwordFile, variable: 'SLUICE_STORE_PASSWORD', prompt: `password of ${file}` })
      : Promise.resolve(undefined);
  try {
    return readStore(file, bytes, await password(false));
  } catch (error) {
    if (!(error instanceof OperatorError && error.code === 'store-password') || !process.stdin.isTTY)
      throw error;
    return readStore(file, bytes, await password(true));
  }
}

export function readBytes(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new OperatorError(
      'file-unreadable',
      `${file} cannot be read: ${messageOf(error)}`,
      'Check the name.',
      {
        cause: error,
      },
    );
  }
}

/** Of the local CA. */
export const caPassphrase = (file: string | undefined, confirm = false): Promise<string> =>
  needSecret(
    { file, variable: 'SLUICE_CA_PASSPHRASE', prompt: 'passphrase of the local CA', confirm },
    '--passphrase-file',
  );
/** Of a key store that is written. */
export const storePassword = (file: string | undefined): Promise<string> =>
  needSecret(
    { file, variable: 'SLUICE_STORE_PASSWORD', prompt: 'password of the new key store', confirm: true },
    '--password-file',
  );

/** A certificate for machines: moments as ISO texts. */
export const jsonOf = ({ pem: _, ...info }: CertificateInfo) => ({
  ...info,
  validFrom: new Date(info.validFrom).toISOString(),
  validTo: new Date(info.validTo).toISOString(),
});

/** The day a certificate ends, for tables. */
export const endOf = ({ validTo }: { readonly validTo: number }): string => chinaText(validTo).slice(0, 10);

/** For the audit log: what identifies a certificate. */
export const noteOf = (certPem: string) =>
  certificatesOf(certPem)
    .slice(0, 1)
    .map((one) => ({
      subject: one.subject.replaceAll('\n', ', '),
      sha256: one.fingerprint256,
      validTo: one.validTo,
    }))[0];

export const TAKEN_OVER = 'A running gateway takes this over within a second.';
