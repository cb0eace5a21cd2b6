/* Every certificate of the matrix against the real listener: the right reason and address in the log, and counted (S10). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { expect } from 'chai';
import { systemClock } from '../../src/clock.js';
import type { LogEvent, LogFields } from '../../src/log.js';
import { makeMetrics } from '../../src/metrics.js';
import { type Listener, listen, loadTrust } from '../../src/server/index.js';
import { serverSettings } from '../../src/server/settings.js';
import { type CertificateMatrix, makeCertificateMatrix } from '../support/certificates.js';
import { messageFixture } from '../support/fixtures.js';
import { describeWith, program } from '../support/needs.js';

const query = Buffer.from(messageFixture('01').frameHex, 'hex');

describeWith(program('openssl', 'openssl'), 'a certificate that is not accepted', () => {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-refused-'));
  const metrics = makeMetrics();
  let matrix: CertificateMatrix;
  let listener: Listener;
  let seen: (name: LogEvent, fields: LogFields) => void = () => {};
  let answers = 0;
  before(async () => {
    matrix = await makeCertificateMatrix(dir, systemClock.now());
    listener = await listen({
      settings: serverSettings.parse({ port: 0 }),
      trust: await loadTrust(dir, systemClock),
      answer: async () => {
        answers++;
        return query;
      },
      clock: systemClock,
      log: { event: (name, fields = {}) => seen(name, fields) },
      metrics,
    });
  });
  after(() => {
    listener.destroy();
    rmSync(dir, { recursive: true, force: true });
  });

  it('is refused with its reason and address in one log line and in the counter; nothing it sends is answered', async () => {
    for (const { name, client, verdict } of matrix.cases) {
      if ('peer' in verdict) continue;
      const lines: LogFields[] = [];
      const refused = new Promise<void>((resolve) => {
        seen = (event, fields) => {
          if (event !== 'connection.refused') return;
          lines.push(fields);
          resolve();
        };
      });
      const socket = connect({
        host: '127.0.0.1',
        port: listener.port,
        ca: matrix.serverCaPem,
        ciphers: 'DEFAULT@SECLEVEL=0',
        ...(client && { cert: client.certPem, key: client.keyPem }),
      });
      const received: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => received.push(chunk)).on('error', () => {});
      socket.on('secureConnect', () => socket.write(query));
      const closed = new Promise((resolve) => socket.once('close', resolve));
      await Promise.all([refused, closed]);
      const reason = 'handshake' in verdict ? verdict.handshake : verdict.identity;
      expect(lines, name).to.deep.equal([{ address: '127.0.0.1', reason }]);
      expect(Buffer.concat(received), name).to.have.length(0);
    }
    expect(answers).to.equal(0);
    const text = await metrics.registry.metrics();
    expect(text).to.contain('sluice_connections_refused_total{reason="revoked-certificate"} 1');
    expect(text).to.contain('sluice_connections_refused_total{reason="no-certificate"} 1');
  }).timeout(60_000);
});
