import { codeOf } from '../errors.js';
import type { Status } from './wire/constants.js';

/** A request that is refused: an errno of our own, beside those of the file system, and answered at the same place. */
export class Refused extends Error {
  constructor(
    readonly status: Status,
    /** For the client; a fixed text, never something it sent. */
    readonly detail?: string,
  ) {
    super(detail ?? status);
    this.name = 'Refused';
  }
}

export interface Refusal {
  readonly status: Status;
  readonly detail: string | undefined;
  /** Not the client's doing: an operator should see it. */
  readonly ours: boolean;
}

const noSpace = 'No space left on the server';
const byErrno: Readonly<Record<string, Refusal>> = {
  ENOENT: { status: 'noSuchFile', detail: undefined, ours: false },
  ENOTDIR: { status: 'noSuchFile', detail: undefined, ours: false },
  EACCES: { status: 'permissionDenied', detail: undefined, ours: true },
  EPERM: { status: 'permissionDenied', detail: undefined, ours: true },
  EROFS: { status: 'permissionDenied', detail: undefined, ours: true },
  // A link, or something that is no file, where none should be.
  ELOOP: { status: 'permissionDenied', detail: undefined, ours: true },
  ENXIO: { status: 'permissionDenied', detail: undefined, ours: true },
  EEXIST: { status: 'failure', detail: 'File exists', ours: false },
  EISDIR: { status: 'failure', detail: 'Is a directory', ours: false },
  ENOTEMPTY: { status: 'failure', detail: 'Directory not empty', ours: false },
  EINVAL: { status: 'failure', detail: undefined, ours: false },
  ENOSPC: { status: 'failure', detail: noSpace, ours: true },
  EDQUOT: { status: 'failure', detail: noSpace, ours: true },
  EFBIG: { status: 'failure', detail: 'File too large', ours: true },
  EMFILE: { status: 'failure', detail: 'Too many open files on the server', ours: true },
};

/** What the client is told when something was thrown. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refused) return { status: error.status, detail: error.detail, ours: false };
  const code = codeOf(error);
  const known = Object.hasOwn(byErrno, code) ? byErrno[code] : undefined;
  return known ?? { status: 'failure', detail: undefined, ours: true };
}
