import type { AnswerOf, agreementMaintenance, RequestOf } from '../protocol/index.js';
import type { AgreementOutcome } from '../revenue/revenue-system.js';
import type { Exchange } from './exchange.js';

/**
 * 200009: signs, changes or cancels automatic payment (spec "200009"); the unit's dialect says which dealType is
 * which.
 */
export async function handleAgreementMaintenance(
  request: RequestOf<typeof agreementMaintenance>,
  exchange: Exchange,
): Promise<AnswerOf<typeof agreementMaintenance>> {
  const { unit, notes } = exchange;
  notes.customer = request.customer;
  const deal = Object.hasOwn(unit.dialect.dealTypes, request.dealType)
    ? unit.dialect.dealTypes[request.dealType]
    : undefined;
  if (deal === undefined) {
    notes.reason = 'unknown dealType';
    return { result: '0003' };
  }
  const outcome = await exchange.revenue.maintainAgreement(unit, {
    deal,
    agreementNumber: request.agreementNumber,
    customer: request.customer,
    bankCode: request.bankCode,
    bankAccount: request.bankAccount,
    bankAccountName: request.bankAccountName,
    certType: request.certType,
    certNumber: request.certNumber,
    mobile: request.mobile,
    email: request.email,
    receivedAt: exchange.receivedAt,
  });
  if (outcome.kind === 'done') return { result: '9999', agreementNumber: outcome.agreementNumber };
  notes.reason = outcome.refusal;
  return { result: codeOf(outcome.refusal), agreementNumber: request.agreementNumber };
}

function codeOf(refusal: Extract<AgreementOutcome, { kind: 'refused' }>['refusal']) {
  switch (refusal) {
    case 'unknown-customer':
      return '1002';
    case 'no-agreement':
      return '3000';
    case 'other-agreement':
    case 'closed-account':
      return '2005';
    default:
      return refusal satisfies never;
  }
}
