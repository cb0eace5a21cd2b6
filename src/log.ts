/**
 * The process log: JSON lines to a rotated file, readable on a terminal. Every event has a name from {@link
 * logEvents}.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import winston from 'winston';
import type { Clock, Moment } from './clock.js';

/**
 * Event name → level. One list, so that an operator can look every event up and a test can compare it with the docs.
 */
export const logEvents = {
  'alarm.ended': 'info',
  'alarm.failed': 'error',
  'alarm.raised': 'error',
  'app.ready': 'info',
  'app.stopping': 'info',
  'app.stopped': 'info',
  'capture.failed': 'warn',
  'certificate.expired': 'error',
  'certificate.expiring': 'warn',
  'certificate.unreadable': 'error',
  'connection.refused': 'warn',
  'connection.fault': 'warn',
  'crl.stale': 'warn',
  'database.back': 'info',
  'database.lost': 'error',
  'database.not-durable': 'error',
  'database.read-only': 'error',
  'database.writable': 'info',
  'deduct.due': 'info',
  'deduct.failed': 'error',
  'deduct.missed': 'error',
  'deduct.moved': 'info',
  'exchange.done': 'info',
  'exchange.failed': 'error',
  'exchange.slow': 'warn',
  'exchange-log.lost': 'error',
  'existing.in-doubt': 'warn',
  'existing.settled': 'info',
  'file.accepted': 'info',
  'file.conflict': 'error',
  'file.expired': 'info',
  'file.failed': 'error',
  'file.generated': 'info',
  'file.processed': 'info',
  'file.published': 'info',
  'file.refused': 'warn',
  'listener.fault': 'error',
  'notice.attempt': 'warn',
  'notice.done': 'info',
  'notice.failed': 'error',
  'peer.legacy': 'warn',
  'place.failed': 'error',
  'place.unknown-file': 'warn',
  'process.stalled': 'error',
  'recon.failed': 'error',
  'sftp.account.closed': 'warn',
  'sftp.banned': 'warn',
  'sftp.connection.ended': 'info',
  'sftp.connection.refused': 'warn',
  'sftp.fault': 'error',
  'sftp.login': 'info',
  'sftp.login.refused': 'warn',
  'sftp.upload.done': 'info',
  'refusals.suppressed': 'warn',
  'trust.refused': 'error',
  'trust.reloaded': 'info',
} as const;
export type LogEvent = keyof typeof logEvents;
/** Values for people and machines; personal values must be masked by the caller (a canary test proves it). */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Log {
  event(name: LogEvent, fields?: LogFields): void;
}
export const silentLog: Log = { event: () => {} };

// Control characters come from the wire; in a log line or on a terminal they could forge lines or colours.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
/** The text with control characters shown as `\xNN`, safe for a log line and a terminal. */
export const printable = (text: string): string =>
  text.replace(CONTROL, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);

export interface LogSettings {
  readonly dir: string;
  /** File name without `.log`. */
  readonly name: string;
  readonly level: Level;
  /** Bytes of one file before the next is begun. */
  readonly fileBytesMax: number;
  readonly filesMax: number;
  /** Also to standard error, readable. */
  readonly console: boolean;
  readonly clock: Clock;
}

type Level = (typeof logEvents)[LogEvent];
const severity: Readonly<Record<Level, number>> = { error: 0, warn: 1, info: 2 };
/** Lines of level `info` are written together: one by one, a line was a tenth of what an exchange costs. */
const TOGETHER_MS = 100;
const TOGETHER_LINES = 500;

/**
 * Opens the log in `dir/name.log`. A full disk never stops the process: lines are then lost. `info` lines are written
 * within {@link TOGETHER_MS}; a warning or an error takes what waits before it along at once.
 */
export function openLog(settings: LogSettings): Log & { close(): Promise<void> } {
  const { clock } = settings;
  mkdirSync(settings.dir, { recursive: true, mode: 0o750 });
  const file = new winston.transports.File({
    filename: join(settings.dir, `${settings.name}.log`),
    maxsize: settings.fileBytesMax,
    maxFiles: settings.filesMax,
    tailable: true,
    format: winston.format.printf(({ lines }) => String(lines)),
  });
  const terminal = new winston.transports.Stream({
    stream: process.stderr,
    format: winston.format.printf(({ readable }) => String(readable)),
  });
  const logger = winston.createLogger({ transports: settings.console ? [file, terminal] : [file] });
  logger.on('error', () => {});
  let waiting: Entry[] = [];
  let cancel: (() => void) | undefined;

  function write(): void {
    cancel?.();
    cancel = undefined;
    if (waiting.length === 0) return;
    const entries = waiting.map(shown);
    waiting = [];
    logger.log({
      level: 'info',
      message: '',
      lines: entries.map((entry) => JSON.stringify(entry)).join('\n'),
      readable: settings.console ? entries.map(readable).join('\n') : '',
    });
  }
  return {
    event(name, fields = {}) {
      const level = logEvents[name];
      if (severity[level] > severity[settings.level]) return;
      waiting.push({ name, fields, at: clock.now() });
      if (level !== 'info' || waiting.length >= TOGETHER_LINES) write();
      else cancel ??= clock.after(TOGETHER_MS, write);
    },
    close: () =>
      new Promise((resolve) => {
        write();
        file.once('finish', resolve);
        logger.end();
      }),
  };
}

/** An event as it came: its line is made when it is written, behind the answer. */
interface Entry {
  readonly name: LogEvent;
  readonly fields: LogFields;
  readonly at: Moment;
}

function shown({ name, fields, at }: Entry): LogFields {
  const entry: Record<string, LogFields[string]> = {
    level: logEvents[name],
    message: name,
    timestamp: new Date(at).toISOString(),
  };
  for (const [key, value] of Object.entries(fields))
    entry[key] = typeof value === 'string' ? printable(value) : value;
  return entry;
}

function readable({ level, message, timestamp: _, ...fields }: LogFields): string {
  const rest = Object.entries(fields).filter(([, value]) => value !== undefined && value !== '');
  const words = rest.map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return `${String(level).padEnd(5)} ${message} ${words.join(' ')}`;
}
