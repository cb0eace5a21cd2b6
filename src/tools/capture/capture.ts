/* Writes every exchange of a running gateway as a fixture, behind the answer: an exchange never waits for its capture. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, chinaStamp, type Ids } from '../../clock.js';
import { messageOf as errorText } from '../../errors.js';
import type { Log } from '../../log.js';
import { defaultUnitDialect, peekClearingUnit, type UnitDialect } from '../../protocol/index.js';
import type { Answerer } from '../../server/index.js';
import { isObject, parseJson } from '../json.js';
import type { CaptureSettings } from '../settings.js';
import { textOf } from '../text-of.js';
import { fixtureOf, type SeenExchange } from './fixture-of.js';

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
  close(): Promise<void>;
}

/** Captures that may wait for a slow disk; beyond it they are counted as lost. */
const WAITING_MAX = 1000;
/** How often the size of all captures is looked at. */
const LOOK_EVERY = 100;
const ANSWER_HEADER_BYTES = 11;

export function openCapture(parts: CaptureParts): Capture {
  const { settings, dir, clock, log } = parts;
  mkdirSync(dir, { recursive: true, mode: 0o750 });
  const key = settings.plain ? undefined : keyOf(dir, parts.ids);
  const mine = parts.ids.digits(4);
  let waiting = 0;
  let count = 0;
  let lost = 0;
  let work = shrink(dir, settings.fileMiB * 1024 * 1024);

  async function write(served: ServedExchange, number: number, durationMs: number): Promise<void> {
    const seen = seenOf(served, parts, number, mine, durationMs);
    const day = join(dir, chinaStamp(served.receivedAt).slice(0, 8));
    await mkdir(day, { recursive: true, mode: 0o750 });
    await writeFile(join(day, `${seen.name}.json`), `${JSON.stringify(fixtureOf(seen, key), null, 1)}\n`, {
      mode: 0o640,
    });
    if (number % LOOK_EVERY === 0) await shrink(dir, settings.fileMiB * 1024 * 1024);
  }
  return {
    take(served) {
      if (settings.peers.length > 0 && !settings.peers.includes(served.peer)) return;
      if (waiting >= WAITING_MAX) {
        lost += 1;
        return;
      }
      waiting += 1;
      count += 1;
      const number = count;
      const durationMs = clock.now() - served.receivedAt;
      work = work
        .then(() => write(served, number, durationMs))
        .catch((error: unknown) => log.event('capture.failed', { reason: errorText(error) }))
        .finally(() => {
          waiting -= 1;
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
): { answer: Answerer; close(): Promise<void> } {
  if (parts.settings.dir === '') return { answer, close: async () => {} };
  const capture = openCapture(parts);
  return {
    close: () => capture.close(),
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

function seenOf(
  served: ServedExchange,
  parts: CaptureParts,
  number: number,
  mine: string,
  durationMs: number,
): SeenExchange {
  const { serviceCode, request, peer, receivedAt: at } = served;
  const value = parseJson(textOf(request)?.text ?? '');
  const unit = isObject(value) && isObject(value.body) ? peekClearingUnit(value.body) : undefined;
  const stamp = chinaStamp(at).slice(8);
  return {
    name: `${stamp}-${mine}-${String(number).padStart(6, '0')}-${serviceCode}`,
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

/** Takes the oldest captures away until the rest fits. */
async function shrink(dir: string, bytesMax: number): Promise<void> {
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
  for (const { path, bytes } of files) {
    if (total <= bytesMax) return;
    await rm(path, { force: true });
    total -= bytes;
  }
}
