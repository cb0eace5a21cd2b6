import type { Clock } from '../clock.js';

/** Nothing came back in time; the code is the operating system's for the same. */
class SilenceError extends Error {
  readonly code = 'ETIMEDOUT';
}

/** The work's result, or after `ms` a refusal with `ETIMEDOUT`, whatever the driver makes of it. `giveUp` then ends what the work waits for. */
export function within<T>(clock: Clock, ms: number, work: Promise<T>, giveUp: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = clock.after(ms, () => {
      giveUp();
      reject(new SilenceError(`no answer within ${ms} ms`));
    });
    work.finally(stop).then(resolve, reject);
  });
}
