/* Our files from the order to the platform's answer. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { addDays, chinaDay, momentOf } from '../../src/clock.js';
import type { Database } from '../../src/database/index.js';
import { messageOf, OperatorError } from '../../src/errors.js';
import { defineProducer, type Exchange, type OutgoingFile, type Producer } from '../../src/exchange/index.js';
import { exchangeFiles } from '../../src/protocol/index.js';
import { type Day, fenOf } from '../../src/protocol/values.js';
import { unitWith } from '../../src/revenue/unit.js';
import type { NoticeCall, NoticeReply } from '../../src/server/index.js';
import { eachDatabase } from '../support/databases.js';
import { TestClock } from '../support/test-clock.js';
import { until } from '../support/until.js';
import { makeExchange, type TestExchange } from './support/exchange.js';

const UNIT = '39536';
const theUnit = unitWith(UNIT, {}, {}, { shortName: 'GSCQQIANNENG' });
const notice = { host: '192.0.2.1', port: 1 };
const limits = { stableMs: 200, noticeRetryMs: 1000, noticeAttemptsMax: 4, retryMs: 1000, leaseMs: 60_000 };
/** A dunning list of these names. */
const dunning = (...names: string[]): Producer & { calls: number } => {
  const made = {
    calls: 0,
    ...defineProducer({
      type: 'CFTZ' as const,
      file: exchangeFiles.CFTZ,
      async *details({ unit, dataDay }) {
        made.calls += 1;
        for (const [i, customerName] of names.entries()) {
          yield {
            bill: `B${i}`,
            customer: `C${i}`,
            customerName,
            owed: fenOf(100n),
            lateFeeFrom: dataDay,
            unitName: unit.name,
            clearingUnit: unit.id,
            remindUntil: dataDay,
          };
        }
      },
      summary: ({ lineCount }) => ({ lineCount }),
    }),
  };
  return made;
};
const answered = (code: string): NoticeReply => ({ kind: 'answered', code, text: 'said' });

eachDatabase('a file of ours', (db) => {
  let world: TestExchange;
  let clock: TestClock;
  beforeEach(async () => {
    world = await makeExchange(db());
    clock = new TestClock(momentOf(freshDay(), '100000'));
  });
  afterEach(() => world.close());
  /** Days are used once: all tests of a suite share its tables. */
  let dayNumber = 0;
  const freshDay = () => addDays('20240301' as Day, dayNumber++);

  const calls: NoticeCall[] = [];
  /** A node whose notices get these answers, one after the other; the last one again and again. */
  function node(
    replies: readonly (string | NoticeReply)[],
    more: { producer?: Producer; unit?: object; database?: Database } = {},
  ) {
    const left = [...replies];
    calls.length = 0;
    return world.node({
      settings: world.settings({ limits, notice, ...(more.unit && { units: { [UNIT]: more.unit } }) }),
      producers: [more.producer ?? dunning('张三', '李四')],
      clock,
      ...(more.database && { database: more.database }),
      call: async (call) => {
        calls.push(call);
        const reply = left.length > 1 ? left.shift() : left[0];
        return typeof reply === 'string' ? answered(reply) : (reply ?? answered('9999'));
      },
    });
  }
  const order = (of: Exchange, again = false) =>
    of.outbox.order({ unit: UNIT, type: 'CFTZ', dataDay: undefined, again, orderedBy: 'test' });
  const now = async (of: Exchange, { id }: OutgoingFile) => {
    const file = await of.outgoing.find(id);
    if (file === undefined) throw new Error('it is gone');
    return file;
  };
  const callsFor = ({ name }: OutgoingFile) => calls.filter(({ body }) => body.fileName === name);
  const published = (name: string) => join(world.root, UNIT, 'download', name);

  it('is written, published under its name, verified and announced; every step is kept', async () => {
    const one = node(['9999']);
    const file = await order(one);
    await one.work();
    expect(await now(one, file)).to.include({ state: 'noticed', lines: 2, noticeAttempts: 1 });
    const text = readFileSync(published(file.name), 'latin1');
    expect(text.split('\r\n')[0]).to.equal('2|');
    expect(readdirSync(join(world.root, UNIT, 'download'))).to.deep.equal([file.name]);
    expect(calls[0]?.body).to.include({ fileName: file.name, fileType: 'CFTZ', filePath: '/download/' });
    const steps = (await one.steps.of(file.id)).map(({ step }) => step);
    expect(steps).to.deep.equal(['ordered', 'written', 'published', 'verified', 'noticed']);
  });

  it('whose notice is not answered, or not for good, is announced again after pauses that double', async () => {
    const one = node([{ kind: 'unanswered', reason: 'ECONNREFUSED' }, '0009', '4003', '9999']);
    const file = await order(one);
    const pauses: number[] = [];
    for (;;) {
      await one.work();
      const { state, retryAt } = await now(one, file);
      if (state === 'noticed') break;
      pauses.push(retryAt - clock.now());
      await clock.advance(retryAt - clock.now());
    }
    expect(pauses).to.deep.equal([1000, 2000, 4000]);
    const attempts = await one.outgoing.notices(file.id);
    expect(attempts.map(({ code, detail }) => code || detail)).to.deep.equal([
      'ECONNREFUSED',
      '0009',
      '4003',
      '9999',
    ]);
    expect(new Set(attempts.map(({ messageId }) => messageId)).size).to.equal(4);
  });

  it('is given up after so many attempts, shown as failed, and announced again by hand', async () => {
    const one = node(['0009', '0009', '0009', '0009', '9999']);
    const file = await order(one);
    for (let i = 0; i < 4; i++) {
      await one.work();
      await clock.advance(3_600_000);
    }
    expect(await now(one, file)).to.include({ state: 'failed', noticeAttempts: 4 });
    await one.work();
    expect(callsFor(file)).to.have.length(4);
    await one.outbox.resend(await now(one, file), 'operator');
    await one.work();
    expect(await now(one, file)).to.include({ state: 'noticed', noticeAttempts: 5 });
    const named = world.log.events.filter(({ name }) => name === 'notice.failed');
    expect(named[0]?.fields).to.include({ next: `sluice exchange resend ${file.id}` });
  });

  it('whose notice is refused for good is not repeated', async () => {
    const one = node(['4000']);
    const file = await order(one);
    await one.work();
    await clock.advance(3_600_000);
    await one.work();
    expect(await now(one, file)).to.include({ state: 'failed', detail: '4000 said' });
    expect(callsFor(file)).to.have.length(1);
  });

  it('is made and announced once by two nodes that see it at the same time', async () => {
    const producer = dunning('张三');
    const [one, two] = [
      node(['9999'], { producer }),
      world.node({
        clock,
        producers: [producer],
        settings: world.settings({ limits, notice }),
        call: async (call) => {
          calls.push(call);
          return answered('9999');
        },
      }),
    ];
    const file = await order(one);
    await Promise.all([one.work(), two.work(), one.work(), two.work()]);
    await until(async () => (await now(one, file)).state === 'noticed');
    expect(callsFor(file)).to.have.length(1);
    expect(producer.calls).to.equal(1);
  });

  it('is published again when what lies there is not what was written, and only then announced', async () => {
    const one = node(['9999']);
    const file = await order(one);
    const spoil = spoiling(db(), () => rmSync(published(file.name)));
    await node(['9999'], { database: spoil }).work();
    expect(await now(one, file)).to.include({ state: 'written', detail: 'it is not there' });
    expect(callsFor(file)).to.have.length(0);
    await clock.advance(2000);
    await node(['9999'], {
      database: spoiling(db(), () => writeFileSync(published(file.name), 'cut')),
    }).work();
    expect(await now(one, file)).to.include({
      state: 'written',
      detail: '3 bytes lie there, with another content',
    });
    await clock.advance(2000);
    await node(['9999']).work();
    expect(await now(one, file)).to.include({ state: 'noticed' });
  });

  it('is made once for a day, and anew only by order: the new one takes its name', async () => {
    const one = node(['9999']);
    const file = await order(one);
    await one.work();
    const refused = await order(one).catch((error: unknown) => error);
    expect(refused).to.have.property('code', 'file-made');
    const again = await order(node(['9999'], { producer: dunning('王五') }), true);
    expect(again).to.include({ name: file.name, run: 2 });
    const two = node(['9999'], { producer: dunning('王五') });
    await two.work();
    expect(readFileSync(published(file.name), 'latin1')).to.match(/^1\|\r\n/);
  });

  it('without lines is not published unless the unit wants empty files', async () => {
    const one = node(['9999'], { producer: dunning() });
    const file = await order(one);
    await one.work();
    expect(await now(one, file)).to.include({ state: 'empty', lines: 0 });
    expect(existsSync(published(file.name))).to.equal(false);
    expect(callsFor(file)).to.have.length(0);
    const wanting = node(['9999'], { producer: dunning(), unit: { files: { CFTZ: { writeEmpty: true } } } });
    const empty = await order(wanting);
    await wanting.work();
    expect(readFileSync(published(empty.name), 'latin1')).to.equal('0|\r\n');
    expect(callsFor(empty)).to.have.length(1);
  });

  it('says how many characters its charset lacks, in the log, the step and the list', async () => {
    const one = node(['9999'], { producer: dunning('𠮷野', '龘𪚥') });
    const file = await order(one);
    const generated = () => world.log.events.find(({ name }) => name === 'file.generated');
    await one.work();
    expect(generated()?.fields).to.include({ lines: 2, replaced: 2 });
    const written = (await one.steps.of(file.id)).find(({ step }) => step === 'written');
    expect(written?.detail).to.contain('2 characters that gbk lacks became ?');
    expect(readFileSync(published(file.name), 'latin1')).to.contain('|C0|?');
  });

  it('made by hand of a day that was not over does not stand for that day: the schedule makes it whole, once', async () => {
    const one = node(['9999']);
    const dataDay = chinaDay(clock.now());
    const order = { unit: UNIT, type: 'JF', again: false, orderedBy: 'test' } as const;
    const early = await one.outbox.order({ ...order, dataDay });
    clock = new TestClock(momentOf(addDays(dataDay, 1), '023000'));
    dayNumber += 1;
    const later = node(['9999']);
    const id = await later.outbox.orderOnce(theUnit, 'JF', addDays(dataDay, 1));
    expect(await later.outgoing.find(id ?? '')).to.include({ dataDay, run: 2, orderedBy: 'schedule' });
    expect((await later.outgoing.find(id ?? ''))?.name).not.to.equal(early.name);
    expect(await later.outbox.orderOnce(theUnit, 'JF', addDays(dataDay, 1))).to.equal(undefined);
  });

  it('made by hand of a day that is not over does not take the name that the schedule needs today', async () => {
    const one = node(['9999'], { unit: { files: { JF: { schedule: '30 2 * * *' } } } });
    const today = chinaDay(clock.now());
    const order = { unit: UNIT, type: 'JF', again: false, orderedBy: 'test', dataDay: today } as const;
    const refused = await one.outbox.order(order).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(OperatorError);
    expect(messageOf(refused)).to.contain(`is the name of the file of ${addDays(today, -1)}`);
    const early = await one.outbox.order({ ...order, name: `early_JF_${today}.txt` });
    expect(early.dataDay).to.equal(today);
    const id = await one.outbox.orderOnce(theUnit, 'JF', today);
    expect(await one.outgoing.find(id ?? '')).to.include({
      dataDay: addDays(today, -1),
      orderedBy: 'schedule',
    });
  });

  it('is made by schedule once on however many nodes, and for the days that were missed', async () => {
    const unit = { files: { CFTZ: { schedule: '0 8 * * *', catchUpDays: 2 } } };
    const start = freshDay();
    clock = new TestClock(momentOf(start, '075900'));
    const nodes = [node(['9999'], { unit }), node(['9999'], { unit })];
    const runsOf = async (day: Day) =>
      (await nodes[0]?.outgoing.ofDay(UNIT, 'CFTZ', day))?.map(({ orderedBy }) => orderedBy);
    for (const one of nodes) one.start();
    const elapse = async (ms: number, holds: () => Promise<boolean>) => {
      await clock.advance(ms);
      await until(async () => {
        await clock.advance(20_000);
        return holds();
      });
    };
    await elapse(60_000, async () => (await runsOf(start))?.length === 1);
    for (const one of nodes) await one.stop();
    // Away for four days: the last two are made up for, and today.
    clock = new TestClock(momentOf(addDays(start, 4), '120000'));
    const back = node(['9999'], { unit });
    nodes.unshift(back);
    back.start();
    await until(async () => (await runsOf(addDays(start, 4)))?.length === 1);
    const made = await Promise.all([0, 1, 2, 3, 4].map((days) => runsOf(addDays(start, days))));
    expect(made).to.deep.equal([['schedule'], [], ['schedule'], ['schedule'], ['schedule']]);
    dayNumber += 4;
    await back.stop();
  });

  it('is taken away by an operator and not announced any more', async () => {
    const one = node(['0009']);
    const file = await order(one);
    await one.work();
    await one.outbox.withdraw(await now(one, file), 'wrong month', 'operator');
    expect(existsSync(published(file.name))).to.equal(false);
    await clock.advance(3_600_000);
    await one.work();
    expect(callsFor(file)).to.have.length(1);
    expect(await now(one, file)).to.include({ state: 'withdrawn', detail: 'wrong month' });
  });

  it('is removed when it was kept long enough, with our own copy', async () => {
    const one = node(['9999']);
    const file = await order(one);
    await one.work();
    expect(await one.removeExpired()).to.equal(0);
    await clock.advance(61 * 86_400_000);
    expect(await one.removeExpired()).to.be.at.least(1);
    expect(existsSync(published(file.name))).to.equal(false);
    expect(existsSync(join(world.root, '.outgoing', UNIT, file.id))).to.equal(false);
    expect(await one.removeExpired()).to.equal(0);
    expect(await now(one, file)).to.include({ state: 'noticed', place: 'expired' });
  });
});

/** A database that lets something happen right after a file was noted as published. */
function spoiling(database: Database, spoil: () => void): Database {
  return new Proxy(database, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key, target);
      if (typeof member !== 'function') return member;
      return async (...args: unknown[]) => {
        const result: unknown = await Reflect.apply(member, target, args);
        if (key === 'run' && (args[1] as { step?: string }).step === 'published') spoil();
        return result;
      };
    },
  });
}
