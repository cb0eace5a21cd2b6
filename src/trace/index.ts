/** Where is this payment? Everything about it from all rooms. */

export { decodedMembers } from './decoded.js';
export { type TraceParts, traceSubject } from './gather.js';
export { traceHtml } from './html.js';
export { traceJson } from './json.js';
export { type Section, sectionsOf } from './sections.js';
export { type Happening, happeningsOf } from './timeline.js';
export { subjectKinds, type Trace } from './trace.js';
