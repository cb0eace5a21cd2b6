import { codeOf, messageOf } from '../errors.js';

/** What becomes of an operation on the platform's server that fails; decides whether it is tried again. */
export type RemoteFault =
  /** Another key than those pinned, or none is pinned: nobody is spoken to. */
  | 'host-key'
  /** Our key or password is not taken. */
  | 'login'
  | 'not-found'
  /** The server refuses the operation. */
  | 'refused'
  /** What arrived is not what was sent. */
  | 'mismatch'
  /** Not reached, lost, or silent: the same may succeed in a moment. */
  | 'connection'
  /** Our own side: a key file that cannot be read, a full disk. */
  | 'local';

export class RemoteSftpError extends Error {
  constructor(
    readonly fault: RemoteFault,
    message: string,
    /** What an operator can do about it. */
    readonly next: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'RemoteSftpError';
  }
}
export const mayRetry = (error: unknown): boolean =>
  error instanceof RemoteSftpError && error.fault === 'connection';

/** The status with which a server says that there is no such file (draft, section 7). */
export const NO_SUCH_FILE = 2;
/** The status of SFTP that the server answered with, or 0. */
export const statusOf = (error: unknown): number =>
  error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : 0;

/** What went wrong, from the error of ssh2 or of a file of our own. @param isOpen whether the connection still stands */
export function asRemoteError(error: unknown, what: string, isOpen: boolean): RemoteSftpError {
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
