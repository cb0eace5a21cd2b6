import type { AnswerOf, Message, RequestOf } from '../schema.js';
import { agreementMaintenance } from './agreement-maintenance.js';
import { agreementQuery } from './agreement-query.js';
import { arrearsQuery } from './arrears-query.js';
import { balanceQuery } from './balance-query.js';
import { billQuery } from './bill-query.js';
import { bindingNotice } from './binding-notice.js';
import { customerQuery } from './customer-query.js';
import { fileNotice, fileNoticeOut } from './file-notice.js';
import { payment } from './payment.js';
import { paymentRecords } from './payment-records.js';
import { paymentStatus } from './payment-status.js';
import { refund } from './refund.js';

/** Every service that the platform may ask us for. Adding one without a handler does not compile. */
export const catalogue = {
  '200001': arrearsQuery,
  '200002': payment,
  '200003': customerQuery,
  '200004': bindingNotice,
  '200005': billQuery,
  '200006': agreementQuery,
  '200007': balanceQuery,
  '200008': paymentRecords,
  '200009': agreementMaintenance,
  '200011': fileNotice,
  '200012': paymentStatus,
  '200014': balanceQuery,
  '200019': fileNotice,
  '300002': refund,
} as const;
export type ServiceCode = keyof typeof catalogue;
/** What we ask the platform for. */
export const outgoing = { '100001': fileNoticeOut } as const;

/** True for the services we answer; every other code is answered 0008. */
export function isServiceCode(text: string): text is ServiceCode {
  return Object.hasOwn(catalogue, text);
}
const byCode = new Map<string, Message>(Object.entries({ ...catalogue, ...outgoing }));
/** The declaration of any code, both directions: for tools, logs and tests, which treat all messages alike. */
export const messageOf = (serviceCode: string): Message | undefined => byCode.get(serviceCode);
/** Each message once, in the order of its code. */
export const messages: readonly Message[] = [...new Set(byCode.values())];

/** One handler per service: request in, answer out. `Exchange` is what the server knows of the caller. */
export type Handlers<Exchange> = {
  readonly [C in ServiceCode]: (
    request: RequestOf<(typeof catalogue)[C]>,
    exchange: Exchange,
  ) => Promise<AnswerOf<(typeof catalogue)[C]>>;
};

export {
  agreementMaintenance,
  agreementQuery,
  arrearsQuery,
  balanceQuery,
  billQuery,
  bindingNotice,
  customerQuery,
  fileNotice,
  fileNoticeOut,
  payment,
  paymentRecords,
  paymentStatus,
  refund,
};
