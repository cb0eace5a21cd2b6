/** One administrator at a time: a lock file around everything that changes `DIR/certs`. */
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, systemClock } from '../clock.js';
import { codeOf, OperatorError } from '../errors.js';
import { certificateFiles } from './files.js';

const TRIES = 50;
const PAUSE_MS = 100;

/** Runs the work while no other process changes the certificates of this directory. @throws OperatorError certificates-locked */
export async function withCertificatesLocked<T>(
  dir: string,
  work: () => Promise<T>,
  clock: Clock = systemClock,
): Promise<T> {
  const { certs } = certificateFiles(dir);
  await mkdir(certs, { recursive: true, mode: 0o750 });
  const lock = join(certs, '.lock.tmp');
  for (let tries = 1; ; tries++) {
    try {
      const handle = await open(lock, 'wx', 0o600);
      await handle.writeFile(`${process.pid}\n`);
      await handle.close();
      break;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      if (tries >= TRIES)
        throw new OperatorError(
          'certificates-locked',
          `another sluice command is changing ${certs}`,
          `Wait for it to end. If none is running any more, remove ${lock}.`,
        );
      await clock.sleep(PAUSE_MS);
    }
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}
