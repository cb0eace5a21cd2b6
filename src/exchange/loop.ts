/** Work that is done again and again, never twice at once: by the clock, and sooner when somebody says that there is some. */
import type { Clock } from '../clock.js';

export interface Loop {
  /** Once, from now on: what is under way does not count, since it may have passed by what is meant. */
  now(): Promise<void>;
  /** Once within `ms`; many calls are one. */
  soon(ms: number): void;
  /** Ends, and waits for what is under way. */
  stop(): Promise<void>;
}

/** @param work must not reject; it is called at once for the first time */
export function startLoop(clock: Clock, everyMs: number, work: () => Promise<void>): Loop {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  let cancelSoon: (() => void) | undefined;
  let stopped = false;

  function now(): Promise<void> {
    if (stopped) return running ?? Promise.resolve();
    if (running === undefined) {
      running = work().finally(() => {
        running = undefined;
      });
      return running;
    }
    next ??= running.then(() => {
      next = undefined;
      return now();
    });
    return next;
  }
  const cancel = clock.every(everyMs, () => {
    if (running === undefined) void now();
  });
  void now();
  return {
    now,
    soon(ms) {
      cancelSoon ??= clock.after(ms, () => {
        cancelSoon = undefined;
        void now();
      });
    },
    async stop() {
      stopped = true;
      cancel();
      cancelSoon?.();
      await next;
      await running;
    },
  };
}
