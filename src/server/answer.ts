/*
  One request's way, straight through:
  frame → JSON text → head and raw body → service → unit and its dialect → decoded request → handler → answer → frame.
  Each step may end it with a result code; none goes back. What a peer gets for a fault: spec messages.md "Frame".
*/
import { type Clock, chinaStamp, type Ids, type Moment } from '../clock.js';
import { DatabaseError } from '../database/database.js';
import { messageOf as errorText } from '../errors.js';
import type { Exchange, ExchangeNotes, FileArrival, Handlers } from '../handlers/index.js';
import type { Log } from '../log.js';
import type { Metrics } from '../metrics.js';
import {
  answerHead,
  catalogue,
  defaultWireDialect,
  emptyHead,
  encodeMessage,
  fileNotice,
  type Head,
  isServiceCode,
  type Message,
  meaningOf,
  messageOf,
  PROTOCOL_VERSION,
  parseEnvelope,
  parseSerial,
  peekClearingUnit,
  peekText,
  type ResultCode,
  refusalOf,
  type ServiceCode,
  shortRefusal,
  wireDialectOf,
} from '../protocol/index.js';
import type { RevenueSystem } from '../revenue/revenue-system.js';
import type { Unit } from '../revenue/unit.js';
import type { Answerer } from './connection.js';
import type { ExchangeLog } from './exchange-log.js';
import { exchangeRecord } from './exchange-record.js';
import { Lane, LaneFull } from './lane.js';
import type { Peer } from './peer.js';
import type { ServerLimits } from './settings.js';

export interface AnswererParts {
  readonly handlers: Handlers;
  readonly unitOf: (id: string) => Unit | undefined;
  readonly revenue: RevenueSystem;
  readonly files: FileArrival;
  readonly exchangeLog: ExchangeLog;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly metrics: Metrics;
  /** In force at the moment; a reload may change them. */
  readonly limits: () => ServerLimits;
}

/** What becomes of a request: the body to answer, and what the operator should find about it. */
interface Outcome {
  readonly result: ResultCode;
  readonly body: Record<string, unknown>;
}
/** One request while it is answered. */
interface Request {
  readonly id: string;
  readonly serviceCode: string;
  readonly peer: Peer;
  readonly receivedAt: Moment;
  readonly notes: ExchangeNotes;
  readonly message: Message | undefined;
  head: Head;
  unit: Unit | undefined;
  rawBody: unknown;
}

/** The answerer that a listener gives its connections. It never rejects, and answers within the budget. */
export function makeAnswerer(parts: AnswererParts): Answerer {
  const { clock } = parts;
  const lane = (places: 'queriesAtOnce' | 'paymentsAtOnce' | 'fileNoticesAtOnce') =>
    new Lane({ atOnce: () => parts.limits()[places], waiting: () => parts.limits().waitingMax }, clock);
  const lanes = {
    query: lane('queriesAtOnce'),
    money: lane('paymentsAtOnce'),
    file: lane('fileNoticesAtOnce'),
  };
  const laneOf = (serviceCode: ServiceCode): Lane => {
    if (catalogue[serviceCode].effect === 'query') return lanes.query;
    return catalogue[serviceCode] === fileNotice ? lanes.file : lanes.money;
  };

  return async (frame, { peer, address, receivedAt }) => {
    const request: Request = {
      id: parts.ids.uuid(),
      serviceCode: frame.serviceCode,
      peer,
      receivedAt,
      notes: {},
      message: messageOf(frame.serviceCode),
      head: emptyHead,
      unit: undefined,
      rawBody: undefined,
    };
    const outcome = await decide(request, frame.data).catch((error: unknown) => ourFault(request, error));
    const { charset, head: style } = peer.dialect;
    const head = answerHead(request.head, frame.serviceCode, chinaStamp(clock.now()), style);
    const answer = encodeMessage(frame.serviceCode, head, outcome.body, charset);
    record(request, address, outcome);
    return answer;
  };

  async function decide(request: Request, data: Buffer): Promise<Outcome> {
    const { peer, serviceCode, notes, receivedAt } = request;
    const envelope = parseEnvelope(data, peer.dialect.charset);
    request.head = envelope.head;
    if (!envelope.ok) {
      request.rawBody = envelope.raw;
      return refuse(request, envelope.result, envelope.detail);
    }
    request.rawBody = envelope.body;
    const { head, body } = envelope;
    if (peer.dialect.versionCheck && head.version !== PROTOCOL_VERSION) {
      return refuse(request, '0002', `version ${head.version}`);
    }
    if (peer.dialect.senders.length > 0 && !peer.dialect.senders.includes(head.source)) {
      return refuse(request, '0001', 'sender is not on the list of this peer');
    }
    if (!isServiceCode(serviceCode)) return refuse(request, '0008', 'service is not offered');
    const unitId = peekClearingUnit(body);
    const unit = unitId !== undefined && peer.units.has(unitId) ? parts.unitOf(unitId) : undefined;
    if (unit === undefined)
      return refuse(request, '0001', unitId === undefined ? 'no clearing unit' : 'not a unit of this peer');
    request.unit = unit;
    notes.serial = peekSerial(body);
    const message = catalogue[serviceCode];
    const read = message.readRequest(body, wireDialectOf(unit.dialect));
    if (!read.ok) {
      const { result, resultText } = refusalOf(read.issues);
      return refuse(
        request,
        result,
        read.issues.map((one) => `${one.path} ${one.fault}: ${one.detail}`).join('; '),
        resultText,
      );
    }
    const exchange: Exchange = {
      id: request.id,
      peer: peer.name,
      unit,
      serviceCode,
      receivedAt,
      deadline: receivedAt + parts.limits().requestMs,
      revenue: parts.revenue,
      files: parts.files,
      clock,
      notes,
    };
    return inTime(request, () => call(serviceCode, read.value, exchange));
  }

  /**
   * The table of handlers is typed per service; here the pair is known to fit, because both come from the same code.
   */
  async function call(serviceCode: keyof Handlers, value: unknown, exchange: Exchange): Promise<Outcome> {
    const handler = parts.handlers[serviceCode] as (
      request: unknown,
      exchange: Exchange,
    ) => Promise<{ result: ResultCode; resultText?: string }>;
    const answer = await handler(value, exchange);
    const resultText = answer.resultText ?? meaningOf(answer.result);
    const dialect = wireDialectOf(exchange.unit.dialect);
    const message: Message = catalogue[serviceCode] as unknown as Message;
    const { result } = answer;
    // "Nothing owed" is an answer, not an error: it keeps the customer's data under every dialect.
    const body =
      result === '9999' || result === '1003' || dialect.errorBody === 'full'
        ? message.writeAnswer({ ...answer, resultText }, dialect)
        : message.writeRefusal(result, resultText, dialect);
    return { result, body };
  }

  /** 0009 when the budget is over; what the handler still does is found by 200012. */
  function inTime(request: Request, work: () => Promise<Outcome>): Promise<Outcome> {
    const { requestMs } = parts.limits();
    return new Promise((resolve, reject) => {
      const cancel = clock.after(requestMs, () =>
        resolve(refuse(request, '0009', 'over the time budget; outcome open')),
      );
      laneOf(request.serviceCode as ServiceCode)
        .run(work, requestMs)
        .then(resolve, reject)
        .finally(cancel);
    });
  }

  function refuse(
    request: Request,
    result: ResultCode,
    reason: string,
    resultText = meaningOf(result),
  ): Outcome {
    request.notes.reason = reason;
    const dialect = request.unit ? wireDialectOf(request.unit.dialect) : defaultWireDialect;
    const body =
      request.message?.writeRefusal(result, resultText, dialect) ?? shortRefusal(result, resultText, dialect);
    return { result, body };
  }

  function ourFault(request: Request, error: unknown): Outcome {
    if (error instanceof LaneFull) return refuse(request, '0009', `busy: ${error.message}`);
    const known = error instanceof DatabaseError;
    parts.log.event('exchange.failed', {
      id: request.id,
      service: request.serviceCode,
      unit: request.unit?.id,
      serial: request.notes.serial,
      reason: errorText(error),
      label: known ? error.label : 'fault',
      // A stack is for our own faults only: an unreachable database is the operator's affair, not a defect.
      stack: known || !(error instanceof Error) ? undefined : error.stack,
    });
    return refuse(request, '0009', known ? error.label : 'internal fault');
  }

  function record(request: Request, address: string, { result, body }: Outcome): void {
    const durationMs = clock.now() - request.receivedAt;
    const unit = request.unit?.id ?? '';
    const service = request.message === undefined ? 'other' : request.serviceCode;
    parts.metrics.exchanges.inc({ service, code: result, unit });
    parts.metrics.exchangeSeconds.observe({ service }, durationMs / 1000);
    parts.log.event('exchange.done', {
      id: request.id,
      peer: request.peer.name,
      address,
      unit,
      service: request.serviceCode,
      serial: request.notes.serial,
      code: result,
      reason: request.notes.reason,
      ms: durationMs,
    });
    const { id, peer, receivedAt: at, notes, head, rawBody } = request;
    parts.exchangeLog.add(() =>
      exchangeRecord({
        id,
        at,
        peer: peer.name,
        address,
        unit,
        service: request.serviceCode,
        messageId: head.messageId,
        serial: notes.serial ?? '',
        customer: notes.customer ?? '',
        resultCode: result,
        reason: notes.reason ?? '',
        durationMs,
        requestBody: rawBody,
        answerBody: body,
      }),
    );
  }
}

/** The serial that the operator will search for, also when the request is refused before it is decoded. */
function peekSerial({ originalBankSerial, bankSerial }: Readonly<Record<string, unknown>>): string {
  return parseSerial(peekText(originalBankSerial ?? bankSerial) ?? '') ?? '';
}
