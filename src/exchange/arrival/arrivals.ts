/** The one way in for every file, announced, found, or dropped in by hand: find it → whole → take it in → check → answer. */
import type { Clock, Moment } from '../../clock.js';
import type { FileArrival, FileNotice, FileVerdict } from '../../handlers/index.js';
import type { Log } from '../../log.js';
import { type FileName, type FileNameFault, readFileName } from '../../protocol/index.js';
import type { Unit } from '../../revenue/unit.js';
import { digestIn, digestOfFile, type NamedDigest } from '../digest.js';
import { isIncomingType } from '../file-type.js';
import type { Meters } from '../meters.js';
import { candidatePaths } from '../paths.js';
import type { ExchangePlace, IncomingPlace, PlaceEntry } from '../place.js';
import type { Places } from '../places.js';
import type { ExchangeLimits } from '../settings.js';
import type { Steps } from '../steps.js';
import type { FileSource, IncomingFile } from './incoming-file.js';
import type { IncomingTable } from './incoming-table.js';
import { type IntakeParts, mustFind, type Taken, takeFromPlace } from './intake.js';
import type { Stability } from './stability.js';
import { verdictOf } from './verdict.js';
import type { Worker } from './worker.js';

export interface ArrivalParts {
  readonly places: Places;
  readonly intake: IntakeParts;
  readonly worker: Worker;
  readonly table: IncomingTable;
  readonly steps: Steps;
  readonly stability: Stability;
  readonly isUnit: (id: string) => boolean;
  readonly absolute: (relative: string) => string;
  readonly limits: ExchangeLimits;
  readonly clock: Clock;
  readonly log: Log;
  readonly meters: Meters;
}
/** A file that was found at a place. */
interface Sighting {
  readonly unit: Unit;
  readonly known: FileName;
  readonly place: ExchangePlace;
  readonly entry: PlaceEntry;
}
/** For `rtnMsg`. */
const nameFaults: Readonly<Record<FileNameFault, string>> = {
  unsafe: '文件名含非法字符',
  'no-type': '文件类型无法识别',
  'no-day': '文件名中没有有效日期',
};
/** How long until the next look for a file that a notice waits for. */
const LOOK_MS = 200;

export class Arrivals implements FileArrival {
  /** Files being taken in, so that notice and watcher of this process do it once: unit and name → its outcome. */
  readonly #taking = new Map<string, Promise<Taken | undefined>>();
  /** Taken in by this process and perhaps still lying there; the table knows those that were new. */
  readonly #settled = new Set<string>();
  /** Checks under way in this process: id → the checked file. */
  readonly #checking = new Map<string, Promise<IncomingFile | undefined>>();

  constructor(private readonly parts: ArrivalParts) {}

  /** Answers a notice (spec files.md "Notices"): within its budget, and only of what is durably ours. */
  async announced(unit: Unit, notice: FileNotice): Promise<FileVerdict> {
    const { isUnit } = this.parts;
    const read = readFileName(notice.fileName, notice.fileType, isUnit);
    if (!read.ok) {
      return {
        verdict: read.fault === 'no-type' ? 'unknown-type' : 'unreadable',
        detail: nameFaults[read.fault],
      };
    }
    const known = read.name;
    if (!isIncomingType(known.type)) return { verdict: 'unknown-type', detail: `${known.type} 不由平台发送` };
    if (known.unit !== undefined && known.unit !== unit.id) {
      return { verdict: 'unreadable', detail: `文件名属于清算单位 ${known.unit}，通知为 ${unit.id}` };
    }
    const until = notice.deadline - this.parts.limits.answerMarginMs;
    const digest = digestIn(notice.extend);
    const file = await this.#awaitFile(unit, known, notice, digest, until);
    if (file === undefined) return { verdict: 'not-there', detail: '' };
    const checked = await this.#awaitCheck(file, until);
    return this.#answer(checked, digest);
  }

  /** What a file is by its name alone; `undefined`: none that the platform sends this unit. */
  nameOf(unit: Unit, name: string): FileName | undefined {
    const read = readFileName(name, '', this.parts.isUnit);
    if (!read.ok || !isIncomingType(read.name.type)) return undefined;
    return read.name.unit === undefined || read.name.unit === unit.id ? read.name : undefined;
  }

  /** A file that nobody announced. */
  async found(
    unit: Unit,
    place: ExchangePlace,
    entry: PlaceEntry,
  ): Promise<'taken' | 'gone' | 'not-whole' | 'not-ours'> {
    const { stability } = this.parts;
    const known = this.nameOf(unit, entry.name);
    if (known === undefined) return 'not-ours';
    if (stability.remainingMs(place.incoming.name, entry) > 0) return 'not-whole';
    return (await this.#take({ unit, known, place, entry }, 'watcher')) === undefined ? 'gone' : 'taken';
  }

  /** Takes charge of what was registered: works on it when it is new, and raises the alarm when it is in conflict. */
  async begin(taken: Taken, digest?: NamedDigest): Promise<void> {
    const { worker, log, meters, absolute } = this.parts;
    const { file, claim } = taken;
    if (taken.kind === 'conflict') {
      meters.incoming(file.type, 'conflict');
      log.event('file.conflict', { file: file.id, unit: file.unit, name: file.name, detail: file.detail });
    }
    if (claim === undefined) return;
    const wrong = digest && (await digestFault(absolute(file.storedPath), file, digest));
    const advance = worker.advance(
      file,
      claim,
      wrong === undefined ? undefined : { refusal: 'wrong-digest', detail: wrong },
    );
    this.#checking.set(file.id, advance.checked);
    void advance.checked.finally(() => this.#checking.delete(file.id));
  }

  /** Waits until the file is there and whole, and takes it in; or finds that it was taken in before. */
  async #awaitFile(
    unit: Unit,
    known: FileName,
    notice: FileNotice,
    digest: NamedDigest | undefined,
    until: Moment,
  ): Promise<IncomingFile | undefined> {
    const { clock, intake, limits, stability, table } = this.parts;
    const absentUntil = Math.min(until, clock.now() + limits.absentMs);
    for (;;) {
      const underWay = this.#taking.get(takingKey(unit, notice.fileName));
      if (underWay) {
        const taken = await this.#within(underWay, until);
        return taken?.file;
      }
      const look = await this.#look(unit, known, notice);
      let waitMs = LOOK_MS;
      if (look !== undefined && 'entry' in look) {
        waitMs = stability.remainingMs(look.place.incoming.name, look.entry);
        if (waitMs === 0) {
          const taken = await this.#take(look, 'notice', digest);
          if (taken) return taken.file;
        }
      } else if (look === undefined) {
        // Place, spool, table: the way a file goes, so that one that another node is just taking in is seen by one of the looks.
        const folders = await intake.spool.foldersWith(unit.id, notice.fileName);
        const before = await table.findNamed(unit.id, notice.fileName);
        const isComing = folders.some(
          (folder) => !before.some(({ storedPath }) => storedPath.startsWith(`${folder}/`)),
        );
        // It may be another content than that which came before it.
        if (!isComing && before[0]) return before[0];
        if (!isComing && clock.now() >= absentUntil) return undefined;
      }
      const leftMs = until - clock.now();
      if (leftMs <= 0) return undefined;
      await clock.sleep(Math.min(Math.max(waitMs, 20), LOOK_MS, leftMs));
    }
  }

  /** The file at one of the unit's places; `growing`: an upload of it is under way. */
  async #look(
    unit: Unit,
    known: FileName,
    notice: FileNotice,
  ): Promise<Sighting | { growing: true } | undefined> {
    let growing = false;
    for (const place of await this.parts.places.of(unit)) {
      for (const path of candidatePaths(notice.filePath, notice.fileName, place.incoming.name)) {
        // In this order: an upload that ends between the two is seen by one of them.
        growing = (await place.incoming.isUnfinished(path)) || growing;
        const entry = await place.incoming.find(path);
        if (entry && !(await this.isSettled(unit, place, entry))) return { unit, known, place, entry };
      }
    }
    return growing ? { growing: true } : undefined;
  }

  /** Taken before, and left there because the place is not ours to clear. */
  async isSettled(unit: Unit, { incoming }: ExchangePlace, entry: PlaceEntry): Promise<boolean> {
    if (this.#settled.has(settledKey(incoming, entry))) return true;
    return this.parts.table.isKnown(unit.id, entry.name, incoming.name, entry.stamp);
  }

  #take(seen: Sighting, source: FileSource, digest?: NamedDigest): Promise<Taken | undefined> {
    const { clock, intake } = this.parts;
    const { unit, known, place, entry } = seen;
    const key = takingKey(unit, entry.name);
    const running = this.#taking.get(key);
    if (running) return running;
    const origin = {
      unit: unit.id,
      type: known.type,
      day: known.day,
      name: entry.name,
      place: place.incoming.name,
      stamp: entry.stamp,
      source,
      foundAt: clock.now(),
      orderedBy: '',
    };
    const taking = takeFromPlace(intake, place.incoming, entry, origin).then(async (taken) => {
      if (taken === undefined) return undefined;
      if (this.#settled.size >= SETTLED_MAX) this.#settled.clear();
      this.#settled.add(settledKey(place.incoming, entry));
      await this.begin(taken, digest);
      return taken;
    });
    this.#taking.set(key, taking);
    void taking.finally(() => this.#taking.delete(key)).catch(() => {});
    return taking;
  }

  /** Until every line was read, here or on another node; at the deadline the file is ours and its check goes on. */
  async #awaitCheck(file: IncomingFile, until: Moment): Promise<IncomingFile> {
    const { clock, table } = this.parts;
    const here = this.#checking.get(file.id);
    let seen = (here && (await this.#within(here, until))) ?? (await mustFind(table, file.id));
    while (seen.state === 'whole' && clock.now() < until) {
      await clock.sleep(LOOK_MS);
      seen = await mustFind(table, file.id);
    }
    return seen;
  }

  /** `undefined` when it takes longer. */
  async #within<T>(work: Promise<T | undefined>, until: Moment): Promise<T | undefined> {
    const { clock } = this.parts;
    const over = new AbortController();
    const limit = clock.sleep(Math.max(0, until - clock.now()), over.signal).then(
      () => undefined,
      () => undefined,
    );
    try {
      return await Promise.race([work, limit]);
    } finally {
      over.abort();
    }
  }

  async #answer(file: IncomingFile, digest: NamedDigest | undefined): Promise<FileVerdict> {
    const { table, steps, clock, absolute } = this.parts;
    const wrong =
      digest && file.refusal === undefined && (await digestFault(absolute(file.storedPath), file, digest));
    if (wrong) return { verdict: 'wrong-digest', detail: wrong };
    // What an operator dropped in was done by his order; its notice comes late.
    const isFirst = (await table.announce(file.id, clock.now())) && file.source !== 'import';
    const verdict = verdictOf(file, isFirst);
    await steps.add(file.id, 'announced', verdict.verdict);
    return verdict;
  }
}

const SETTLED_MAX = 10_000;
const settledKey = (place: IncomingPlace, entry: PlaceEntry): string =>
  `${place.name}\n${entry.path}\n${entry.stamp}`;
const takingKey = (unit: Unit, name: string): string => `${unit.id}\n${name}`;

async function digestFault(
  path: string,
  file: IncomingFile,
  { algorithm, hex }: NamedDigest,
): Promise<string | undefined> {
  const ours = algorithm === 'sha256' ? file.sha256 : await digestOfFile(path, algorithm);
  return ours === hex ? undefined : `摘要不符：${algorithm} 为 ${ours}`;
}
