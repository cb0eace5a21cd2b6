/** Looks through the places of all units, on file events and by the clock, and takes in what nobody announced. */
import type { Clock } from '../../clock.js';
import { messageOf } from '../../errors.js';
import type { Log } from '../../log.js';
import type { Unit } from '../../revenue/unit.js';
import { startLoop } from '../loop.js';
import type { Meters } from '../meters.js';
import type { ExchangePlace } from '../place.js';
import type { Places } from '../places.js';
import { type ExchangeSettings, exchangeOfUnit } from '../settings.js';
import type { Arrivals } from './arrivals.js';
import type { IncomingTable } from './incoming-table.js';
import type { IntakeParts } from './intake.js';
import { register } from './intake.js';

export interface WatcherParts {
  readonly settings: ExchangeSettings;
  readonly units: ReadonlyMap<string, Unit>;
  readonly places: Places;
  readonly arrivals: Arrivals;
  readonly intake: IntakeParts;
  readonly table: IncomingTable;
  readonly clock: Clock;
  readonly log: Log;
  readonly meters: Meters;
  readonly stopping: AbortSignal;
}

export interface Watcher {
  /** One whole look, now. */
  look(): Promise<void>;
  /** A look as soon as what has just come can be whole; many calls are one look. */
  expect(): void;
  /** Ends, and waits for a look that is under way. */
  stop(): Promise<void>;
}

/** Unknown files are named in the log once; more of them than this are forgotten, and then named again. */
const NAMED_MAX = 1000;

export function startWatcher(parts: WatcherParts): Watcher {
  const { settings, clock, stopping } = parts;
  const { limits } = settings;
  const named = new Set<string>();
  const unwatch = new Map<string, () => void>();
  const dueAt = new Map<string, number>();

  async function lookOnce(): Promise<void> {
    for (const unit of parts.units.values()) {
      if (stopping.aborted) return;
      await guarded(unit.id, () => lookAtUnit(unit));
    }
    await guarded('spool', adoptAbandoned);
  }

  async function lookAtUnit(unit: Unit): Promise<void> {
    const isRemote = exchangeOfUnit(settings, unit.id).remote !== undefined;
    if (clock.now() < (dueAt.get(unit.id) ?? 0)) return;
    let waiting = 0;
    dueAt.set(unit.id, clock.now() + (isRemote ? limits.remotePollMs : 0));
    for (const place of await parts.places.of(unit)) waiting += await lookAtPlace(unit, place);
    if (waiting === 0) return;
    dueAt.set(unit.id, clock.now() + (isRemote ? limits.stableMs : 0));
    soon();
  }

  /** @returns how many files there are not whole yet */
  async function lookAtPlace(unit: Unit, place: ExchangePlace): Promise<number> {
    const { incoming } = place;
    // Before the look: what comes during it is not missed.
    if (!unwatch.has(incoming.name)) unwatch.set(incoming.name, incoming.watch(soon));
    let waiting = 0;
    const isWanted = (name: string) => {
      const known = parts.arrivals.nameOf(unit, name);
      if (known === undefined) nameOnce(unit, incoming.name, name);
      return known !== undefined;
    };
    for (const entry of await incoming.list(isWanted)) {
      if (stopping.aborted) break;
      if (await parts.arrivals.isSettled(unit, place, entry)) continue;
      if ((await parts.arrivals.found(unit, place, entry)) === 'not-whole') waiting += 1;
    }
    parts.meters.looked(incoming.name, waiting);
    return waiting;
  }

  function nameOnce(unit: Unit, place: string, name: string): void {
    const key = `${place}\n${name}`;
    if (named.has(key)) return;
    if (named.size >= NAMED_MAX) named.clear();
    named.add(key);
    parts.log.event('place.unknown-file', { unit: unit.id, place, name });
  }

  async function adoptAbandoned(): Promise<void> {
    for (const spooled of await parts.intake.spool.abandoned()) {
      if (stopping.aborted) return;
      if (!parts.units.has(spooled.origin.unit)) continue;
      if (await isInWork(spooled.folder)) continue;
      await parts.arrivals.begin(await register(parts.intake, spooled));
    }
  }
  /** The spool is also where registered files lie while they are worked on. */
  async function isInWork(folder: string): Promise<boolean> {
    return (await parts.table.findStored(folder)) !== undefined;
  }

  /** A fault at one place must not keep the others from being looked at. */
  async function guarded(where: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!stopping.aborted) parts.log.event('place.failed', { place: where, reason: messageOf(error) });
    }
  }

  /** Events come in swarms, and a file must lie still before it is taken. */
  const soon = () => loop.soon(Math.min(limits.stableMs, limits.pollMs));
  const loop = startLoop(clock, limits.pollMs, lookOnce);
  return {
    look: loop.now,
    expect: soon,
    async stop() {
      for (const end of unwatch.values()) end();
      await loop.stop();
    },
  };
}
