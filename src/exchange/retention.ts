/** Files that were kept long enough (setting `retention`). Their rows stay: what was processed is known for ever. */
import { rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock, Moment } from '../clock.js';
import { type Database, sql } from '../database/index.js';
import { messageOf } from '../errors.js';
import type { Log } from '../log.js';
import type { Unit } from '../revenue/unit.js';
import { readIncoming } from './arrival/incoming-table.js';
import { outgoingFolder, removeFile } from './layout.js';
import { readOutgoing } from './outgoing/outgoing-table.js';
import type { Places } from './places.js';
import type { ExchangeSettings } from './settings.js';
import type { Steps } from './steps.js';

const oldIncoming = sql(
  (words) => `
  select * from incoming_files
  where filed = 'Y' and stored_path <> 'expired' and ((state = 'processed' and finished_at < :archived)
    or (state in ('refused', 'quarantined') and finished_at < :quarantined))
  order by finished_at ${words.limit(200)}`,
);
const markIncoming = sql(
  `update incoming_files set stored_path = 'expired' where file_id = :id and filed = 'Y'`,
);
const oldOutgoing = sql(
  (words) => `
  select * from outgoing_files
  where state in ('noticed', 'failed', 'empty', 'withdrawn') and ordered_at < :published
    and (place is null or place <> 'expired')
  order by ordered_at ${words.limit(200)}`,
);
const markOutgoing = sql(`update outgoing_files set place = 'expired' where file_id = :id`);

const DAY_MS = 86_400_000;

export interface RetentionParts {
  readonly settings: ExchangeSettings;
  readonly units: ReadonlyMap<string, Unit>;
  readonly places: Places;
  readonly root: string;
  readonly database: Database;
  readonly steps: Steps;
  readonly clock: Clock;
  readonly log: Log;
}

/** Removes what is too old. May be repeated at any point. @returns how many files were removed */
export async function removeExpired(parts: RetentionParts): Promise<number> {
  const { settings, database, clock } = parts;
  const { archiveDays, quarantineDays, publishedDays } = settings.retention;
  const before = (days: number): Moment => clock.now() - days * DAY_MS;
  const incoming = await database.all(oldIncoming, {
    archived: before(archiveDays),
    quarantined: before(quarantineDays),
  });
  let removed = 0;
  for (const file of incoming.map(readIncoming)) {
    await one(parts, file, async () => {
      const path = join(parts.root, file.storedPath);
      await removeFile(path);
      await removeFile(`${path}.json`);
      await rmdir(dirname(path)).catch(() => {}); // The folder of a day goes with its last file.
      await database.run(markIncoming, { id: file.id });
    });
    removed += 1;
  }
  const outgoing = await database.all(oldOutgoing, { published: before(publishedDays) });
  for (const file of outgoing.map(readOutgoing)) {
    await one(parts, file, async () => {
      const unit = parts.units.get(file.unit);
      if (unit && file.place !== '') await (await parts.places.of(unit))[0].outgoing.remove(file.name);
      await rm(join(parts.root, outgoingFolder(file.unit, file.id)), { recursive: true, force: true });
      await database.run(markOutgoing, { id: file.id });
    });
    removed += 1;
  }
  return removed;
}

/** One that cannot be removed does not keep the others. */
async function one(
  { steps, log }: RetentionParts,
  { id, unit, name }: { readonly id: string; readonly unit: string; readonly name: string },
  remove: () => Promise<void>,
): Promise<void> {
  try {
    await remove();
    await steps.add(id, 'expired');
    log.event('file.expired', { file: id, unit, name });
  } catch (error) {
    log.event('file.failed', { file: id, unit, name, step: 'expired', reason: messageOf(error) });
  }
}
