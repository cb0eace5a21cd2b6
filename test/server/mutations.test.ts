/* Random damage to real frames, through the whole way of a request, on a real ledger (C2 and the promise of 9999). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { systemClock, systemIds } from '../../src/clock.js';
import { checkConfig, configTemplate } from '../../src/config/index.js';
import { type Database, migrate, openDatabase } from '../../src/database/index.js';
import { handlers } from '../../src/handlers/index.js';
import { silentLog } from '../../src/log.js';
import { makeMetrics } from '../../src/metrics.js';
import { defaultPeerDialect, FrameDecoder } from '../../src/protocol/index.js';
import { parseSerial } from '../../src/protocol/values.js';
import { demoUnits, fillDemo, openBuiltinRevenue, verifyLedger } from '../../src/revenue/index.js';
import { makeAnswerer } from '../../src/server/index.js';
import { messageFixtures } from '../support/fixtures.js';
import { framesOf } from '../support/raw-client.js';

const RUNS = Number(process.env.SLUICE_RUNS ?? 10_000);
const requests = messageFixtures
  .filter(({ expect: { direction } }) => direction !== 'answer')
  .map(({ frameHex }) => Buffer.from(frameHex, 'hex'));

/** A real request frame with some of its bytes changed, cut out, doubled or swapped for likely ones. */
const damaged = fc
  .tuple(
    fc.constantFrom(...requests),
    fc.array(fc.tuple(fc.nat(), fc.nat(5), fc.constantFrom(...'"{}:,|$0179\\ \0')), {
      minLength: 1,
      maxLength: 4,
    }),
    fc.boolean(),
  )
  .map(([frame, changes, mendLength]) => {
    let bytes = Buffer.from(frame);
    for (const [where, how, likely] of changes) {
      const at = 11 + (where % (bytes.length - 11));
      const [before, after] = [bytes.subarray(0, at), bytes.subarray(at + 1)];
      if (how === 0) bytes = Buffer.concat([before, after]);
      else if (how === 1) bytes = Buffer.concat([before, bytes.subarray(at, at + 1), bytes.subarray(at)]);
      else if (how === 2) bytes = Buffer.concat([before, Buffer.of(where % 256), after]);
      else bytes = Buffer.concat([before, Buffer.from(likely), after]);
    }
    // Otherwise nearly all of them would end at the length.
    if (mendLength && bytes.length > 12) {
      bytes.writeInt32LE(bytes.length - 12, 1);
      bytes[bytes.length - 1] = 0x16;
    }
    return bytes;
  });

describe('damaged frames', () => {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-mutations-'));
  const config = checkConfig(dir, configTemplate(demoUnits), {});
  const peer = {
    name: 'platform',
    units: new Set(config.units.map(({ id }) => id)),
    dialect: defaultPeerDialect,
  };
  let database: Database;
  before(async () => {
    database = await openDatabase(config.database, { dir, clock: systemClock, log: silentLog });
    await migrate(database);
    await fillDemo(database, { clock: systemClock, ids: systemIds });
  });
  after(async () => {
    await database.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it(`never raise an exception, and are never answered 9999 without their booking (${RUNS} of them)`, async () => {
    const faults: string[] = [];
    const revenue = openBuiltinRevenue({ database, clock: systemClock, ids: systemIds });
    const answer = makeAnswerer({
      handlers,
      unitOf: (id) => config.units.find((unit) => unit.id === id),
      revenue,
      files: { announced: async () => ({ verdict: 'not-there', detail: '' }) },
      // Records are built as the log would, so that masking sees the damage too.
      exchangeLog: { add: (record) => void record(), flush: async () => {}, close: async () => {} },
      clock: systemClock,
      ids: systemIds,
      log: {
        event: (name, fields) => void (name === 'exchange.failed' && faults.push(JSON.stringify(fields))),
      },
      metrics: makeMetrics(),
      limits: () => config.server.limits,
    });
    let answered = 0;
    let booked = 0;
    await fc.assert(
      fc.asyncProperty(damaged, async (bytes) => {
        for (const event of new FrameDecoder().push(bytes)) {
          if (event.kind === 'fault') continue;
          const from = { peer, address: '127.0.0.1', receivedAt: systemClock.now() };
          const [reply] = framesOf(await answer(event, from));
          answered++;
          if (event.serviceCode !== '200002' || reply?.body.rtnCode !== '9999') continue;
          booked++;
          const { body } = JSON.parse(event.data.toString()) as {
            body: { acctOrgNo: string; bankSerial: string };
          };
          const unit = config.units.find(({ id }) => id === body.acctOrgNo);
          const serial = parseSerial(String(body.bankSerial));
          if (unit === undefined || serial === undefined)
            throw new Error('9999 for a payment that cannot be booked');
          const status = await revenue.paymentStatus(unit, serial, systemClock.now());
          expect(status.kind).to.equal('booked');
        }
      }),
      { numRuns: RUNS },
    );
    expect(faults).to.deep.equal([]);
    expect(answered).to.be.greaterThan(RUNS / 10);
    expect(booked).to.be.greaterThan(0);
    expect(await verifyLedger(database)).to.deep.equal([]);
  }).timeout(120_000);
});
