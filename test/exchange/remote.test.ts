/* The whole way of files where the platform hosts SFTP: we poll, fetch, process and archive; we put ours there and announce them. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { chinaDay, systemClock } from '../../src/clock.js';
import { defineProducer, type Exchange, openRemotePlace, type Processor } from '../../src/exchange/index.js';
import { exchangeFiles } from '../../src/protocol/index.js';
import { fenOf } from '../../src/protocol/values.js';
import { unitWith } from '../../src/revenue/unit.js';
import type { NoticeCall } from '../../src/server/index.js';
import { makeSshd, type Sshd, sshdNeed } from '../sftp/support/sshd.js';
import { eachDatabase } from '../support/databases.js';
import { describeWith } from '../support/needs.js';
import { until } from '../support/until.js';
import { limits, makeExchange, type TestExchange } from './support/exchange.js';

const UNIT = '39536';
const unit = unitWith(UNIT, {}, {}, { shortName: 'GSCQQIANNENG' });
const nameOf = (day: string) => `GSCQQIANNENG_${UNIT}_DSDZ_${day}.txt`;
const dsdz = (day: string, count: number): string => {
  const lines = Array.from({ length: count }, (_, i) => {
    const serial = `${day}00003001${String(i).padStart(12, '0')}`;
    return `080408|${serial}|${day}|100|1|080408$$202401$#|\r\n`;
  });
  return `${count * 100}|${count}|\r\n${lines.join('')}`;
};
const producer = defineProducer({
  type: 'CFTZ',
  file: exchangeFiles.CFTZ,
  async *details({ dataDay }) {
    yield {
      bill: 'B1',
      customer: 'C1',
      customerName: '张三',
      owed: fenOf(100n),
      lateFeeFrom: dataDay,
      unitName: '甲',
      clearingUnit: UNIT,
      remindUntil: dataDay,
    };
  },
  summary: ({ lineCount }) => ({ lineCount }),
});

describeWith(sshdNeed, 'a platform that hosts SFTP', () => {
  eachDatabase(
    'its files and ours',
    (db) => {
      let sshd: Sshd;
      let world: TestExchange;
      const processed: string[] = [];
      const calls: NoticeCall[] = [];
      const processor: Processor = {
        type: 'DSDZ',
        async process({ name, sums }) {
          processed.push(name);
          return { kind: 'processed', detail: `${sums.lines} lines` };
        },
      };
      before(async () => {
        sshd = await makeSshd();
        await sshd.start();
        for (const name of ['out', 'in']) mkdirSync(join(sshd.dir, name));
      });
      after(() => sshd.remove());
      beforeEach(async () => {
        world = await makeExchange(db());
        processed.length = 0;
        calls.length = 0;
      });
      afterEach(() => world.close());
      const there = (...path: string[]) => join(sshd.dir, ...path);

      function node(more: object = {}): Exchange {
        const remote = {
          host: '127.0.0.1',
          port: sshd.port,
          username: sshd.user,
          privateKeyFile: sshd.clientKeyFile,
          hostKeys: [sshd.hostKey],
          incomingDir: there('out'),
          outgoingDir: there('in'),
          retryMs: 10,
          attemptsMax: 2,
          ...more,
        };
        return world.node({
          settings: world.settings({
            watch: true,
            limits: { ...limits, remotePollMs: 200, absentMs: 2000 },
            notice: { host: '192.0.2.1', port: 1 },
            units: { [UNIT]: { remote } },
          }),
          units: [unit],
          processors: [processor],
          producers: [producer],
          openRemote: (of, settings) =>
            openRemotePlace(of, settings, { dir: '/', clock: systemClock, log: world.log }),
          call: async (call) => {
            calls.push(call);
            return { kind: 'answered', code: '9999', text: '' };
          },
        });
      }
      const filed = (of: Exchange, name: string) =>
        until(async () => (await of.incoming.findNamed(UNIT, name))[0]?.filed === true);
      const announce = (of: Exchange, fileName: string) =>
        of.arrival.announced(unit, {
          fileName,
          filePath: '/out/',
          fileType: 'DSDZ',
          extend: '',
          deadline: systemClock.now() + 15_000,
        });

      it('a file is found by the poll, fetched, processed and archived here; there it stays, and is not fetched again', async () => {
        const name = nameOf('20240301');
        const first = node();
        first.start();
        writeFileSync(there('out', `${name}.tmp`), dsdz('20240301', 3));
        renameSync(there('out', `${name}.tmp`), there('out', name));
        await filed(first, name);
        expect(processed).to.deep.equal([name]);
        const [file] = await first.incoming.findNamed(UNIT, name);
        expect(file).to.include({ state: 'processed', source: 'watcher', detail: '3 lines' });
        expect(file?.storedPath).to.equal(`.archive/${UNIT}/${chinaDay(systemClock.now())}/${name}`);
        const archived = readFileSync(join(world.root, file?.storedPath ?? ''), 'utf8');
        expect(archived).to.equal(dsdz('20240301', 3));
        expect(readFileSync(there('out', name), 'utf8')).to.equal(archived);
        await first.stop();
        // Another process knows it by the database; so does the notice that comes now.
        const second = node();
        second.start();
        await second.look();
        expect((await announce(second, name)).verdict).to.equal('accepted');
        expect((await announce(second, name)).verdict).to.equal('repeated');
        expect(processed).to.deep.equal([name]);
      });

      it('a file that is announced while it is being written is waited for', async () => {
        const name = nameOf('20240302');
        const one = node();
        writeFileSync(there('out', `${name}.tmp`), dsdz('20240302', 2).slice(0, 30));
        const answer = announce(one, name);
        await systemClock.sleep(300);
        writeFileSync(there('out', `${name}.tmp`), dsdz('20240302', 2));
        renameSync(there('out', `${name}.tmp`), there('out', name));
        expect((await answer).verdict).to.equal('accepted');
      });

      it('is removed there after it was taken, where the unit says so; another content under its name is set aside', async () => {
        const name = nameOf('20240303');
        const one = node({ afterFetch: 'remove' });
        one.start();
        writeFileSync(there('out', name), dsdz('20240303', 2));
        await filed(one, name);
        await until(async () => !existsSync(there('out', name)));
        writeFileSync(there('out', name), dsdz('20240303', 4));
        expect((await announce(one, name)).verdict).to.equal('wrong-digest');
        await filed(one, name);
        const states = (await one.incoming.findNamed(UNIT, name)).map(({ state }) => state);
        expect(states).to.have.members(['quarantined', 'processed']);
        expect(processed).to.deep.equal([name]);
      });

      it('a file of ours is put there under another name, renamed, verified and announced; again after the server was away', async () => {
        const one = node();
        await sshd.stop();
        const order = {
          unit: UNIT,
          type: 'CFTZ',
          dataDay: undefined,
          again: false,
          orderedBy: 'test',
        } as const;
        const file = await one.outbox.order(order);
        await one.work();
        expect(await one.outgoing.find(file.id)).to.include({ state: 'written' });
        expect(world.log.events.map(({ name }) => name)).to.include('place.failed');
        expect(calls).to.deep.equal([]);
        await sshd.start();
        await until(async () => {
          await one.work();
          return (await one.outgoing.find(file.id))?.state === 'noticed';
        });
        expect(readdirSync(there('in'))).to.deep.equal([file.name]);
        expect(calls[0]?.body).to.include({ fileName: file.name, filePath: `${there('in')}/` });
        const { sha256 } = (await one.outgoing.find(file.id)) ?? {};
        expect(execFileSync('sha256sum', [there('in', file.name)]).toString()).to.contain(sha256);
      });

      it('nothing is sent to or taken from a server whose key is not the pinned one; log and file say how to accept it', async () => {
        const one = node({ hostKeys: [`SHA256:${'A'.repeat(43)}`] });
        writeFileSync(there('out', nameOf('20240305')), dsdz('20240305', 1));
        one.start();
        await until(async () => world.log.events.some(({ name }) => name === 'place.failed'));
        const failed = world.log.events.find(({ name }) => name === 'place.failed');
        expect(String(failed?.fields.reason)).to.contain(sshd.hostKey);
        expect(await one.incoming.findNamed(UNIT, nameOf('20240305'))).to.deep.equal([]);
        const order = {
          unit: UNIT,
          type: 'CFTZ',
          dataDay: undefined,
          again: true,
          orderedBy: 'test',
        } as const;
        const { id } = await one.outbox.order(order);
        await until(async () => {
          await one.work();
          return (await one.outgoing.find(id))?.state === 'written';
        });
        expect((await one.outgoing.find(id))?.detail)
          .to.contain(sshd.hostKey)
          .and.contain('hostKeys in sluice.yaml');
      });
    },
    { only: ['sqlite'] },
  );
});
