import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { systemIds } from '../../src/clock.js';
import { type Origin, Spool } from '../../src/exchange/arrival/spool.js';
import { temporaryDirectory } from '../support/directory.js';
import { TestClock } from '../support/test-clock.js';
import { until } from '../support/until.js';

const origin: Origin = {
  unit: '39536',
  type: 'DSDZ',
  day: '20240404' as Origin['day'],
  name: 'X_39536_DSDZ_20240404.txt',
  place: 'platform',
  stamp: '1',
  source: 'watcher',
  foundAt: 0,
  orderedBy: '',
};
const TEN_MINUTES = 600_000;

describe('the spool', () => {
  const dir = temporaryDirectory();
  let clock: TestClock;
  let spool: Spool;
  const ageOf = (path: string) => utimesSync(path, clock.now() / 1000, clock.now() / 1000);
  beforeEach(() => {
    clock = new TestClock();
    spool = new Spool(dir.at('root'), clock, systemIds);
  });
  const made = async () => {
    const spooled = await spool.create(origin);
    ageOf(join(spool.absolute(spooled.folder), 'origin.json'));
    return spooled;
  };

  it('gives what its node left for long, and only that', async () => {
    const spooled = await made();
    writeFileSync(spool.absolute(spooled.file), 'x');
    expect(await spool.abandoned()).to.deep.equal([]);
    await clock.advance(TEN_MINUTES);
    expect((await spool.abandoned()).map(({ id }) => id)).to.deep.equal([spooled.id]);
    await spool.discard(spooled);
  });

  it('leaves what somebody fetches slowly, and removes it when he is gone', async () => {
    const spooled = await made();
    let arrived: () => void = () => {};
    const slow = spool.keptAlive(spooled, () => new Promise<void>((resolve) => (arrived = resolve)));
    for (let i = 0; i < 20; i += 1) {
      await clock.advance(TEN_MINUTES / 20);
      const looked = clock.now();
      await until(
        async () => (await spool.abandoned()).length === 0 && existsSync(spool.absolute(spooled.folder)),
      );
      expect(looked).to.equal(clock.now());
    }
    arrived();
    await slow;
    await clock.advance(TEN_MINUTES);
    expect(await spool.abandoned()).to.deep.equal([]);
    expect(existsSync(spool.absolute(spooled.folder))).to.equal(false);
  });

  it('leaves a folder alone whose origin is just being written', async () => {
    const folder = spool.absolute(join('.spool', origin.unit, 'fresh'));
    mkdirSync(folder, { recursive: true });
    ageOf(folder);
    await clock.advance(1000);
    expect(await spool.abandoned()).to.deep.equal([]);
    expect(existsSync(folder)).to.equal(true);
    await clock.advance(TEN_MINUTES);
    await spool.abandoned();
    expect(existsSync(folder)).to.equal(false);
  });
});
