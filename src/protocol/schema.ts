/** Messages and lines from fields: decoder, encoder, static types, faults, docs and tests come from one declaration. */
import { delimitedCodec, objectCodec } from './codec.js';
import { type Decoded, type Encodable, type Fields, type Read, Reading, type WireDialect } from './field.js';
import type { ResultCode } from './result-code.js';

export * from './composite.js';
export * from './field.js';
export * from './kinds.js';

/** What the codec makes of it, or the issues that it met. */
function reading<T, R>(codec: { read(raw: R, at: Reading): T }, raw: R, at: Reading): Read<T> {
  const value = codec.read(raw, at);
  const { ignored, issues } = at;
  return issues.length > 0 ? { ok: false, issues, ignored } : { ok: true, value, ignored };
}

export interface MessageDeclaration<C extends string, Q extends Fields, A extends Fields> {
  /** Service codes with this body; the first is the usual one. */
  readonly serviceCodes: readonly [C, ...C[]];
  readonly title: string;
  readonly purpose: string;
  readonly direction: 'platform→utility' | 'utility→platform';
  /** `query` may be repeated freely; the others name the request fields that make a repeat recognisable. */
  readonly effect: 'query' | { readonly repeatKey: readonly (keyof Q & string)[] };
  readonly request: Q;
  readonly answer: A;
}

/** A declared message with its codec. Reading never throws; writing needs the required fields only. */
export interface Message<C extends string = string, Q extends Fields = Fields, A extends Fields = Fields>
  extends MessageDeclaration<C, Q, A> {
  readRequest(body: unknown, dialect: WireDialect): Read<Decoded<Q>>;
  readAnswer(body: unknown, dialect: WireDialect): Read<Decoded<A>>;
  writeRequest(value: Encodable<Q>, dialect: WireDialect): Record<string, unknown>;
  writeAnswer(value: Encodable<A>, dialect: WireDialect): Record<string, unknown>;
  /** An answer that says no: the full zero body, or three members, as the dialect's `errorBody` says. */
  writeRefusal(result: ResultCode, resultText: string, dialect: WireDialect): Record<string, unknown>;
}

/** One service (spec messages.md "Services"). */
export function defineMessage<const C extends string, Q extends Fields, A extends Fields>(
  d: MessageDeclaration<C, Q, A>,
): Message<C, Q, A> {
  const request = objectCodec(d.request);
  const answer = objectCodec(d.answer);
  return {
    ...d,
    readRequest: (body, dialect) => reading(request, body, new Reading(dialect, 'body')),
    readAnswer: (body, dialect) => reading(answer, body, new Reading(dialect, 'body')),
    writeRequest: (value, dialect) => request.write(value, dialect),
    writeAnswer: (value, dialect) => withPeerCode(answer.write(value, dialect), dialect),
    writeRefusal(result, resultText, dialect) {
      if (dialect.errorBody === 'short') return shortRefusal(result, resultText, dialect);
      // Every answer declares `...result`, and nothing else in an answer is required: a test proves both.
      return withPeerCode(answer.write({ result, resultText } as unknown as Encodable<A>, dialect), dialect);
    },
  };
}
/** The refusal of a request whose service is not known or whose body was not read. */
export const shortRefusal = (
  result: ResultCode,
  resultText: string,
  dialect: WireDialect,
): Record<string, unknown> => withPeerCode({ rtnCode: result, rtnMsg: resultText, extend: '' }, dialect);

/** Result codes as this peer knows them. A success is never renamed, and nothing is renamed to a success. */
function withPeerCode(body: Record<string, unknown>, { resultCodes }: WireDialect): Record<string, unknown> {
  const ours = body.rtnCode;
  if (typeof ours !== 'string' || ours === '9999' || !Object.hasOwn(resultCodes, ours)) return body;
  const theirs = resultCodes[ours];
  if (theirs !== undefined && theirs !== '9999') body.rtnCode = theirs;
  return body;
}

interface AnyMessage {
  readonly request: Fields;
  readonly answer: Fields;
}
/** A request as the handler gets it. */
export type RequestOf<M extends AnyMessage> = Decoded<M['request']>;
/** An answer as the handler gives it: what is left out is written empty. */
export type AnswerOf<M extends AnyMessage> = Encodable<M['answer']>;
/** An answer as the asking side reads it. */
export type AnswerReadOf<M extends AnyMessage> = Decoded<M['answer']>;
/** A request as the asking side gives it. */
export type RequestToWriteOf<M extends AnyMessage> = Encodable<M['request']>;

/** One kind of line in an exchange file. */
export interface Line<S extends Fields = Fields> {
  readonly title: string;
  readonly columns: S;
  /** For readers that keep their own {@link Reading}. */
  read(line: string, at: Reading): Decoded<S>;
  write(value: Encodable<S>, dialect: WireDialect): string;
  /** @param root what the path of an issue begins with, e.g. `DSDZ[12]` */
  readLine(line: string, root: string, dialect: WireDialect): Read<Decoded<S>>;
}

/**
 * One kind of line in an exchange file (spec files.md "Lines"). A line with fewer columns than `columnsMin` (default: all) is a fault:
 * it may have been cut, and what is missing must not read as nothing.
 */
export function defineLine<S extends Fields>(d: {
  readonly title: string;
  readonly columns: S;
  readonly columnsMin?: number;
}): Line<S> {
  const codec = delimitedCodec(d.columns, '|', d.columnsMin ?? Object.keys(d.columns).length);
  return {
    ...d,
    ...codec,
    readLine: (line, root, dialect) => reading(codec, line, new Reading(dialect, root, d.columns)),
  };
}
export type LineOf<L extends { readonly columns: Fields }> = Decoded<L['columns']>;
export type LineToWriteOf<L extends { readonly columns: Fields }> = Encodable<L['columns']>;
