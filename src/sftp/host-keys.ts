import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ssh2, { type ParsedKey } from 'ssh2';
import { systemIds } from '../clock.js';
import { messageOf, OperatorError } from '../errors.js';
import { makeEd25519Key } from './ed25519-key.js';
import { fingerprintOf } from './public-key.js';

/** In the order in which we offer them. */
const files = { ed25519: 'host_ed25519', ecdsa: 'host_ecdsa', rsa: 'host_rsa' } as const;
export type HostKeyKind = keyof typeof files;
const kinds = Object.keys(files) as readonly HostKeyKind[]; // the keys of a constant

export interface HostKey {
  readonly kind: HostKeyKind;
  readonly type: string;
  readonly fingerprint: string;
  /** As it stands in `known_hosts`, without the name. */
  readonly publicLine: string;
  readonly file: string;
  readonly key: ParsedKey;
}

/** Makes the host keys that are not there yet, in `dir` (mode 0700, files 0600), and gives all of them. Called by `sluice init`. */
export function createHostKeys(dir: string): readonly HostKey[] {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  for (const kind of kinds) {
    const file = join(dir, files[kind]);
    if (!existsSync(file)) writeFileSync(file, newKey(kind), { mode: 0o600, flag: 'wx' });
  }
  return readHostKeys(dir);
}

/** @throws {OperatorError} `sftp-host-keys-missing`, `sftp-host-key-unreadable`, `sftp-host-key-open` */
export function readHostKeys(dir: string): readonly HostKey[] {
  const there = kinds.filter((kind) => existsSync(join(dir, files[kind])));
  if (there.length === 0) {
    throw new OperatorError(
      'sftp-host-keys-missing',
      `There are no SFTP host keys in ${dir}.`,
      "Make them with 'sluice sftp hostkeys --create', or bring those of the old server, so that clients see no change.",
    );
  }
  return there.map((kind) => readHostKey(kind, join(dir, files[kind])));
}

function readHostKey(kind: HostKeyKind, file: string): HostKey {
  if ((statSync(file).mode & 0o077) !== 0) {
    throw new OperatorError(
      'sftp-host-key-open',
      `The SFTP host key ${file} can be read by others than its owner.`,
      `Run: chmod 600 ${file}; if others may have read it, remove it and make a new one.`,
    );
  }
  const parsed = ssh2.utils.parseKey(readFileSync(file));
  const key: ParsedKey | Error | undefined = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key === undefined || key instanceof Error || !key.isPrivateKey()) {
    const detail = key instanceof Error ? messageOf(key) : 'no private key in it';
    throw new OperatorError(
      'sftp-host-key-unreadable',
      `The SFTP host key ${file} cannot be used: ${detail}.`,
      'Bring it back from the backup, or remove it and make a new one; clients must then accept the new fingerprint.',
    );
  }
  const blob = key.getPublicSSH();
  const publicLine = `${key.type} ${blob.toString('base64')}`;
  return { kind, type: key.type, fingerprint: fingerprintOf(blob), publicLine, file, key };
}

// SEC1 and PKCS#1 are the forms that ssh2 reads; Ed25519 exists only in OpenSSH's own.
function newKey(kind: HostKeyKind): string {
  switch (kind) {
    case 'ed25519':
      return makeEd25519Key(systemIds).privateKey;
    case 'ecdsa':
      return generateKeyPairSync('ec', {
        namedCurve: 'P-256',
        privateKeyEncoding: { type: 'sec1', format: 'pem' },
        publicKeyEncoding: { type: 'spki', format: 'pem' },
      }).privateKey;
    case 'rsa':
      return generateKeyPairSync('rsa', {
        modulusLength: 3_072,
        privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
        publicKeyEncoding: { type: 'spki', format: 'pem' },
      }).privateKey;
    default:
      return kind satisfies never;
  }
}

/** Files of others keep their mode when they are copied over; this sets it right. */
export function closeHostKeys(dir: string): void {
  for (const kind of kinds) {
    const file = join(dir, files[kind]);
    if (existsSync(file)) chmodSync(file, 0o600);
  }
}
