/** What the SFTP server counts, in its own words. */
import type { Metrics } from '../metrics.js';
import type { ConnectionRefusal } from './admission.js';
import type { LoginRefusal } from './login-refusal.js';
import type { UploadEnd } from './upload-area.js';

export interface SftpMeters {
  connectionRefused(reason: ConnectionRefusal): void;
  login(result: 'accepted' | LoginRefusal): void;
  banned(kind: 'address' | 'account'): void;
  /** Logged-in connections of this process. */
  sessions(open: number): void;
  /** Bytes of files. */
  received(bytes: number): void;
  sent(bytes: number): void;
  uploaded(end: UploadEnd): void;
}

export function sftpMetersOf(metrics: Metrics): SftpMeters {
  const received = metrics.sftpBytes.labels({ direction: 'in' });
  const sent = metrics.sftpBytes.labels({ direction: 'out' });
  return {
    connectionRefused: (reason) => metrics.sftpConnectionsRefused.inc({ reason }),
    login: (result) => metrics.sftpLogins.inc({ result }),
    banned: (kind) => metrics.sftpBans.inc({ kind }),
    sessions: (open) => metrics.sftpSessions.set(open),
    received: (bytes) => received.inc(bytes),
    sent: (bytes) => sent.inc(bytes),
    uploaded: (end) => metrics.sftpUploads.inc({ end }),
  };
}
export const silentSftpMeters: SftpMeters = {
  connectionRefused: () => {},
  login: () => {},
  banned: () => {},
  sessions: () => {},
  received: () => {},
  sent: () => {},
  uploaded: () => {},
};
