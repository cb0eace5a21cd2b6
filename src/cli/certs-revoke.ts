/* `sluice certs revoke|unrevoke` and `sluice certs crl …`: certificates that are refused although they are trusted otherwise. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Command } from 'commander';
import { chinaText, systemClock } from '../clock.js';
import { directoryOf } from '../config/index.js';
import { OperatorError } from '../errors.js';
import {
  caPemsOf,
  certificateFiles,
  certificatesOf,
  chooseCertificate,
  listCertificates,
  loadPeers,
  loadRevocations,
  loadRevokedFingerprints,
  readCrl,
  readIfThere,
  saveRevokedFingerprints,
  writeWhole,
} from '../pki/index.js';
import { changeCertificates, readBytes, readSentFile, TAKEN_OVER } from './certs-support.js';
import { withDir, withExample } from './options.js';
import { table } from './table.js';

export function certsRevokeCommands(certs: Command): void {
  withExample(
    withDir(certs.command('revoke').description('refuse one certificate from now on, whoever issued it'))
      .argument('<which>', 'SHA-256 fingerprint (or its beginning, if it is listed), or a file')
      .option('--reason <text>', 'for the record', 'unspecified'),
    'sluice certs revoke 3F:9A:… --reason "key lost"',
  ).action(revoke);
  withExample(
    withDir(certs.command('unrevoke').description('take a revocation by fingerprint back')).argument(
      '<fingerprint>',
    ),
    'sluice certs unrevoke 3F:9A:…',
  ).action(unrevoke);
  const crl = certs.command('crl').description('CRLs of the CAs of our peers');
  withExample(
    withDir(
      crl.command('add').description('take a CRL over; a newer one of the same name replaces it'),
    ).argument('<file>', 'PEM or DER, signed by a CA of a peer'),
    'sluice certs crl add platform-ca.crl',
  ).action(addCrl);
  withExample(
    withDir(crl.command('remove').description('forget a CRL')).argument('<name>', 'as "crl list" shows it'),
    'sluice certs crl remove platform-ca.crl',
  ).action(removeCrl);
  withExample(
    withDir(crl.command('list').description('CRLs in use, and revoked fingerprints')).option(
      '--json',
      'as JSON',
    ),
    'sluice certs crl list',
  ).action(list);
}

async function fingerprintOf(dir: string, which: string): Promise<string> {
  if (existsSync(which))
    return chooseCertificate(await readSentFile(which, undefined)).certificate.fingerprint256;
  const hex = which.toUpperCase().replaceAll(':', '');
  if (/^[0-9A-F]{64}$/.test(hex)) return hex.replace(/..(?!$)/g, '$&:');
  const known = await listCertificates(dir, systemClock.now());
  const fitting = [...new Set(known.map(({ sha256 }) => sha256))].filter(
    (sha256) => hex.length >= 8 && sha256.replaceAll(':', '').startsWith(hex),
  );
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return only;
  throw new OperatorError(
    'certificate-unknown',
    `${which} is no SHA-256 fingerprint, no file and the beginning of ${fitting.length} known fingerprints`,
    '"sluice certs list" shows the fingerprints.',
  );
}

const revoke = (which: string, options: { dir?: string; reason: string }): Promise<void> =>
  changeCertificates(options, async (dir) => {
    const sha256 = await fingerprintOf(dir, which);
    const before = await loadRevokedFingerprints(dir);
    const entry = { sha256, at: systemClock.now(), reason: options.reason.slice(0, 200) };
    if (!before.some((one) => one.sha256 === sha256)) await saveRevokedFingerprints(dir, [...before, entry]);
    return {
      action: 'certs revoke',
      target: sha256,
      after: { reason: entry.reason },
      say: `Refused from now on: ${sha256}. ${TAKEN_OVER}`,
    };
  });

const unrevoke = (which: string, options: { dir?: string }): Promise<void> =>
  changeCertificates(options, async (dir) => {
    const sha256 = await fingerprintOf(dir, which);
    const known = await loadRevokedFingerprints(dir);
    const before = known.find((one) => one.sha256 === sha256);
    if (before === undefined)
      throw new OperatorError(
        'certificate-unknown',
        `${sha256} is not revoked`,
        '"sluice certs crl list" shows what is.',
      );
    await saveRevokedFingerprints(
      dir,
      known.filter((one) => one !== before),
    );
    return {
      action: 'certs unrevoke',
      target: sha256,
      before,
      say: `No longer refused: ${sha256}. ${TAKEN_OVER}`,
    };
  });

const peerCaPems = async (dir: string): Promise<string[]> => caPemsOf(await loadPeers(dir));

const addCrl = (file: string, options: { dir?: string }): Promise<void> =>
  changeCertificates(options, async (dir) => {
    const bytes = readBytes(file);
    const cas = (await peerCaPems(dir)).flatMap((pem) => certificatesOf(pem));
    const { state } = readCrl(bytes, cas);
    if (state.fault !== undefined)
      throw new OperatorError(
        'crl-unusable',
        `${file}: ${state.fault}`,
        'It must be a CRL of a CA that a peer was added with.',
      );
    const target = crlFile(dir, file);
    const old = await readIfThere(target);
    const before = old && readCrl(old, cas).state;
    if (before?.thisUpdate !== undefined && (state.thisUpdate ?? 0) < before.thisUpdate)
      throw new OperatorError(
        'crl-older',
        `${file} is older than the one in use (${chinaText(before.thisUpdate)})`,
        'Fetch the newest one from the CA.',
      );
    await writeWhole(target, bytes, 'public');
    return {
      action: 'certs crl add',
      target: basename(target),
      before,
      after: state,
      say: `${state.entries} revoked certificate(s) of ${state.issuer.replaceAll('\n', ', ')}. ${TAKEN_OVER}`,
    };
  });

function crlFile(dir: string, name: string): string {
  const plain = basename(name).replace(/[^A-Za-z0-9._-]/g, '_');
  return join(certificateFiles(dir).crls, /\.(crl|pem|der)$/i.test(plain) ? plain : `${plain}.crl`);
}

const removeCrl = (name: string, options: { dir?: string }): Promise<void> =>
  changeCertificates(options, async (dir) => {
    const file = crlFile(dir, name);
    if (!existsSync(file))
      throw new OperatorError(
        'crl-unknown',
        `there is no CRL ${basename(file)}`,
        '"sluice certs crl list" shows them.',
      );
    await rm(file);
    return {
      action: 'certs crl remove',
      target: basename(file),
      say: `Removed ${basename(file)}. ${TAKEN_OVER}`,
    };
  });

async function list(options: { dir?: string; json?: boolean }): Promise<void> {
  const dir = directoryOf(options.dir);
  const { crls } = await loadRevocations(dir, await peerCaPems(dir));
  const fingerprints = await loadRevokedFingerprints(dir);
  if (options.json === true) {
    console.log(JSON.stringify({ crls, fingerprints }, null, 2));
    return;
  }
  const day = (at: number | undefined) => (at === undefined ? '' : chinaText(at));
  const rows = [
    ...crls.map((one) => [
      basename(one.file),
      one.issuer.replaceAll('\n', ', '),
      day(one.thisUpdate),
      day(one.nextUpdate),
      one.fault ? `NOT USED: ${one.fault}` : `${one.entries} revoked`,
    ]),
    ...fingerprints.map((one) => [one.sha256, '', day(one.at), '', one.reason]),
  ];
  console.log(rows.length === 0 ? 'nothing is revoked' : table(['WHAT', 'ISSUER', 'FROM', 'NEXT', ''], rows));
}
