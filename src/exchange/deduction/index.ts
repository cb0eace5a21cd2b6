/** Batch deduction: runs and their results. See docs/deduction.md. */
export { deductionResults, processAnswer } from './answer.js';
export {
  type Batch,
  type BatchOrder,
  type BatchState,
  batchById,
  batchOfDay,
  batchStates,
  batchStateTitles,
  defaultTriesMax,
  newestBatches,
} from './batch.js';
export { plannedRuns } from './calendar.js';
export { followFile } from './follow.js';
export {
  type Item,
  itemsBetween,
  type Outcome,
  type OutcomeSum,
  outcomes,
  outcomesOf,
  reasonsOf,
} from './items.js';
export { refusalReasons } from './refused.js';
export { releaseBatch, unknownBatch } from './release.js';
export { outcomeTitles, reportOf } from './report.js';
export { deductionRequests } from './request.js';
export { type DeductionRun, goOn, runDeduction } from './run.js';
export { type DeductionServiceParts, lookOnce, startDeductionService } from './service.js';
