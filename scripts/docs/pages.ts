import { errorDocs } from '../error-docs.js';
import { filesPage } from './files-page.js';
import { protocolPage } from './protocol-page.js';
import { sftpSettingsPage } from './sftp-settings-page.js';

export interface Page {
  readonly path: string;
  readonly text: string;
}
/** Every page that is made of declarations. A test and `npm run check` hold them against the files. */
export const generatedPages = (): readonly Page[] => [
  { path: 'docs/errors.md', text: errorDocs() },
  { path: 'docs/files.md', text: filesPage() },
  { path: 'docs/protocol.md', text: protocolPage() },
  { path: 'docs/sftp-settings.md', text: sftpSettingsPage() },
];
