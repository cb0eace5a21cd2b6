/** Time and randomness come in by parameter; this is the only file that asks the machine for them (a test proves it). */
import crypto, { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { setTimeout as sleepTimer } from 'node:timers/promises';
import type { Day, Month } from './protocol/values.js';

/** A moment: milliseconds since 1970-01-01T00:00:00Z. */
export type Moment = number;

export interface Clock {
  now(): Moment;
  /** Resolves after `ms`; rejects when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls once after `ms`; the returned function takes it back. Does not keep the process alive. */
  after(ms: number, call: () => void): () => void;
  /**
   * Calls every `ms`, at the whole multiples of it, until the returned function is called: what is due twice and four times a second wakes
   * an idle process together. The first call comes within `ms`. Does not keep the process alive.
   */
  every(ms: number, call: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => sleepTimer(ms, undefined, signal ? { signal } : {}),
  after(ms, call) {
    const timer = setTimeout(call, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
  every(ms, call) {
    const next = (least: number) => {
      const untilDue = ms - (Date.now() % ms);
      const timer = setTimeout(ring, untilDue < least ? untilDue + ms : untilDue);
      timer.unref();
      return timer;
    };
    let timer = next(0);
    function ring(): void {
      timer = next(ms / 2);
      call();
    }
    return () => clearTimeout(timer);
  },
};

/** Where unique names come from. */
export interface Ids {
  /** Decimal digits, unpredictable. */
  digits(count: number): string;
  uuid(): string;
  bytes(count: number): Buffer;
}

/** Rows of one moment lie side by side in the index of a name that begins with the time: fewer pages to write. Node has it from 26.1 on. */
const timeOrderedUuid: () => string = 'randomUUIDv7' in crypto ? crypto.randomUUIDv7 : randomUUID;

export const systemIds: Ids = {
  digits(count) {
    let out = '';
    while (out.length < count) out += String(randomInt(1_000_000_000)).padStart(9, '0');
    return out.slice(0, count);
  },
  uuid: timeOrderedUuid,
  bytes: (count) => randomBytes(count),
};

// China has kept UTC+8 without daylight saving since 1992, so a fixed offset is exact and the host's zone cannot matter.
const CHINA_OFFSET_MS = 8 * 3_600_000;

// Every exchange asks several times within a second, so the answer of the last second is kept.
const lastStamp = { second: Number.NaN, text: '' };
/** `yyyyMMddHHmmss` in China. */
export function chinaStamp(at: Moment): string {
  const second = Math.floor(at / 1000);
  if (second !== lastStamp.second) {
    lastStamp.text = chinaText(at).replace(/\D/g, '');
    lastStamp.second = second;
  }
  return lastStamp.text;
}
/** The day in China. */
export const chinaDay = (at: Moment): Day => chinaStamp(at).slice(0, 8) as Day;
/** The month in China. */
export const chinaMonth = (at: Moment): Month => chinaStamp(at).slice(0, 6) as Month;
/** `yyyy-MM-dd HH:mm:ss` in China, for people. */
export const chinaText = (at: Moment): string =>
  new Date(at + CHINA_OFFSET_MS).toISOString().replace('T', ' ').slice(0, 19);
/** The moment of a China day and time (`HHmmss`, default midnight). */
export function momentOf(day: Day, time = '000000'): Moment {
  const iso = `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}`;
  const clock = `${time.slice(0, 2)}:${time.slice(2, 4)}:${time.slice(4, 6)}`;
  return Date.parse(`${iso}T${clock}Z`) - CHINA_OFFSET_MS;
}
/** The day that lies `days` after (or before) the given one. */
export const addDays = (day: Day, days: number): Day => chinaDay(momentOf(day) + days * 86_400_000);
/** Whole days from `from` to `to`; negative when `to` is earlier. */
export const daysBetween = (from: Day, to: Day): number =>
  Math.round((momentOf(to) - momentOf(from)) / 86_400_000);
