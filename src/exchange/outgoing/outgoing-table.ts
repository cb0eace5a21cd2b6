/** The tables `outgoing_files` and `file_notices`. One file for each unit, type, day and run, on however many nodes. */
import type { Moment } from '../../clock.js';
import {
  type Binds,
  type Database,
  dayCell,
  fenCell,
  numberCell,
  oneOfCell,
  optional,
  type Row,
  type Session,
  type Statement,
  sql,
  textCell,
} from '../../database/index.js';
import type { Day, Fen } from '../../protocol/values.js';
import { type OutgoingType, outgoingTypes } from '../file-type.js';
import type { LeaseTable } from '../lease.js';
import { shortened } from '../text.js';
import {
  type NoticeAttempt,
  type OutgoingFile,
  type OutgoingState,
  openStates,
  outgoingStates,
} from './outgoing-file.js';

const OPEN = openStates.map((state) => `'${state}'`).join(', ');

const insert = sql(`
  insert into outgoing_files (file_id, unit, file_type, data_day, run_no, file_name, state, ordered_by, ordered_at,
    notice_attempts, attempts, retry_at, claimed_until)
  values (:id, :unit, :type, :day, :run, :name, 'generating', :orderedBy, :at, 0, 0, 0, 0)`);
const byId = sql('select * from outgoing_files where file_id = :id');
const byDay = sql(`
  select * from outgoing_files where unit = :unit and file_type = :type and data_day = :day order by run_no desc`);
const byName = sql(
  'select * from outgoing_files where unit = :unit and file_name = :name order by run_no desc',
);
const lastDay = sql(
  'select max(data_day) as last_day from outgoing_files where unit = :unit and file_type = :type',
);
const due = sql(
  (words) => `
  select * from outgoing_files where state in (${OPEN}) and claimed_until < :now and retry_at <= :now
  order by ordered_at, file_id ${words.limit(100)}`,
);
const claim = sql(`
  update outgoing_files set claimed_by = :token, claimed_until = :until, attempts = attempts + 1
  where file_id = :id and claimed_until < :now and retry_at <= :now and state in (${OPEN})`);
const extend = sql(
  'update outgoing_files set claimed_until = :until where file_id = :id and claimed_by = :token',
);
const release = sql(`
  update outgoing_files set claimed_by = null, claimed_until = 0 where file_id = :id and claimed_by = :token`);
// The claim under which a step ends is the first attempt of the next one.
const setWritten = sql(`
  update outgoing_files set state = :state, sha256 = :sha256, byte_count = :bytes, line_count = :lines, amount = :amount,
    written_at = :at, detail = :detail, attempts = 1
  where file_id = :id and claimed_by = :token and state = 'generating'`);
const setPublished = sql(`
  update outgoing_files set state = 'published', place = :place, published_at = :at, detail = null, attempts = 1
  where file_id = :id and claimed_by = :token and state = 'written'`);
const setAdopted = sql(`
  update outgoing_files set state = 'published', sha256 = :sha256, byte_count = :bytes, line_count = :lines,
    amount = :amount, place = :place, written_at = :at, published_at = :at
  where file_id = :id and state = 'generating'`);
const setState = sql(`
  update outgoing_files set state = :state, detail = :detail, retry_at = :retryAt
  where file_id = :id and claimed_by = :token`);
const setNoticed = sql(`
  update outgoing_files set state = 'noticed', noticed_at = :at, detail = :detail
  where file_id = :id and claimed_by = :token and state = 'verified'`);
const resend = sql(`
  update outgoing_files set state = 'verified', retry_at = 0, attempts = 0, detail = null
  where file_id = :id and claimed_until < :now and state in ('verified', 'noticed', 'failed')`);
const again = sql(`
  update outgoing_files set retry_at = 0, attempts = 0
  where file_id = :id and claimed_until < :now and state in (${OPEN})`);
const withdraw = sql(`
  update outgoing_files set state = 'withdrawn', detail = :detail where file_id = :id and claimed_until < :now
    and state <> 'withdrawn'`);
const beginNotice = sql(`
  insert into file_notices (file_id, attempt_no, message_id, service_code, target, sent_at)
  values (:id, :number, :messageId, :serviceCode, :target, :at)`);
const countNotice = sql(`
  update outgoing_files set notice_attempts = :number where file_id = :id and claimed_by = :token`);
const endNotice = sql(`
  update file_notices set duration_ms = :durationMs, result_code = :code, detail = :detail
  where file_id = :id and attempt_no = :number`);
const noticesOf = sql('select * from file_notices where file_id = :id order by attempt_no');

export interface OutgoingOrder {
  readonly id: string;
  readonly unit: string;
  readonly type: OutgoingType;
  readonly dataDay: Day;
  readonly run: number;
  readonly name: string;
  readonly orderedBy: string;
  readonly orderedAt: Moment;
}

/** A file that lies where the platform looks. */
export interface PublishedContent {
  readonly sha256: string;
  readonly bytes: number;
  readonly lines: number;
  readonly amount: Fen;
  readonly place: string;
}

export class OutgoingTable {
  constructor(readonly database: Database) {}

  /** @param session of the caller's transaction, where the order belongs to it @throws {DatabaseError} `duplicate` */
  async insert(order: OutgoingOrder, session: Pick<Session, 'run'> = this.database): Promise<void> {
    const { id, unit, type, dataDay, run, name, orderedBy, orderedAt } = order;
    await session.run(insert, { id, unit, type, day: dataDay, run, name, orderedBy, at: orderedAt });
  }
  async setAdopted(
    id: string,
    content: PublishedContent,
    at: Moment,
    session: Pick<Session, 'run'>,
  ): Promise<void> {
    const { sha256, bytes, lines, amount, place } = content;
    await session.run(setAdopted, { id, sha256, bytes, lines, amount, place, at });
  }
  async find(id: string): Promise<OutgoingFile | undefined> {
    return (await this.#all(byId, { id }))[0];
  }
  /** All runs of a day, newest first. */
  ofDay(unit: string, type: OutgoingType, day: Day): Promise<readonly OutgoingFile[]> {
    return this.#all(byDay, { unit, type, day });
  }
  named(unit: string, name: string): Promise<readonly OutgoingFile[]> {
    return this.#all(byName, { unit, name });
  }
  /** The newest day that was ever ordered. */
  async lastDay(unit: string, type: OutgoingType): Promise<Day | undefined> {
    const [row] = await this.database.all(lastDay, { unit, type });
    return row && optional(row, 'last_day', dayCell);
  }
  due(now: Moment): Promise<readonly OutgoingFile[]> {
    return this.#all(due, { now });
  }

  async claim(
    id: string,
    claimed: { readonly token: string; readonly until: Moment },
    now: Moment,
  ): Promise<boolean> {
    return this.#one(claim, { id, now, token: claimed.token, until: claimed.until });
  }
  leaseOf(id: string): LeaseTable {
    return {
      extend: (token, until) => this.database.run(extend, { id, token, until }),
      release: (token) => this.database.run(release, { id, token }),
    };
  }
  /** These give false when the claim was lost. */
  setWritten(
    id: string,
    token: string,
    written: Required<Pick<OutgoingFile, 'sha256' | 'bytes' | 'lines' | 'amount' | 'detail'>> & {
      readonly state: 'written' | 'empty';
    },
    at: Moment,
  ): Promise<boolean> {
    const { state, sha256, bytes = null, lines = null, amount = null, detail } = written;
    return this.#one(setWritten, {
      id,
      token,
      state,
      sha256,
      bytes,
      lines,
      amount,
      detail: shortened(detail),
      at,
    });
  }
  setPublished(id: string, token: string, place: string, at: Moment): Promise<boolean> {
    return this.#one(setPublished, { id, token, place, at });
  }
  setState(
    id: string,
    token: string,
    state: OutgoingState,
    detail: string,
    retryAt: Moment,
  ): Promise<boolean> {
    return this.#one(setState, { id, token, state, detail: shortened(detail), retryAt });
  }
  setNoticed(id: string, token: string, detail: string, at: Moment): Promise<boolean> {
    return this.#one(setNoticed, { id, token, detail: shortened(detail), at });
  }
  /** By an operator's order: announced again, from now on. */
  resend(id: string, now: Moment): Promise<boolean> {
    return this.#one(resend, { id, now });
  }
  /** By an operator's order: what waits for its next try is tried now. */
  hurry(id: string, now: Moment): Promise<boolean> {
    return this.#one(again, { id, now });
  }
  withdraw(id: string, detail: string, now: Moment): Promise<boolean> {
    return this.#one(withdraw, { id, detail: shortened(detail), now });
  }

  /** Before it is sent: an attempt whose node dies is seen as one without an answer. */
  async beginNotice(
    id: string,
    token: string,
    attempt: Omit<NoticeAttempt, 'durationMs' | 'code' | 'detail'>,
  ): Promise<void> {
    const { number, messageId, serviceCode, target, sentAt } = attempt;
    await this.database.transaction(async (tx) => {
      await tx.run(countNotice, { id, token, number });
      await tx.run(beginNotice, { id, number, messageId, serviceCode, target, at: sentAt });
    });
  }
  async endNotice(
    id: string,
    number: number,
    end: Pick<NoticeAttempt, 'durationMs' | 'code' | 'detail'>,
  ): Promise<void> {
    const { durationMs = null, code, detail } = end;
    await this.database.run(endNotice, { id, number, durationMs, code, detail: shortened(detail) });
  }
  async notices(id: string): Promise<readonly NoticeAttempt[]> {
    return (await this.database.all(noticesOf, { id })).map(readNotice);
  }

  async #all(statement: Statement, binds: Binds): Promise<readonly OutgoingFile[]> {
    return (await this.database.all(statement, binds)).map(readOutgoing);
  }
  async #one(statement: Statement, binds: Binds): Promise<boolean> {
    return (await this.database.run(statement, binds)) === 1;
  }
}

export const readOutgoing = (row: Row): OutgoingFile => ({
  id: textCell(row, 'file_id'),
  unit: textCell(row, 'unit'),
  type: oneOfCell(row, 'file_type', outgoingTypes),
  dataDay: dayCell(row, 'data_day'),
  run: numberCell(row, 'run_no'),
  name: textCell(row, 'file_name'),
  state: oneOfCell(row, 'state', outgoingStates),
  sha256: textCell(row, 'sha256'),
  bytes: optional(row, 'byte_count', numberCell),
  lines: optional(row, 'line_count', numberCell),
  amount: optional(row, 'amount', fenCell),
  place: textCell(row, 'place'),
  detail: textCell(row, 'detail'),
  orderedBy: textCell(row, 'ordered_by'),
  orderedAt: numberCell(row, 'ordered_at'),
  writtenAt: optional(row, 'written_at', numberCell),
  publishedAt: optional(row, 'published_at', numberCell),
  noticedAt: optional(row, 'noticed_at', numberCell),
  noticeAttempts: numberCell(row, 'notice_attempts'),
  attempts: numberCell(row, 'attempts'),
  retryAt: numberCell(row, 'retry_at'),
  claimedBy: textCell(row, 'claimed_by'),
  claimedUntil: numberCell(row, 'claimed_until'),
});
const readNotice = (row: Row): NoticeAttempt => ({
  number: numberCell(row, 'attempt_no'),
  messageId: textCell(row, 'message_id'),
  serviceCode: textCell(row, 'service_code'),
  target: textCell(row, 'target'),
  sentAt: numberCell(row, 'sent_at'),
  durationMs: optional(row, 'duration_ms', numberCell),
  code: textCell(row, 'result_code'),
  detail: textCell(row, 'detail'),
});
