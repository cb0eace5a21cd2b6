import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { alarmKinds, alarmSettings, openAlarms } from '../src/alarm.js';
import { makeMetrics } from '../src/metrics.js';
import { keptLog } from './exchange/support/exchange.js';
import { noon, testClock } from './revenue/world.js';
import { eachDatabase } from './support/databases.js';
import { temporaryDirectory } from './support/directory.js';

const HOUR = 3_600_000;
const missing = { subject: '39536 20240114', unit: '39536', text: '对账文件未到' };

describe('the kinds of alarms', () => {
  it('are all explained to operators', () => {
    const page = readFileSync(join(import.meta.dirname, '..', 'docs', 'operations.md'), 'utf8');
    expect(Object.keys(alarmKinds).filter((kind) => !page.includes(`| \`${kind}\` |`))).to.deep.equal([]);
  });
});

eachDatabase(
  'alarms',
  (db) => {
    const dir = temporaryDirectory();
    const open = (settings: object = {}) => {
      const [log, clock, metrics] = [keptLog(), testClock(), makeMetrics()];
      const alarms = openAlarms({
        settings: alarmSettings.parse(settings),
        database: db(),
        clock,
        log,
        metrics,
      });
      const said = () => log.events.splice(0).map(({ name, fields }) => `${name} ${fields.subject ?? ''}`);
      return { alarms, said, clock, metrics };
    };

    it('tells once, again after hours, by one of two nodes, and when it has ended', async () => {
      const [one, two] = [open(), open()];
      await Promise.all([
        one.alarms.hold('recon-file-missing', [missing]),
        two.alarms.hold('recon-file-missing', [missing]),
      ]);
      expect([...one.said(), ...two.said()]).to.deep.equal([`alarm.raised ${missing.subject}`]);
      expect(await one.metrics.registry.metrics()).contains('sluice_alarms{kind="recon-file-missing"} 1');
      one.clock.set(noon + 3 * HOUR);
      await one.alarms.hold('recon-file-missing', [missing]);
      expect(one.said()).to.deep.equal([]);
      one.clock.set(noon + 4 * HOUR);
      await one.alarms.hold('recon-file-missing', [missing]);
      await one.alarms.hold('recon-held', []);
      expect(one.said()).to.deep.equal([`alarm.raised ${missing.subject}`]);
      await two.alarms.hold('recon-file-missing', []);
      await one.alarms.hold('recon-file-missing', []);
      expect([...one.said(), ...two.said()]).to.deep.equal([`alarm.ended ${missing.subject}`]);
      expect(await one.metrics.registry.metrics()).contains('sluice_alarms{kind="recon-file-missing"} 0');
    });

    it('calls the command and the webhook; what reaches nobody is told again with the next look', async () => {
      const got: unknown[] = [];
      let status = 500;
      const server = createServer((request, response) => {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          got.push(JSON.parse(Buffer.concat(chunks).toString()));
          response.writeHead(status).end();
        });
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const file = dir.at('told.json');
      const script = `require('node:fs').writeFileSync(${JSON.stringify(file)}, require('node:fs').readFileSync(0))`;
      const { alarms, said } = open({
        command: [process.execPath, '-e', script],
        webhook: `http://127.0.0.1:${(server.address() as AddressInfo).port}/alarm`,
      });
      await alarms.hold('recon-held', [missing]);
      expect(said()).to.deep.equal([`alarm.raised ${missing.subject}`, `alarm.failed ${missing.subject}`]);
      status = 200;
      await alarms.hold('recon-held', [missing]);
      expect(said()).to.deep.equal([`alarm.raised ${missing.subject}`]);
      expect(got[1]).to.include({
        ...missing,
        kind: 'recon-held',
        state: 'raised',
        since: '2024-01-15 12:00:00',
      });
      expect(JSON.parse(readFileSync(file, 'utf8'))).to.deep.equal(got[1]);
      await alarms.hold('recon-held', []);
      expect(got[2]).to.include({ state: 'ended' });
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });

    it('says when the command is not there', async () => {
      const { alarms, said } = open({ command: [dir.at('nothing-here')] });
      await alarms.hold('recon-held', [missing]);
      expect(said()).to.deep.equal([`alarm.raised ${missing.subject}`, `alarm.failed ${missing.subject}`]);
      expect(existsSync(dir.at('nothing-here'))).equal(false);
    });
  },
  { only: ['sqlite', 'postgres'] },
);
