/** Batch deduction: runs and their results. See docs/deduction.md. */
export { deductionResults, processAnswer } from './answer.js';
export { type Batch, type BatchState, batchById, batchOfDay, batchStates, newestBatches } from './batch.js';
export {
  type Item,
  itemsBetween,
  type Outcome,
  type OutcomeSum,
  outcomes,
  outcomesOf,
  reasonsOf,
} from './items.js';
export { releaseBatch, unknownBatch } from './release.js';
export { type DeductionRun, defaultTriesMax, runDeduction } from './run.js';
