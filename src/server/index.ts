export { type AnswererParts, makeAnswerer } from './answer.js';
export type { Answerer } from './connection.js';
export { type ExchangeLog, type ExchangeRecord, openExchangeLog, searchExchanges } from './exchange-log.js';
export { noticesOf } from './exchange-notices.js';
export { type Listener, listen, type UncutBytes } from './listener.js';
export { callPlatform, type NoticeCall, type NoticeReply } from './notice-client.js';
export type { Peer } from './peer.js';
export { heldTicketKeys, rotatingTicketKeys, type TicketKeys } from './ticket-keys.js';
export { keyPassphrase, loadTrust, type Trust } from './trust.js';
