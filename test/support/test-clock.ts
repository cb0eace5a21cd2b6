import type { Clock, Moment } from '../../src/clock.js';

interface Timer {
  at: Moment;
  readonly everyMs: number | undefined;
  readonly call: () => void;
}

/** A clock that stands still until the test moves it. */
export class TestClock implements Clock {
  readonly #timers = new Set<Timer>();
  constructor(public time: Moment = Date.UTC(2024, 3, 4, 2, 0, 0)) {}

  now(): Moment {
    return this.time;
  }
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = this.after(ms, resolve);
      signal?.addEventListener('abort', () => {
        stop();
        reject(signal.reason);
      });
    });
  }
  after(ms: number, call: () => void): () => void {
    return this.#add({ at: this.time + ms, everyMs: undefined, call });
  }
  every(ms: number, call: () => void): () => void {
    return this.#add({ at: this.time + ms, everyMs: ms, call });
  }
  /** Moves on, ringing what falls due on the way, in order. */
  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    for (;;) {
      const due = [...this.#timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.time = Math.max(this.time, due.at);
      if (due.everyMs === undefined) this.#timers.delete(due);
      else due.at += due.everyMs;
      due.call();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.time = end;
  }
  /** How many timers are set: a test that ends with more than it began with has found a leak. */
  get pending(): number {
    return this.#timers.size;
  }
  #add(timer: Timer): () => void {
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }
}
