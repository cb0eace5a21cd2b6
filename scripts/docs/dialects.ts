import {
  defaultPeerDialect,
  defaultUnitDialect,
  type PeerDialect,
  type UnitDialect,
} from '../../src/protocol/index.js';
import { code, table } from './markdown.js';

interface Setting {
  readonly values: string;
  readonly means: string;
}
/** A new setting does not compile until it stands here. */
const peerSettings: { readonly [K in keyof PeerDialect]: Setting } = {
  close: { values: 'server, peer', means: 'who closes after the answer was flushed' },
  lengthTolerance: {
    values: 'strict, charCount, trailingNewline',
    means: 'what is forgiven about the length of a frame, see "Field defects"',
  },
  charset: { values: 'utf8, gbk', means: 'of the data, both ways; GBK is read as GB18030' },
  head: { values: 'swap, echo', means: '`source` and `desIfno` of answers: swapped, or as they came' },
  versionCheck: { values: 'true, false', means: 'another `version` than 1.0.1 is answered 0002' },
  senders: { values: 'list', means: 'sender names that this peer may use; empty: any' },
};
const unitSettings: { readonly [K in keyof UnitDialect]: Setting } = {
  amountUnit: { values: 'fen, yuan', means: 'amounts on the wire: `8721`, or `87.21`' },
  rowsAs: { values: 'text, array', means: 'how `rcvDet` is written; both are read' },
  nothingOwed: { values: '9999-empty, 9999-zero-detail, 1003', means: '200001 when nothing is owed' },
  unknownCustomer: { values: '1002, 2003, 2005', means: '200002 for a customer that does not exist' },
  amountRule: { values: 'atLeastDue, exact, any', means: 'which amounts are taken (docs/money.md)' },
  billsChosen: { values: 'oldestFirst, byId', means: 'which bills a payment settles (docs/money.md)' },
  duplicateAnswer: {
    values: '2001, 9999IfSame',
    means: 'a serial that is booked already; one with other content is always 2001',
  },
  unknownSerial: {
    values: 'void, open',
    means: '200012 for a serial never seen: void for ever, or left open',
  },
  bookingDay: { values: 'bankDate, receivedDate', means: 'the day a payment is booked on' },
  lateFeeAsOf: { values: 'bankDate, receivedDate', means: 'the day late fees are counted to' },
  prepaidNetted: { values: 'true, false', means: '`totalOweAmt` has the prepaid balance taken off' },
  receivedTotal: {
    values: 'details, receivable',
    means: '`totalRcvedAmt`: sum of the details, or the same as `totalRcvblAmt` (2014 pilots)',
  },
  lockPolicy: { values: 'allow, reject1006, hide', means: 'bills that are out for deduction' },
  balanceArray: { values: 'balInfos, BAL_INFO', means: 'name of the list in 200007/200014' },
  noticeCode: { values: 'six digits', means: 'service code of our file notice' },
  fileOkCode: { values: '9999, 4005', means: 'a file that was taken' },
  repeatedFile: { values: '4004, 4006, 9999', means: 'a file that was taken before' },
  errorBody: { values: 'full, short', means: 'what refusals carry: every member, or three' },
  paymentNumberInExtend: { values: 'true, false', means: 'our payment number in `extend` of 200002' },
  dealTypes: { values: 'map', means: '`dealType` of 200009 → sign, cancel, change' },
  resultCodes: { values: 'map', means: 'code we would send → code sent; never from or to 9999' },
};

const rowsOf = (settings: Readonly<Record<string, Setting>>, defaults: object): string[][] => {
  const values = new Map<string, unknown>(Object.entries(defaults));
  return Object.entries(settings).map(([name, setting]) => [
    code(name),
    setting.values,
    code(JSON.stringify(values.get(name))),
    setting.means,
  ]);
};
const heads = ['setting', 'values', 'default', 'means'];
export const peerTable = (): string => table(heads, rowsOf({ ...peerSettings }, defaultPeerDialect));
export const unitTable = (): string => table(heads, rowsOf({ ...unitSettings }, defaultUnitDialect));
