/* The SFTP side of a command that plays the platform: where it puts files, and as whom. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { systemClock } from '../clock.js';
import { directoryOf } from '../config/index.js';
import { OperatorError } from '../errors.js';
import { RemoteSftpError, readHostKeys, remoteSftpSettings } from '../sftp/index.js';
import { openPlatformFiles, type PlatformFiles } from '../tools/index.js';

export interface FilesOptions {
  readonly dir?: string;
  readonly sftp?: string;
  readonly sftpUser?: string;
  readonly sftpKey?: string;
  readonly sftpPasswordFile?: string;
  readonly sftpHostKey?: string;
  readonly sftpUpload: string;
  readonly sftpDownload: string;
}
export const withPlatformFiles = (command: Command): Command =>
  command
    .option('--sftp-user <name>', 'account of the SFTP server by which files are exchanged')
    .option('--sftp-key <file>', 'its private key')
    .option('--sftp-password-file <file>', 'or a file with its password')
    .option('--sftp <host:port>', "another SFTP server than the directory's")
    .option('--sftp-host-key <fingerprint>', "of that server, SHA256:… (default: the directory's)")
    .option('--sftp-upload <path>', 'where the platform writes', '/upload')
    .option('--sftp-download <path>', 'where it reads', '/download');

/** @returns `undefined` where no account is named. @throws {OperatorError} */
export async function platformFilesOf(options: FilesOptions): Promise<PlatformFiles | undefined> {
  const { sftpUser: username, sftpKey, sftpPasswordFile, sftpUpload, sftpDownload } = options;
  if (username === undefined) return undefined;
  const dir = directoryOf(options.dir);
  const [host, port] = options.sftp === undefined ? ['127.0.0.1', sftpPortOf(dir)] : hostPort(options.sftp);
  const hostKeys =
    options.sftpHostKey === undefined
      ? readHostKeys(join(dir, 'sftp')).map(({ fingerprint }) => fingerprint)
      : [options.sftpHostKey];
  const settings = remoteSftpSettings.safeParse({
    host,
    port,
    username,
    hostKeys,
    ...(sftpKey !== undefined && { privateKeyFile: sftpKey }),
    ...(sftpPasswordFile !== undefined && { passwordFile: sftpPasswordFile }),
    // Written whole, renamed, and not read back: an account may be allowed to write only.
    verify: 'size',
    attemptsMax: 2,
  });
  if (!settings.success) {
    const [issue] = settings.error.issues;
    throw new OperatorError(
      'option-invalid',
      `the SFTP options cannot be used: ${issue?.path.join('.')}: ${issue?.message}`,
      'Name --sftp-user with --sftp-key or --sftp-password-file; see --help.',
    );
  }
  return openPlatformFiles({
    settings: settings.data,
    uploadDir: sftpUpload,
    downloadDir: sftpDownload,
    clock: systemClock,
  });
}

/** Faults of the SFTP connection as advice for whoever runs the command. */
export async function withFiles<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RemoteSftpError)) throw error;
    throw new OperatorError('sftp-failed', error.message, error.next, { cause: error });
  }
}

function hostPort(text: string): [string, number] {
  const [, host = '', port = ''] = /^\[?(.+?)\]?:(\d{1,5})$/.exec(text) ?? [];
  if (host !== '') return [host, Number(port)];
  throw new OperatorError(
    'target-invalid',
    `--sftp ${text} is not HOST:PORT`,
    'For instance --sftp 127.0.0.1:2022',
  );
}
function sftpPortOf(dir: string): number {
  try {
    const { sftp } = JSON.parse(readFileSync(join(dir, 'run', 'ports.json'), 'utf8')) as { sftp?: unknown };
    if (typeof sftp === 'number') return sftp;
  } catch {
    // Told below.
  }
  throw new OperatorError(
    'not-running',
    `no gateway with an SFTP server runs on ${dir}`,
    `Start it with 'sluice serve --dir ${dir}', or name a server with --sftp HOST:PORT.`,
  );
}
