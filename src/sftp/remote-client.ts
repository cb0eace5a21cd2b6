import type { Stats as RemoteStats } from 'ssh2';
import { type Clock, type Ids, systemIds } from '../clock.js';
import { call, entryOf, type RemoteEntry, statsOf } from './remote-calls.js';
import { connectRemote, type RemoteConnection } from './remote-connection.js';
import { asRemoteError, mayRetry, NO_SUCH_FILE, RemoteSftpError, statusOf } from './remote-error.js';
import type { RemoteSftpSettings } from './remote-settings.js';
import { fetchWhole, type Live, sendWhole, type Transferred } from './remote-transfer.js';

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
        const fault = asRemoteError(error, what, connection?.isOpen() ?? false);
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
