/** The table `incoming_files`. Its unique keys decide between nodes; what changes a row under a claim names the claim. */
import type { Moment } from '../../clock.js';
import {
  type Binds,
  type Database,
  dayCell,
  fenCell,
  flagCell,
  numberCell,
  oneOfCell,
  optional,
  type Row,
  sql,
  textCell,
} from '../../database/index.js';
import { type FileType, fileTypes } from '../../protocol/index.js';
import type { Day } from '../../protocol/values.js';
import type { LeaseTable } from '../lease.js';
import { shortened } from '../text.js';
import {
  type FileRefusal,
  type FileSums,
  fileSources,
  type IncomingFile,
  type IncomingState,
  incomingStates,
  refusals,
} from './incoming-file.js';

const insert = sql(`
  insert into incoming_files (file_id, unit, file_type, file_day, file_name, name_slot, sha256, byte_count, source, state,
    verdict, detail, place, place_stamp, stored_path, filed, found_at, stored_at, finished_at, ordered_by, attempts, retry_at,
    claimed_by, claimed_until)
  values (:id, :unit, :type, :day, :name, :slot, :sha256, :bytes, :source, :state,
    :refusal, :detail, :place, :stamp, :path, 'N', :foundAt, :storedAt, :finishedAt, :orderedBy, 0, 0, :token, :until)`);
const byId = sql('select * from incoming_files where file_id = :id');
const byContent = sql(`
  select * from incoming_files
  where unit = :unit and file_type = :type and file_day = :day and sha256 = :sha256`);
const bySlot = sql('select * from incoming_files where unit = :unit and name_slot = :name');
const byName = sql(`
  select * from incoming_files where unit = :unit and file_name = :name order by found_at desc, file_id desc`);
const byStamp = sql(`
  select file_id from incoming_files where unit = :unit and file_name = :name and place = :place and place_stamp = :stamp`);
const byFolder = sql(`
  select * from incoming_files where stored_path like :below and filed = 'N'`);
const announce = sql(`
  update incoming_files set announced_at = :at where file_id = :id and announced_at is null`);
const claim = sql(`
  update incoming_files set claimed_by = :token, claimed_until = :until, attempts = attempts + 1
  where file_id = :id and claimed_until < :now and retry_at <= :now and state in ('whole', 'parsed', 'processing')`);
const extend = sql(`
  update incoming_files set claimed_until = :until where file_id = :id and claimed_by = :token`);
const release = sql(`
  update incoming_files set claimed_by = null, claimed_until = 0 where file_id = :id and claimed_by = :token`);
const setParsed = sql(`
  update incoming_files set state = 'parsed', line_count = :lines, amount = :amount, good_count = :goodLines,
    good_amount = :goodAmount, checked_at = :at, attempts = 0, detail = null
  where file_id = :id and claimed_by = :token and state = 'whole'`);
const setState = sql(`
  update incoming_files set state = :state, detail = :detail, retry_at = :retryAt
  where file_id = :id and claimed_by = :token`);
// The name is free again after a refusal: the corrected file will have it.
const setFinished = sql(`
  update incoming_files set state = :state, verdict = :refusal, detail = :detail, finished_at = :at, name_slot = :slot,
    filed = 'N'
  where file_id = :id and claimed_by = :token`);
const reopen = sql(`
  update incoming_files set state = 'whole', verdict = null, detail = null, finished_at = null, name_slot = file_name,
    stored_path = :path, filed = 'N', attempts = 0, retry_at = 0, ordered_by = :orderedBy, claimed_by = :token,
    claimed_until = :until, announced_at = null
  where file_id = :id and state in ('refused', 'quarantined') and claimed_until < :now`);
const freeSlot = sql(`
  update incoming_files set name_slot = :slot where unit = :unit and name_slot = :name and state = 'processed'`);
const setFiled = sql(`
  update incoming_files set filed = 'Y', stored_path = :path where file_id = :id and filed = 'N'`);
const setLocation = sql(
  'update incoming_files set stored_path = :path where file_id = :id and filed = :filed',
);
const due = sql(
  (words) => `
  select * from incoming_files
  where state in ('whole', 'parsed', 'processing') and claimed_until < :now and retry_at <= :now
  order by stored_at, file_id ${words.limit(100)}`,
);
const unfiled = sql(
  (words) => `
  select * from incoming_files
  where state in ('processed', 'refused', 'quarantined') and filed = 'N' and claimed_until < :now
  order by stored_at ${words.limit(100)}`,
);
const dropClaim = sql(`
  update incoming_files set claimed_until = 0, retry_at = 0 where file_id = :id and claimed_until < :now`);

/** A file that is durably ours and not yet known to the database. */
export interface NewIncoming {
  readonly id: string;
  readonly unit: string;
  readonly type: FileType;
  readonly day: Day;
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly source: IncomingFile['source'];
  readonly place: string;
  readonly stamp: string;
  readonly storedPath: string;
  readonly foundAt: Moment;
  readonly storedAt: Moment;
  readonly orderedBy: string;
}
export interface Claim {
  readonly token: string;
  readonly until: Moment;
}

/** What takes the place of a name that this row does not hold: `|` stands in no name. */
const awayFrom = (name: string, id: string): string => `${name}|${id}`;

export class IncomingTable {
  constructor(readonly database: Database) {}

  /** @param claim held from the beginning @throws {DatabaseError} `duplicate`: content or name is known already */
  async insert(
    file: NewIncoming,
    claim: Claim,
    aside?: { refusal: FileRefusal; detail: string },
  ): Promise<void> {
    await this.database.run(insert, {
      id: file.id,
      unit: file.unit,
      type: file.type,
      day: file.day,
      name: file.name,
      slot: aside ? awayFrom(file.name, file.id) : file.name,
      sha256: file.sha256,
      bytes: file.bytes,
      source: file.source,
      state: aside ? 'quarantined' : 'whole',
      refusal: aside?.refusal ?? null,
      detail: shortened(aside?.detail ?? ''),
      place: file.place,
      stamp: file.stamp,
      path: file.storedPath,
      foundAt: file.foundAt,
      storedAt: file.storedAt,
      finishedAt: aside ? file.storedAt : null,
      orderedBy: file.orderedBy,
      token: claim.token,
      until: claim.until,
    });
  }

  async find(id: string): Promise<IncomingFile | undefined> {
    return this.#one(byId, { id });
  }
  async findContent(
    of: Pick<NewIncoming, 'unit' | 'type' | 'day' | 'sha256'>,
  ): Promise<IncomingFile | undefined> {
    return this.#one(byContent, { unit: of.unit, type: of.type, day: of.day, sha256: of.sha256 });
  }
  /** The file that counts under this name. */
  async findHolder(unit: string, name: string): Promise<IncomingFile | undefined> {
    return this.#one(bySlot, { unit, name });
  }
  /** All that ever came under this name, newest first. */
  async findNamed(unit: string, name: string): Promise<readonly IncomingFile[]> {
    return (await this.database.all(byName, { unit, name })).map(readIncoming);
  }
  /** Whether exactly this, at this place, was taken already. */
  async isKnown(unit: string, name: string, place: string, stamp: string): Promise<boolean> {
    return (await this.database.all(byStamp, { unit, name, place, stamp })).length > 0;
  }
  /** The file whose content lies in this folder (relative to the root) until it is filed. */
  async findStored(folder: string): Promise<IncomingFile | undefined> {
    return this.#one(byFolder, { below: `${folder}/%` });
  }
  /** True for the first announcement. */
  async announce(id: string, at: Moment): Promise<boolean> {
    return (await this.database.run(announce, { id, at })) === 1;
  }

  async claim(id: string, claimed: Claim, now: Moment): Promise<boolean> {
    return (await this.database.run(claim, { id, now, token: claimed.token, until: claimed.until })) === 1;
  }
  leaseOf(id: string): LeaseTable {
    return {
      extend: (token, until) => this.database.run(extend, { id, token, until }),
      release: (token) => this.database.run(release, { id, token }),
    };
  }
  /** The three that follow give false when the claim was lost. */
  async setParsed(id: string, token: string, sums: FileSums, at: Moment): Promise<boolean> {
    const { lines, amount, goodLines = null, goodAmount = null } = sums;
    return (
      (await this.database.run(setParsed, { id, token, lines, amount, goodLines, goodAmount, at })) === 1
    );
  }
  async setState(
    id: string,
    token: string,
    state: IncomingState,
    detail: string,
    retryAt: Moment,
  ): Promise<boolean> {
    return (
      (await this.database.run(setState, { id, token, state, detail: shortened(detail), retryAt })) === 1
    );
  }
  async setFinished(
    file: IncomingFile,
    token: string,
    end: {
      readonly state: 'processed' | 'refused' | 'quarantined';
      readonly refusal?: FileRefusal;
      readonly detail: string;
    },
    at: Moment,
  ): Promise<boolean> {
    const slot = end.state === 'processed' ? file.name : awayFrom(file.name, file.id);
    const { state, refusal = null } = end;
    const binds = { id: file.id, token, state, refusal, detail: shortened(end.detail), at, slot };
    return (await this.database.run(setFinished, binds)) === 1;
  }

  /**
   * Takes a refused or quarantined file up again. @param instead the processed file of the same name steps aside (an operator's order)
   * @throws {DatabaseError} `duplicate` when another file counts under the name
   */
  async reopen(
    file: IncomingFile,
    how: {
      readonly claim: Claim;
      readonly path: string;
      readonly orderedBy: string;
      readonly instead: boolean;
    },
    now: Moment,
  ): Promise<boolean> {
    return this.database.transaction(async (tx) => {
      if (how.instead) {
        const holder = (await tx.all(bySlot, { unit: file.unit, name: file.name })).map(readIncoming)[0];
        if (holder) {
          const slot = awayFrom(holder.name, holder.id);
          await tx.run(freeSlot, { unit: file.unit, name: file.name, slot });
        }
      }
      const { token, until } = how.claim;
      const binds = { id: file.id, path: how.path, orderedBy: how.orderedBy, token, until, now };
      return (await tx.run(reopen, binds)) === 1;
    });
  }

  async setFiled(id: string, path: string): Promise<boolean> {
    return (await this.database.run(setFiled, { id, path })) === 1;
  }
  /** Where a filed file lies now: a retention may have removed it, which leaves the row. */
  async setLocation(id: string, path: string, filed: boolean): Promise<void> {
    await this.database.run(setLocation, { id, path, filed: filed ? 'Y' : 'N' });
  }
  /** To be worked on, oldest first. */
  async due(now: Moment): Promise<readonly IncomingFile[]> {
    return (await this.database.all(due, { now })).map(readIncoming);
  }
  /** Finished, and not yet where they stay. */
  async unfiled(now: Moment): Promise<readonly IncomingFile[]> {
    return (await this.database.all(unfiled, { now })).map(readIncoming);
  }
  /** Makes a file that waits for its next try due at once. */
  async hurry(id: string, now: Moment): Promise<void> {
    await this.database.run(dropClaim, { id, now });
  }

  async #one(statement: typeof byId, binds: Binds): Promise<IncomingFile | undefined> {
    const [row] = await this.database.all(statement, binds);
    return row && readIncoming(row);
  }
}

export const readIncoming = (row: Row): IncomingFile => ({
  id: textCell(row, 'file_id'),
  unit: textCell(row, 'unit'),
  type: oneOfCell(row, 'file_type', fileTypes),
  day: dayCell(row, 'file_day'),
  name: textCell(row, 'file_name'),
  sha256: textCell(row, 'sha256'),
  bytes: numberCell(row, 'byte_count'),
  source: oneOfCell(row, 'source', fileSources),
  state: oneOfCell(row, 'state', incomingStates),
  refusal: optional(row, 'verdict', (r, c) => oneOfCell(r, c, refusals)),
  detail: textCell(row, 'detail'),
  sums: readSums(row),
  place: textCell(row, 'place'),
  storedPath: textCell(row, 'stored_path'),
  filed: flagCell(row, 'filed'),
  foundAt: numberCell(row, 'found_at'),
  storedAt: numberCell(row, 'stored_at'),
  checkedAt: optional(row, 'checked_at', numberCell),
  announcedAt: optional(row, 'announced_at', numberCell),
  finishedAt: optional(row, 'finished_at', numberCell),
  orderedBy: textCell(row, 'ordered_by'),
  attempts: numberCell(row, 'attempts'),
  retryAt: numberCell(row, 'retry_at'),
  claimedBy: textCell(row, 'claimed_by'),
  claimedUntil: numberCell(row, 'claimed_until'),
});

function readSums(row: Row): FileSums | undefined {
  const lines = optional(row, 'line_count', numberCell);
  if (lines === undefined) return undefined;
  return {
    lines,
    amount: fenCell(row, 'amount'),
    goodLines: optional(row, 'good_count', numberCell),
    goodAmount: optional(row, 'good_amount', fenCell),
  };
}
