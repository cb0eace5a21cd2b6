import { maskBody, messageOf } from '../protocol/index.js';
import type { ExchangeRecord } from './exchange-log.js';

/** What is known of an exchange when its answer has been given. */
export interface DoneExchange extends Omit<ExchangeRecord, 'request' | 'answer'> {
  readonly requestBody: unknown;
  readonly answerBody: unknown;
}

/** Longer bodies are cut: a hostile request must not fill the log. */
const TEXT_CHARS_MAX = 16_000;

/**
 * The row of the exchange log: personal fields of both bodies masked (spec "unknown members are kept in the audit
 * log").
 */
export function exchangeRecord(done: DoneExchange): ExchangeRecord {
  const { requestBody, answerBody, ...rest } = done;
  const message = messageOf(done.service);
  return {
    ...rest,
    request: jsonText(maskBody(requestBody, message?.request)),
    answer: jsonText(maskBody(answerBody, message?.answer)),
  };
}

const jsonText = (value: unknown): string => (JSON.stringify(value) ?? '').slice(0, TEXT_CHARS_MAX);
