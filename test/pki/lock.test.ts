import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { expect } from 'chai';
import { withLockFile } from '../../src/pki/index.js';
import { temporaryDirectory } from '../support/directory.js';
import { TestClock } from '../support/test-clock.js';

/** Sleeps return at once: the lock counts tries, not time. */
class QuickClock extends TestClock {
  override async sleep(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('pki: the lock around changes', () => {
  const dir = temporaryDirectory();
  const clock = new QuickClock();

  it('lets one in at a time and is gone afterwards, also after a failure', async () => {
    let inside = 0;
    let most = 0;
    const work = () =>
      withLockFile(
        dir.at('a'),
        async () => {
          most = Math.max(most, ++inside);
          await new Promise((resolve) => setImmediate(resolve));
          inside--;
          throw new Error('failed');
        },
        clock,
      ).catch(String);
    expect(await Promise.all([work(), work(), work()])).deep.equal(Array(3).fill('Error: failed'));
    expect(most).equal(1);
    expect(existsSync(dir.at('a'))).equal(false);
  });

  it('of a process that is gone is taken over; of a living one or another machine it is respected', async () => {
    const gone = spawnSync('true').pid;
    const attempt = async (mark: string) => {
      writeFileSync(dir.at('b'), mark);
      return withLockFile(dir.at('b'), async () => 'done', clock).catch(String);
    };
    expect(await attempt(`${gone} ${hostname()}`)).equal('done');
    expect(await attempt(`${process.pid} ${hostname()}`)).contains('another sluice command');
    expect(await attempt(`${gone} another-machine`)).contains('another sluice command');
    expect(await attempt('')).contains('another sluice command');
  });
});
