/** The section `exchange` of sluice.yaml: where files come and go, when ours are made, and where they are announced. */
import { Cron } from 'croner';
import { z } from 'zod';
import {
  charsets,
  defaultFileSettings,
  type FileSettings,
  type FileType,
  fileNamePatterns,
  filePatternFault,
} from '../protocol/index.js';
import { remoteSftpSettings } from '../sftp/index.js';
import type { OutgoingType } from './file-type.js';
import { reconciliationSettings } from './reconciliation/settings.js';

const ms = (fallback: number, max: number, why: string) =>
  z.int().min(1).max(max).default(fallback).describe(why);
const days = (fallback: number, why: string) => z.int().min(1).max(36_500).default(fallback).describe(why);
const MINUTE = 60_000;

const cron = z
  .string()
  .refine(isSchedule, 'expected five cron fields, e.g. "30 2 * * *" = every day at 02:30 China time');
function isSchedule(text: string): boolean {
  try {
    return text.trim().split(/\s+/).length === 5 && new Cron(text, { paused: true }).nextRun() !== null;
  } catch {
    return false;
  }
}
const namePattern = z.string().refine((text) => filePatternFault(text) === undefined, {
  error: ({ input }) => `${filePatternFault(String(input))}; e.g. ${fileNamePatterns.join(', ')}`,
});

const f = defaultFileSettings;
const common = {
  amountUnit: z.enum(['fen', 'yuan', 'fenDecimals']).default(f.amountUnit).describe('6370, 63.70, 6370.00'),
};
/** How files of one type are read. */
const incomingFormat = {
  ...common,
  readCharset: z
    .enum(['auto', 'utf8', 'gb18030'])
    .default('auto')
    .describe('auto: strict UTF-8 first, then GB18030'),
  nullIsEmpty: z.boolean().default(f.nullIsEmpty).describe('the text null reads as empty'),
};
/** How files of one type are written, and when. */
const outgoingFormat = {
  ...common,
  schedule: cron.optional().describe('five cron fields, China time; left out: made by hand only'),
  writeCharset: z.enum(charsets).default(f.writeCharset),
  lineEnd: z.enum(['crlf', 'lf']).default(f.lineEnd),
  byteOrderMark: z.boolean().default(f.byteOrderMark),
  writeEmpty: z.boolean().default(false).describe('whether a file without lines is written at all'),
  catchUpDays: z.int().min(0).max(31).default(3).describe('missed runs so many days back are made up for'),
};
const outgoing = z
  .strictObject(outgoingFormat)
  .refine(
    ({ byteOrderMark, writeCharset }) => !byteOrderMark || writeCharset === 'utf8',
    'a byteOrderMark needs utf8',
  )
  .prefault({});
const formats = z
  .strictObject({
    DSDZ: z.strictObject(incomingFormat).prefault({}),
    REDK: z
      .strictObject({
        ...incomingFormat,
        successFlags: z
          .array(z.string().min(1).max(8))
          .min(1)
          .default([...f.successFlags]),
      })
      .prefault({}),
    DKKK: outgoing,
    DZZD: outgoing,
    JF: outgoing,
    CFTZ: outgoing,
  })
  .prefault({});

const noticeTarget = z.strictObject({
  host: z.string().min(1).describe('where the platform takes notices (100001)'),
  port: z.int().min(1).max(65_535),
  filePath: z.string().max(256).optional().describe('what notices say in filePath; default /download/'),
  extend: z.string().max(256).default(''),
  to: z.string().min(1).max(32).default('ALIPAY').describe('desIfno in the head'),
});

/** The platform hosts SFTP and we are its client. */
const remotePlace = remoteSftpSettings.extend({
  incomingDir: z.string().min(1).default('.').describe('where it leaves files for us'),
  outgoingDir: z.string().min(1).default('.').describe('where it wants ours'),
  afterFetch: z
    .enum(['keep', 'remove'])
    .default('keep')
    .describe('what becomes of a fetched file over there'),
});

/** Batch deduction (批量代扣): when runs are made, and what with. */
const deduction = z
  .strictObject({
    days: z
      .array(z.union([z.int().min(1).max(31), z.literal('last')]))
      .default([])
      .describe(
        'days of the month, e.g. [5, 10, 15]; a month without such a day has no run. Empty: by hand only',
      ),
    time: z
      .string()
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected HH:mm, e.g. "09:00"')
      .default('09:00')
      .describe('China time'),
    holidays: z
      .enum(['next', 'before', 'run'])
      .default('next')
      .describe(
        "a day among the unit's holidays: the next or the last working day before it, or run all the same",
      ),
    weekends: z.boolean().default(false).describe('whether Saturday and Sunday count as holidays'),
    catchUpDays: z
      .int()
      .min(0)
      .max(31)
      .default(3)
      .describe('a run missed for so many days is made up for; later it is only reported'),
    by: z
      .enum(['run', 'platform'])
      .default('run')
      .describe(
        'customers with an agreement enter our next run, or the platform debits them by itself from the bills issued (DZZD)',
      ),
    bankCode: z.string().max(20).default('').describe('in the summary of the request'),
    triesMax: z.int().min(1).max(1000).default(6).describe('bills whose debit failed so often are left out'),
    partialFiles: z
      .boolean()
      .default(false)
      .describe('a result with bad lines is booked without them, instead of being refused as a whole'),
    answerHours: z
      .int()
      .min(1)
      .max(1000)
      .default(48)
      .describe('a run that was announced so long ago and has not its whole answer raises an alarm'),
  })
  .refine(({ by, days }) => by === 'run' || days.length === 0, {
    path: ['days'],
    error: 'where the platform debits by itself there are no runs of ours',
  })
  .prefault({});

const unitExchange = z
  .strictObject({
    account: z
      .string()
      .regex(/^[a-z0-9][a-z0-9_-]{0,31}$/)
      .optional()
      .describe('SFTP account of our own server; default: the accounts of the unit, else one named like it'),
    remote: remotePlace.optional().describe('set: the platform hosts SFTP, and no account of ours is used'),
    names: namePattern.default(fileNamePatterns[0]).describe('names of our files'),
    organisation: z
      .string()
      .regex(/^[A-Za-z0-9-]{1,32}$/)
      .optional()
      .describe('ORG; default the short name'),
    area: z
      .string()
      .regex(/^[A-Za-z0-9-]{0,16}$/)
      .default('')
      .describe('AREA'),
    files: formats,
    reconciliation: reconciliationSettings,
    deduction,
    notice: noticeTarget.optional(),
    remindDays: z
      .int()
      .min(0)
      .max(365)
      .default(15)
      .describe('CFTZ: how many days the platform goes on reminding'),
  })
  .prefault({});

/** Every limit of the exchange, with its reason. */
const limits = z
  .strictObject({
    pollMs: ms(5000, 60 * MINUTE, 'how often directories are looked through, beside file events'),
    remotePollMs: ms(60_000, 60 * MINUTE, "how often a platform's server is asked"),
    stableMs: ms(1000, 10 * MINUTE, 'a file is whole when it did not change for so long'),
    absentMs: ms(3000, MINUTE, 'how long a notice waits for a file that is not there at all'),
    answerMarginMs: ms(1500, MINUTE, 'kept back of the budget of a request for the answer itself'),
    fileBytesMax: z
      .int()
      .min(1)
      .default(4 * 1024 ** 3)
      .describe('longer files are quarantined unread'),
    leaseMs: ms(60_000, 60 * MINUTE, 'a file whose node gave no sign of life for so long is taken over'),
    retryMs: ms(30_000, 60 * MINUTE, 'first pause after a failed step; doubles up to an hour'),
    noticeTimeoutMs: ms(30_000, 10 * MINUTE, 'connect, send, answer'),
    noticeRetryMs: ms(
      30_000,
      60 * MINUTE,
      'first pause after a notice without a final answer; doubles up to an hour',
    ),
    noticeAttemptsMax: z
      .int()
      .min(1)
      .max(1000)
      .default(24)
      .describe('then the file is "failed" until re-sent by hand'),
  })
  .prefault({});

const retention = z
  .strictObject({
    archiveDays: days(400, 'processed files'),
    quarantineDays: days(400, 'refused files'),
    publishedDays: days(60, 'our files in download/'),
  })
  .prefault({});

/** The section `exchange` of sluice.yaml. */
export const exchangeSettings = z
  .strictObject({
    watch: z.boolean().default(true).describe('whether this node looks for files that nobody announced'),
    schedules: z.boolean().default(true).describe('whether this node makes files by schedule'),
    limits,
    retention,
    notice: noticeTarget.optional().describe('for all units without their own'),
    units: z.record(z.string(), unitExchange).default({}),
  })
  .prefault({});
export type ExchangeSettings = z.output<typeof exchangeSettings>;
export type UnitExchange = ExchangeSettings['units'][string];
export type RemotePlaceSettings = z.output<typeof remotePlace>;
export type DeductionSettings = z.output<typeof deduction>;
export type NoticeTarget = z.output<typeof noticeTarget>;
export type ExchangeLimits = ExchangeSettings['limits'];

const defaultUnit: UnitExchange = unitExchange.parse({});
/** What holds for a unit, also for one that the section does not name. */
export const exchangeOfUnit = (settings: ExchangeSettings, unit: string): UnitExchange =>
  (Object.hasOwn(settings.units, unit) ? settings.units[unit] : undefined) ?? defaultUnit;

/** How files of this type are read and written for a unit. */
export const fileSettingsOf = (settings: ExchangeSettings, unit: string, type: FileType): FileSettings => ({
  ...defaultFileSettings,
  ...exchangeOfUnit(settings, unit).files[type],
});
/** When, and whether, files of this type are made for a unit. */
export const outgoingRulesOf = (settings: ExchangeSettings, unit: string, type: OutgoingType) =>
  exchangeOfUnit(settings, unit).files[type];
