/**
 * Peers differ by data, not by code (spec messages.md "Dialect settings"). Defaults first; what a setting means
 * stands in the spec.
 */

/** Needed before the data can be read: belongs to the peer, that is to its certificate. */
export interface PeerDialect {
  readonly close: 'server' | 'peer';
  readonly lengthTolerance: 'strict' | 'charCount' | 'trailingNewline';
  readonly charset: 'utf8' | 'gbk';
  /** Head of answers. */
  readonly head: 'swap' | 'echo';
  readonly versionCheck: boolean;
  /** Sender names that this peer may use; empty = any. */
  readonly senders: readonly string[];
}
export const defaultPeerDialect: PeerDialect = {
  close: 'server',
  lengthTolerance: 'strict',
  charset: 'utf8',
  head: 'swap',
  versionCheck: false,
  senders: [],
};

/** Belongs to the clearing unit, looked up from the raw `body.acctOrgNo` before the body is decoded. */
export interface UnitDialect {
  readonly amountUnit: 'fen' | 'yuan';
  /** How `rcvDet` is sent; both forms are always read. */
  readonly rowsAs: 'text' | 'array';
  readonly nothingOwed: '9999-empty' | '9999-zero-detail' | '1003';
  readonly unknownCustomer: '1002' | '2003' | '2005';
  readonly amountRule: 'atLeastDue' | 'exact' | 'any';
  readonly billsChosen: 'oldestFirst' | 'byId';
  readonly duplicateAnswer: '2001' | '9999IfSame';
  readonly unknownSerial: 'void' | 'open';
  readonly bookingDay: 'bankDate' | 'receivedDate';
  readonly lateFeeAsOf: 'bankDate' | 'receivedDate';
  readonly prepaidNetted: boolean;
  /** What `totalRcvedAmt` is: the sum of the details, or (2014 pilots, fixture 05) the same as `totalRcvblAmt`. */
  readonly receivedTotal: 'details' | 'receivable';
  readonly lockPolicy: 'allow' | 'reject1006' | 'hide';
  readonly balanceArray: 'balInfos' | 'BAL_INFO';
  readonly noticeCode: string;
  readonly fileOkCode: '9999' | '4005';
  readonly repeatedFile: '4004' | '4006' | '9999';
  readonly errorBody: 'full' | 'short';
  /** Our payment number in `extend` of the payment answer. */
  readonly paymentNumberInExtend: boolean;
  /** Wire value of `dealType` (200009) → what it means. */
  readonly dealTypes: Readonly<Record<string, 'sign' | 'cancel' | 'change'>>;
  /** Result code we would send → code this peer expects instead. Never maps to or from 9999. */
  readonly resultCodes: Readonly<Record<string, string>>;
}
export const defaultUnitDialect: UnitDialect = {
  amountUnit: 'fen',
  rowsAs: 'text',
  nothingOwed: '9999-empty',
  unknownCustomer: '1002',
  amountRule: 'atLeastDue',
  billsChosen: 'oldestFirst',
  duplicateAnswer: '2001',
  unknownSerial: 'void',
  bookingDay: 'bankDate',
  lateFeeAsOf: 'bankDate',
  prepaidNetted: true,
  receivedTotal: 'details',
  lockPolicy: 'allow',
  balanceArray: 'balInfos',
  noticeCode: '100001',
  fileOkCode: '9999',
  repeatedFile: '4004',
  errorBody: 'full',
  paymentNumberInExtend: false,
  dealTypes: { '1': 'sign', '2': 'cancel', '3': 'change' },
  resultCodes: {},
};
