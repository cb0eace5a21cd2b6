/**
 * Alarms: what is wrong and needs somebody, told once by one of all nodes, again while it lasts, and when it has ended: in the log, as a metric,
 * to a command and to a webhook. Whoever watches something gives all that is wrong of its kind now; the table `alarms` remembers the rest.
 */
import { spawn } from 'node:child_process';
import { hostname } from 'node:os';
import { z } from 'zod';
import { type Clock, chinaText, type Moment } from './clock.js';
import { type Database, hasLabel, numberCell, sql, textCell } from './database/index.js';
import { messageOf } from './errors.js';
import type { Log } from './log.js';
import type { Metrics } from './metrics.js';

/** Kind → what it means, for people. The metric's label. */
export const alarmKinds = {
  'recon-file-missing': '对账文件逾时未到',
  'recon-day-open': '对账日逾时未平',
  'recon-held': '对账差异超过阈值，待确认',
  'recon-overdue': '对账差异逾期未处理',
  'deduct-answer-missing': '代扣结果逾时未到',
  'deduct-run-missed': '代扣计划已错过',
  'deduct-run-stuck': '代扣批次停滞',
  'file-conflict': '同名文件内容不同，已隔离',
  'file-refused': '平台文件被拒绝',
  'file-notice-failed': '文件通知失败',
  'file-stuck': '文件处理停滞',
} as const;
export type AlarmKind = keyof typeof alarmKinds;

/** The section `alarms` of sluice.yaml. */
export const alarmSettings = z
  .strictObject({
    command: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('program and arguments, run without a shell; the alarm is JSON on its standard input'),
    webhook: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('gets the alarm as a JSON POST; every answer but 2xx is a failure'),
    timeoutMs: z.int().min(100).max(300_000).default(20_000).describe('for the command and the webhook'),
    repeatHours: z
      .number()
      .min(0.1)
      .max(720)
      .default(4)
      .describe('what still holds is told again after so long'),
  })
  .prefault({});
export type AlarmSettings = z.output<typeof alarmSettings>;

/** One thing that is wrong; no personal values in it. */
export interface Condition {
  /** Names it within its kind for as long as it lasts, e.g. `39536 20240404`. At most 120 characters. */
  readonly subject: string;
  readonly unit: string;
  /** For people: what is wrong and what to do. */
  readonly text: string;
}
/** What a command or a webhook gets, as JSON. */
export interface AlarmMessage extends Condition {
  readonly kind: AlarmKind;
  readonly title: string;
  readonly state: 'raised' | 'ended';
  /** China time, `yyyy-MM-dd HH:mm:ss`. */
  readonly since: string;
  readonly host: string;
}
export interface AlarmParts {
  readonly settings: AlarmSettings;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'alarms'>;
}
export interface Alarms {
  /**
   * All that is wrong of this kind at this moment. What is new is told; what was told long ago is told again; what was told and is not in it any
   * more has ended. Never throws: what cannot be told is logged, and tried again with the next call.
   */
  hold(kind: AlarmKind, conditions: readonly Condition[]): Promise<void>;
}

const selectKind = sql('select subject, unit, detail, since_at from alarms where kind = :kind');
const insert = sql(`
  insert into alarms (kind, subject, unit, detail, since_at, told_at) values (:kind, :subject, :unit, :text, :at, 0)`);
const claim = sql(`
  update alarms set told_at = :at, detail = :text where kind = :kind and subject = :subject and told_at <= :due`);
const unclaim = sql(
  'update alarms set told_at = 0 where kind = :kind and subject = :subject and told_at = :at',
);
const remove = sql('delete from alarms where kind = :kind and subject = :subject');

const HOUR_MS = 3_600_000;
const TEXT_MAX = 500;

export function openAlarms(parts: AlarmParts): Alarms {
  const { settings, database, clock, log, metrics } = parts;
  const known = async (kind: AlarmKind) =>
    new Map((await database.all(selectKind, { kind })).map((row) => [textCell(row, 'subject'), row]));

  async function raise(kind: AlarmKind, condition: Condition, since: Moment): Promise<void> {
    const at = clock.now();
    const key = { kind, subject: condition.subject };
    const due = at - settings.repeatHours * HOUR_MS;
    // Whoever changes the row is the one who tells.
    if ((await database.run(claim, { ...key, text: condition.text, at, due })) !== 1) return;
    log.event('alarm.raised', { kind, ...condition, since: chinaText(since) });
    if (!(await tell({ kind, ...condition, state: 'raised' }, since)))
      await database.run(unclaim, { ...key, at });
  }

  async function tell(
    message: Omit<AlarmMessage, 'title' | 'since' | 'host'>,
    since: Moment,
  ): Promise<boolean> {
    const whole: AlarmMessage = {
      ...message,
      title: alarmKinds[message.kind],
      since: chinaText(since),
      host: hostname(),
    };
    const ways = [
      settings.command && runCommand(settings.command, whole, settings.timeoutMs),
      settings.webhook && post(settings.webhook, whole, settings.timeoutMs),
    ];
    const told = await Promise.allSettled(ways);
    for (const one of told) {
      if (one.status === 'rejected')
        log.event('alarm.failed', {
          kind: message.kind,
          subject: message.subject,
          reason: messageOf(one.reason),
        });
    }
    return told.every(({ status }) => status === 'fulfilled');
  }

  return {
    async hold(kind, given) {
      metrics.alarms.set({ kind }, given.length);
      const conditions = given.map((one) => ({ ...one, text: one.text.slice(0, TEXT_MAX) }));
      try {
        const before = await known(kind);
        for (const condition of conditions) {
          const row = before.get(condition.subject);
          before.delete(condition.subject);
          const at = clock.now();
          if (row === undefined)
            await database.run(insert, { kind, ...condition, at }).catch(ignoreDuplicate);
          await raise(kind, condition, row === undefined ? at : numberCell(row, 'since_at'));
        }
        for (const [subject, row] of before) {
          if ((await database.run(remove, { kind, subject })) !== 1) continue;
          const ended = { subject, unit: textCell(row, 'unit'), text: textCell(row, 'detail') };
          log.event('alarm.ended', { kind, ...ended });
          await tell({ kind, ...ended, state: 'ended' }, numberCell(row, 'since_at'));
        }
      } catch (error) {
        log.event('alarm.failed', { kind, reason: messageOf(error) });
      }
    },
  };
}

/** Another node noted it in the same moment. */
function ignoreDuplicate(error: unknown): void {
  if (!hasLabel(error, 'duplicate')) throw error;
}

/** @throws when it cannot be started, takes too long, or ends with anything but 0 */
function runCommand(command: readonly string[], message: AlarmMessage, timeoutMs: number): Promise<void> {
  const [program = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['pipe', 'ignore', 'ignore'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      code === 0 ? resolve() : reject(new Error(`the alarm command ended with ${code ?? signal}`)),
    );
    // It may end without reading what it gets.
    child.stdin.on('error', () => {});
    child.stdin.end(`${JSON.stringify(message)}\n`);
  });
}

async function post(url: string, message: AlarmMessage, timeoutMs: number): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(message),
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  });
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`the alarm webhook answered ${answer.status}`);
}
