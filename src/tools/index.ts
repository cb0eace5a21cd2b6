/** Testers' tools: everything that plays the platform, explains bytes, or compares answers. */
export { bytesIn, type FoundBytes } from './bytes/notations.js';
export { compareBodies, type Difference, type Rules } from './fixture/compare.js';
export { type Fixture, loadFixtures } from './fixture/fixture.js';
export { Filling, type Freshable, freshables } from './fixture/placeholders.js';
export { type CaseResult, type ReplayOptions, replay, TEXT_PATHS } from './fixture/replay.js';
export { htmlOf, junitOf, renderCase, summaryOf } from './fixture/reports.js';
export { explainFields } from './inspect/fields.js';
export { explainFrame, type FrameExplanation } from './inspect/frame.js';
export { type Explained, explainInput } from './inspect/input.js';
export { renderFields, renderFrame } from './inspect/render.js';
export { type Asked, type Asking, askingOf } from './platform/asking.js';
export { exchange, type Outcome, type Target, targetOf } from './platform/client.js';
export { askDue, type Due } from './platform/due.js';
export { defaultSender, freshSerial, readAnswer, requestFrame } from './platform/request.js';
export { type Paint, paintFor, plainPaint } from './text.js';
