/** Exchange files: what they are called, what stands in them, reading and writing them. */

export { cftzDetail, cftzSummary } from './cftz.js';
export { dkkkDetail, dkkkSummary } from './dkkk.js';
export { dsdzDetail, dsdzSummaries } from './dsdz.js';
export { dzzdDetail, dzzdSummary } from './dzzd.js';
export * from './exchange-file.js';
export * from './exchange-files.js';
export * from './file-fault.js';
export * from './file-name.js';
export * from './file-reader.js';
export * from './file-writer.js';
export { jfDetail, jfSummary } from './jf.js';
export { redkDetail, redkSummary } from './redk.js';
export { LINE_BYTES_MAX } from './text-lines.js';
