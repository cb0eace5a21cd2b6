/** Certificates of one key type for all servers of the benchmark, and an installation of ours that uses them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock, systemIds } from '../../src/clock.js';
import { checkConfig, configTemplate } from '../../src/config/index.js';
import { migrate, openDatabase } from '../../src/database/index.js';
import { silentLog } from '../../src/log.js';
import {
  type Credential,
  createCa,
  fingerprint,
  issueCertificate,
  type KeyType,
  savePeers,
  writePkcs12,
  writeTrustStore,
  writeWhole,
} from '../../src/pki/index.js';
import { demoUnits, fillDemo } from '../../src/revenue/index.js';

export interface Keys {
  readonly ca: Credential;
  readonly server: Credential;
  readonly client: Credential;
}
export const STORE_PASSWORD = 'benchmark';

/** Writes `ca.crt`, `server.*`, `client.*` (PEM, PKCS#12) into `dir`. */
export async function makeKeys(dir: string, keyType: KeyType): Promise<Keys> {
  const now = systemClock.now();
  const ca = await createCa({ commonName: 'bench CA', keyType, days: 30, now });
  const issue = (subject: string) =>
    issueCertificate({ ca, subject, usage: 'both', keyType, days: 30, now, ipAddresses: ['127.0.0.1'] });
  const keys = { ca, server: await issue('server'), client: await issue('platform') };
  await writeWhole(join(dir, 'ca.crt'), ca.certPem, 'public');
  for (const name of ['server', 'client'] as const) {
    const { certPem, keyPem } = keys[name];
    await writeWhole(join(dir, `${name}.crt`), certPem, 'public');
    await writeWhole(join(dir, `${name}.key`), keyPem, 'secret');
    // HAProxy wants both in one file.
    await writeWhole(join(dir, `${name}.pem`), certPem + keyPem, 'secret');
  }
  const password = STORE_PASSWORD;
  const store = writePkcs12({ ...keys.server, caPems: [ca.certPem], password, friendlyName: 'server' });
  await writeWhole(join(dir, 'server.p12'), store, 'secret');
  const trust = writeTrustStore({ entries: [{ alias: 'ca', certPem: ca.certPem }], password });
  await writeWhole(join(dir, 'trust.p12'), trust, 'secret');
  return keys;
}

export interface Installation {
  readonly workers: number;
  /** Section `database` of sluice.yaml. */
  readonly database: string;
  /** Fill the database with the demo; another installation may have done it. */
  readonly fill: boolean;
}
/** A directory that `sluice serve` runs on, with the demo's customers. */
export async function makeInstallation(
  dir: string,
  keys: Keys,
  { workers, database, fill }: Installation,
): Promise<void> {
  const certs = join(dir, 'certs');
  await writeWhole(join(certs, 'server.crt'), keys.server.certPem + keys.ca.certPem, 'public');
  await writeWhole(join(certs, 'server.key'), keys.server.keyPem, 'secret');
  const { certPem } = keys.client;
  const now = systemClock.now();
  await savePeers(dir, [
    {
      name: 'platform',
      units: demoUnits.map(({ unit }) => unit),
      state: 'active',
      pins: [{ sha256: fingerprint(certPem), pem: certPem, addedAt: now }],
      dialect: {},
      legacy: { oldTls: false, weakCertificate: false },
      addedAt: now,
    },
  ]);
  const text = configTemplate(demoUnits)
    .replace(/^database:\n(?: {2}.*\n)+/m, `database: ${database}\n`)
    .replace(/^sftp:\n(?: {2}.*\n)+/m, 'sftp: { enabled: false }\n')
    .replace(/^ {2}workers: 1/m, `  workers: ${workers}`);
  writeFileSync(join(dir, 'sluice.yaml'), text);
  if (!fill) return;
  const opened = await openDatabase(checkConfig(dir, text, {}).database, {
    dir,
    clock: systemClock,
    log: silentLog,
  });
  await migrate(opened);
  await fillDemo(opened, { clock: systemClock, ids: systemIds });
  await opened.close();
}
export const pem = (dir: string, name: string): Buffer => readFileSync(join(dir, name));
