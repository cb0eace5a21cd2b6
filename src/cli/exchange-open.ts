/* Opening the exchange for one command. */
import { type AppExchange, type AppExchangeParts, openAppExchange } from '../app-exchange.js';
import { chinaText, systemClock, systemIds } from '../clock.js';
import { directoryOf, type LoadedConfig, loadConfig } from '../config/index.js';
import { type Database, migrate, openDatabase } from '../database/index.js';
import { OperatorError } from '../errors.js';
import {
  type IncomingFile,
  type OutgoingFile,
  recordOf,
  searchIncoming,
  searchOutgoing,
} from '../exchange/index.js';
import { type Log, openLog } from '../log.js';
import { makeMetrics } from '../metrics.js';
import { type ProgressBar, progressBar } from './progress.js';

export interface ExchangeCommand {
  readonly config: LoadedConfig;
  readonly database: Database;
  readonly exchange: AppExchange;
}

/** What is done here is in the same log as the gateway's, in a file of its own. */
const openCommandLog = (config: LoadedConfig): Log & { close(): Promise<void> } =>
  openLog({
    dir: `${config.dir}/logs`,
    name: 'exchange',
    level: config.log.level,
    fileBytesMax: config.log.fileMiB * 1024 * 1024,
    filesMax: config.log.files,
    console: false,
    clock: systemClock,
  });

/** Opens database and exchange without its loops, and closes them again. */
export async function withExchange<T>(
  dir: string | undefined,
  work: (on: ExchangeCommand) => Promise<T>,
): Promise<T> {
  const config = loadConfig(directoryOf(dir));
  const log = openCommandLog(config);
  const clock = systemClock;
  const database = await openDatabase(config.database, { dir: config.dir, clock, log });
  let bar: ProgressBar | undefined;
  const parts: AppExchangeParts = {
    progress(lines, of) {
      bar ??= progressBar('lines', of);
      bar.update(lines);
    },
    config,
    database,
    clock,
    ids: systemIds,
    log,
    metrics: makeMetrics(),
    processes: true,
  };
  try {
    await migrate(database);
    const exchange = openAppExchange(parts);
    try {
      return await work({ config, database, exchange });
    } finally {
      bar?.stop();
      await exchange.stop();
    }
  } finally {
    await database.close();
    await log.close();
  }
}

export type AnyFile =
  | { readonly way: 'in'; readonly file: IncomingFile }
  | { readonly way: 'out'; readonly file: OutgoingFile };

/** By id, or by name: then the newest. @throws {OperatorError} `file-unknown` */
export async function findFile(database: Database, idOrName: string, unit?: string): Promise<AnyFile> {
  const search = { idOrName, unit, rowsMax: 1 };
  const [incoming] = await searchIncoming(database, search);
  if (incoming) return { way: 'in', file: incoming };
  const [outgoing] = await searchOutgoing(database, search);
  if (outgoing) return { way: 'out', file: outgoing };
  throw new OperatorError(
    'file-unknown',
    `no file has this id or name: ${idOrName}`,
    "See them with 'sluice exchange list'.",
  );
}

const timeOf = (at: number | undefined): string | null => (at === undefined ? null : chinaText(at));

/** As `--json` prints a file: amounts in fen, times in China. */
export const fileJson = (any: AnyFile): Record<string, unknown> =>
  any.way === 'in'
    ? { direction: 'in', ...recordOf(any.file) }
    : { direction: 'out', ...outgoingRecord(any.file) };

const outgoingRecord = (file: OutgoingFile): Record<string, unknown> => ({
  id: file.id,
  unit: file.unit,
  type: file.type,
  day: file.dataDay,
  run: file.run,
  name: file.name,
  state: file.state,
  detail: file.detail,
  sha256: file.sha256 === '' ? null : file.sha256,
  bytes: file.bytes ?? null,
  count: file.lines ?? null,
  amount: file.amount === undefined ? null : Number(file.amount),
  place: file.place,
  orderedBy: file.orderedBy,
  orderedAt: timeOf(file.orderedAt),
  writtenAt: timeOf(file.writtenAt),
  publishedAt: timeOf(file.publishedAt),
  noticedAt: timeOf(file.noticedAt),
  noticeAttempts: file.noticeAttempts,
});
