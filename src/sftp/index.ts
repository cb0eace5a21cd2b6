/** The SFTP room: the embedded server, its accounts and tree, and the client for a platform that hosts SFTP itself. */
export { type Account, type AccountKey, isOpen } from './account.js';
export {
  accountsOfUnit,
  addAccount,
  addKey,
  findAccount,
  getAccount,
  listAccounts,
  listKeys,
  type NewAccount,
  removeAccount,
  removeKey,
  setAccountEnabled,
  setAccountPassword,
} from './account-store.js';
export { isAllowed, parseNetwork } from './addresses.js';
export { type KeyTexts, makeEd25519Key } from './ed25519-key.js';
export { createHostKeys, type HostKey, readHostKeys } from './host-keys.js';
export { type SftpMeters, sftpMetersOf } from './meters.js';
export { hashPassword, makePassword, PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN } from './password.js';
export { type PublicKey, parsePublicKey } from './public-key.js';
export type { RemoteEntry } from './remote-calls.js';
export { openRemoteSftp, type RemoteSftp, type RemoteSftpOptions } from './remote-client.js';
export { type RemoteFault, RemoteSftpError } from './remote-error.js';
export { type RemoteSftpSettings, remoteSftpSettings } from './remote-settings.js';
export type { Transferred } from './remote-transfer.js';
export { type SftpServer, type SftpServerOptions, startSftpServer } from './server.js';
export type { PublishedFile } from './server-context.js';
export { kickSession, listSessions, type SessionRecord } from './session-store.js';
export { type SftpSettings, sftpSettings } from './settings.js';
export {
  ACCOUNT_NAME,
  type Area,
  accountDir,
  archiveDir,
  areaDir,
  areas,
  downloadDir,
  makeAccountTree,
  partialDir,
  uploadDir,
} from './tree.js';
