/**
 * From a place into our hands: moved (or fetched) into the spool → SHA-256 → registered, where the database's unique keys decide whether it is
 * new, known, or another content under a known name.
 */
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../../clock.js';
import { hasLabel } from '../../database/index.js';
import { digestOfFile } from '../digest.js';
import { FOLDER_MODE, isThere, moveFile, syncPath } from '../layout.js';
import type { IncomingPlace, PlaceEntry } from '../place.js';
import type { Steps } from '../steps.js';
import type { IncomingFile } from './incoming-file.js';
import type { Claim, IncomingTable, NewIncoming } from './incoming-table.js';
import type { Origin, Spool, Spooled } from './spool.js';

export interface IntakeParts {
  readonly spool: Spool;
  readonly table: IncomingTable;
  readonly steps: Steps;
  readonly clock: Clock;
  readonly stableMs: number;
  readonly newClaim: () => Claim;
}
/** `claim`: the file is new (or taken up again) and the caller works on it now. */
export interface Taken {
  readonly file: IncomingFile;
  readonly kind: 'new' | 'known' | 'conflict';
  readonly claim: Claim | undefined;
}

/** @returns `undefined` when it was gone before it could be taken: somebody else has it */
export async function takeFromPlace(
  parts: IntakeParts,
  place: IncomingPlace,
  entry: PlaceEntry,
  origin: Origin,
): Promise<Taken | undefined> {
  const spooled = await parts.spool.create(origin);
  const target = parts.spool.absolute(spooled.file);
  const taken = await parts.spool.keptAlive(spooled, () => place.take(entry, target));
  if (!taken) {
    await parts.spool.discard(spooled);
    return undefined;
  }
  const registered = await register(parts, spooled);
  await place.settle(entry);
  return registered;
}

/** The second half of {@link takeFromPlace}: also for what a dead node left in the spool, and for files dropped in by hand. */
export async function register(parts: IntakeParts, spooled: Spooled): Promise<Taken> {
  const { table, spool, clock } = parts;
  const { sha256, bytes } = await spool.keptAlive(spooled, () => settledDigest(parts, spooled));
  const { origin } = spooled;
  const file: NewIncoming = {
    ...origin,
    id: spooled.id,
    sha256,
    bytes,
    storedPath: spooled.file,
    storedAt: clock.now(),
  };
  const known = await table.findContent(file);
  if (known !== undefined) return foundAgain(parts, spooled, known);
  const claim = parts.newClaim();
  try {
    await table.insert(file, claim);
    await noteArrival(parts, file);
    return { file: await mustFind(table, file.id), kind: 'new', claim };
  } catch (error) {
    if (!hasLabel(error, 'duplicate')) throw error;
  }
  // Between our look and our insert another came, or the name is taken by another content.
  const other = await table.findContent(file);
  if (other !== undefined) {
    // The insert of a node that lost its connection may have been its own.
    if (other.id === file.id) return { file: other, kind: 'known', claim: undefined };
    return foundAgain(parts, spooled, other);
  }
  return setAside(parts, file, spool);
}

/** Same name, other content: never taken silently (spec files.md "Notices"). */
async function setAside(parts: IntakeParts, file: NewIncoming, spool: Spool): Promise<Taken> {
  const { table, steps, clock } = parts;
  const holder = await table.findHolder(file.unit, file.name);
  const since = holder ? `${holder.id} (${holder.state})` : 'another file';
  const detail = `the name belongs to ${since}, whose content is another`;
  try {
    await table.insert(file, { token: '', until: 0 }, { refusal: 'conflict', detail });
  } catch (error) {
    if (!hasLabel(error, 'duplicate')) throw error;
    const same = await table.findContent(file);
    if (same === undefined) throw error;
    if (same.id !== file.id) await spool.discard({ folder: file.storedPath.slice(0, -file.name.length - 1) });
    return { file: same, kind: 'conflict', claim: undefined };
  }
  await noteArrival(parts, file);
  await steps.add(file.id, 'quarantined', detail, clock.now());
  return { file: await mustFind(table, file.id), kind: 'conflict', claim: undefined };
}

/** The same content once more. What was refused is looked at again: a date may have come, a rule may have changed. */
async function foundAgain(parts: IntakeParts, spooled: Spooled, known: IncomingFile): Promise<Taken> {
  const { table, spool, clock, steps } = parts;
  if (known.id === spooled.id) return takeUp(parts, known);
  if (known.state === 'refused') {
    const claim = parts.newClaim();
    const how = { claim, path: spooled.file, orderedBy: spooled.origin.orderedBy, instead: false };
    try {
      if (await table.reopen(known, how, clock.now())) {
        await steps.add(
          known.id,
          'found',
          'the same content again: checked once more',
          spooled.origin.foundAt,
        );
        return { file: await mustFind(table, known.id), kind: 'new', claim };
      }
    } catch (error) {
      if (!hasLabel(error, 'duplicate')) throw error; // Meanwhile the name belongs to a corrected file.
    }
  }
  if (!known.filed && !(await isThere(spool.absolute(known.storedPath)))) {
    // Its node lost the content: ours takes its place.
    await mkdir(dirname(spool.absolute(known.storedPath)), { recursive: true, mode: FOLDER_MODE });
    await moveFile(spool.absolute(spooled.file), spool.absolute(known.storedPath));
  }
  await spool.discard(spooled);
  return { file: known, kind: known.refusal === 'conflict' ? 'conflict' : 'known', claim: undefined };
}

/** Registered by a node that died before it went on. */
async function takeUp(parts: IntakeParts, known: IncomingFile): Promise<Taken> {
  const claim = parts.newClaim();
  const mine = await parts.table.claim(known.id, claim, parts.clock.now());
  return { file: known, kind: 'known', claim: mine ? claim : undefined };
}

/** A writer that still holds the file open could go on after it was moved: the digest counts only if nothing changed meanwhile. */
async function settledDigest(
  parts: IntakeParts,
  spooled: Spooled,
): Promise<{ sha256: string; bytes: number }> {
  const path = parts.spool.absolute(spooled.file);
  for (;;) {
    const before = await stat(path, { bigint: true });
    const sha256 = await digestOfFile(path);
    await syncPath(path);
    const after = await stat(path, { bigint: true });
    if (before.size === after.size && before.mtimeNs === after.mtimeNs)
      return { sha256, bytes: Number(after.size) };
    await parts.clock.sleep(parts.stableMs);
  }
}

async function noteArrival({ steps }: IntakeParts, file: NewIncoming): Promise<void> {
  await steps.add(file.id, 'found', `${file.source} ${file.place}`, file.foundAt);
  await steps.add(file.id, 'stored', `${file.bytes} bytes, SHA-256 ${file.sha256}`, file.storedAt);
}

export async function mustFind(table: IncomingTable, id: string): Promise<IncomingFile> {
  const file = await table.find(id);
  if (file === undefined) throw new Error(`file ${id} is not in the database any more`);
  return file;
}
