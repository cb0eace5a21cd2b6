/*
  A lane lets so many requests work at once and so many more wait. Queries and payments have one each, so that a flood of
  queries on bill day never takes the connections and the time that payments need.
*/
import type { Clock } from '../clock.js';

export interface LaneSettings {
  readonly atOnce: number;
  readonly waiting: number;
}
/** Why a request was not let in: too many wait already, or its time ran out while it waited. */
export class LaneFull extends Error {}

export class Lane {
  #free: number;
  readonly #queue: (() => void)[] = [];

  constructor(
    private readonly settings: LaneSettings,
    private readonly clock: Clock,
  ) {
    this.#free = settings.atOnce;
  }

  /** Requests that wait, for metrics. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Runs the work when it is its turn. @throws {LaneFull} when it cannot begin within `waitMs` */
  async run<T>(work: () => Promise<T>, waitMs: number): Promise<T> {
    await this.#enter(waitMs);
    try {
      return await work();
    } finally {
      const next = this.#queue.shift();
      if (next) next();
      else this.#free += 1;
    }
  }

  #enter(waitMs: number): Promise<void> | undefined {
    if (this.#free > 0) {
      this.#free -= 1;
      return undefined;
    }
    if (this.#queue.length >= this.settings.waiting) throw new LaneFull('too many requests wait');
    return new Promise((resolve, reject) => {
      const enter = () => {
        cancel();
        resolve();
      };
      const cancel = this.clock.after(waitMs, () => {
        this.#queue.splice(this.#queue.indexOf(enter), 1);
        reject(new LaneFull('its time ran out while it waited'));
      });
      this.#queue.push(enter);
    });
  }
}
