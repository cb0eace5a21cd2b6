/* `sluice certs ca …`: the local CA for peers that have none. */
import type { Command } from 'commander';
import { chinaText, systemClock } from '../clock.js';
import { directoryOf } from '../config/index.js';
import {
  certificateFiles,
  fingerprint,
  initCa,
  issueForRequest,
  issueFromCa,
  loadCaRegister,
  openCa,
  protectCa,
  revocationReasons,
  revokeIssued,
  usages,
  writeCrl,
  writePkcs12,
  writeWhole,
} from '../pki/index.js';
import { oneOf, wholeOf } from './arguments.js';
import {
  type CertificateOptions,
  caPassphrase,
  certificateParams,
  changeCertificates,
  noteOf,
  readBytes,
  storePassword,
  TAKEN_OVER,
  withCertificate,
} from './certs-support.js';
import { withDir, withExample } from './options.js';
import { findSecret, needSecret } from './secrets.js';
import { table } from './table.js';

interface CaOptions {
  readonly dir?: string;
  readonly passphraseFile?: string;
}
const withPassphrase = (command: Command): Command =>
  withDir(command).option(
    '--passphrase-file <file>',
    'passphrase of the CA key (else SLUICE_CA_PASSPHRASE, SLUICE_CA_PASSPHRASE_FILE, or a prompt)',
  );

export function certsCaCommands(certs: Command): void {
  const ca = certs.command('ca').description('a local CA for peers that have none');
  withExample(
    withPassphrase(withCertificate(ca.command('init').description('make the CA; its key is encrypted'))),
    'sluice certs ca init --subject "长沙水务 gateway CA" --days 3650 --passphrase-file ca.txt',
  ).action(init);
  withExample(
    withPassphrase(withCertificate(ca.command('issue').description('make a certificate for a peer')))
      .argument('<name>', 'name of the files; also the subject unless --subject is given')
      .option('--usage <usage>', usages.join(', '), 'both')
      .option('--csr <file>', "sign the peer's request; its key stays with it")
      .option('--pkcs12 <file>', 'key store for a Java peer instead of PEM files')
      .option('--password-file <file>', 'password of the key store')
      .option('--modern', 'AES-256 instead of 3DES in the key store: Java 8u301 or newer')
      .option('--out <dir>', 'where NAME.crt and NAME.key go', '.'),
    'sluice certs ca issue platform --pkcs12 platform.p12',
    'sluice certs ca issue platform --csr platform.csr',
  ).action(issue);
  withExample(
    withPassphrase(ca.command('revoke').description('revoke a certificate and write a new CRL'))
      .argument('<which>', 'serial number, fingerprint or subject')
      .option('--reason <reason>', revocationReasons.join(', '), 'unspecified')
      .option('--days <days>', 'how long the CRL is valid', '30'),
    'sluice certs ca revoke platform --reason keyCompromise',
  ).action(revoke);
  withExample(
    withPassphrase(ca.command('crl').description('write a new CRL, for us and for whoever needs it'))
      .option('--days <days>', 'how long it is valid', '30')
      .option('--out <file>', 'a copy'),
    'sluice certs ca crl --out ca.crl',
  ).action(crl);
  withExample(
    withDir(ca.command('list').description('what the CA issued')).option('--json', 'as JSON'),
    'sluice certs ca list',
  ).action(list);
  withExample(
    withPassphrase(ca.command('protect').description('give the CA key another passphrase')).option(
      '--new-passphrase-file <file>',
      'the new one (else SLUICE_CA_NEW_PASSPHRASE or a prompt)',
    ),
    'sluice certs ca protect',
  ).action(protect);
}

const init = (options: CaOptions & CertificateOptions): Promise<void> =>
  changeCertificates(options, async (dir) => {
    const { keyType, days } = certificateParams(options);
    const passphrase = await caPassphrase(options.passphraseFile, true);
    const commonName = options.subject ?? 'Sluice local CA';
    const pem = await initCa(dir, { commonName, days, keyType, passphrase, now: systemClock.now() });
    return {
      action: 'certs ca init',
      target: commonName,
      after: noteOf(pem),
      say: `Made ${certificateFiles(dir).caCert}\n  SHA-256 ${fingerprint(pem)}\nKeep the passphrase apart from the files: nothing can be issued or revoked without it.`,
    };
  });

interface IssueOptions extends CaOptions, CertificateOptions {
  readonly usage: string;
  readonly csr?: string;
  readonly pkcs12?: string;
  readonly passwordFile?: string;
  readonly modern?: boolean;
  readonly out: string;
}
const issue = (name: string, options: IssueOptions): Promise<void> =>
  changeCertificates(options, async (dir) => {
    const passphrase = await caPassphrase(options.passphraseFile);
    const now = systemClock.now();
    const params = { ...certificateParams(options), usage: oneOf('--usage', options.usage, usages), now };
    const base = `${options.out}/${name}`;
    if (options.csr !== undefined) {
      const csr = readBytes(options.csr).toString('latin1');
      const certPem = await issueForRequest(dir, passphrase, csr, { ...params, subject: options.subject });
      await writeWhole(`${base}.crt`, certPem, 'public');
      return issued(name, certPem, `${base}.crt`);
    }
    // Asked before anything is issued, so that a missing password leaves no certificate that nobody has.
    const password = options.pkcs12 === undefined ? undefined : await storePassword(options.passwordFile);
    const leaf = await issueFromCa(dir, passphrase, { ...params, subject: options.subject ?? name });
    const ca = await openCa(dir, passphrase);
    if (options.pkcs12 !== undefined && password !== undefined) {
      const strength = options.modern === true ? 'modern' : 'compatible';
      const store = { ...leaf, caPems: [ca.certPem], password, friendlyName: name, strength } as const;
      await writeWhole(options.pkcs12, writePkcs12(store), 'secret');
      return issued(name, leaf.certPem, options.pkcs12);
    }
    await writeWhole(`${base}.key`, leaf.keyPem, 'secret');
    await writeWhole(`${base}.crt`, leaf.certPem + ca.certPem, 'public');
    return issued(name, leaf.certPem, `${base}.crt and ${base}.key`);
  });

const issued = (name: string, certPem: string, files: string) => ({
  action: 'certs ca issue',
  target: name,
  after: noteOf(certPem),
  say: `Wrote ${files}\n  SHA-256 ${fingerprint(certPem)}\nLet it in with: sluice certs peer add ${name} ${files.split(' ')[0]} --units UNIT,…`,
});

const revoke = (which: string, options: CaOptions & { reason: string; days: string }): Promise<void> =>
  changeCertificates(options, async (dir) => {
    const revoked = await revokeIssued(dir, await caPassphrase(options.passphraseFile), which, {
      reason: oneOf('--reason', options.reason, revocationReasons),
      crlDays: wholeOf('--days', options.days, 1, 3650),
      now: systemClock.now(),
    });
    return {
      action: 'certs ca revoke',
      target: revoked.subject,
      after: revoked,
      say: `Revoked ${revoked.subject}, serial ${revoked.serial}; wrote ${certificateFiles(dir).caCrl}. ${TAKEN_OVER}`,
    };
  });

const crl = (options: CaOptions & { days: string; out?: string }): Promise<void> =>
  changeCertificates(options, async (dir) => {
    const days = wholeOf('--days', options.days, 1, 3650);
    const pem = await writeCrl(dir, await caPassphrase(options.passphraseFile), {
      now: systemClock.now(),
      days,
    });
    if (options.out !== undefined) await writeWhole(options.out, pem, 'public');
    const file = options.out ?? certificateFiles(dir).caCrl;
    return {
      action: 'certs ca crl',
      target: file,
      after: { days },
      say: `Wrote ${file}, valid for ${days} days.`,
    };
  });

async function list(options: { dir?: string; json?: boolean }): Promise<void> {
  const { issued: all } = await loadCaRegister(directoryOf(options.dir));
  if (options.json === true) {
    console.log(JSON.stringify(all, null, 2));
    return;
  }
  const rows = all.map((one) => [
    one.subject,
    chinaText(one.issuedAt).slice(0, 10),
    chinaText(one.notAfter).slice(0, 10),
    one.revokedAt === undefined
      ? 'valid'
      : `revoked ${chinaText(one.revokedAt).slice(0, 10)}: ${one.reason ?? ''}`,
    one.serial,
    one.sha256,
  ]);
  console.log(
    all.length === 0
      ? 'nothing issued yet'
      : table(['SUBJECT', 'ISSUED', 'UNTIL', 'STATE', 'SERIAL', 'SHA-256'], rows),
  );
}

const protect = (options: CaOptions & { newPassphraseFile?: string }): Promise<void> =>
  changeCertificates(options, async (dir) => {
    const old = await findSecret({
      file: options.passphraseFile,
      variable: 'SLUICE_CA_PASSPHRASE',
      prompt: 'passphrase of the local CA (empty if none)',
    });
    const fresh = await needSecret(
      {
        file: options.newPassphraseFile,
        variable: 'SLUICE_CA_NEW_PASSPHRASE',
        prompt: 'new passphrase',
        confirm: true,
      },
      '--new-passphrase-file',
    );
    await protectCa(dir, old, fresh);
    return { action: 'certs ca protect', target: 'ca.key', say: 'The CA key has its new passphrase.' };
  });
