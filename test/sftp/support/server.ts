/** A server of our own on a free port, with one account, in a directory that vanishes afterwards. */
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type Clock, systemClock, systemIds } from '../../../src/clock.js';
import { type Database, databaseSettings, migrate, openDatabase } from '../../../src/database/index.js';
import { type Log, silentLog } from '../../../src/log.js';
import { type Metrics, makeMetrics } from '../../../src/metrics.js';
import {
  addAccount,
  addKey,
  createHostKeys,
  hashPassword,
  makeAccountTree,
  makeEd25519Key,
  type NewAccount,
  type PublishedFile,
  parsePublicKey,
  type SftpServer,
  sftpMetersOf,
  sftpSettings,
  startSftpServer,
} from '../../../src/sftp/index.js';

export const PASSWORD = 'correct horse battery';

export interface TestServer {
  readonly server: SftpServer;
  readonly port: number;
  readonly dir: string;
  /** Where the accounts' trees lie. */
  readonly root: string;
  readonly database: Database;
  readonly metrics: Metrics;
  /** Of the account `platform`. */
  readonly privateKey: string;
  readonly published: readonly PublishedFile[];
  readonly events: readonly { name: string; fields: Record<string, unknown> }[];
  addAccount(account: Partial<NewAccount> & { name: string }): Promise<void>;
  close(): Promise<void>;
}

export interface TestServerOptions {
  /** As they would stand in sluice.yaml. */
  readonly settings?: Record<string, unknown>;
  readonly limits?: Record<string, unknown>;
  readonly clock?: Clock;
  readonly root?: string;
  readonly database?: Database;
  /** Shared by a second node. */
  readonly dir?: string;
  /** Whether each file is taken away the moment it is published, as processing does: into `DIR/taken`. */
  readonly takes?: boolean;
}

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'sluice-sftp-'));
  const root = options.root ?? join(dir, 'exchange');
  const clock = options.clock ?? systemClock;
  const database = options.database ?? (await openTestDatabase(dir));
  const published: PublishedFile[] = [];
  const events: { name: string; fields: Record<string, unknown> }[] = [];
  const log: Log = { event: (name, fields = {}) => void events.push({ name, fields: { ...fields } }) };
  createHostKeys(join(dir, 'sftp'));
  const settings = sftpSettings.parse({
    host: '127.0.0.1',
    port: 0,
    ...options.settings,
    limits: { freeBytesMin: 0, failureDelayMs: 1, ...options.limits },
  });
  const metrics = makeMetrics();
  const server = await startSftpServer({
    meters: sftpMetersOf(metrics),
    settings,
    database,
    hostKeysDir: join(dir, 'sftp'),
    root,
    clock,
    log,
    published: (file) => {
      published.push(file);
      if (options.takes !== true) return;
      mkdirSync(join(dir, 'taken'), { recursive: true });
      renameSync(join(root, file.account, file.path), join(dir, 'taken', basename(file.path)));
    },
  });
  const add = async (account: Partial<NewAccount> & { name: string }) => {
    await addAccount(database, { ...defaults, ...account }, clock.now());
    await makeAccountTree(root, account.name);
  };
  const pair = makeEd25519Key(systemIds);
  if (options.database === undefined) {
    passwordHash ??= await hashPassword(PASSWORD, systemIds);
    await add({ name: 'platform', passwordHash });
    const key = parsePublicKey(pair.publicKey);
    await addKey(database, {
      account: 'platform',
      fingerprint: key.fingerprint,
      type: key.type,
      data: key.blob.toString('base64'),
      note: '',
      addedAt: clock.now(),
    });
  }
  return {
    server,
    port: server.port,
    dir,
    root,
    database,
    metrics,
    privateKey: pair.privateKey,
    published,
    events,
    addAccount: add,
    async close() {
      await server.close(0);
      if (options.database !== undefined) return;
      await database.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

let passwordHash: string | undefined;
const defaults: Omit<NewAccount, 'name'> = {
  unit: '39536',
  enabled: true,
  mayUpload: true,
  mayDownload: true,
  quota: { bytes: undefined, files: undefined },
  addresses: [],
  expiresAt: undefined,
  passwordHash: undefined,
  note: '',
};

async function openTestDatabase(dir: string): Promise<Database> {
  const settings = databaseSettings.parse({ client: 'sqlite', file: join(dir, 'test.sqlite') });
  const database = await openDatabase(settings, { clock: systemClock, log: silentLog });
  await migrate(database);
  return database;
}
