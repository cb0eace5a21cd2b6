/** One administrator at a time: lock files around what several commands may change at once. */
import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { type Clock, systemClock } from '../clock.js';
import { codeOf, OperatorError } from '../errors.js';
import { certificateFiles } from './files.js';

const TRIES = 50;
const PAUSE_MS = 100;
/** A living command holds a lock for a second at most, except while it waits for a passphrase. */
const STALE_AFTER_TRIES = 10;

/** Runs the work while no other process holds this lock file. @throws OperatorError locked */
export async function withLockFile<T>(
  lock: string,
  work: () => Promise<T>,
  clock: Clock = systemClock,
): Promise<T> {
  await mkdir(dirname(lock), { recursive: true, mode: 0o750 });
  for (let tries = 1; !(await take(lock)); tries++) {
    if (tries === STALE_AFTER_TRIES) await dropStale(lock);
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

const ownMark = () => `${process.pid} ${hostname()}`;

/** Removes the lock of a process of this machine that is gone. Another machine's is left to the administrator. */
async function dropStale(lock: string): Promise<void> {
  const mark = await readFile(lock, 'utf8').catch(() => '');
  const [pid = '', host = ''] = mark.split(' ');
  if (host !== hostname() || !/^\d+$/.test(pid) || isAlive(Number(pid))) return;
  // Taken away under another name first: whoever took the lock meanwhile must not lose it.
  const aside = `${lock}.${process.pid}`;
  try {
    await rename(lock, aside);
    if ((await readFile(aside, 'utf8')) !== mark) await link(aside, lock);
    await rm(aside, { force: true });
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'EEXIST') throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

async function take(lock: string): Promise<boolean> {
  try {
    const handle = await open(lock, 'wx', 0o600);
    await handle.writeFile(ownMark()).finally(() => handle.close());
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
