/** One administrator at a time: lock files around what several commands may change at once. */
import { mkdir, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Clock, systemClock } from '../clock.js';
import { codeOf, OperatorError } from '../errors.js';
import { certificateFiles } from './files.js';

const TRIES = 50;
const PAUSE_MS = 100;

/** Runs the work while no other process holds this lock file. @throws OperatorError locked */
export async function withLockFile<T>(
  lock: string,
  work: () => Promise<T>,
  clock: Clock = systemClock,
): Promise<T> {
  await mkdir(dirname(lock), { recursive: true, mode: 0o750 });
  for (let tries = 1; !(await take(lock)); tries++) {
    if (tries >= TRIES)
      throw new OperatorError(
        'locked',
        `another sluice command holds ${lock}`,
        'Wait for it to end. If none is running any more, remove that file.',
      );
    await clock.sleep(PAUSE_MS);
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function take(lock: string): Promise<boolean> {
  try {
    const handle = await open(lock, 'wx', 0o600);
    await handle.writeFile(`${process.pid}\n`).finally(() => handle.close());
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw new OperatorError(
      'file-unwritable',
      `${lock} cannot be made: ${codeOf(error)}`,
      'Run the command as the user who owns the directory.',
      { cause: error },
    );
  }
}

/** Around everything that changes `DIR/certs`. */
export const withCertificatesLocked = <T>(dir: string, work: () => Promise<T>): Promise<T> =>
  withLockFile(join(certificateFiles(dir).certs, '.lock.tmp'), work);
