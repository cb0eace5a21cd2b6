/** The room of bytes and declarations: pure, no I/O, no clock, no database. */
export { type Charset, charsets, decodeText, encodeJson, encodeText, lacks, Utf8Check } from './charset.js';
export * from './dialect.js';
export * from './envelope.js';
export * from './frame.js';
export * from './lines/index.js';
export { type Masker, maskBody, maskLine, pseudonymous, starred } from './mask.js';
export * from './messages/index.js';
export * from './result-code.js';
export * from './schema.js';
export * from './values.js';
export { wireDialectOf } from './wire-dialect.js';
