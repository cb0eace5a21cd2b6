/* Writes every exchange of a running gateway as a fixture, behind the answer: an exchange never waits for its capture. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, chinaStamp, type Ids, type Moment } from '../../clock.js';
import { messageOf as errorText } from '../../errors.js';
import type { Log } from '../../log.js';
import { defaultUnitDialect, peekClearingUnit, type UnitDialect } from '../../protocol/index.js';
import type { Answerer, UncutBytes } from '../../server/index.js';
import { isObject, parseJson } from '../json.js';
import type { CaptureSettings } from '../settings.js';
import { textOf } from '../text-of.js';
import { fixtureOf, type SeenExchange, uncutFixture } from './fixture-of.js';

export interface CaptureParts {
  readonly settings: CaptureSettings;
  /** Absolute. */
  readonly dir: string;
  readonly dialectOf: (unit: string) => UnitDialect | undefined;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}
/** What the server knows of one exchange. */
export interface ServedExchange {
  readonly serviceCode: string;
  readonly request: Buffer;
  readonly answer: Buffer;
  readonly peer: string;
  readonly receivedAt: number;
}
export interface Capture {
  /** Never throws, never waits. */
  take(served: ServedExchange): void;
  /** The same for bytes that were no frame. */
  takeUncut(left: UncutBytes): void;
  close(): Promise<void>;
}

/** Captures that may wait for a slow disk; beyond it they are counted as lost. */
const WAITING_MAX = 1000;
/** How often the size of all captures is looked at anew, because other processes write here, too. */
const LOOK_EVERY = 100;
/** What stays when the limit is reached. */
const KEPT_SHARE = 0.9;
const ANSWER_HEADER_BYTES = 11;
/** Of bytes that are no frame; what is behind is counted. */
const UNCUT_BYTES_MAX = 64 * 1024;

export function openCapture(parts: CaptureParts): Capture {
  const { settings, dir, clock, log } = parts;
  mkdirSync(dir, { recursive: true, mode: 0o750 });
  const key = settings.plain ? undefined : keyOf(dir, parts.ids);
  const mine = parts.ids.digits(4);
  let waiting = 0;
  let count = 0;
  let lost = 0;
  const bytesMax = settings.fileMiB * 1024 * 1024;
  /** As far as this process knows. */
  let total = 0;
  let work = look();

  async function look(): Promise<void> {
    total = await shrink(dir, bytesMax);
  }
  async function write(at: Moment, name: string, fixture: Record<string, unknown>, number: number) {
    const day = join(dir, chinaStamp(at).slice(0, 8));
    const text = `${JSON.stringify(fixture, null, 1)}\n`;
    await mkdir(day, { recursive: true, mode: 0o750 });
    const file = join(day, `${name}.json`);
    // Whoever replays the directory meanwhile never reads half of one.
    await writeFile(`${file}.part`, text, { mode: 0o640 });
    await rename(`${file}.part`, file);
    total += Buffer.byteLength(text);
    if (total > bytesMax || number % LOOK_EVERY === 0) await look();
  }
  /** Behind the answer, one after the other. */
  function later(peer: string, make: (number: number) => Promise<void>): void {
    if (settings.peers.length > 0 && !settings.peers.includes(peer)) return;
    if (waiting >= WAITING_MAX) {
      lost += 1;
      return;
    }
    waiting += 1;
    count += 1;
    const number = count;
    work = work
      .then(() => make(number))
      .catch((error: unknown) => log.event('capture.failed', { reason: errorText(error) }))
      .finally(() => {
        waiting -= 1;
      });
  }
  const nameOf = (at: Moment, number: number, what: string) =>
    `${chinaStamp(at).slice(8)}-${mine}-${String(number).padStart(6, '0')}-${what}`;
  return {
    take(served) {
      const durationMs = clock.now() - served.receivedAt;
      later(served.peer, (number) => {
        const name = nameOf(served.receivedAt, number, served.serviceCode);
        const seen = seenOf(served, parts, name, durationMs);
        return write(served.receivedAt, name, fixtureOf(seen, key), number);
      });
    },
    takeUncut(left) {
      // The socket's memory is used again.
      const bytes = Buffer.from(left.bytes.subarray(0, UNCUT_BYTES_MAX));
      later(left.peer, (number) => {
        const name = nameOf(left.at, number, 'uncut');
        return write(left.at, name, uncutFixture(name, { ...left, bytes }, left.bytes.length, key), number);
      });
    },
    async close() {
      await work;
      if (lost > 0) log.event('capture.failed', { reason: 'the disk was too slow', lost });
    },
  };
}

/** The answerer, with what it answers captured; where nothing is to be captured, itself. */
export function capturing(
  answer: Answerer,
  parts: CaptureParts,
): { answer: Answerer; uncut: (left: UncutBytes) => void; close: () => Promise<void> } {
  if (parts.settings.dir === '') return { answer, uncut: () => {}, close: async () => {} };
  const capture = openCapture(parts);
  return {
    close: () => capture.close(),
    uncut: (left) => capture.takeUncut(left),
    async answer(request, from) {
      // A frame may share memory with what the socket reads next.
      const data = Buffer.from(request.data);
      const given = await answer(request, from);
      const { peer, receivedAt } = from;
      capture.take({
        serviceCode: request.serviceCode,
        request: data,
        answer: given,
        peer: peer.name,
        receivedAt,
      });
      return given;
    },
  };
}

function seenOf(served: ServedExchange, parts: CaptureParts, name: string, durationMs: number): SeenExchange {
  const { serviceCode, request, peer, receivedAt: at } = served;
  const value = parseJson(textOf(request)?.text ?? '');
  const unit = isObject(value) && isObject(value.body) ? peekClearingUnit(value.body) : undefined;
  return {
    name,
    note: '',
    serviceCode,
    request,
    answer: served.answer.subarray(ANSWER_HEADER_BYTES, -1),
    dialect: differing(unit === undefined ? undefined : parts.dialectOf(unit)),
    at,
    durationMs,
    peer,
  };
}
/** Only what is not the default: so the fixture says what is special about this unit. */
function differing(dialect: UnitDialect | undefined): Partial<UnitDialect> {
  const plain = new Map<string, unknown>(Object.entries(defaultUnitDialect));
  const entries = Object.entries(dialect ?? {}).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(plain.get(name)),
  );
  return Object.fromEntries(entries);
}

/** The secret by which names are replaced; kept, so that the same customer stays the same over restarts. */
function keyOf(dir: string, ids: Ids): string {
  const file = join(dir, '.mask-key');
  try {
    writeFileSync(file, ids.bytes(32).toString('hex'), { mode: 0o600, flag: 'wx' });
  } catch {
    // It is there already.
  }
  return readFileSync(file, 'utf8');
}

/** Where the limit is passed, takes the oldest captures away until some room is there. @returns bytes of what stays */
async function shrink(dir: string, bytesMax: number): Promise<number> {
  const files: { path: string; bytes: number }[] = [];
  for (const name of (await readdir(dir, { recursive: true })).sort()) {
    if (!name.endsWith('.json')) continue;
    const path = join(dir, name);
    const bytes = await stat(path).then(
      ({ size }) => size,
      () => 0,
    );
    files.push({ path, bytes });
  }
  let total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total <= bytesMax) return total;
  for (const { path, bytes } of files) {
    if (total <= bytesMax * KEPT_SHARE) break;
    await rm(path, { force: true });
    total -= bytes;
  }
  // Days of which nothing is left; one with files in it cannot be removed.
  for (const day of await readdir(dir)) await rmdir(join(dir, day)).catch(() => {});
  return total;
}
