/* What a gateway does when its machine gives it too little or the wrong thing: descriptors (S8), disk (O2), processor (O6), time (S14). */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { chinaDay, systemClock } from '../../src/clock.js';
import { demoDirectory, type Gateway, platformTls, sluice, startGateway } from '../support/gateway.js';
import { describeWith, program } from '../support/needs.js';
import { ask, freshSerial, paymentBody } from '../support/platform.js';
import { mountSmallDisk, smallDisk, unmountSmallDisk } from '../support/small-disk.js';
import { until } from '../support/until.js';

const UNIT = '39536';
const CUSTOMER = '022000';
const tlsOf = ({ dir, port }: Gateway) => ({ ...platformTls(dir), port });
const pay = async (gateway: Gateway, serial = freshSerial(), day = '20240404'): Promise<string> =>
  String((await ask(tlsOf(gateway), '200002', paymentBody(UNIT, CUSTOMER, 100, serial, day))).body.rtnCode);
const logOf = (dir: string): string => readFileSync(join(dir, 'logs', 'sluice.log'), 'utf8');
describe('a gateway', () => {
  let dir: string;
  let remove: () => void;
  beforeEach(async () => {
    ({ dir, remove } = await demoDirectory());
  });
  afterEach(() => remove());

  it('without descriptors for more connections lives on, and answers when some are free', async () => {
    const gateway = await startGateway(dir, {}, ['sh', '-c', 'ulimit -n 100; exec "$@"', 'sh']);
    const sockets: Socket[] = [];
    for (let i = 0; i < 150; i++) {
      const socket = connect({ host: '127.0.0.1', port: gateway.port }).on('error', () => {});
      sockets.push(socket);
      await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
    }
    expect(await pay(gateway).catch(() => 'none')).not.to.equal('9999');
    for (const socket of sockets) socket.destroy();
    await until(async () => (await pay(gateway).catch(() => 'none')) === '9999');
    expect(await gateway.stop()).to.equal(0);
    expect((await sluice(['verify', '--dir', dir])).code).to.equal(0);
  }).timeout(60_000);

  it('that was stopped for two seconds says so in its log', async () => {
    const gateway = await startGateway(dir);
    gateway.process.kill('SIGSTOP');
    await systemClock.sleep(2000);
    gateway.process.kill('SIGCONT');
    expect(await pay(gateway)).to.equal('9999');
    await until(() => logOf(dir).includes('"process.stalled"'));
    expect(await gateway.stop()).to.equal(0);
  });
});

describeWith(smallDisk, 'a gateway whose log has no disk left', () => {
  it('goes on booking, stops cleanly, starts again, and writes once there is room', async () => {
    const { dir, remove } = await demoDirectory();
    const logs = join(dir, 'logs');
    const first = await startGateway(dir);
    expect(await first.stop()).to.equal(0);
    mountSmallDisk(logs);
    try {
      const full = await startGateway(dir);
      const ballast = join(logs, 'ballast');
      writeFileSync(ballast, Buffer.alloc(4096));
      let kib = 4;
      try {
        for (; kib < 2048; kib += 4) writeFileSync(ballast, Buffer.alloc(4096), { flag: 'a' });
      } catch (error) {
        expect((error as NodeJS.ErrnoException).code).to.equal('ENOSPC');
      }
      for (let i = 0; i < 30; i++) expect(await pay(full)).to.equal('9999');
      expect(await full.stop()).to.equal(0);
      const again = await startGateway(dir);
      expect(await pay(again)).to.equal('9999');
      expect(await again.stop()).to.equal(0);
      rmSync(ballast);
      const roomy = await startGateway(dir);
      const serial = freshSerial();
      expect(await pay(roomy, serial)).to.equal('9999');
      await until(() => logOf(dir).includes(serial));
      expect(await roomy.stop()).to.equal(0);
    } finally {
      unmountSmallDisk(logs);
    }
    expect((await sluice(['verify', '--dir', dir])).code).to.equal(0);
    remove();
  }).timeout(60_000);
});

describeWith(program('faketime', 'faketime'), 'a gateway whose clock is 40 days wrong', () => {
  let dir: string;
  let remove: () => void;
  before(async () => {
    ({ dir, remove } = await demoDirectory());
  });
  after(() => remove());
  /** Set for the gateway itself: the program `faketime` would stand between it and its signals. */
  const shifted = (by: string): NodeJS.ProcessEnv => ({
    FAKETIME: by,
    // Timers run on the monotonic clock, which nobody sets.
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    LD_PRELOAD: execFileSync('faketime', ['-f', by, 'printenv', 'LD_PRELOAD'], { encoding: 'utf8' }).trim(),
  });

  it('slow: does not start before its certificate is valid, and names the clock', async () => {
    const failed = await startGateway(dir, shifted('-40d')).then(
      () => '',
      (error: unknown) => String(error),
    );
    expect(failed).to.match(/is valid from .* only/);
    expect(failed).to.contain('Check the clock of this machine');
  });

  it('fast: refuses what its window no longer takes, and books again when the clock is right', async () => {
    const file = join(dir, 'sluice.yaml');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replaceAll('acceptanceDays: "any"', 'acceptanceDays: 30'));
    const today = chinaDay(systemClock.now());
    const wrong = await startGateway(dir, shifted('+40d'));
    const serial = freshSerial();
    expect(await pay(wrong, serial, today)).to.equal('2003');
    expect(await wrong.stop()).to.equal(0);
    const right = await startGateway(dir);
    expect(await pay(right, serial, today)).to.equal('2003');
    expect(await pay(right, freshSerial(), today)).to.equal('9999');
    expect(await right.stop()).to.equal(0);
    expect((await sluice(['verify', '--dir', dir])).code).to.equal(0);
  });
});
