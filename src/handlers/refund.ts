import type { AnswerOf, RequestOf, refund } from '../protocol/index.js';
import type { Exchange } from './exchange.js';

/** 300002: takes one booked payment back in full (spec "300002 refund"). */
export async function handleRefund(
  request: RequestOf<typeof refund>,
  exchange: Exchange,
): Promise<AnswerOf<typeof refund>> {
  const { notes } = exchange;
  const outcome = await exchange.revenue.refund(exchange.unit, {
    originalSerial: request.originalSerial,
    serial: request.serial,
    amount: request.amount,
    bankDay: request.bookingDay,
    receivedAt: exchange.receivedAt,
  });
  if (outcome.kind === 'refunded') {
    if (outcome.repeat) notes.reason = 'repeat of a refund';
    return { result: '9999', paymentNumber: outcome.refundNumber };
  }
  notes.reason = outcome.refusal;
  switch (outcome.refusal) {
    case 'no-payment':
      return { result: '3000' };
    case 'amount-differs':
      return { result: '2002' };
    case 'window-over':
    case 'balance-used':
    case 'paid-later':
    case 'other-refund':
      return { result: '2005' };
    default:
      return outcome.refusal satisfies never;
  }
}
