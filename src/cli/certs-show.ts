/* `sluice certs list|show|check`: looking at certificates. */
import type { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { chinaText, systemClock } from '../clock.js';
import { directoryOf } from '../config/index.js';
import { OperatorError } from '../errors.js';
import { printable } from '../log.js';
import {
  type CertificateInfo,
  certificateOf,
  checkCertificates,
  describeCertificate,
  type FindingLevel,
  findingLevels,
  listCertificates,
  oldJavaRemarks,
} from '../pki/index.js';
import { keyPassphrase } from '../server/index.js';
import { endOf, jsonOf, readSentFile } from './certs-support.js';
import { withDir, withExample } from './options.js';
import { table } from './table.js';

export function certsShowCommands(certs: Command): void {
  withExample(
    withDir(certs.command('list').description('all certificates, ours and theirs')).option(
      '--json',
      'as JSON',
    ),
    'sluice certs list --dir demo',
  ).action(list);
  withExample(
    withDir(
      certs
        .command('show')
        .description('one certificate in full: a peer, a file of any format, or a fingerprint'),
    )
      .argument('<what>', 'name of a peer or file, or the beginning of a fingerprint')
      .option('--password-file <file>', 'password of a key store')
      .option('--json', 'as JSON'),
    'sluice certs show platform',
    'sluice certs show tserver.keystore --password-file password.txt',
  ).action(show);
  withExample(
    withDir(certs.command('check').description('judge everything; exit code 0 fine, 1 warning, 2 critical'))
      .option('--json', 'as JSON')
      .option('--all', 'show what is fine, too'),
    'sluice certs check --dir demo',
  ).action(check);
}

async function list(options: { dir?: string; json?: boolean }): Promise<void> {
  const found = await listCertificates(directoryOf(options.dir), systemClock.now());
  if (options.json === true) {
    console.log(JSON.stringify(found.map(jsonOf), null, 2));
    return;
  }
  const head = [
    'USE',
    'NAME',
    'STATE',
    'SUBJECT',
    'ISSUER',
    'KEY',
    'UNTIL',
    'DAYS',
    'FOR',
    'SERIAL',
    'SHA-256',
  ];
  const rows = found.map((one) => [
    one.use,
    one.name,
    one.state,
    one.subject,
    one.issuer === one.subject ? 'itself' : one.issuer,
    one.key,
    endOf(one),
    String(one.daysLeft),
    one.purpose,
    one.serial,
    one.sha256,
  ]);
  console.log(found.length === 0 ? 'no certificates yet: sluice certs new' : table(head, rows));
}

async function show(
  what: string,
  options: { dir?: string; passwordFile?: string; json?: boolean },
): Promise<void> {
  const found = await find(what, options);
  if (options.json === true)
    console.log(
      JSON.stringify(
        found.map(([, info]) => info),
        null,
        2,
      ),
    );
  else console.log(found.map(([title, info]) => details(title, info)).join('\n\n'));
}

type Details = ReturnType<typeof detailsOf>;

async function find(
  what: string,
  options: { dir?: string; passwordFile?: string },
): Promise<[title: string, Details][]> {
  const now = systemClock.now();
  const known = await listCertificates(directoryOf(options.dir), now);
  const fingerprint = what.toUpperCase().replaceAll(':', '');
  const listed = known.filter(
    ({ name, sha256 }) =>
      name === what || (fingerprint.length >= 8 && sha256.replaceAll(':', '').startsWith(fingerprint)),
  );
  if (listed.length > 0)
    return listed.map((one) => [`${one.use} ${one.name}`, detailsOf(certificateOf(one.pem), now, one)]);
  if (!existsSync(what))
    throw new OperatorError(
      'certificate-unknown',
      `nothing here is called "${printable(what)}"`,
      '"sluice certs list" shows names and fingerprints; a file must exist.',
    );
  const { format, entries } = await readSentFile(what, options.passwordFile);
  return entries.flatMap(({ alias, certificate, issuers, keyPem }) =>
    [certificate, ...issuers].map((one, depth): [string, Details] => {
      const role = depth > 0 ? `issuer ${depth}` : keyPem ? 'with private key' : 'certificate';
      return [`${format} ${alias} ${role}`.replaceAll('  ', ' '), detailsOf(one, now)];
    }),
  );
}

const detailsOf = (certificate: X509Certificate, now: number, info?: CertificateInfo) => {
  const { pem: _, ...base } = describeCertificate(certificate, now);
  return {
    ...base,
    validFrom: new Date(base.validFrom).toISOString(),
    validTo: new Date(base.validTo).toISOString(),
    isCa: certificate.ca,
    names: certificate.subjectAltName ?? '',
    purposes: certificate.keyUsage ?? [],
    javaRemarks: oldJavaRemarks(certificate),
    ...(info ? { use: info.use, name: info.name, purpose: info.purpose, state: info.state } : {}),
  };
};

function details(title: string, info: Details): string {
  const until = chinaText(Date.parse(info.validTo));
  const rows: [string, string][] = [
    ['subject', info.subject],
    ['issuer', info.issuer === info.subject ? 'itself (self-signed)' : info.issuer],
    ['serial', info.serial],
    ['SHA-256', info.sha256],
    ['key', `${info.key}, signed with ${info.signature}`],
    ['valid', `${chinaText(Date.parse(info.validFrom))} to ${until} China time, ${info.daysLeft} days left`],
    ['names', info.names],
    ['CA', info.isCa ? 'yes' : 'no'],
    ['used', info.purpose ? `${info.purpose} (${info.state})` : ''],
    ['weak', info.weakness ?? ''],
    ...info.javaRemarks.map((remark): [string, string] => ['Java', remark]),
  ];
  const lines = rows
    .filter(([, text]) => text !== '')
    .map(([name, text]) => `  ${name.padEnd(8)} ${printable(text)}`);
  return [title, ...lines].join('\n');
}

const MARKS: Record<FindingLevel, string> = {
  ok: '正常 ok',
  warning: '警告 warning',
  critical: '严重 CRITICAL',
};

async function check(options: { dir?: string; json?: boolean; all?: boolean }): Promise<void> {
  const found = await checkCertificates(directoryOf(options.dir), {
    now: systemClock.now(),
    passphrase: keyPassphrase(),
  });
  const worst = found[0]?.level ?? 'ok';
  process.exitCode = findingLevels.indexOf(worst);
  if (options.json === true) {
    console.log(JSON.stringify({ level: worst, findings: found }, null, 2));
    return;
  }
  const shown = found.filter(({ level }) => options.all === true || level !== 'ok');
  if (shown.length > 0)
    console.log(
      table(
        ['LEVEL', 'ABOUT', 'FOUND', 'TO DO'],
        shown.map(({ level, about, text, next }) => [MARKS[level], about, text, next]),
      ),
    );
  console.log(
    `${MARKS[worst]}: ${found.length} checks, ${found.filter(({ level }) => level !== 'ok').length} to look at`,
  );
}
