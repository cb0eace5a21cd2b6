/*
  A lane lets so many requests work at once and so many more wait. Queries and payments have one each, so that a flood of
  queries on bill day never takes the connections and the time that payments need.
*/
import type { Clock } from '../clock.js';

/** Asked each time: a reload may change them. */
export interface LaneSettings {
  readonly atOnce: () => number;
  readonly waiting: () => number;
}
/** Why a request was not let in: too many wait already, or its time ran out while it waited. */
export class LaneFull extends Error {}

export class Lane {
  #working = 0;
  readonly #queue: (() => void)[] = [];

  constructor(
    private readonly settings: LaneSettings,
    private readonly clock: Clock,
  ) {}

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
      this.#working -= 1;
      this.#letIn();
    }
  }

  /** More than one after the places have become more. */
  #letIn(): void {
    while (this.#working < this.settings.atOnce()) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      this.#working += 1;
      next();
    }
  }

  #enter(waitMs: number): Promise<void> | undefined {
    if (this.#working < this.settings.atOnce()) {
      this.#working += 1;
      return undefined;
    }
    if (this.#queue.length >= this.settings.waiting()) throw new LaneFull('too many requests wait');
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
