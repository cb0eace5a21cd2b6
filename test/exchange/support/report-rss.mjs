/* Preloaded into a process (`NODE_OPTIONS=--import=…`): at its end it writes the most memory that it ever had (KiB) to $SLUICE_TEST_RSS. */
import { writeFileSync } from 'node:fs';

process.once('exit', () => {
  if (process.env.SLUICE_TEST_RSS) {
    writeFileSync(process.env.SLUICE_TEST_RSS, String(process.resourceUsage().maxRSS));
  }
});
