import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Stats as RemoteStats, SFTPWrapper } from 'ssh2';
import { type Clock, type Ids, type Moment, systemIds } from '../clock.js';
import { codeOf, messageOf } from '../errors.js';
import { connectRemote, type RemoteConnection } from './remote-connection.js';
import { remoteDigest } from './remote-digest.js';
import { mayRetry, type RemoteFault, RemoteSftpError } from './remote-error.js';
import type { RemoteSftpSettings } from './remote-settings.js';

export interface RemoteEntry {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'other';
  readonly size: number;
  readonly modifiedAt: Moment;
}
/** What was transferred, and how it was proved to be the same on both sides. */
export interface Transferred {
  readonly bytes: number;
  readonly sha256: string;
  readonly checkedBy: 'digest' | 'read-back' | 'size';
}

/**
 * The platform's SFTP server, with us as its client. It connects when it is first needed and again when the connection was lost; each
 * operation is tried several times then, and is such that trying again does no harm. One operation runs at a time.
 * All throw {@link RemoteSftpError}.
 */
export interface RemoteSftp {
  list(folder: string): Promise<readonly RemoteEntry[]>;
  /** `undefined` where there is none. */
  find(path: string): Promise<RemoteEntry | undefined>;
  /** Fetches under a temporary name, checks, puts it on the disk and then gives it its name. An old file of the name is replaced. */
  get(path: string, localFile: string): Promise<Transferred>;
  /** Sends under a temporary name, checks, then renames. An old file of the name is replaced. */
  put(localFile: string, path: string): Promise<Transferred>;
  /** Nothing happens where there is none. */
  remove(path: string): Promise<void>;
  close(): Promise<void>;
}

export interface RemoteSftpOptions {
  readonly settings: RemoteSftpSettings;
  /** What file names in the settings are relative to. */
  readonly dir: string;
  readonly clock: Clock;
  readonly ids?: Ids;
  /** Told of each failed try. */
  readonly failed?: (operation: string, error: RemoteSftpError, attempt: number) => void;
}

const RETRY_MS_MAX = 60_000;
const NO_SUCH_FILE = 2;

export function openRemoteSftp(options: RemoteSftpOptions): RemoteSftp {
  const { settings, dir, clock, ids = systemIds, failed = () => {} } = options;
  let connection: RemoteConnection | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  let closed = false;

  /** One after the other; again with a new connection where the old one failed. */
  function run<T>(what: string, work: (on: Live) => Promise<T>): Promise<T> {
    const mine = turn.then(() => attempt(what, work));
    turn = mine.catch(() => {});
    return mine;
  }

  async function attempt<T>(what: string, work: (on: Live) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await once(work);
      } catch (error) {
        const fault = asRemote(error, what, connection?.isOpen() ?? false);
        failed(what, fault, tries);
        if (!mayRetry(fault) || tries >= settings.attemptsMax || closed) throw fault;
        drop();
        // Not all nodes again in the same instant.
        const jitter = ids.bytes(1).readUInt8(0) / 512;
        await clock.sleep(Math.min(settings.retryMs * 2 ** (tries - 1), RETRY_MS_MAX) * (0.75 + jitter));
      }
    }
  }

  async function once<T>(work: (on: Live) => Promise<T>): Promise<T> {
    if (closed) throw new RemoteSftpError('local', 'The client is closed.', 'Restart sluice.');
    if (!connection?.isOpen()) connection = await connectRemote(settings, dir, clock);
    const live = connection;
    let moved = clock.now();
    const stop = clock.every(Math.min(1_000, settings.silenceMs), () => {
      if (clock.now() - moved > settings.silenceMs) live.client.destroy();
    });
    try {
      const progress = () => {
        moved = clock.now();
      };
      return await Promise.race([work({ ...live, progress }), live.lost]);
    } finally {
      stop();
    }
  }

  function drop(): void {
    connection?.client.destroy();
    connection = undefined;
  }

  return {
    list: (folder) =>
      run(`list ${folder}`, async ({ sftp }) => {
        const entries = await call<{ filename: string; attrs: RemoteStats }[]>((done) =>
          sftp.readdir(folder, done),
        );
        return entries
          .filter(({ filename }) => filename !== '.' && filename !== '..')
          .map(({ filename, attrs }) => entryOf(filename, attrs));
      }),
    find: (path) =>
      run(`find ${path}`, async ({ sftp }) => {
        const attrs = await statsOf(sftp, path);
        return attrs && entryOf(path.slice(path.lastIndexOf('/') + 1), attrs);
      }),
    get: (path, localFile) => run(`get ${path}`, (on) => fetchWhole(on, path, localFile)),
    put: (localFile, path) => run(`put ${path}`, (on) => sendWhole(on, localFile, path, settings)),
    remove: (path) =>
      run(`remove ${path}`, async ({ sftp }) => {
        await call<void>((done) => sftp.unlink(path, done)).catch((error: unknown) => {
          if (statusOf(error) !== NO_SUCH_FILE) throw error;
        });
      }),
    async close() {
      closed = true;
      await turn;
      connection?.client.end();
      connection = undefined;
    },
  };
}

interface Live extends RemoteConnection {
  /** The server has given or taken something: it is alive. */
  readonly progress: () => void;
}

async function fetchWhole(on: Live, path: string, localFile: string): Promise<Transferred> {
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

async function sendWhole(
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
  const final = await mustHave(sftp, path);
  if (final.size !== size) throw mismatch(path, `${size} bytes were sent, ${final.size} are there`);
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

function call<T>(start: (done: (error: Error | null | undefined, value?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) =>
    // A call without a result is one of T = void.
    start((error, value) => (error ? reject(error) : resolve(value as T))),
  );
}

async function statsOf(sftp: SFTPWrapper, path: string): Promise<RemoteStats | undefined> {
  try {
    return await call<RemoteStats>((done) => sftp.stat(path, done));
  } catch (error) {
    if (statusOf(error) === NO_SUCH_FILE) return undefined;
    throw error;
  }
}
async function mustHave(sftp: SFTPWrapper, path: string): Promise<RemoteStats> {
  const stats = await statsOf(sftp, path);
  if (stats) return stats;
  throw new RemoteSftpError(
    'not-found',
    `${path} is not there.`,
    'Ask the platform, or wait until it has been put there.',
  );
}

const entryOf = (name: string, attrs: RemoteStats): RemoteEntry => ({
  name,
  kind: attrs.isFile() ? 'file' : attrs.isDirectory() ? 'folder' : 'other',
  size: attrs.size,
  modifiedAt: attrs.mtime * 1000,
});

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

/** The status of SFTP that the server answered with, or 0. */
const statusOf = (error: unknown): number =>
  error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : 0;
const mismatch = (path: string, how: string) =>
  new RemoteSftpError(
    'mismatch',
    `${path} was not transferred whole: ${how}.`,
    'It is tried again at the next run; if it happens again, ask the platform.',
  );

function asRemote(error: unknown, what: string, isOpen: boolean): RemoteSftpError {
  if (error instanceof RemoteSftpError) return error;
  const status = statusOf(error);
  const detail = messageOf(error);
  const fault = (kind: RemoteFault, message: string, next: string) =>
    new RemoteSftpError(kind, `${what}: ${message}`, next, { cause: error });
  if (isOpen && status === NO_SUCH_FILE) {
    return fault(
      'not-found',
      'there is no such file or folder.',
      'Check the folders in sluice.yaml with the platform.',
    );
  }
  if (isOpen && status > 0) {
    return fault(
      'refused',
      `the server refuses it (${detail}).`,
      'Ask the platform for the rights of our account there.',
    );
  }
  // Errors of our own files have a name; those of ssh2 about a connection that ends have none.
  if (isOpen && codeOf(error) !== '') return fault('local', detail, 'Check disk and rights on our side.');
  return fault('connection', `the connection was lost (${detail})`, 'Nothing; it is tried again.');
}
