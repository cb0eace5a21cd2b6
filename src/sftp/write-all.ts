import fs from 'node:fs';

/** `writev` until nothing is left: a nearly full disk takes a part first and refuses the rest then. */
export function writeAll(
  fd: number,
  data: readonly Buffer[],
  position: number,
  end: number,
  done: (error: NodeJS.ErrnoException | null) => void,
): void {
  fs.writev(fd, data, position, (error, written) => {
    if (error || position + written >= end) return done(error);
    if (written === 0) return done(nothingWritten());
    writeAll(fd, without(data, written), position + written, end, done);
  });
}

/** The same at once. @returns the error, if there was one */
export function writeNow(fd: number, data: readonly Buffer[], position: number, end: number): unknown {
  try {
    for (let at = position, left = data; at < end; ) {
      const written = fs.writevSync(fd, left, at);
      if (written === 0) return nothingWritten();
      at += written;
      if (at < end) left = without(left, written);
    }
    return undefined;
  } catch (error) {
    return error;
  }
}

const nothingWritten = () => Object.assign(new Error('nothing was written'), { code: 'ENOSPC' });

function without(data: readonly Buffer[], bytes: number): Buffer[] {
  let skip = bytes;
  const rest: Buffer[] = [];
  for (const piece of data) {
    if (skip < piece.length) rest.push(piece.subarray(skip));
    skip = Math.max(0, skip - piece.length);
  }
  return rest;
}
