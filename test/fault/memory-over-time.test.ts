/*
  Memory over an hour of queries, payments, repeats, frames that are none and strangers (O5): `npm run test:hour` is the hour, with
  SLUICE_MINUTES another time; in `npm test` it is some seconds, in which only a gross leak shows.
*/
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { demoDirectory, type Gateway, platformTls, startGateway } from '../support/gateway.js';
import { startHonest } from '../support/honest-load.js';
import { rawClient } from '../support/raw-client.js';

const LONG = process.env.SLUICE_LONG === '1' || process.env.SLUICE_MINUTES !== undefined;
const MINUTES = LONG ? Number(process.env.SLUICE_MINUTES ?? 60) : 0.2;
/** Heaps and caches find their size first. */
const WARM_SHARE = 1 / 3;
const WINDOW_MS = Math.min(15_000, MINUTES * 3000);
/** More than the garbage that waits to be collected: after the first third it must not be more at the end than then. */
const GROWTH_MIB = LONG ? 24 : 48;

const rssMib = (pid: number | undefined) =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

describe('memory', () => {
  let gateway: Gateway;
  let made: Awaited<ReturnType<typeof demoDirectory>>;
  before(async () => {
    made = await demoDirectory();
    gateway = await startGateway(made.dir);
  });
  after(async () => {
    await gateway.stop();
    made.remove();
  });

  /** Ten of each: no frame, half a frame, no certificate. */
  async function strangers(): Promise<void> {
    const tls = { ...platformTls(made.dir), port: gateway.port };
    for (let i = 0; i < 10; i++) {
      const wrong = await rawClient(tls);
      wrong.socket.write(Buffer.alloc(2000, 0x20));
      await wrong.closed();
      const half = await rawClient(tls);
      half.socket.write(Buffer.from('680002000032303030303100', 'hex'));
      half.socket.destroy();
      const nobody = await rawClient({ port: gateway.port, ca: tls.ca }).catch(() => undefined);
      await nobody?.closed();
    }
  }

  it(`does not grow within ${MINUTES * 60} s of exchanges of all kinds`, async () => {
    const honest = await startHonest(made.dir, gateway.port);
    const samples: number[] = [];
    let served = 0;
    try {
      const rounds = Math.round((MINUTES * 60_000) / (2 * WINDOW_MS));
      for (let round = 0; round < rounds; round++) {
        for (const pays of [false, true]) {
          const { done, failures } = await honest.serve({ ms: WINDOW_MS, perSecond: LONG ? 60 : 150, pays });
          expect(failures).to.deep.equal([]);
          served += done;
        }
        await strangers();
        samples.push(rssMib(gateway.process.pid));
      }
    } finally {
      await honest.stop();
    }
    const warm = samples.slice(0, Math.ceil(samples.length * WARM_SHARE));
    const later = samples.slice(warm.length);
    const told = `${served} exchanges; RSS in MiB: ${samples.map((mib) => mib.toFixed(0)).join(' ')}`;
    console.log(`      ${told}`);
    expect(Math.min(...later.slice(-3)) - Math.max(...warm), told).to.be.below(GROWTH_MIB);
  }).timeout(MINUTES * 120_000 + 60_000);
});
