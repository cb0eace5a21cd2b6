/** When a file is whole: it has not changed for a while (spec files.md "Where they lie"). */
import type { Clock, Moment } from '../../clock.js';
import type { PlaceEntry } from '../place.js';

interface Seen {
  readonly stamp: string;
  readonly since: Moment;
  at: Moment;
}
/** Looks that were not repeated for so long are forgotten. */
const FORGET_MS = 10 * 60_000;

export class Stability {
  readonly #seen = new Map<string, Seen>();

  constructor(
    private readonly clock: Clock,
    private readonly stableMs: number,
  ) {}

  /**
   * 0 when the file is whole, else how long it must stay as it is (ms). Its own time of change counts where our clock made it; for
   * another machine's file two looks are needed.
   */
  remainingMs(place: string, entry: PlaceEntry): number {
    const now = this.clock.now();
    const key = `${place}\n${entry.path}`;
    const known = this.#seen.get(key);
    const seen = known?.stamp === entry.stamp ? known : { stamp: entry.stamp, since: now, at: now };
    seen.at = now;
    this.#seen.set(key, seen);
    const unchangedMs = Math.max(now - seen.since, now - (entry.modifiedAt ?? now));
    if (unchangedMs < this.stableMs) return this.stableMs - unchangedMs;
    this.#seen.delete(key);
    this.#forget(now);
    return 0;
  }

  #forget(now: Moment): void {
    for (const [key, seen] of this.#seen) if (now - seen.at > FORGET_MS) this.#seen.delete(key);
  }
}
