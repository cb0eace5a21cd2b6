/** Notices when this process stood still: whoever blocks the event loop, or stops the process, makes every exchange wait. */
import type { Clock } from './clock.js';
import type { Log } from './log.js';

const LOOK_MS = 250;
/** Shorter ones are seen in the metric `sluice_event_loop_delay_seconds`. */
const STALL_MS = 1000;

/** Logs `process.stalled` after each pause of a second and more. A clock that is put forward looks the same. Gives what ends it. */
export function watchStalls(log: Log, clock: Clock): () => void {
  let last = clock.now();
  return clock.every(LOOK_MS, () => {
    const now = clock.now();
    const ms = now - last - LOOK_MS;
    last = now;
    if (ms >= STALL_MS) log.event('process.stalled', { ms });
  });
}
