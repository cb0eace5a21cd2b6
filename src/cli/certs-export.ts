/* `sluice certs export`: our certificate in the forms that peers read. */
import type { Command } from 'commander';
import { systemClock } from '../clock.js';
import { directoryOf } from '../config/index.js';
import {
  certificateOf,
  loadIdentity,
  writeJksTrustStore,
  writePkcs12,
  writeTrustStore,
  writeWhole,
} from '../pki/index.js';
import { keyPassphrase } from '../server/index.js';
import { storePassword } from './certs-support.js';
import { withDir, withExample } from './options.js';
import { recordChange } from './record-change.js';

export function certsExportCommand(certs: Command): void {
  withExample(
    withDir(certs.command('export').description('our certificate for peers: PEM, DER, or a Java trust store'))
      .option('--crt <file>', 'PEM file')
      .option('--der <file>', 'DER file')
      .option('--pkcs12 <file>', 'trust store for Java 8 and newer (with --with-key: our key pair)')
      .option('--jks <file>', 'trust store for Java 6 and 7')
      .option('--alias <alias>', 'name of the entry', 'sluice')
      .option('--with-key', 'key and chain instead of a trust store: to move this gateway, never for peers')
      .option('--modern', 'AES-256 instead of 3DES: Java 8u301 or newer')
      .option('--password-file <file>', 'password of the new key store'),
    'sluice certs export --crt gateway.crt',
    'sluice certs export --pkcs12 gateway.p12 --password-file password.txt',
  ).action(exportOwn);
}

interface ExportOptions {
  readonly dir?: string;
  readonly crt?: string;
  readonly der?: string;
  readonly pkcs12?: string;
  readonly jks?: string;
  readonly alias: string;
  readonly withKey?: boolean;
  readonly modern?: boolean;
  readonly passwordFile?: string;
}

async function exportOwn(options: ExportOptions): Promise<void> {
  const dir = directoryOf(options.dir);
  const now = systemClock.now();
  const own = await loadIdentity(dir, { now, passphrase: keyPassphrase(), allowExpired: true });
  const leafPem = (pem: string) => `${certificateOf(pem).toString().trim()}\n`;
  const entries = [
    { alias: options.alias, certPem: leafPem(own.certPem) },
    ...(own.next ? [{ alias: `${options.alias}-next`, certPem: leafPem(own.next.certPem) }] : []),
  ];
  const pems = entries.map(({ certPem }) => certPem).join('');
  const strength = options.modern === true ? 'modern' : 'compatible';
  if (options.crt) await give(options.crt, pems);
  if (options.der) await give(options.der, certificateOf(own.certPem).raw);
  if (options.jks)
    await give(
      options.jks,
      writeJksTrustStore({ entries, password: await storePassword(options.passwordFile), now }),
    );
  if (options.pkcs12 && options.withKey === true) {
    const store = writePkcs12({
      certPem: own.certPem,
      keyPem: own.keyPem,
      password: await storePassword(options.passwordFile),
      friendlyName: options.alias,
      strength,
    });
    await writeWhole(options.pkcs12, store, 'secret');
    await recordChange(dir, { action: 'certs export --with-key', target: options.pkcs12 });
    console.log(
      `${options.pkcs12}: our certificate AND private key. Keep it secret; never send it to a peer.`,
    );
  } else if (options.pkcs12) {
    await give(
      options.pkcs12,
      writeTrustStore({ entries, password: await storePassword(options.passwordFile), strength }),
    );
  }
  if (!options.crt && !options.der && !options.jks && !options.pkcs12) process.stdout.write(pems);
}

async function give(file: string, content: string | Uint8Array): Promise<void> {
  await writeWhole(file, content, 'public');
  console.log(`${file}: our certificate, for peers`);
}
