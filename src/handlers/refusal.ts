import type { Refusal } from '../revenue/revenue-system.js';
import type { Unit } from '../revenue/unit.js';

/** What a refused payment is answered (spec "200002 payment", Codes). */
export function paymentRefusalCode(refusal: Refusal, unit: Unit) {
  switch (refusal) {
    case 'unknown-customer':
      return unit.dialect.unknownCustomer;
    case 'amount-does-not-fit':
      return '2002';
    case 'below-minimum':
    case 'over-limit':
      return '2004';
    case 'past-acceptance':
    case 'future-day':
      return '2003';
    case 'bill-settled':
      return '2001';
    case 'unpayable-customer':
    case 'closed-account':
    case 'suspended-unit':
    case 'outside-hours':
    case 'bill-locked':
    case 'bill-of-another':
    case 'void-serial':
    case 'other-content':
      return '2005';
    default:
      return refusal satisfies never;
  }
}
