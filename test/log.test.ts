import { existsSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type LogSettings, openLog } from '../src/log.js';
import { temporaryDirectory } from './support/directory.js';
import { TestClock } from './support/test-clock.js';

describe('the process log', () => {
  const dir = temporaryDirectory();
  const open = (name: string, more: Partial<LogSettings> = {}) =>
    openLog({
      dir: dir.path,
      name,
      level: 'info',
      fileBytesMax: 1 << 20,
      filesMax: 2,
      console: false,
      clock: new TestClock(Date.UTC(2024, 3, 4)),
      ...more,
    });
  const linesOf = (name: string) =>
    readFileSync(join(dir.path, `${name}.log`), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  /** Resolves when the file holds as many lines; winston makes the file some time after it was asked to. */
  const written = (name: string, count: number) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!existsSync(join(dir.path, `${name}.log`)) || linesOf(name).length < count) return;
        watcher.close();
        resolve();
      };
      const watcher = watch(dir.path, look);
      look();
    });

  it('writes one JSON line for each event, in order, with its level and moment', async () => {
    const log = open('order');
    log.event('app.ready', { role: 'all' });
    log.event('exchange.failed', { reason: 'x', serial: undefined });
    log.event('app.stopped');
    await log.close();
    const timestamp = '2024-04-04T00:00:00.000Z';
    expect(linesOf('order')).to.deep.equal([
      { level: 'info', message: 'app.ready', timestamp, role: 'all' },
      { level: 'error', message: 'exchange.failed', timestamp, reason: 'x' },
      { level: 'info', message: 'app.stopped', timestamp },
    ]);
  });

  it('writes what waits after 100 ms, and at once when there is a warning', async () => {
    const clock = new TestClock();
    const log = open('waits', { clock });
    log.event('exchange.done');
    await clock.advance(100);
    await written('waits', 1);
    log.event('exchange.done');
    log.event('listener.fault');
    await written('waits', 3);
    await log.close();
  });

  it('leaves out what is below its level', async () => {
    const log = open('level', { level: 'warn' });
    log.event('exchange.done');
    log.event('file.refused');
    await log.close();
    expect(linesOf('level').map(({ message }) => message)).to.deep.equal(['file.refused']);
  });

  it('shows control characters, so that a value from the wire cannot forge a line', async () => {
    const log = open('forged');
    log.event('exchange.done', { serial: '1\n{"level":"error"}\u001b[31m' });
    await log.close();
    expect(linesOf('forged')).to.have.length(1);
    expect(linesOf('forged')[0].serial).to.equal('1\\x0a{"level":"error"}\\x1b[31m');
  });
});
