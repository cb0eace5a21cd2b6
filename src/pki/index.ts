/** Certificates: making, reading and judging them; who our peers are; what is revoked. Knows no sockets and no commands. */
export * from './ca.js';
export * from './ca-register.js';
export * from './check.js';
export * from './context.js';
export { subjectText } from './distinguished-name.js';
export * from './expiry.js';
export * from './files.js';
export * from './handshake-refusal.js';
export * from './identify.js';
export * from './identity.js';
export * from './inventory.js';
export * from './issue.js';
export * from './lock.js';
export { oldJavaRemarks } from './old-java.js';
export * from './own.js';
export * from './pbes2.js';
export * from './peer-admin.js';
export * from './peers.js';
export * from './pkcs12-write.js';
export * from './read-store.js';
export * from './revocation.js';
export * from './trust.js';
export * from './watch.js';
export { keyText, signatureOf, weaknessOf } from './weakness.js';
export { writeJksTrustStore } from './write-jks.js';
export {
  type Credential,
  certificateOf,
  certificatesOf,
  fingerprint,
  generateKeyPair,
  type KeyType,
  keyTypes,
  pemOf,
} from './x509.js';
