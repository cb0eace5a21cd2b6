/** Testers' tools: everything that plays the platform, explains bytes, or compares answers. */
export { bytesIn, type FoundBytes } from './bytes/notations.js';
export { explainFrame, type FrameExplanation } from './inspect/frame.js';
export { type Explained, explainInput } from './inspect/input.js';
export { renderFrame } from './inspect/render.js';
export { type Paint, paintFor, plainPaint } from './text.js';
