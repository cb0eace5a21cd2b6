import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import ssh2, { type Client, type ConnectConfig, type SFTPWrapper } from 'ssh2';
import type { Clock } from '../clock.js';
import { messageOf } from '../errors.js';
import { clientAlgorithms } from './algorithms.js';
import { fingerprintOf } from './public-key.js';
import { RemoteSftpError } from './remote-error.js';
import type { RemoteSftpSettings } from './remote-settings.js';

export interface RemoteConnection {
  readonly client: Client;
  readonly sftp: SFTPWrapper;
  readonly isOpen: () => boolean;
  /** Rejects when the connection ends: ssh2 leaves some requests unanswered for ever then (fastPut, 1.17). */
  readonly lost: Promise<never>;
}

/** Logs in at the platform's server. @throws {RemoteSftpError} `host-key`, `login`, `connection`, `local` */
export async function connectRemote(
  settings: RemoteSftpSettings,
  dir: string,
  clock: Clock,
): Promise<RemoteConnection> {
  const { host, port, username } = settings;
  const where = `${username}@${host}:${port}`;
  const secrets = readSecrets(settings, dir);
  const client = new ssh2.Client();
  let open = true;
  let presented: string | undefined;
  const ready = new Promise<void>((done, failed) => {
    client.once('ready', done);
    client.once('error', failed);
    client.once('close', () => failed(new Error('the server closed the connection')));
  });
  client.on('error', () => {});
  const lost = new Promise<never>((_, failed) =>
    client.once('close', () => {
      open = false;
      failed(new Error('the connection was closed'));
    }),
  );
  // Nobody may be waiting for it at that moment.
  lost.catch(() => {});
  const cancel = clock.after(settings.connectMs, () => client.destroy());
  try {
    client.connect({
      host,
      port,
      username,
      ...secrets,
      algorithms: clientAlgorithms(settings.legacyAlgorithms),
      // Ours is the one above; this would be a timer that a test cannot turn.
      readyTimeout: 0,
      keepaliveInterval: 15_000,
      keepaliveCountMax: 3,
      tryKeyboard: false,
      hostVerifier: (key: Buffer) => {
        presented = fingerprintOf(key);
        return settings.hostKeys.includes(presented);
      },
    });
    await ready;
    // ssh2 writes a packet in several pieces; without this each would wait for the last one's acknowledgement.
    client.setNoDelay(true);
    const sftp = await new Promise<SFTPWrapper>((done, failed) =>
      client.sftp((error, wrapper) => (error ? failed(error) : done(wrapper))),
    );
    sftp.on('error', () => {});
    return { client, sftp, isOpen: () => open, lost };
  } catch (error) {
    client.destroy();
    if (presented !== undefined && !settings.hostKeys.includes(presented)) {
      throw unknownHostKey(where, presented, settings.hostKeys);
    }
    if (error instanceof Error && 'level' in error && error.level === 'client-authentication') {
      throw new RemoteSftpError(
        'login',
        `${where} does not take our ${secrets.privateKey ? 'key' : 'password'}.`,
        'Ask the platform whether the account is open and has our public key (ssh-keygen -y -f KEYFILE prints it).',
        { cause: error },
      );
    }
    throw new RemoteSftpError(
      'connection',
      `${where} cannot be reached: ${messageOf(error)}`,
      'Check address, port and firewall: ssh-keyscan -p PORT HOST shows whether a server answers.',
      { cause: error },
    );
  } finally {
    cancel();
  }
}

function unknownHostKey(where: string, presented: string, pinned: readonly string[]): RemoteSftpError {
  const what =
    pinned.length === 0
      ? `The SFTP server ${where} shows the host key ${presented}, and none is known yet. Nothing was sent.`
      : `The SFTP server ${where} shows the host key ${presented}, which is none of those known (${pinned.join(', ')}). Nothing was sent: it may be another server.`;
  return new RemoteSftpError(
    'host-key',
    what,
    `Ask the platform, by another way than the net, for the fingerprint of its host key. If it is this one, write it into hostKeys in sluice.yaml: ["${presented}"].`,
  );
}

type Secrets = Pick<ConnectConfig, 'privateKey' | 'passphrase' | 'password'>;
function readSecrets(settings: RemoteSftpSettings, dir: string): Secrets {
  const { privateKeyFile, passphraseFile, passwordFile } = settings;
  const firstLine = (file: string) =>
    readSecret(resolve(dir, file)).toString('utf8').split(/\r?\n/, 1)[0] ?? '';
  const secrets: Secrets = {};
  if (privateKeyFile !== undefined) secrets.privateKey = readSecret(resolve(dir, privateKeyFile));
  if (passphraseFile !== undefined) secrets.passphrase = firstLine(passphraseFile);
  if (passwordFile !== undefined) secrets.password = firstLine(passwordFile);
  if (secrets.privateKey !== undefined) checkKey(secrets, privateKeyFile ?? '');
  if (secrets.privateKey !== undefined || secrets.password !== undefined) return secrets;
  throw new RemoteSftpError(
    'local',
    `There is neither a key nor a password for ${settings.username}@${settings.host}.`,
    'Set privateKeyFile or passwordFile in sluice.yaml.',
  );
}

function readSecret(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new RemoteSftpError(
      'local',
      `${file} cannot be read: ${messageOf(error)}`,
      'Check the name in sluice.yaml and the rights of the file.',
      { cause: error },
    );
  }
}

function checkKey({ privateKey, passphrase }: Secrets, file: string): void {
  if (privateKey === undefined) return;
  const parsed = ssh2.utils.parseKey(privateKey, passphrase);
  if (parsed instanceof Error) {
    throw new RemoteSftpError(
      'local',
      `The private key ${file} cannot be used: ${messageOf(parsed)}`,
      'Give one that ssh-keygen made (ed25519, ecdsa or rsa), and its passphrase in passphraseFile.',
    );
  }
}
