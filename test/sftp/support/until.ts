import { systemClock } from '../../../src/clock.js';

/** Waits for something that another process or socket brings about and that tells nobody. */
export async function until(holds: () => Promise<boolean> | boolean, ms = 10_000): Promise<void> {
  const end = systemClock.now() + ms;
  while (!(await holds())) {
    if (systemClock.now() > end) throw new Error(`did not come true within ${ms} ms: ${holds}`);
    await systemClock.sleep(10);
  }
}
