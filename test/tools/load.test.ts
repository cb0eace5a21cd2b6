/** Load figures: percentiles are exact, and a server that stalls cannot hide it. */

import { setTimeout as sleep } from 'node:timers/promises';
import { createServer } from 'node:tls';
import { expect } from 'chai';
import { selfSign } from '../../src/pki/index.js';
import { encodeFrame, FrameDecoder } from '../../src/protocol/index.js';
import {
  percentilesOf,
  runLoad,
  seededChance,
  seededIds,
  summarise,
  targetOf,
} from '../../src/tools/index.js';

const answer = encodeFrame('200001', Buffer.from('{"head":{},"body":{"rtnCode":"9999"}}'));

describe('load', () => {
  it('takes percentiles by nearest rank', () => {
    const values = Array.from({ length: 1000 }, (_, i) => i + 1);
    expect(percentilesOf(values)).deep.equals({ p50: 500, p90: 900, p99: 990, p999: 999, max: 1000 });
    expect(percentilesOf([]).max).equals(0);
  });

  it('shows a stall of the server in every exchange that was due meanwhile', async () => {
    const own = await selfSign({
      subject: 'x',
      usage: 'both',
      keyType: 'ecdsa-p256',
      days: 1,
      now: Date.now(),
    });
    const STALL_MS = 600;
    let stalledUntil = 0;
    let seen = 0;
    const server = createServer(
      { cert: own.certPem, key: own.keyPem, ca: own.certPem, requestCert: true },
      (socket) => {
        const decoder = new FrameDecoder();
        socket.on('error', () => {});
        socket.on('data', async (chunk: Buffer) => {
          if (decoder.push(chunk).length === 0) return;
          seen += 1;
          if (seen === 10) stalledUntil = performance.now() + STALL_MS;
          await sleep(Math.max(0, stalledUntil - performance.now()));
          socket.end(answer);
        });
      },
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const target = targetOf('127.0.0.1', port, { cert: own.certPem, key: own.keyPem, ca: own.certPem });
    const next = () => ({ kind: '200001', frame: answer, token: '' });
    // One at a time: the closed loop would send nothing while it waits, and see one slow exchange only.
    const samples = await runLoad({ target, rate: 40, concurrency: 1, seconds: 1.5, resume: false, next });
    server.close();
    const summary = summarise(samples);
    expect(summary.exchanges).equals(60);
    expect(summary.codes).deep.equals({ '9999': 60 });
    expect(samples.filter(({ latencyMs }) => latencyMs > 100).length).greaterThan(15);
    expect(samples.filter(({ serviceMs }) => serviceMs > STALL_MS / 2).length).most(3);
    expect(summary.latencyMs.p90).greaterThan(summary.serviceMs.p90);
  });

  it('repeats itself with the same seed', () => {
    const names = (seed: number) => {
      const ids = seededIds(seededChance(seed));
      return [ids.uuid(), ids.digits(12), ids.bytes(4).toString('hex')];
    };
    expect(names(7)).deep.equals(names(7));
    expect(names(7)).not.deep.equals(names(8));
  });
});
