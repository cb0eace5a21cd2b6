/**
 * The process log: JSON lines to a rotated file, readable on a terminal. Every event has a name from {@link
 * logEvents}.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import winston from 'winston';

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
  readonly level: 'error' | 'warn' | 'info';
  /** Bytes of one file before the next is begun. */
  readonly fileBytesMax: number;
  readonly filesMax: number;
  /** Also to standard error, readable. */
  readonly console: boolean;
}

/** Opens the log in `dir/name.log`. A full disk never stops the process: lines are then lost, and counted. */
export function openLog(settings: LogSettings): Log & { close(): Promise<void> } {
  mkdirSync(settings.dir, { recursive: true, mode: 0o750 });
  const file = new winston.transports.File({
    filename: join(settings.dir, `${settings.name}.log`),
    maxsize: settings.fileBytesMax,
    maxFiles: settings.filesMax,
    tailable: true,
    format: winston.format.combine(winston.format.timestamp(), winston.format.json()),
  });
  const terminal = new winston.transports.Stream({
    stream: process.stderr,
    format: winston.format.printf(({ level, message, ...rest }) => readable(level, String(message), rest)),
  });
  const logger = winston.createLogger({
    level: settings.level,
    transports: settings.console ? [file, terminal] : [file],
  });
  logger.on('error', () => {});
  return {
    event(name, fields = {}) {
      const clean = Object.fromEntries(
        Object.entries(fields).map(([key, value]) => [
          key,
          typeof value === 'string' ? printable(value) : value,
        ]),
      );
      logger.log({ level: logEvents[name], message: name, ...clean });
    },
    close: () =>
      new Promise((resolve) => {
        file.once('finish', resolve);
        logger.end();
      }),
  };
}

function readable(level: string, event: string, fields: Record<string, unknown>): string {
  const rest = Object.entries(fields).filter(([, value]) => value !== undefined && value !== '');
  const words = rest.map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return `${level.padEnd(5)} ${event} ${words.join(' ')}`;
}
