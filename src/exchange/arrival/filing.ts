/** Where finished files stay: processed ones in the account's archive, refused ones in quarantine; each with its record beside it. */
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Clock, chinaDay, chinaText } from '../../clock.js';
import { digestOfFile } from '../digest.js';
import { FOLDER_MODE, isThere, moveFile, quarantineFolder, writeWhole } from '../layout.js';
import type { Steps } from '../steps.js';
import type { IncomingFile } from './incoming-file.js';
import type { IncomingTable } from './incoming-table.js';

export interface FilingParts {
  readonly root: string;
  readonly table: IncomingTable;
  readonly steps: Steps;
  readonly clock: Clock;
  /** The archive of a unit's place, relative to the root. */
  readonly archiveOf: (file: IncomingFile) => Promise<string>;
}

/** Brings a finished file to where it stays. May be repeated at any point; does nothing more when it is there. */
export async function fileAway(parts: FilingParts, file: IncomingFile): Promise<void> {
  const { root, table, steps } = parts;
  const from = join(root, file.storedPath);
  const to = await targetOf(parts, file, await isThere(from));
  await mkdir(join(root, dirname(to)), { recursive: true, mode: FOLDER_MODE });
  if (await isThere(from)) await moveFile(from, join(root, to));
  await writeWhole(join(root, `${to}.json`), `${JSON.stringify(recordOf(file), undefined, 2)}\n`);
  if (!(await table.setFiled(file.id, to))) return;
  await steps.add(file.id, 'filed', to);
  if (file.storedPath.startsWith('.spool')) {
    await rm(join(root, dirname(file.storedPath)), { recursive: true, force: true });
  }
}

/** In the archive a name that is taken by another content gets part of its digest; a crash in between finds its own file again. */
async function targetOf(parts: FilingParts, file: IncomingFile, fromIsThere: boolean): Promise<string> {
  const day = chinaDay(file.finishedAt ?? parts.clock.now());
  if (file.state !== 'processed') return join(quarantineFolder(file.unit, day, file.id), file.name);
  const plain = join(await parts.archiveOf(file), day, file.name);
  const marked = `${plain}.${file.sha256.slice(0, 8)}`;
  const path = join(parts.root, plain);
  if (!(await isThere(path)))
    return fromIsThere || !(await isThere(join(parts.root, marked))) ? plain : marked;
  return !fromIsThere && (await digestOfFile(path)) === file.sha256 ? plain : marked;
}

/** What an operator finds beside a file; also for the platform, which may read its archive. */
export function recordOf(file: IncomingFile): Record<string, unknown> {
  const { sums } = file;
  const timeOf = (at: number | undefined) => (at === undefined ? null : chinaText(at));
  return {
    id: file.id,
    unit: file.unit,
    type: file.type,
    day: file.day,
    name: file.name,
    sha256: file.sha256,
    bytes: file.bytes,
    state: file.state,
    verdict: file.refusal ?? 'accepted',
    detail: file.detail,
    count: sums?.lines ?? null,
    amount: sums === undefined ? null : Number(sums.amount),
    successCount: sums?.goodLines ?? null,
    successAmount: sums?.goodAmount === undefined ? null : Number(sums.goodAmount),
    source: file.source,
    place: file.place,
    foundAt: timeOf(file.foundAt),
    storedAt: timeOf(file.storedAt),
    checkedAt: timeOf(file.checkedAt),
    announcedAt: timeOf(file.announcedAt),
    finishedAt: timeOf(file.finishedAt),
    path: file.storedPath,
  };
}
