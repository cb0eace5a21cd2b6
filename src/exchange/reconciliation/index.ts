/** T+1 reconciliation (对账). See docs/reconciliation.md. */
export { type Comparer, comparerFor } from './comparer.js';
export { daysBetweenDays, ensureDay, findDay, type ReconDay } from './days.js';
export { busy, closeByHand, type Decision, noteSuspense, retryDay } from './decide.js';
export * from './difference.js';
export {
  type Difference,
  differencesOfDay,
  differencesOfSerial,
  type Ending,
  overdueDays,
  signatureOf,
} from './differences.js';
export { type DryRun, dryRun, type Foreseen, foreseenActs } from './dry-run.js';
export type { ReconFile, ReconParts } from './parts.js';
export { reconciliationFiles } from './processor.js';
export { continueDay, type DayOrder, type RunOutcome, reconcileFile } from './reconciler.js';
export { orderName } from './repair.js';
export { orderRun, type ReconRun, runsOfDay, standingRun } from './runs.js';
export { type ReconciliationSettings, reconciliationSettings } from './settings.js';
export { type DaySummary, type Figure, summaryOf } from './summary.js';
export { lookAtDays, startWatch, type WatchParts } from './watch.js';
