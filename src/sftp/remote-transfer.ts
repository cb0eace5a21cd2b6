/** Whole files to the platform's server and from it: under a temporary name, compared, then renamed. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { SFTPWrapper } from 'ssh2';
import { call, mustHave, statsOf } from './remote-calls.js';
import type { RemoteConnection } from './remote-connection.js';
import { remoteDigest } from './remote-digest.js';
import { NO_SUCH_FILE, RemoteSftpError, statusOf } from './remote-error.js';
import type { RemoteSftpSettings } from './remote-settings.js';

/** What was transferred, and how it was proved to be the same on both sides. */
export interface Transferred {
  readonly bytes: number;
  readonly sha256: string;
  readonly checkedBy: 'digest' | 'read-back' | 'size';
}

export interface Live extends RemoteConnection {
  /** The server has given or taken something: it is alive. */
  readonly progress: () => void;
}

export async function fetchWhole(on: Live, path: string, localFile: string): Promise<Transferred> {
  const temporary = `${localFile}.part`;
  try {
    const before = await mustHave(on.sftp, path);
    await call<void>((done) => on.sftp.fastGet(path, temporary, { step: on.progress }, done));
    const after = await mustHave(on.sftp, path);
    const { size } = await stat(temporary);
    const sha256 = await sha256Of(temporary);
    if (size !== before.size || size !== after.size || before.mtime !== after.mtime) {
      throw mismatch(
        path,
        `it changed while it was fetched (${before.size}, then ${after.size} bytes; ${size} came)`,
      );
    }
    const digest = await remoteDigest(on.client, path);
    if (digest !== undefined && digest !== sha256) throw mismatch(path, 'the digests differ');
    await toDisk(temporary);
    await rename(temporary, localFile);
    await toDisk(dirname(localFile));
    return { bytes: size, sha256, checkedBy: digest === undefined ? 'size' : 'digest' };
  } finally {
    await rm(temporary, { force: true });
  }
}

export async function sendWhole(
  on: Live,
  localFile: string,
  path: string,
  settings: RemoteSftpSettings,
): Promise<Transferred> {
  const { sftp } = on;
  const temporary = `${path}${settings.temporaryEnding}`;
  const { size } = await stat(localFile);
  const sha256 = await sha256Of(localFile);
  await call<void>((done) => sftp.fastPut(localFile, temporary, { step: on.progress }, done));
  const there = await mustHave(sftp, temporary);
  if (there.size !== size) throw mismatch(path, `${size} bytes were sent, ${there.size} arrived`);
  const checkedBy = await checkSent(on, temporary, `${localFile}.back`, sha256, settings);
  await replace(sftp, temporary, path);
  // It is there: the server has said so. The platform may have taken it since; what it left must be ours.
  const final = await statsOf(sftp, path);
  if (final && final.size !== size) throw mismatch(path, `${size} bytes were sent, ${final.size} are there`);
  return { bytes: size, sha256, checkedBy };
}

async function checkSent(
  on: Live,
  path: string,
  localCopy: string,
  sha256: string,
  { verify }: RemoteSftpSettings,
): Promise<Transferred['checkedBy']> {
  const digest = await remoteDigest(on.client, path);
  if (digest !== undefined) {
    if (digest !== sha256) throw mismatch(path, 'the digests differ');
    return 'digest';
  }
  if (verify === 'size') return 'size';
  try {
    await call<void>((done) => on.sftp.fastGet(path, localCopy, { step: on.progress }, done));
    if ((await sha256Of(localCopy)) !== sha256) throw mismatch(path, 'read back, it is not what was sent');
    return 'read-back';
  } finally {
    await rm(localCopy, { force: true });
  }
}

/** At once where the server can; else the old file goes first, since a plain rename must not replace one. */
async function replace(sftp: SFTPWrapper, from: string, to: string): Promise<void> {
  try {
    await call<void>((done) => sftp.ext_openssh_rename(from, to, done));
    return;
  } catch (error) {
    if (statusOf(error) === NO_SUCH_FILE) throw error;
  }
  if (await statsOf(sftp, to)) await call<void>((done) => sftp.unlink(to, done));
  await call<void>((done) => sftp.rename(from, to, done));
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(file)) hash.update(part);
  return hash.digest('hex');
}
async function toDisk(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const mismatch = (path: string, how: string) =>
  new RemoteSftpError(
    'mismatch',
    `${path} was not transferred whole: ${how}.`,
    'It is tried again at the next run; if it happens again, ask the platform.',
  );
