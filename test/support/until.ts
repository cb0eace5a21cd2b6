import { systemClock } from '../../src/clock.js';

/**
 * Waits for something that another process or socket brings about and that tells nobody.
 * @returns after how many ms it was so
 */
export async function until(holds: () => Promise<boolean> | boolean, ms = 15_000): Promise<number> {
  const from = systemClock.now();
  while (!(await holds())) {
    if (systemClock.now() - from > ms) throw new Error(`did not come true within ${ms} ms: ${holds}`);
    await systemClock.sleep(10);
  }
  return systemClock.now() - from;
}
