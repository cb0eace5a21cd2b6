import type { Moment } from '../clock.js';
import type { Day, Fen, Month, Serial } from '../protocol/values.js';
import type { Unit } from './unit.js';

/** Water fee, or other business fee (spec "busiType"). */
export type FeeKind = '11' | '12';

export interface Customer {
  readonly customer: string;
  readonly name: string;
  readonly address: string;
  readonly office: string;
  readonly officeName: string;
  readonly customerClass: string;
  readonly mobile: string;
  readonly idCard: string;
  readonly contact: string;
  readonly province: { readonly code: string; readonly name: string };
  readonly city: { readonly code: string; readonly name: string };
  readonly countyCode: string;
  /** `unpayable`: may be queried, not paid here (1005). */
  readonly state: 'active' | 'unpayable' | 'closed';
}

/** How a customer is looked for: number, mobile, id card, number in the old system. */
export type CustomerKey = 'customer' | 'mobile' | 'idCard' | 'oldCustomer';

export interface OpenBill {
  readonly bill: string;
  readonly month: Month;
  readonly feeKind: FeeKind;
  /** m³ as decimal text. */
  readonly volume: string;
  /** Principal, without late fee. */
  readonly receivable: Fen;
  readonly received: Fen;
  /** As of the day asked for. */
  readonly lateFee: Fen;
  /** In a deduction request that is out at the platform (spec "Batch deduction"). */
  readonly locked: boolean;
}
/** What a customer owes on a day, oldest month first. */
export interface Arrears {
  readonly customer: Customer;
  readonly prepaid: Fen;
  readonly bills: readonly OpenBill[];
}

export interface PaymentRow {
  readonly customer: string;
  /** `''` or `'0'`: this customer, any bill. */
  readonly bill: string;
  readonly month: Month | undefined;
}
export interface PaymentOrder {
  readonly serial: Serial;
  /** All rows name this customer. */
  readonly customer: string;
  readonly amount: Fen;
  /** `bankDate` as sent; the unit's dialect decides whether it or the day of receipt is the booking day. */
  readonly bankDay: Day;
  readonly receivedAt: Moment;
  readonly rows: readonly PaymentRow[];
  readonly fundNumber: string;
  readonly payMode: string;
  readonly remark: string;
}

/** Why money was not moved. The handler maps it to a result code; the reason is for the operator. */
export const refusals = [
  'unknown-customer',
  'unpayable-customer',
  'closed-account',
  'suspended-unit',
  'outside-hours',
  'amount-does-not-fit',
  'below-minimum',
  'over-limit',
  'past-acceptance',
  'future-day',
  'bill-locked',
  'bill-settled',
  'bill-of-another',
  'void-serial',
  'other-content',
] as const;
export type Refusal = (typeof refusals)[number];

export type PaymentOutcome =
  /** Committed durably. */
  | { readonly kind: 'booked'; readonly paymentNumber: string }
  /** This serial is booked already; nothing was done. `same`: customer, amount, day and rows equal those of the booking. */
  | { readonly kind: 'duplicate'; readonly paymentNumber: string; readonly same: boolean }
  /** Nothing is booked, and under this serial never will be (remembered; a repeat of the same content gets the same refusal). */
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export type StatusOutcome =
  | { readonly kind: 'booked'; readonly paymentNumber: string; readonly refunded: boolean }
  /** In progress somewhere, or in doubt: T+1 decides. */
  | { readonly kind: 'undecided' }
  /** Refused for good; the platform refunds the payer. */
  | { readonly kind: 'refused' }
  /** Never seen; and from now on void, unless the unit's dialect says `unknownSerial: open`. */
  | { readonly kind: 'unknown' };

export interface RefundOrder {
  readonly originalSerial: Serial;
  /** The refund's own serial, where the platform gives one. */
  readonly serial: Serial | undefined;
  readonly amount: Fen;
  readonly bankDay: Day;
  readonly receivedAt: Moment;
}
export type RefundOutcome =
  /** Done now, or (`repeat`) by the same request before. */
  | { readonly kind: 'refunded'; readonly refundNumber: string; readonly repeat: boolean }
  | {
      readonly kind: 'refused';
      readonly refusal:
        | 'no-payment'
        | 'amount-differs'
        | 'window-over'
        | 'balance-used'
        | 'paid-later'
        | 'other-refund';
    };

export interface IssuedBill {
  readonly bill: string;
  readonly customer: string;
  readonly customerName: string;
  readonly address: string;
  readonly month: Month;
  readonly feeKind: FeeKind;
  readonly issuedOn: Day;
  readonly lateFeeFrom: Day;
  readonly amount: Fen;
  readonly volume: string;
  readonly yearVolume: string;
  readonly previousReading: string;
  readonly currentReading: string;
  readonly multiplier: string;
  readonly previousReadDay: Day | undefined;
  readonly currentReadDay: Day | undefined;
  readonly tiered: boolean;
  readonly office: string;
  readonly officeName: string;
  /** Fee items, readings and price tiers as the values of their groups (spec files.md "DZZD"). */
  readonly fees: readonly (readonly string[])[];
  readonly readings: readonly (readonly string[])[];
  readonly tiers: readonly (readonly string[])[];
}

export interface PaymentRecord {
  readonly paymentNumber: string;
  readonly customer: string;
  readonly customerName: string;
  readonly office: string;
  readonly serial: string;
  readonly channel: 'platform' | 'deduction' | 'counter';
  readonly amount: Fen;
  readonly principal: Fen;
  readonly lateFee: Fen;
  /** Added to (positive) or used from (negative) the prepaid balance. */
  readonly prepaidChange: Fen;
  readonly balanceAfter: Fen;
  readonly at: Moment;
  /** 收费, 冲正, 退费. */
  readonly kind: 'payment' | 'reversal' | 'refund';
  readonly payMode: string;
}

export interface Agreement {
  readonly agreementNumber: string;
  readonly customer: string;
  readonly bankCode: string;
  readonly bankName: string;
  readonly bankAccount: string;
  readonly bankAccountName: string;
  readonly certType: string;
  readonly certNumber: string;
  readonly mobile: string;
  readonly email: string;
  readonly signedOn: Day;
}
export interface AgreementOrder extends Omit<Agreement, 'signedOn' | 'bankName'> {
  readonly deal: 'sign' | 'change' | 'cancel';
  readonly receivedAt: Moment;
}
export type AgreementOutcome =
  | { readonly kind: 'done'; readonly agreementNumber: string }
  | {
      readonly kind: 'refused';
      readonly refusal: 'unknown-customer' | 'no-agreement' | 'other-agreement' | 'closed-account';
    };

/** A payment that the platform's books prove (T+1): booked with the platform's serial and date, whatever else holds. */
export interface SupplementOrder {
  readonly serial: Serial;
  readonly customer: string;
  readonly amount: Fen;
  readonly bookingDay: Day;
  readonly receivedAt: Moment;
  readonly rows: readonly PaymentRow[];
  /** Who or what ordered it, e.g. `recon 39536 20240404`. */
  readonly orderedBy: string;
}
export type SupplementOutcome =
  | { readonly kind: 'booked'; readonly paymentNumber: string }
  | { readonly kind: 'already-booked'; readonly paymentNumber: string }
  | { readonly kind: 'unknown-customer' };
export interface ReversalOrder {
  readonly serial: Serial;
  readonly receivedAt: Moment;
  readonly orderedBy: string;
  /** A reversal that is followed by a supplement of the same serial frees the serial for it, also where it was refunded before. */
  readonly replaced: boolean;
}
export type ReversalOutcome =
  | { readonly kind: 'reversed'; readonly refundNumber: string }
  | { readonly kind: 'already-reversed'; readonly refundNumber: string }
  | { readonly kind: 'refused'; readonly refusal: 'no-payment' | 'balance-used' | 'paid-later' };

/** One booking of the platform channel, as reconciliation compares it. */
export interface Booking {
  readonly serial: Serial;
  readonly customer: string;
  readonly amount: Fen;
  readonly paymentNumber: string;
}

/**
 * The port to the utility's revenue database: each call is one database transaction.
 * Bad business input is an outcome; a thrown error means "not done or unknown" and is answered 0009.
 * @throws {DatabaseError} when the database cannot be reached in time or the outcome is unknown
 */
export interface RevenueSystem {
  findCustomers(unit: Unit, key: CustomerKey, value: string): Promise<readonly Customer[]>;
  /**
   * `undefined`: no such customer. Late fees as of `asOf`; bills of these months and kinds only; those that the lock policy `hide` hides
   * are left out already, those locked otherwise are marked.
   */
  arrears(unit: Unit, customer: string, asOf: Day, filter?: ArrearsFilter): Promise<Arrears | undefined>;
  pay(unit: Unit, order: PaymentOrder): Promise<PaymentOutcome>;
  /** Not a query: an unknown serial becomes void (spec "200012"). */
  paymentStatus(unit: Unit, serial: Serial, at: Moment): Promise<StatusOutcome>;
  refund(unit: Unit, order: RefundOrder): Promise<RefundOutcome>;
  supplement(unit: Unit, order: SupplementOrder): Promise<SupplementOutcome>;
  reverse(unit: Unit, order: ReversalOrder): Promise<ReversalOutcome>;
  /** False: no such customer. */
  bind(unit: Unit, customer: string, bound: boolean, at: Moment): Promise<boolean>;
  /** Bills issued for these months, oldest first; `undefined`: no such customer. */
  issuedBills(
    unit: Unit,
    customer: string,
    from: Month | undefined,
    to: Month | undefined,
  ): Promise<readonly IssuedBill[] | undefined>;
  /**
   * Payments, refunds and reversals of these booking days; `undefined`: no such customer. Refunds and reversals carry what they take
   * back as negative amounts.
   */
  payments(
    unit: Unit,
    customer: string,
    from: Day | undefined,
    to: Day | undefined,
  ): Promise<readonly PaymentRecord[] | undefined>;
  agreements(unit: Unit, customer: string): Promise<readonly Agreement[] | undefined>;
  maintainAgreement(unit: Unit, order: AgreementOrder): Promise<AgreementOutcome>;
  /** Answers when the database can be reached; throws otherwise. */
  ping(): Promise<void>;
}
export interface ArrearsFilter {
  readonly from?: Month | undefined;
  readonly to?: Month | undefined;
  readonly feeKind?: FeeKind | undefined;
}
