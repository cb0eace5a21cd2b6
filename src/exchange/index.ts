/** The exchange room: files of the platform and ours, from arrival to archive, and the notices about them. */
export { recordOf } from './arrival/filing.js';
export { fileSources, type IncomingFile, incomingStates } from './arrival/incoming-file.js';
export { bytesOf } from './arrival/inspect.js';
export type { AcceptedFile, ProcessingOutcome, Processor } from './arrival/processor.js';
export {
  batchStateTitles,
  deductionRequests,
  deductionResults,
  outcomeTitles,
  startDeductionService,
} from './deduction/index.js';
export {
  type IncomingType,
  isIncomingType,
  isOutgoingType,
  type OutgoingType,
  outgoingTypes,
} from './file-type.js';
export { type FileSearch, searchIncoming, searchOutgoing } from './listing.js';
export { type Meters, metersOf, silentMeters } from './meters.js';
export type { CallPlatform } from './outgoing/announcer.js';
export {
  builtinSource,
  existingSource,
  type OutgoingSource,
  revenueProducers,
} from './outgoing/from-revenue.js';
export { type NoticeAttempt, type OutgoingFile, outgoingStates } from './outgoing/outgoing-file.js';
export { defineProducer, type ProduceOrder, type Producer } from './outgoing/producer.js';
export { runsBetween } from './outgoing/schedule.js';
export type { ExchangePlace, IncomingPlace, OutgoingPlace, PlaceEntry } from './place.js';
export {
  dayStates as reconDayStates,
  differenceClasses,
  differenceStates,
  outcomes as repairOutcomes,
} from './reconciliation/difference.js';
export { reconciliationFiles } from './reconciliation/index.js';
export { openRemotePlace } from './remote-place.js';
export { type Exchange, type ExchangeParts, openExchange } from './room.js';
export { type ExchangeSettings, exchangeOfUnit, exchangeSettings } from './settings.js';
export { type TracedDeduction, traceDeduction } from './trace/deduction.js';
export {
  type FileQuestion,
  type FilesParts,
  filesAnnouncedBy,
  filesNaming,
  type TracedFile,
} from './trace/files.js';
export {
  type TracedDay,
  type TracedDifference,
  type TracedRun,
  traceReconciliation,
} from './trace/reconciliation.js';
