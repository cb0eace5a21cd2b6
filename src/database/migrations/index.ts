/** All migrations in their order. A released one is never changed; what it got wrong is put right by the next. */
import type { Migration } from '../migration.js';
import { revenueCustomers } from './0010-revenue-customers.js';
import { revenuePayments } from './0011-revenue-payments.js';
import { revenueLedger } from './0012-revenue-ledger.js';
import { revenueAgreements } from './0013-revenue-agreements.js';
import { revenueSuspense } from './0014-revenue-suspense.js';
import { exchanges } from './0020-exchanges.js';
import { sftpAccounts } from './0030-sftp-accounts.js';
import { incomingFiles } from './0040-incoming-files.js';
import { outgoingFiles } from './0041-outgoing-files.js';
import { deduction } from './0050-deduction.js';
import { deductionOrders } from './0051-deduction-orders.js';
import { deductionRefusals } from './0052-deduction-refusals.js';
import { deductionCustomers } from './0053-deduction-customers.js';
import { reconciliation } from './0060-reconciliation.js';
import { alarmTable } from './0061-alarms.js';
import { reconciliationOrders } from './0062-reconciliation-orders.js';
import { existingJournal } from './0070-existing-journal.js';
import { auditLog } from './0080-audit-log.js';
import { trace } from './0090-trace.js';

export const migrations: readonly Migration[] = [
  revenueCustomers,
  revenuePayments,
  revenueLedger,
  revenueAgreements,
  revenueSuspense,
  exchanges,
  sftpAccounts,
  incomingFiles,
  outgoingFiles,
  deduction,
  deductionOrders,
  deductionRefusals,
  deductionCustomers,
  reconciliation,
  alarmTable,
  reconciliationOrders,
  existingJournal,
  auditLog,
  trace,
];
