import type { AnswerOf, paymentStatus, RequestOf } from '../protocol/index.js';
import type { Exchange } from './exchange.js';

/** 200012: what became of a serial. 3000 and 3003 are promises (spec "200012 payment status"). */
export async function handlePaymentStatus(
  request: RequestOf<typeof paymentStatus>,
  exchange: Exchange,
): Promise<AnswerOf<typeof paymentStatus>> {
  const outcome = await exchange.revenue.paymentStatus(exchange.unit, request.serial, exchange.receivedAt);
  switch (outcome.kind) {
    case 'booked':
      if (outcome.refunded) exchange.notes.reason = 'booked, refunded since';
      return { result: '9999', paymentNumber: outcome.paymentNumber };
    case 'undecided':
      return { result: '3002' };
    case 'refused':
      return { result: '3003' };
    case 'unknown':
      return { result: '3000' };
    default:
      return outcome satisfies never;
  }
}
