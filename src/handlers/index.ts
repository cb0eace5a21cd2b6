/** One handler per service: request in, one call of the revenue system, answer out. No sockets, no SQL. */
import type { Handlers as HandlersOf } from '../protocol/index.js';
import { handleAgreementMaintenance } from './agreement-maintenance.js';
import { handleAgreementQuery } from './agreement-query.js';
import { handleArrearsQuery } from './arrears-query.js';
import { handleBalanceQuery } from './balance-query.js';
import { handleBillQuery } from './bill-query.js';
import { handleBindingNotice } from './binding-notice.js';
import { handleCustomerQuery } from './customer-query.js';
import type { Exchange } from './exchange.js';
import { handleFileNotice } from './file-notice.js';
import { handlePayment } from './payment.js';
import { handlePaymentRecords } from './payment-records.js';
import { handlePaymentStatus } from './payment-status.js';
import { handleRefund } from './refund.js';

export type { Exchange, ExchangeNotes } from './exchange.js';
export type { FileArrival, FileNotice, FileVerdict } from './file-arrival.js';
export { billLine, paymentLine } from './lines.js';

export type Handlers = HandlersOf<Exchange>;

/** Service code → handler. A service without one does not compile; whatever is not here is answered 0008. */
export const handlers: Handlers = {
  '200001': handleArrearsQuery,
  '200002': handlePayment,
  '200003': handleCustomerQuery,
  '200004': handleBindingNotice,
  '200005': handleBillQuery,
  '200006': handleAgreementQuery,
  '200007': handleBalanceQuery,
  '200008': handlePaymentRecords,
  '200009': handleAgreementMaintenance,
  '200011': handleFileNotice,
  '200012': handlePaymentStatus,
  '200014': handleBalanceQuery,
  '200019': handleFileNotice,
  '300002': handleRefund,
};
