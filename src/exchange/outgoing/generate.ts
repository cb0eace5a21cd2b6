/** Writes one of our files whole: details, then the summary before them, then its digest. */
import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileSettings } from '../../protocol/index.js';
import { type Fen, fenOf } from '../../protocol/values.js';
import { blocksOf } from '../digest.js';
import { FILE_MODE, FOLDER_MODE, moveFile, removeFile } from '../layout.js';
import type { ProduceOrder, Producer } from './producer.js';

export interface Generated {
  readonly sha256: string;
  readonly bytes: number;
  readonly lines: number;
  readonly amount: Fen;
  /** Characters that the charset lacks, written as `?`. */
  readonly replaced: number;
}

/**
 * @param folder absolute; what an earlier attempt left there is overwritten
 * @throws what the producer and the disk throw, and the signal's reason
 */
export async function generate(
  producer: Producer,
  order: ProduceOrder,
  settings: FileSettings,
  target: { readonly folder: string; readonly name: string },
  signal: AbortSignal,
): Promise<Generated> {
  await mkdir(target.folder, { recursive: true, mode: FOLDER_MODE });
  const details = join(target.folder, 'details.tmp');
  const whole = join(target.folder, `${target.name}.tmp`);
  const written = await writing(details, (out) =>
    producer.writeDetails(order, settings, async (chunk) => {
      signal.throwIfAborted();
      await out.writeFile(chunk);
    }),
  );
  const hash = createHash('sha256');
  let bytes = 0;
  await writing(whole, async (out) => {
    const add = async (chunk: Buffer) => {
      hash.update(chunk);
      bytes += chunk.length;
      await out.writeFile(chunk);
    };
    await add(written.summary);
    for await (const block of blocksOf(details)) {
      signal.throwIfAborted();
      await add(block);
    }
    await out.sync();
  });
  await moveFile(whole, join(target.folder, target.name));
  await removeFile(details);
  const { lineCount, total } = written.tally;
  return {
    sha256: hash.digest('hex'),
    bytes,
    lines: lineCount,
    amount: fenOf(total),
    replaced: written.replaced,
  };
}

async function writing<T>(path: string, work: (out: FileHandle) => Promise<T>): Promise<T> {
  const out = await open(path, 'w', FILE_MODE);
  try {
    return await work(out);
  } finally {
    await out.close();
  }
}
