/** Single calls of ssh2's client as promises, and what their answers mean. */
import type { Stats as RemoteStats, SFTPWrapper } from 'ssh2';
import type { Moment } from '../clock.js';
import { NO_SUCH_FILE, RemoteSftpError, statusOf } from './remote-error.js';

export interface RemoteEntry {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'other';
  readonly size: number;
  readonly modifiedAt: Moment;
}
export function call<T>(
  start: (done: (error: Error | null | undefined, value?: T) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) =>
    // A call without a result is one of T = void.
    start((error, value) => (error ? reject(error) : resolve(value as T))),
  );
}

export async function statsOf(sftp: SFTPWrapper, path: string): Promise<RemoteStats | undefined> {
  try {
    return await call<RemoteStats>((done) => sftp.stat(path, done));
  } catch (error) {
    if (statusOf(error) === NO_SUCH_FILE) return undefined;
    throw error;
  }
}
export async function mustHave(sftp: SFTPWrapper, path: string): Promise<RemoteStats> {
  const stats = await statsOf(sftp, path);
  if (stats) return stats;
  throw new RemoteSftpError(
    'not-found',
    `${path} is not there.`,
    'Ask the platform, or wait until it has been put there.',
  );
}

export const entryOf = (name: string, attrs: RemoteStats): RemoteEntry => ({
  name,
  kind: attrs.isFile() ? 'file' : attrs.isDirectory() ? 'folder' : 'other',
  size: attrs.size,
  modifiedAt: attrs.mtime * 1000,
});
