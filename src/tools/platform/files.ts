/** The platform's side of file exchange: it puts files into `upload/` of the utility's SFTP server and fetches those in `download/`. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../clock.js';
import { openRemoteSftp, RemoteSftpError, type RemoteSftpSettings } from '../../sftp/index.js';

export interface PlatformFiles {
  /** Under its name only when it is whole. */
  put(name: string, content: Buffer): Promise<void>;
  /** Names in `download/`, the newest last. */
  list(): Promise<readonly string[]>;
  get(name: string): Promise<Buffer>;
  close(): Promise<void>;
}
export interface PlatformFilesOptions {
  readonly settings: RemoteSftpSettings;
  readonly uploadDir: string;
  readonly downloadDir: string;
  readonly clock: Clock;
}

/** Connects with the first file. All throw {@link RemoteSftpError}. */
export async function openPlatformFiles(options: PlatformFilesOptions): Promise<PlatformFiles> {
  const { settings, uploadDir, downloadDir, clock } = options;
  const scratch = await mkdtemp(join(tmpdir(), 'sluice-platform-'));
  const remote = openRemoteSftp({ settings, dir: process.cwd(), clock });
  return {
    async put(name, content) {
      const local = join(scratch, name);
      await writeFile(local, content, { mode: 0o600 });
      try {
        await remote.put(local, `${uploadDir}/${name}`);
      } catch (error) {
        // Whoever watches the folder may have taken it the moment it had its name.
        if (!(error instanceof RemoteSftpError && error.fault === 'not-found')) throw error;
      } finally {
        await rm(local, { force: true });
      }
    },
    async list() {
      const entries = await remote.list(downloadDir);
      return entries
        .filter(({ kind }) => kind === 'file')
        .sort((a, b) => a.modifiedAt - b.modifiedAt || a.name.localeCompare(b.name))
        .map(({ name }) => name);
    },
    async get(name) {
      const local = join(scratch, 'fetched');
      await remote.get(`${downloadDir}/${name}`, local);
      return readFile(local);
    },
    async close() {
      await remote.close();
      await rm(scratch, { recursive: true, force: true });
    },
  };
}
