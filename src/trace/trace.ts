/** What `sluice trace` gives: everything that any room knows about one payment. Personal values were masked where they were written. */
import type { TracedDay, TracedDeduction, TracedDifference, TracedFile } from '../exchange/index.js';
import type {
  TracedBill,
  TracedCall,
  TracedEntry,
  TracedPayment,
  TracedSerial,
  TracedSuspense,
} from '../revenue/index.js';
import type { PaymentRecord } from '../revenue/revenue-system.js';
import type { ExchangeRecord } from '../server/index.js';

/** What the text that was asked for turned out to be. */
export const subjectKinds = {
  serial: '流水号 serial',
  'refund-serial': '退费流水号 refund serial',
  payment: '缴费单号 payment number',
  bill: '账单号 bill',
  customer: '户号 customer',
  message: '报文号 msgId',
  file: '文件中出现 named in a file',
} as const;
export type SubjectKind = keyof typeof subjectKinds;

/** As the utility's own system has it. */
export interface TheirPayment extends Omit<PaymentRecord, 'customerName'> {
  readonly unit: string;
}

/** One serial in one sentence each. */
export interface SerialVerdict {
  readonly unit: string;
  readonly serial: string;
  /** What became of the money. */
  readonly booking: string;
  /** How often it was asked for, and what the repeats did. */
  readonly duplicates: string;
  readonly reconciliation: string;
}

export interface Trace {
  readonly subject: string;
  readonly kinds: readonly SubjectKind[];
  readonly verdicts: readonly SerialVerdict[];
  /** Oldest first. */
  readonly exchanges: readonly ExchangeRecord[];
  readonly serials: readonly TracedSerial[];
  /** In the journal beside the utility's own schema. */
  readonly calls: readonly TracedCall[];
  readonly theirs: readonly TheirPayment[];
  readonly payments: readonly TracedPayment[];
  /** Ledger entries that touched a bill and are no payment: settled from prepaid balance, say. */
  readonly entries: readonly TracedEntry[];
  readonly suspense: readonly TracedSuspense[];
  readonly bills: readonly TracedBill[];
  readonly deductions: readonly TracedDeduction[];
  readonly files: readonly TracedFile[];
  readonly days: readonly TracedDay[];
  readonly differences: readonly TracedDifference[];
  /** What could not be looked at, or was left out. */
  readonly notes: readonly string[];
}
