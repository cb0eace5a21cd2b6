/** One request in, one reply out: all requests but READ and WRITE, which transfers.ts does, since these run beside each other. */
import type { Stats } from 'node:fs';
import type { AccountFiles } from './account-files.js';
import { digestOf } from './digest.js';
import { syncFile } from './folder.js';
import type { Handle, Handles } from './handles.js';
import { attributesOf } from './listing.js';
import type { OpenFile } from './open-file.js';
import { type Names, pathText, resolvePath } from './path.js';
import { Refused } from './refused.js';
import type { Upload } from './upload.js';
import type { UploadEnd } from './upload-area.js';
import type { Attributes } from './wire/attributes.js';
import { openFlag, type Status } from './wire/constants.js';
import {
  attributesReply,
  digestReply,
  handleReply,
  limitsReply,
  nameReply,
  pathReply,
  statusReply,
} from './wire/reply.js';
import type { DigestRange, HandleNumber, PathText, Request } from './wire/request.js';

export type OrderedRequest = Exclude<Request, { kind: 'read' | 'write' }>;

export interface OperationContext {
  readonly files: AccountFiles;
  readonly handles: Handles;
  readonly handlesMax: number;
  /** A file has become whole (or waits for its rename), or was put in its place by a rename. */
  readonly finished: (names: Names, end: UploadEnd, bytes: number | undefined) => void;
}

/** @throws {Refused} or the error of the file system; the caller answers with its status */
export async function answer(request: OrderedRequest, context: OperationContext): Promise<Buffer> {
  const { id } = request;
  const { files } = context;
  switch (request.kind) {
    case 'open':
      return handleReply(id, await open(request.path, request.flags, context));
    case 'opendir':
      context.handles.ensureRoom();
      return handleReply(
        id,
        context.handles.add({ kind: 'listing', listing: await files.list(namesOf(request.path)) }),
      );
    case 'readdir': {
      const entries = await listingOf(request.handle, context).next();
      return entries.length > 0 ? nameReply(id, entries) : statusReply(id, 'endOfFile');
    }
    case 'close':
      await close(request.handle, context);
      return statusReply(id, 'ok');
    case 'stat':
    case 'lstat':
      return attributesReply(id, await files.stats(namesOf(request.path)));
    case 'fstat':
      return attributesReply(id, attributesOf(await statsOf(request.handle, context)));
    case 'setstat':
      return statusReply(id, await setOnName(request.attributes, request.path, files));
    case 'fsetstat':
      return statusReply(id, await setOnUpload(request.attributes, uploadOf(request.handle, context)));
    case 'fsync':
      await uploadOf(request.handle, context).use(syncFile);
      return statusReply(id, 'ok');
    case 'remove':
      await files.remove(namesOf(request.path));
      return statusReply(id, 'ok');
    case 'mkdir':
      await files.makeFolder(namesOf(request.path));
      return statusReply(id, 'ok');
    case 'rmdir':
      await files.removeFolder(namesOf(request.path));
      return statusReply(id, 'ok');
    case 'realpath':
      return pathReply(id, pathText(namesOf(request.path)));
    case 'rename':
    case 'posix-rename': {
      const to = namesOf(request.to);
      const end = await files.rename(namesOf(request.from), to, request.kind === 'posix-rename');
      context.finished(to, end, undefined);
      return statusReply(id, 'ok');
    }
    case 'limits':
      return limitsReply(id, context.handlesMax);
    case 'digest-name': {
      const file = await files.openForReading(namesOf(request.path));
      return await digest(id, file, request.range).finally(() => file.close());
    }
    case 'digest-handle': {
      const handle = handleOf(request.handle, context);
      if (handle.kind !== 'file') throw new Refused('failure', 'Not open for reading');
      return digest(id, handle.file, request.range);
    }
    case 'unsupported':
      return statusReply(id, 'unsupported');
    case 'malformed':
      return statusReply(id, 'badMessage');
    default:
      return request satisfies never;
  }
}

async function open(path: PathText, flags: number, context: OperationContext): Promise<number> {
  const names = namesOf(path);
  context.handles.ensureRoom();
  if ((flags & (openFlag.write | openFlag.append)) === 0) {
    if (flags & (openFlag.create | openFlag.truncate)) throw new Refused('permissionDenied');
    return context.handles.add({
      kind: 'file',
      file: await context.files.openForReading(names),
    });
  }
  const upload = await context.files.openForWriting(names, flags);
  const append = (flags & openFlag.append) !== 0;
  return context.handles.add({ kind: 'upload', upload, append, readable: (flags & openFlag.read) !== 0 });
}

async function close(number: HandleNumber, context: OperationContext): Promise<void> {
  const handle = context.handles.take(number);
  if (handle === undefined) throw new Refused('failure', 'No such handle');
  switch (handle.kind) {
    case 'file':
      return handle.file.close();
    case 'listing':
      return handle.listing.close();
    case 'upload': {
      const end = await context.files.complete(handle.upload);
      context.finished(handle.upload.names, end, handle.upload.size);
      return;
    }
    default:
      return handle satisfies never;
  }
}

/**
 * Times only: owner and rights are not the client's to set. Rights beside times are passed over, as `sftp put -p` sends both; so are
 * rights of a directory, as in MKDIR, since `sftp put -R` and `lftp mirror` send them with each.
 */
async function setOnName(
  { accessedAt, modifiedAt, size, permissions, owner }: Attributes,
  path: PathText,
  files: AccountFiles,
): Promise<Status> {
  const names = namesOf(path);
  if (size !== undefined) return 'unsupported';
  if (accessedAt !== undefined && modifiedAt !== undefined) {
    await files.setTimes(names, accessedAt, modifiedAt);
    return 'ok';
  }
  if (permissions === undefined || owner || !files.mayChange(names)) return 'unsupported';
  return (await files.stats(names)).kind === 'folder' ? 'ok' : 'unsupported';
}

/**
 * Of an upload also its length, since `scp` writes over an old file and then says where the new one ends; and rights are passed over as
 * they are in OPEN, since `scp` sends them with each file and would complain each time.
 */
async function setOnUpload(attributes: Attributes, upload: Upload): Promise<Status> {
  const { accessedAt, modifiedAt, size, permissions, owner } = attributes;
  if (size !== undefined) await upload.truncate(size);
  if (accessedAt !== undefined && modifiedAt !== undefined) {
    await upload.use(async (fd) => upload.calls.setOpenTimes(fd, accessedAt, modifiedAt));
    return 'ok';
  }
  return size !== undefined || (permissions !== undefined && !owner) ? 'ok' : 'unsupported';
}

/** One SHA-256 over everything asked for; nobody needs digests of blocks. */
async function digest(id: number, file: OpenFile, range: DigestRange): Promise<Buffer> {
  if (!range.algorithms.includes('sha256') || range.blockBytes !== 0) return statusReply(id, 'unsupported');
  return digestReply(id, 'sha256', await digestOf(file, range.offset, range.length));
}

function namesOf(path: PathText): Names {
  const resolved = resolvePath(path);
  if (!resolved.ok) throw new Refused('noSuchFile');
  return resolved.names;
}

function handleOf(number: HandleNumber, { handles }: OperationContext): Handle {
  const handle = handles.get(number);
  if (handle === undefined) throw new Refused('failure', 'No such handle');
  return handle;
}
function listingOf(number: HandleNumber, context: OperationContext) {
  const handle = handleOf(number, context);
  if (handle.kind !== 'listing') throw new Refused('failure', 'Not a directory');
  return handle.listing;
}
function uploadOf(number: HandleNumber, context: OperationContext): Upload {
  const handle = handleOf(number, context);
  if (handle.kind !== 'upload') throw new Refused('permissionDenied');
  return handle.upload;
}
function statsOf(number: HandleNumber, context: OperationContext): Promise<Stats> {
  const handle = handleOf(number, context);
  if (handle.kind === 'listing') throw new Refused('failure', 'Not a file');
  const file = handle.kind === 'file' ? handle.file : handle.upload;
  return file.use(async (fd) => file.calls.stats(fd));
}
