/* `sluice certs new|csr|install|rotate`: our own identity. */
import type { Command } from 'commander';
import { chinaText, systemClock } from '../clock.js';
import { OperatorError } from '../errors.js';
import {
  type Credential,
  certificateFiles,
  certificateOf,
  createRequest,
  dropRequest,
  endRotation,
  issueFromCa,
  loadIdentity,
  matchAnswer,
  orderChain,
  pemText,
  placeIdentity,
  readIfThere,
  selfSign,
  settleRotation,
  type TakeOver,
} from '../pki/index.js';
import { keyPassphrase } from '../server/index.js';
import { spanOf } from './arguments.js';
import {
  type CertificateOptions,
  caPassphrase,
  certificateParams,
  changeCertificates,
  noteOf,
  readSentFile,
  type SubjectOptions,
  subjectParams,
  TAKEN_OVER,
  withCertificate,
  withSubject,
} from './certs-support.js';
import { withDir, withExample } from './options.js';

interface OwnOptions extends CertificateOptions {
  readonly dir?: string;
  readonly ca?: boolean;
  readonly passphraseFile?: string;
}
const withCa = (command: Command): Command =>
  withDir(withCertificate(command))
    .option('--ca', 'signed by the local CA instead of by itself')
    .option('--passphrase-file <file>', 'passphrase of the local CA');

export function certsOwnCommands(certs: Command): void {
  withExample(
    withCa(certs.command('new').description('make our key and certificate')).option(
      '--replace',
      'at once over the one in use; "rotate" is gentler',
    ),
    'sluice certs new --subject "CN=gateway,O=长沙水务" --dns gateway.example',
  ).action(make);
  withExample(
    withCa(
      certs
        .command('rotate')
        .description('make a new certificate beside the old; it takes over after an overlap'),
    )
      .option('--overlap <span>', 'time for peers to trust the new one beside the old', '14d')
      .option('--activate', 'let the waiting one take over now')
      .option('--cancel', 'take the waiting one back'),
    'sluice certs rotate --overlap 14d',
    'sluice certs rotate --activate',
  ).action(rotate);
  withExample(
    withDir(
      withSubject(certs.command('csr').description('a request (PKCS#10) with a new key, for a foreign CA')),
    ),
    'sluice certs csr --subject "CN=gateway,O=长沙水务" > gateway.csr',
  ).action(request);
  withExample(
    withDir(
      certs.command('install').description("the CA's answer to our request, or a key store with our key"),
    )
      .argument('<file>', 'PEM, DER, PKCS#7, PKCS#12 or JKS')
      .option('--chain <file>', "the CA's own certificates, when the answer does not hold them")
      .option('--no-chain', 'install without them: peers pin our certificate')
      .option('--overlap <span>', 'let it wait so long before it takes over')
      .option('--alias <alias>', 'entry of a key store')
      .option('--password-file <file>', 'password of a key store'),
    'sluice certs install answer.p7b',
    'sluice certs install kserver.keystore --alias kserver --password-file password.txt',
  ).action(install);
}

async function credentialFor(dir: string, options: OwnOptions, subject: string): Promise<Credential> {
  const params = { ...certificateParams(options), subject, usage: 'both' as const, now: systemClock.now() };
  return options.ca === true
    ? issueFromCa(dir, await caPassphrase(options.passphraseFile), params)
    : selfSign(params);
}

const make = (options: OwnOptions & { replace?: boolean }): Promise<void> =>
  changeCertificates(options, async (dir) => {
    const old = await currentPem(dir);
    if (old !== undefined && options.replace !== true)
      throw new OperatorError(
        'identity-exists',
        `there is a certificate already: ${certificateFiles(dir).serverCert}`,
        'Use "sluice certs rotate" so that peers can learn the new one first, or --replace to put it in place at once.',
      );
    const credential = await credentialFor(dir, options, options.subject ?? 'sluice');
    await placeIdentity(dir, credential, 'now', systemClock.now(), keyPassphrase());
    return {
      action: 'certs new',
      target: 'server.crt',
      before: old && noteOf(old),
      after: noteOf(credential.certPem),
      say: `Made ${certificateFiles(dir).serverCert}\n  SHA-256 ${certificateOf(credential.certPem).fingerprint256}\nGive it to your peers: sluice certs export --crt FILE. ${TAKEN_OVER}`,
    };
  });

async function currentPem(dir: string): Promise<string | undefined> {
  return (await readIfThere(certificateFiles(dir).serverCert))?.toString('utf8');
}

const rotate = (
  options: OwnOptions & { overlap: string; activate?: boolean; cancel?: boolean },
): Promise<void> =>
  changeCertificates(options, async (dir) => {
    const now = systemClock.now();
    if (options.activate === true || options.cancel === true) {
      const how = options.activate === true ? 'activate' : 'cancel';
      const before = await noteOfOwn(dir);
      await endRotation(dir, how, now);
      const say =
        how === 'activate'
          ? `The new certificate is in use. ${TAKEN_OVER}`
          : 'The waiting certificate was taken back.';
      return {
        action: `certs rotate --${how}`,
        target: 'server.crt',
        before,
        after: await noteOfOwn(dir),
        say,
      };
    }
    await settleRotation(dir, now);
    const own = await loadIdentity(dir, { now, passphrase: keyPassphrase(), allowExpired: true });
    const same = namesOf(own.certificate.subjectAltName ?? '');
    const wanted = { ...options, dns: options.dns ?? same.dns, ip: options.ip ?? same.ip };
    const subject = options.subject ?? own.certificate.subject.replaceAll('\n', ', ');
    const credential = await credentialFor(dir, wanted, subject);
    return takeOver(dir, 'certs rotate', credential, { at: now + spanOf('--overlap', options.overlap) });
  });

/** DNS names and addresses of a certificate, as options would give them. */
function namesOf(subjectAltName: string): { dns: string; ip: string } {
  const all = (kind: string) =>
    [...subjectAltName.matchAll(new RegExp(`${kind}:([^,]+)`, 'g'))].map(([, name]) => name).join(',');
  return { dns: all('DNS'), ip: all('IP Address') };
}

/** What is in use, and what waits beside it to take over. */
async function noteOfOwn(dir: string) {
  const next = (await readIfThere(certificateFiles(dir).nextCert))?.toString('utf8');
  const waiting = next === undefined ? undefined : noteOf(next);
  return { ...(await noteOfCurrent(dir)), waiting: waiting?.subject, waitingSha256: waiting?.sha256 };
}

const noteOfCurrent = async (dir: string) => {
  const pem = await currentPem(dir);
  return pem === undefined ? undefined : noteOf(pem);
};

async function takeOver(dir: string, action: string, credential: Credential, when: TakeOver) {
  const before = await noteOfCurrent(dir);
  await placeIdentity(dir, credential, when, systemClock.now(), keyPassphrase());
  const files = certificateFiles(dir);
  const say =
    when === 'now'
      ? `Installed ${files.serverCert}. ${TAKEN_OVER}`
      : `Made ${files.nextCert}; it takes over on ${chinaText(when.at)} China time.\nUntil then your peers must trust it beside the old one: sluice certs export --crt FILE gives both.\nEarlier: sluice certs rotate --activate. Not at all: sluice certs rotate --cancel.`;
  const after = { ...noteOf(credential.certPem), ...(when === 'now' ? {} : { activateAt: when.at }) };
  return { action, target: 'server.crt', before, after, say };
}

const request = (options: SubjectOptions & { dir?: string }): Promise<void> =>
  changeCertificates(options, async (dir) => {
    const current = await currentPem(dir);
    const subject = options.subject ?? (current && certificateOf(current).subject.replaceAll('\n', ', '));
    if (subject === undefined)
      throw new OperatorError(
        'option-invalid',
        'a request needs --subject',
        'Your CA says which subject it wants.',
      );
    const pem = await createRequest(dir, { ...subjectParams(options), subject }, keyPassphrase());
    console.error(
      `Wrote ${certificateFiles(dir).request}; its key waits beside it. Install the answer with "sluice certs install".`,
    );
    return { action: 'certs csr', target: 'server.csr', after: { subject }, say: pem.trimEnd() };
  });

interface InstallOptions {
  readonly dir?: string;
  /** A file, or false for --no-chain. */
  readonly chain?: string | boolean;
  readonly overlap?: string;
  readonly alias?: string;
  readonly passwordFile?: string;
}

const install = (file: string, options: InstallOptions): Promise<void> =>
  changeCertificates(options, async (dir) => {
    const now = systemClock.now();
    const store = await readSentFile(file, options.passwordFile);
    const more = typeof options.chain === 'string' ? await readSentFile(options.chain, undefined) : undefined;
    const pool = [...store.entries, ...(more?.entries ?? [])].flatMap((one) => [
      one.certificate,
      ...one.issuers,
    ]);
    const withKeys = store.entries.filter(
      (one) => one.keyPem !== undefined && (options.alias === undefined || one.alias === options.alias),
    );
    if (withKeys.length > 1)
      throw new OperatorError(
        'store-ambiguous',
        `${file} holds several keys: ${withKeys.map((one) => one.alias).join(', ')}`,
        'Name one with --alias.',
      );
    const [entry] = withKeys;
    const credential = entry?.keyPem
      ? {
          certPem: orderChain(entry.certificate, pool).certificates.map(pemText).join(''),
          keyPem: entry.keyPem,
        }
      : await matchAnswer(dir, pool, {
          allowIncomplete: options.chain === false,
          passphrase: keyPassphrase(),
        });
    const when = options.overlap === undefined ? 'now' : { at: now + spanOf('--overlap', options.overlap) };
    const change = await takeOver(dir, 'certs install', credential, when);
    if (!entry) await dropRequest(dir);
    return change;
  });
