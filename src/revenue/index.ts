/** The money: what other rooms may use of it. */
export { dueAmount, owedOf } from './allocation.js';
export { addCustomers, addUnit, type NewCustomer } from './builtin/add-customers.js';
export { agreementsOfUnit } from './builtin/agreements.js';
export type { Books } from './builtin/books.js';
export { openBuiltinRevenue } from './builtin/builtin.js';
export { builtinDeduction } from './builtin/deduction-books.js';
export { type DunnableBill, dunnableBills } from './builtin/dunning.js';
export { issueBills, type NewBill } from './builtin/issue-bills.js';
export { billsIssuedOn } from './builtin/issued-bills.js';
export { recordsOfDay } from './builtin/records.js';
export { settleFromPrepaid } from './builtin/settlement.js';
export { builtinReconciliation } from './builtin/standing.js';
export { type SuspenseItem, suspenseItems } from './builtin/suspense-items.js';
export {
  type TracedBill,
  type TracedEntry,
  type TracedPayment,
  type TracedRefund,
  type TracedSerial,
  type TracedSuspense,
  traceBuiltin,
} from './builtin/trace.js';
export { type Finding, type LedgerPromise, ledgerPromises, verifyLedger } from './builtin/verify.js';
export type * from './deduction-books.js';
export {
  ACCEPTANCE_AMOUNT_MAX,
  ACCEPTANCE_DAYS,
  ACCEPTANCE_UNIT,
  acceptanceCustomers,
} from './demo-world/acceptance.js';
export { fillDemo } from './demo-world/fill.js';
export { type DemoUnit, demoUnits } from './demo-world/units.js';
export { type CheckSubject, checkOperations, type OperationReport } from './existing/check.js';
export { type ExistingRevenue, openExistingRevenue } from './existing/existing.js';
export { type PendingCall, pendingCalls } from './existing/journal.js';
export { type ExistingSettings, missingForDeduction, revenueSettings } from './existing/settings.js';
export { Theirs } from './existing/theirs.js';
export { type TracedCall, traceExisting } from './existing/trace.js';
export { lateDays, lateFeeOf } from './late-fee.js';
export * from './money.js';
export type * from './reconciliation-books.js';
export type * from './revenue-system.js';
export { defaultRules, type LateFeeRule, type Unit, type UnitRules, unitWith } from './unit.js';
