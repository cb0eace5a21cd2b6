/** For `sluice trace`: the exchange files that can name a payment, found by unit, type and day, and their lines that do. */
import { join } from 'node:path';
import type { Moment } from '../../clock.js';
import { type Database, sql, textCell } from '../../database/index.js';
import { codeOf } from '../../errors.js';
import type { FileType } from '../../protocol/index.js';
import type { Day } from '../../protocol/values.js';
import { downloadDir } from '../../sftp/index.js';
import { readIncoming } from '../arrival/incoming-table.js';
import { outgoingFolder } from '../layout.js';
import type { OutgoingFile } from '../outgoing/outgoing-file.js';
import { readOutgoing } from '../outgoing/outgoing-table.js';
import { type ExchangeSettings, fileSettingsOf } from '../settings.js';
import { type FoundLine, findLines } from './line-search.js';

export interface TracedFile {
  readonly direction: 'in' | 'out';
  readonly id: string;
  readonly unit: string;
  readonly type: FileType;
  /** Business day, or the day of the data. */
  readonly day: Day;
  readonly name: string;
  readonly state: string;
  readonly detail: string;
  readonly sha256: string;
  /** Found here, or ordered. */
  readonly beganAt: Moment;
  /** Announced by the platform, or by us. */
  readonly announcedAt: Moment | undefined;
  /** Processed or refused; ours: published. */
  readonly endedAt: Moment | undefined;
  /** False: its content is not on this machine any more (retention, or the platform's server has it). */
  readonly searched: boolean;
  readonly lines: readonly FoundLine[];
}
/** Where to look, and for what. */
export interface FileQuestion {
  readonly unit: string;
  /** Serials, bills, customers, lines of a deduction: whole cells. */
  readonly texts: readonly string[];
  /** Days on which it may have been booked: DSDZ and JF. */
  readonly bookingDays: readonly Day[];
  /** Days on which its bills were issued: DZZD. */
  readonly issueDays: readonly Day[];
  /** Deduction runs that had it: DKKK by day of the run, REDK by digest. */
  readonly runDays: readonly Day[];
  readonly answers: readonly string[];
}
export interface FilesParts {
  readonly database: Database;
  /** Of the exchange directories. */
  readonly root: string;
  readonly settings: ExchangeSettings;
}

const LINES_SHOWN_MAX = 20;

const incomingOfDay = sql(`
  select * from incoming_files where unit = :unit and file_type = :type and file_day = :day order by found_at`);
const incomingOfDigest = sql(`
  select * from incoming_files where unit = :unit and file_type = 'REDK' and sha256 = :sha256 order by found_at`);
const outgoingOfDay = sql(`
  select * from outgoing_files where unit = :unit and file_type = :type and data_day = :day order by run_no`);
const fileOfNotice = sql('select file_id from file_notices where message_id = :id');

/** Files that name one of the texts; every DSDZ file of the days also where it does not. */
export async function filesNaming(parts: FilesParts, question: FileQuestion): Promise<readonly TracedFile[]> {
  const { database } = parts;
  const { unit } = question;
  const files: TracedFile[] = [];
  for (const day of question.bookingDays) {
    for (const row of await database.all(incomingOfDay, { unit, type: 'DSDZ', day }))
      files.push(await incoming(parts, readIncoming(row), question.texts));
  }
  for (const sha256 of question.answers) {
    for (const row of await database.all(incomingOfDigest, { unit, sha256 }))
      files.push(await incoming(parts, readIncoming(row), question.texts));
  }
  const ours = [
    ...question.issueDays.map((day) => ['DZZD', day] as const),
    ...question.runDays.map((day) => ['DKKK', day] as const),
    ...question.bookingDays.map((day) => ['JF', day] as const),
  ];
  for (const [type, day] of ours) {
    for (const row of await database.all(outgoingOfDay, { unit, type, day }))
      files.push(await outgoing(parts, readOutgoing(row), question.texts));
  }
  return files.filter(({ type, lines, searched }) => type === 'DSDZ' || lines.length > 0 || !searched);
}

/** Ids of the files that were announced with this message. */
export const filesAnnouncedBy = async (database: Database, messageId: string): Promise<readonly string[]> =>
  (await database.all(fileOfNotice, { id: messageId })).map((row) => textCell(row, 'file_id'));

async function incoming(
  parts: FilesParts,
  file: ReturnType<typeof readIncoming>,
  texts: readonly string[],
): Promise<TracedFile> {
  const { id, unit, type, day, name, state, detail, sha256, foundAt, announcedAt, finishedAt } = file;
  const found = await search(parts, file, [join(parts.root, file.storedPath)], texts);
  const times = { beganAt: foundAt, announcedAt, endedAt: finishedAt };
  return { direction: 'in', id, unit, type, day, name, state, detail, sha256, ...times, ...found };
}
async function outgoing(
  parts: FilesParts,
  file: OutgoingFile,
  texts: readonly string[],
): Promise<TracedFile> {
  const { id, unit, type, dataDay: day, name, state, detail, sha256 } = file;
  const paths = [join(parts.root, outgoingFolder(unit, id), name)];
  if (file.place !== '') paths.push(join(downloadDir(parts.root, file.place), name));
  const found = await search(parts, file, paths, texts);
  const times = { beganAt: file.orderedAt, announcedAt: file.noticedAt, endedAt: file.publishedAt };
  return { direction: 'out', id, unit, type, day, name, state, detail, sha256, ...times, ...found };
}

async function search(
  { settings }: FilesParts,
  { unit, type }: { readonly unit: string; readonly type: FileType },
  paths: readonly string[],
  texts: readonly string[],
): Promise<Pick<TracedFile, 'lines' | 'searched'>> {
  const format = fileSettingsOf(settings, unit, type);
  // What we write is read as it was written.
  const readCharset = type === 'DSDZ' || type === 'REDK' ? format.readCharset : format.writeCharset;
  for (const path of paths) {
    try {
      const lines = await findLines(path, type, { ...format, readCharset }, texts, LINES_SHOWN_MAX);
      return { searched: true, lines };
    } catch (error) {
      if (!['ENOENT', 'ENOTDIR', 'EACCES'].includes(codeOf(error))) throw error;
    }
  }
  return { searched: false, lines: [] };
}
