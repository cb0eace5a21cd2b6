/** READ and WRITE: many of them run at once, without a promise each, as they are what bulk transfer is made of. */
import type { Handle } from './handles.js';
import type { ReadDone } from './open-file.js';
import { Refused } from './refused.js';
import { ReplyBuffers } from './reply-buffers.js';
import { TRANSFER_BYTES_MAX } from './wire/constants.js';
import { DATA_HEAD_BYTES, finishData, statusReply } from './wire/reply.js';
import type { Request } from './wire/request.js';

export type Transfer = Extract<Request, { kind: 'read' | 'write' }>;
/** Called once with the reply, or with what was thrown; `buffer`: what the reply lies in, to be given back when it is sent. */
export type Answered = (error: unknown, reply?: Buffer, buffer?: Buffer) => void;

/** One READ of the longest kind with its head; of these so many are kept as a busy session needs. */
const buffers = new ReplyBuffers(DATA_HEAD_BYTES + TRANSFER_BYTES_MAX, 16 * 1024 * 1024);
const shortBuffers = new ReplyBuffers(DATA_HEAD_BYTES + 32 * 1024, 8 * 1024 * 1024);
const buffersFor = (bytes: number) => (bytes <= DATA_HEAD_BYTES + 32 * 1024 ? shortBuffers : buffers);
export const giveBack = (buffer: Buffer): void => buffersFor(buffer.length).give(buffer);

/** Bytes of memory that the request takes until it is answered. */
export const transferBytes = (request: Transfer): number =>
  request.kind === 'read'
    ? Math.min(request.length, TRANSFER_BYTES_MAX)
    : request.data.reduce((sum, piece) => sum + piece.length, 0);

export function transfer(request: Transfer, handle: Handle | undefined, answered: Answered): void {
  if (handle === undefined) answered(new Refused('failure', 'No such handle'));
  else if (handle.kind === 'listing') answered(new Refused('failure', 'Is a directory'));
  else if (request.kind === 'read') read(request, handle, answered);
  else if (handle.kind !== 'upload') answered(new Refused('permissionDenied'));
  else {
    handle.upload.write(handle.append ? undefined : request.offset, request.data, (error) => {
      if (error) answered(error);
      else answered(undefined, statusReply(request.id, 'ok'));
    });
  }
}

function read(
  request: Extract<Transfer, { kind: 'read' }>,
  handle: Exclude<Handle, { kind: 'listing' }>,
  answered: Answered,
): void {
  const { id, offset } = request;
  const length = transferBytes(request);
  if (length === 0) {
    answered(undefined, statusReply(id, 'endOfFile'));
    return;
  }
  // Read behind the place of the reply's head: the bytes are not copied on their way into the reply.
  const buffer = buffersFor(DATA_HEAD_BYTES + length).take(DATA_HEAD_BYTES + length);
  const done: ReadDone = (error, bytes) => {
    if (!error && bytes > 0) {
      answered(undefined, finishData(buffer, id, bytes), buffer);
      return;
    }
    giveBack(buffer);
    if (error) answered(error);
    else answered(undefined, statusReply(id, 'endOfFile'));
  };
  if (handle.kind === 'file') handle.file.read(buffer, DATA_HEAD_BYTES, length, offset, done);
  else if (handle.readable) handle.upload.read(buffer, DATA_HEAD_BYTES, length, offset, done);
  else answered(new Refused('permissionDenied'));
}
