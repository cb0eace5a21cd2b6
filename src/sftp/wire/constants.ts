/** The names and numbers of SFTP version 3 (draft-ietf-secsh-filexfer-02), the version that every client speaks. */

export const requestType = {
  init: 1,
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  lstat: 7,
  fstat: 8,
  setstat: 9,
  fsetstat: 10,
  opendir: 11,
  readdir: 12,
  remove: 13,
  mkdir: 14,
  rmdir: 15,
  realpath: 16,
  stat: 17,
  rename: 18,
  readlink: 19,
  symlink: 20,
  extended: 200,
} as const;

export const replyType = {
  version: 2,
  status: 101,
  handle: 102,
  data: 103,
  name: 104,
  attributes: 105,
  extended: 201,
} as const;

/** Status codes of version 3 with the text we send beside them. */
export const statusCode = {
  ok: 0,
  endOfFile: 1,
  noSuchFile: 2,
  permissionDenied: 3,
  failure: 4,
  badMessage: 5,
  unsupported: 8,
} as const;
export type Status = keyof typeof statusCode;

export const statusText = {
  ok: 'Success',
  endOfFile: 'End of file',
  noSuchFile: 'No such file',
  permissionDenied: 'Permission denied',
  failure: 'Failure',
  badMessage: 'Bad message',
  unsupported: 'Operation unsupported',
} as const satisfies Record<Status, string>;

/** Flags of OPEN. */
export const openFlag = { read: 1, write: 2, append: 4, create: 8, truncate: 16, exclusive: 32 } as const;

/** Which attributes stand in an ATTRS block. */
export const attributeFlag = { size: 1, owner: 2, permissions: 4, times: 8, extended: 0x8000_0000 } as const;

/** Our handles are four bytes; a handle of another length is not ours. */
export const HANDLE_BYTES = 4;

/**
 * The longest packet we take: 256 KiB is what OpenSSH takes, and what a client may send in one WRITE that asked for
 * `limits@openssh.com`; the rest is for the packet's own fields.
 */
export const PACKET_BYTES_MAX = 256 * 1024;
/** The longest READ or WRITE, as told in `limits@openssh.com` (OpenSSH tells the same number). */
export const TRANSFER_BYTES_MAX = PACKET_BYTES_MAX - 1024;
