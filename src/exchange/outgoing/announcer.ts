/** One attempt to announce one of our files to the platform (spec "100001"). Recorded before it is sent, and after. */
import { type Clock, chinaStamp, type Ids } from '../../clock.js';
import { messageOf } from '../../errors.js';
import { fileNoticeOut, PROTOCOL_VERSION, wireDialectOf } from '../../protocol/index.js';
import type { Unit } from '../../revenue/unit.js';
import type { NoticeCall, NoticeReply } from '../../server/index.js';
import { type ExchangeSettings, exchangeOfUnit, type NoticeTarget } from '../settings.js';
import { type NoticeResult, resultOf } from './answers.js';
import type { OutgoingFile } from './outgoing-file.js';
import type { OutgoingTable } from './outgoing-table.js';

export type CallPlatform = (call: NoticeCall, signal: AbortSignal) => Promise<NoticeReply>;

export interface AnnouncerParts {
  readonly settings: ExchangeSettings;
  readonly table: OutgoingTable;
  readonly call: CallPlatform;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** Where a unit's files are announced; `undefined`: nowhere. */
export const noticeTargetOf = (settings: ExchangeSettings, unit: string): NoticeTarget | undefined =>
  exchangeOfUnit(settings, unit).notice ?? settings.notice;

/** @param noticePath where the place says that it lies @param token of the claim under which this happens */
export async function announce(
  parts: AnnouncerParts,
  file: OutgoingFile,
  unit: Unit,
  target: NoticeTarget,
  noticePath: string,
  token: string,
  signal: AbortSignal,
): Promise<NoticeResult> {
  const { table, clock, ids, settings } = parts;
  const number = file.noticeAttempts + 1;
  const messageId = ids.uuid().replaceAll('-', '').toUpperCase();
  const serviceCode = unit.dialect.noticeCode;
  const { host, port, extend, to } = target;
  const sentAt = clock.now();
  await table.beginNotice(file.id, token, {
    number,
    messageId,
    serviceCode,
    target: `${host}:${port}`,
    sentAt,
  });
  const calling = parts.call(
    {
      host,
      port,
      unit: unit.id,
      serviceCode,
      head: {
        version: PROTOCOL_VERSION,
        source: unit.shortName,
        target: to,
        serviceCode,
        messageId,
        messageTime: chinaStamp(sentAt),
        extend: '',
      },
      body: fileNoticeOut.writeRequest(
        {
          clearingUnit: unit.id,
          filePath: target.filePath ?? noticePath,
          fileType: file.type,
          fileName: file.name,
          extend,
        },
        wireDialectOf(unit.dialect),
      ),
      timeoutMs: settings.limits.noticeTimeoutMs,
    },
    signal,
  );
  // What goes wrong before it is sent (our own certificate cannot be read) is one more attempt without an answer.
  const reply = await calling.catch(
    (error: unknown): NoticeReply => ({ kind: 'unanswered', reason: messageOf(error) }),
  );
  const result = resultOf(reply);
  const code = reply.kind === 'answered' ? reply.code : '';
  await table.endNotice(file.id, number, { durationMs: clock.now() - sentAt, code, detail: result.detail });
  return result;
}
