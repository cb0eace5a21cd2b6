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
