/* A file's way in: absent, early, late, twice, growing, other content, damaged, its node killed (faults F5, F11). */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, open, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Alarms, Condition } from '../../src/alarm.js';
import { addDays, systemClock } from '../../src/clock.js';
import type { Database } from '../../src/database/index.js';
import { type Exchange, type Meters, type Processor, silentMeters } from '../../src/exchange/index.js';
import type { Day } from '../../src/protocol/values.js';
import { unitWith } from '../../src/revenue/unit.js';
import { eachDatabase } from '../support/databases.js';
import { TestClock } from '../support/test-clock.js';
import { until } from '../support/until.js';
import { limits, makeExchange, type TestExchange } from './support/exchange.js';

const unit = unitWith('39536', {}, {}, { shortName: 'GSCQQIANNENG' });
const captured = readFileSync(
  join(import.meta.dirname, '../../fixtures/files/GSCQQIANNENG_39536_DSDZ_20240404.txt'),
);
const nameOf = (day: string) => `GSCQQIANNENG_39536_DSDZ_${day}.txt`;
/** A reconciliation file of the day with so many payments. */
const dsdz = (day: string, count: number, first = 1): string => {
  const lines = Array.from({ length: count }, (_, i) => {
    const serial = `${day}00003001${String(first + i).padStart(12, '0')}`;
    return `080408|${serial}|${day}|100|1|080408$$202401$#|\r\n`;
  });
  return `${count * 100}|${count}|\r\n${lines.join('')}`;
};
const announce = (
  node: Exchange,
  fileName: string,
  more: { filePath?: string; extend?: string; budgetMs?: number } = {},
) =>
  node.arrival.announced(unit, {
    fileName,
    filePath: more.filePath ?? '/upload/',
    fileType: 'DSDZ',
    extend: more.extend ?? '',
    deadline: systemClock.now() + (more.budgetMs ?? 5000),
  });
/** A database whose single statements wait until they are let go; queries do not. */
const writingAfter = (database: Database, held: Promise<void>, reached = () => {}): Database =>
  new Proxy(database, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key, target);
      if (typeof member !== 'function') return member;
      return async (...args: unknown[]) => {
        if (key === 'run') {
          reached();
          await held;
        }
        return Reflect.apply(member, target, args);
      };
    },
  });
/** Takes every file, and remembers which. */
function collecting(): Processor & { readonly names: string[] } {
  const names: string[] = [];
  return {
    type: 'DSDZ',
    names,
    async process(file) {
      names.push(file.name);
      return { kind: 'processed', detail: `${file.sums.lines} lines` };
    },
  };
}

eachDatabase('a file that arrives', (db) => {
  let world: TestExchange;
  beforeEach(async () => {
    world = await makeExchange(db());
  });
  afterEach(() => world.close());
  /** Days are used once: all tests of a suite share its tables. */
  let dayNumber = 0;
  const freshDay = () => addDays('20230301' as Day, dayNumber++);

  it('is answered 4003 while it is not there, 9999 once it is, and 4004 when it is announced again', async () => {
    const node = world.node();
    const name = nameOf('20240404');
    expect((await announce(node, name)).verdict).to.equal('not-there');
    await world.upload(name, captured);
    expect((await announce(node, name)).verdict).to.equal('accepted');
    expect(existsSync(join(world.root, '39536/upload', name))).to.equal(false);
    expect((await announce(node, name)).verdict).to.equal('repeated');
    await world.upload(name, captured);
    expect((await announce(node, name)).verdict).to.equal('repeated');
    const [file] = await node.incoming.findNamed('39536', name);
    expect(file).to.include({ state: 'parsed', source: 'notice', bytes: captured.length });
    expect(file?.sums).to.include({ lines: 10, amount: 46861n });
  });

  it('waits for its processor and is archived with its record when that has come', async () => {
    const name = nameOf(freshDay());
    const first = world.node();
    await world.upload(name, dsdz(name.slice(-12, -4), 3));
    expect((await announce(first, name)).verdict).to.equal('accepted');
    const processor = collecting();
    const second = world.node({ processors: [processor] });
    await first.stop();
    await second.work();
    const [file] = await second.incoming.findNamed('39536', name);
    expect(processor.names).to.deep.include(name);
    expect(file).to.include({ state: 'processed', detail: '3 lines', filed: true });
    const record = JSON.parse(readFileSync(join(world.root, `${file?.storedPath}.json`), 'utf8'));
    expect(record).to.include({ name, count: 3, amount: 300, sha256: file?.sha256, verdict: 'accepted' });
    expect(readdirSync(join(world.root, '.spool/39536'))).to.deep.equal([]);
    const steps = (await second.steps.of(file?.id ?? '')).map(({ step }) => step);
    expect(steps.slice(0, 3)).to.deep.equal(['found', 'stored', 'parsed']);
    expect(steps.slice(-3)).to.deep.equal(['processing', 'processed', 'filed']);
  });

  it('is taken by two nodes once, whoever sees it first, and processed once', async () => {
    const processor = collecting();
    const nodes = [world.node({ processors: [processor] }), world.node({ processors: [processor] })];
    const names = Array.from({ length: 6 }, () => nameOf(freshDay()));
    for (const name of names) await world.upload(name, dsdz(name.slice(-12, -4), 5));
    const verdicts = await Promise.all(names.flatMap((name) => nodes.map((node) => announce(node, name))));
    for (const [i] of names.entries()) {
      const pair = verdicts.slice(2 * i, 2 * i + 2).map(({ verdict }) => verdict);
      expect(pair).to.have.members(['accepted', 'repeated']);
    }
    for (const node of nodes) await node.work();
    expect(processor.names.toSorted()).to.deep.equal(names.toSorted());
  });

  it('which another node is just taking in is waited for, and then answered like one of our own', async () => {
    const name = nameOf(freshDay());
    const day = name.slice(-12, -4);
    await world.upload(name, dsdz(day, 1));
    expect((await announce(world.node(), name)).verdict).to.equal('accepted');
    const path = await world.upload(name, dsdz(day, 2));
    let letGo: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const slow = world.node({ database: writingAfter(db(), held) });
    const first = announce(slow, name, { budgetMs: 15_000 });
    await until(async () => !existsSync(path));
    const second = announce(world.node(), name, { budgetMs: 15_000 });
    // Longer than a notice waits for a file that is nowhere.
    await systemClock.sleep(2 * limits.absentMs + 200);
    letGo();
    const verdicts = (await Promise.all([first, second])).map(({ verdict }) => verdict);
    // The second content under one name: not "repeated", as the first one would be.
    expect(verdicts).to.deep.equal(['wrong-digest', 'wrong-digest']);
  });

  it('under the name of another content goes into quarantine with an alarm, and is answered 4002', async () => {
    const node = world.node({ processors: [collecting()] });
    const day = freshDay();
    await world.upload(nameOf(day), dsdz(day, 2));
    expect((await announce(node, nameOf(day))).verdict).to.equal('accepted');
    await world.upload(nameOf(day), dsdz(day, 3));
    expect((await announce(node, nameOf(day))).verdict).to.equal('wrong-digest');
    await node.work();
    const [newest, oldest] = await node.incoming.findNamed('39536', nameOf(day));
    expect(newest).to.include({ state: 'quarantined', refusal: 'conflict' });
    expect(newest?.storedPath).to.match(/^\.quarantine\/39536\//);
    expect(oldest).to.include({ state: 'processed' });
    expect(world.log.events.map(({ name }) => name)).to.include('file.conflict');
  });

  it('that cannot be read is refused with line and column; the corrected one has its name', async () => {
    const node = world.node({ processors: [collecting()] });
    const day = freshDay();
    const name = nameOf(day);
    await world.upload(name, dsdz(day, 2).replace('|100|1|', '|1x0|1|'));
    const refused = await announce(node, name);
    expect(refused.verdict).to.equal('unreadable');
    expect(refused.detail).to.match(/^第2行第4列/);
    expect(await announce(node, name)).to.deep.equal(refused);
    await world.upload(name, dsdz(day, 2));
    expect((await announce(node, name)).verdict).to.equal('accepted');
  });

  it('is refused for a wrong sum, a day that has not come, a day its lines are not of, a wrong digest', async () => {
    const node = world.node();
    const refuse = async (name: string, content: string, extend = '') => {
      await world.upload(name, content);
      return announce(node, name, { extend });
    };
    const day = freshDay();
    const sum = await refuse(nameOf(day), dsdz(day, 2).replace('200|2|', '201|2|'));
    expect(sum).to.include({ verdict: 'unreadable' });
    expect((await refuse(nameOf('20980101'), dsdz('20980101', 1))).verdict).to.equal('wrong-date');
    const otherDay = await refuse(nameOf(freshDay()), dsdz('20230401', 2));
    expect(otherDay.verdict).to.equal('wrong-date');
    const md5 = 'd41d8cd98f00b204e9800998ecf8427e';
    const digestDay = freshDay();
    expect((await refuse(nameOf(digestDay), dsdz(digestDay, 2), `md5=${md5}`)).verdict).to.equal(
      'wrong-digest',
    );
  });

  it('of another unit, type or an unsafe name is refused before anything is looked at', async () => {
    const node = world.node();
    expect((await announce(node, 'X_00_DSDZ_20240404.txt')).verdict).to.equal('unreadable');
    expect((await announce(node, 'X_39536_JF_20240404.txt')).verdict).to.equal('unknown-type');
    expect((await announce(node, '../../etc/passwd')).verdict).to.equal('unreadable');
    expect((await announce(node, nameOf('20240404'), { filePath: '../../../etc' })).verdict).to.equal(
      'repeated',
    );
  });

  it('is waited for while it grows, and until it is whole', async () => {
    const node = world.node();
    const day = freshDay();
    const path = await world.upload(nameOf(day), dsdz(day, 2).slice(0, 40), { fresh: true });
    const answer = announce(node, nameOf(day));
    await systemClock.sleep(150);
    await writeFile(path, dsdz(day, 2));
    expect((await answer).verdict).to.equal('accepted');
  });

  it('whose upload is under way is waited for longer than one that is not there at all', async () => {
    const node = world.node();
    const day = freshDay();
    const partial = join(world.root, '.partial/39536', nameOf(day));
    await mkdir(join(world.root, '.partial/39536'), { recursive: true });
    await mkdir(join(world.root, '39536/upload'), { recursive: true });
    await writeFile(partial, dsdz(day, 2));
    const answer = announce(node, nameOf(day));
    await systemClock.sleep(700);
    await rename(partial, join(world.root, '39536/upload', nameOf(day)));
    expect((await answer).verdict).to.equal('accepted');
    const other = nameOf(freshDay());
    await writeFile(join(world.root, '.partial/39536', other), 'never finished');
    expect((await announce(node, other, { budgetMs: 900 })).verdict).to.equal('not-there');
  });

  it('that nobody announced is found by the watcher; its late notice is accepted', async () => {
    const processor = collecting();
    const node = world.node({ processors: [processor], settings: world.settings({ watch: true }) });
    node.start();
    const day = freshDay();
    await world.upload(nameOf(day), dsdz(day, 2));
    await until(async () => (await node.incoming.findNamed('39536', nameOf(day)))[0]?.filed === true);
    expect(processor.names).to.include(nameOf(day));
    expect((await announce(node, nameOf(day))).verdict).to.equal('accepted');
    expect((await announce(node, nameOf(day))).verdict).to.equal('repeated');
  });

  it('that is written on after it was taken is refused: what is processed is what was registered', async () => {
    let letGo: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    let isDigested = false;
    const node = world.node({
      database: writingAfter(db(), held, () => {
        isDigested = true;
      }),
    });
    const day = freshDay();
    const path = await world.upload(nameOf(day), dsdz(day, 2));
    const writer = await open(path, 'r+');
    const answer = announce(node, nameOf(day), { budgetMs: 15_000 });
    await until(async () => isDigested);
    await writer.write(dsdz(day, 2).replaceAll('080408', '080409'), 0);
    await writer.close();
    letGo();
    const { verdict, detail } = await answer;
    expect([verdict, detail]).to.deep.equal(['unreadable', '文件在接收后又被改写']);
  });

  it('is found below upload/ by what the notice says of its path, in all the ways in which platforms say it', async () => {
    const node = world.node();
    for (const filePath of ['/upload/', '/upload', 'upload', './', '\\\\upload\\\\', '', '/39536/upload/']) {
      const day = freshDay();
      await world.upload(nameOf(day), dsdz(day, 1));
      expect((await announce(node, nameOf(day), { filePath })).verdict, filePath).to.equal('accepted');
    }
  });

  it('that is longer than allowed is refused unread', async () => {
    const node = world.node({ settings: world.settings({ limits: { ...limits, fileBytesMax: 100 } }) });
    const day = freshDay();
    await world.upload(nameOf(day), dsdz(day, 2));
    expect(await announce(node, nameOf(day))).to.include({ verdict: 'unreadable' });
    expect((await node.incoming.findNamed('39536', nameOf(day)))[0]).to.include({ refusal: 'too-long' });
  });

  it('that was refused or is another content is told of, until a corrected one came; what is not done with is counted', async () => {
    const told = new Map<string, readonly Condition[]>();
    const alarms: Alarms = { hold: async (kind, conditions) => void told.set(kind, conditions) };
    const unfinished = { in: -1, out: -1 };
    const meters: Meters = {
      ...silentMeters,
      unfinished: (direction, files) => {
        unfinished[direction] = files;
      },
    };
    const node = world.node({ processors: [collecting()], alarms, meters });
    const [day, otherDay] = [freshDay(), freshDay()];
    await world.upload(nameOf(day), dsdz(day, 2).replace('200|2|', '201|2|'));
    await announce(node, nameOf(day));
    await world.upload(nameOf(otherDay), dsdz(otherDay, 2));
    await announce(node, nameOf(otherDay));
    await world.upload(nameOf(otherDay), dsdz(otherDay, 3));
    await announce(node, nameOf(otherDay));
    await node.work();
    const textsOf = async (kind: string, name: string) => {
      await node.watchFiles();
      return (told.get(kind) ?? []).map(({ text }) => text).filter((text) => text.startsWith(name));
    };
    expect((await textsOf('file-refused', nameOf(day)))[0]).to.match(/201.*; sluice exchange show /);
    expect((await textsOf('file-conflict', nameOf(otherDay)))[0]).to.match(/; sluice exchange release /);
    await world.upload(nameOf(day), dsdz(day, 2));
    await announce(node, nameOf(day));
    await node.work();
    expect(await textsOf('file-refused', nameOf(day))).to.deep.equal([]);
    expect(unfinished.in).to.be.at.least(0);
    expect(unfinished.out).to.equal(0);
    const [conflict] = await node.incoming.findNamed('39536', nameOf(otherDay));
    if (conflict) await node.release(conflict, 'operator');
    expect(await textsOf('file-conflict', nameOf(otherDay))).to.deep.equal([]);
    expect((await node.incoming.find(conflict?.id ?? ''))?.state).to.equal('processed');
  });

  it('is removed from archive and quarantine when it was kept long enough; what it was is known for ever', async () => {
    const clock = new TestClock(systemClock.now());
    const node = world.node({ processors: [collecting()] });
    const [day, badDay] = [freshDay(), freshDay()];
    await world.upload(nameOf(day), dsdz(day, 2));
    await world.upload(nameOf(badDay), dsdz(badDay, 2).replace('200|2|', '201|2|'));
    for (const one of [day, badDay]) await announce(node, nameOf(one));
    await node.work();
    const pathOf = async (one: string) =>
      (await node.incoming.findNamed('39536', nameOf(one)))[0]?.storedPath ?? '';
    const [archived, quarantined] = [
      join(world.root, await pathOf(day)),
      join(world.root, await pathOf(badDay)),
    ];
    const later = world.node({ processors: [collecting()], clock });
    await later.removeExpired();
    expect([archived, quarantined].map(existsSync)).to.deep.equal([true, true]);
    await clock.advance(401 * 86_400_000);
    await later.removeExpired();
    for (const path of [archived, quarantined]) {
      expect([path, `${path}.json`].map(existsSync)).to.deep.equal([false, false]);
    }
    expect(await pathOf(day)).to.equal('expired');
    await world.upload(nameOf(day), dsdz(day, 2));
    expect((await announce(node, nameOf(day))).verdict).to.equal('repeated');
    const released = await node
      .release((await node.incoming.findNamed('39536', nameOf(badDay)))[0] as never, 'x')
      .catch((error: unknown) => error);
    expect(released).to.have.property('code', 'file-gone');
  });

  it('whose processing fails is tried again after a pause', async () => {
    let calls = 0;
    const processor: Processor = {
      type: 'DSDZ',
      async process() {
        calls += 1;
        if (calls < 3) throw new Error('the database went away');
        return { kind: 'processed', detail: '' };
      },
    };
    const node = world.node({ processors: [processor] });
    const day = freshDay();
    await world.upload(nameOf(day), dsdz(day, 1));
    await announce(node, nameOf(day));
    await until(async () => {
      await node.work();
      return (await node.incoming.findNamed('39536', nameOf(day)))[0]?.state === 'processed';
    });
    expect(calls).to.equal(3);
  });

  it('whose node died is taken over by another: in the spool, and in the middle of its processing', async () => {
    const dead = world.node({
      processors: [
        {
          type: 'DSDZ',
          process: (_, signal) =>
            new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
        },
      ],
    });
    const day = freshDay();
    await world.upload(nameOf(day), dsdz(day, 1));
    await announce(dead, nameOf(day));
    const [file] = await dead.incoming.findNamed('39536', nameOf(day));
    // As if the process were gone: nobody extends its claim.
    await world.expireClaim(db(), file?.id ?? '');
    const processor = collecting();
    const alive = world.node({ processors: [processor] });
    await alive.work();
    expect(processor.names).to.include(nameOf(day));
    const steps = (await alive.steps.of(file?.id ?? '')).map(({ step }) => step);
    expect(steps).to.include('taken-over');
  });
});
