/*
  SIGKILL at the steps of a file's way, in and out (faults F3, F5, invariant I7): a file is processed once, whole, archived once,
  and announced only when it lies there whole; another content under its name is never taken.
  Every few steps here, each one with SLUICE_LONG=1.
*/
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import { addDays, systemClock } from '../../src/clock.js';
import {
  type Database,
  databaseSettings,
  migrate,
  openDatabase,
  sql,
  textCell,
} from '../../src/database/index.js';
import { silentLog } from '../../src/log.js';
import type { Day } from '../../src/protocol/values.js';

const LONG = process.env.SLUICE_LONG === '1';
const UNIT = '39536';
const PROGRAM = join(import.meta.dirname, 'support/exchange-process.mjs');
const sha256Of = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');

interface Task {
  readonly day: Day;
  readonly name?: string;
  readonly content?: string;
  readonly sha256?: string;
}
const arrival = (
  day: Day,
  count = 3,
): Task & { readonly name: string; readonly content: string; readonly sha256: string } => {
  const lines = Array.from({ length: count }, (_, i) => {
    const serial = `${day}00003001${String(i).padStart(12, '0')}`;
    return `080408|${serial}|${day}|100|1|080408$$202401$#|\r\n`;
  });
  const content = `${count * 100}|${count}|\r\n${lines.join('')}`;
  return { day, name: `ORG_${UNIT}_DSDZ_${day}.txt`, content, sha256: sha256Of(content) };
};
const expire = [
  sql('update incoming_files set claimed_until = 1 where claimed_until > 0'),
  sql('update outgoing_files set claimed_until = 1 where claimed_until > 0'),
];
const incomingOf = sql(
  'select state, sha256, stored_path from incoming_files where file_name = :name order by found_at, file_id',
);

describe('an exchange that is killed at a step', () => {
  let dir: string;
  let database: Database;
  let lastDay = '20230101' as Day;
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'sluice-killed-'));
    mkdirSync(join(dir, 'exchange'));
    database = await openDatabase(
      databaseSettings.parse({ client: 'sqlite', file: join(dir, 'revenue.sqlite') }),
      { clock: systemClock, log: silentLog },
    );
    await migrate(database);
  });
  afterEach(async () => {
    await database.close();
    rmSync(dir, { recursive: true, force: true });
  });
  const freshDay = (): Day => {
    lastDay = addDays(lastDay, 1);
    return lastDay;
  };
  const below = (path: string): string[] =>
    readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  const everywhere = (sha256: string) =>
    below(join(dir, 'exchange')).filter((file) => sha256Of(readFileSync(file)) === sha256);

  /** One process; `undefined` when it was killed. */
  async function run(orders: object): Promise<{ verdict?: string; steps: number } | undefined> {
    const child = spawn(process.execPath, [PROGRAM, JSON.stringify({ dir, ...orders })], { stdio: 'pipe' });
    let [said, failed] = ['', ''];
    child.stdout.on('data', (data) => (said += String(data)));
    child.stderr.on('data', (data) => (failed += String(data)));
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    // As time goes by: the dead process' claims run out, and its signs of life grow old.
    for (const statement of expire) await database.run(statement);
    const spool = join(dir, 'exchange/.spool');
    if (existsSync(spool))
      for (const path of readdirSync(spool, { recursive: true })) utimesSync(join(spool, String(path)), 1, 1);
    if (signal === 'SIGKILL') return undefined;
    if (code !== 0) throw new Error(`it ended with ${code}: ${failed}`);
    return JSON.parse(said);
  }
  /** A first run to its end tells how many steps there are; then one is killed at each of them, and the next one goes on. */
  async function killAtSteps<T extends Task>(
    way: 'in' | 'out',
    make: () => Promise<T>,
    check: (task: T) => Promise<void> | void,
  ) {
    const whole = await make();
    const first = await run({ way, next: whole, killAt: 0 });
    if (first === undefined) throw new Error('the first run was killed');
    await check(whole);
    const stride = LONG ? 1 : Math.ceil(first.steps / 3);
    let recover: T | undefined;
    for (let killAt = 1; killAt <= first.steps; killAt += stride) {
      const next = await make();
      expect(await run({ way, recover, next, killAt }), `step ${killAt} of ${first.steps}`).to.equal(
        undefined,
      );
      if (recover) await check(recover);
      recover = next;
    }
    expect(await run({ way, recover })).to.have.property('steps', 0);
    if (recover) await check(recover);
    return first.steps;
  }

  it('takes each file once, whole, whatever it had done with it', async () => {
    const steps = await killAtSteps(
      'in',
      async () => arrival(freshDay()),
      async ({ name, sha256 }) => {
        const rows = await database.all(incomingOf, { name });
        expect(rows.map((row) => [textCell(row, 'state'), textCell(row, 'sha256')])).to.deep.equal([
          ['processed', sha256],
        ]);
        const copies = everywhere(sha256);
        expect(copies.map((path) => basename(path))).to.deep.equal([name]);
        expect(copies[0]).to.contain(`/${UNIT}/archive/`);
        expect(readFileSync(`${copies[0]}.json`, 'utf8')).to.contain(sha256);
        const ids = readFileSync(join(dir, 'processed'), 'utf8')
          .split('\n')
          .filter((line) => line.startsWith(sha256));
        // A processor may be called again, with the same file: it is idempotent. Never for a second row.
        expect(new Set(ids).size).to.equal(1);
      },
    );
    expect(readdirSync(join(dir, 'exchange/.spool', UNIT))).to.deep.equal([]);
    expect(readdirSync(join(dir, 'exchange', UNIT, 'upload'))).to.deep.equal([]);
    expect(steps).to.be.greaterThan(15);
  }).timeout(LONG ? 600_000 : 120_000);

  it('never takes another content under the name of a file that was processed', async () => {
    await killAtSteps(
      'in',
      async () => {
        const before = arrival(freshDay());
        return { ...arrival(before.day, 4), before };
      },
      async ({ name, sha256, day }) => {
        const before = arrival(day);
        const rows = await database.all(incomingOf, { name });
        expect(rows.map((row) => [textCell(row, 'state'), textCell(row, 'sha256')])).to.deep.equal([
          ['processed', before.sha256],
          ['quarantined', sha256],
        ]);
        expect(everywhere(sha256)).to.have.length(1);
        expect(everywhere(sha256)[0]).to.contain('/.quarantine/');
        expect(everywhere(before.sha256)).to.have.length(1);
        expect(readFileSync(join(dir, 'processed'), 'utf8')).not.to.contain(sha256);
      },
    );
  }).timeout(LONG ? 600_000 : 120_000);

  it('publishes each file of ours whole, and announces it once it is', async () => {
    await killAtSteps(
      'out',
      async () => ({ day: freshDay() }),
      ({ day }) => {
        const name = `ORG_CFTZ_${UNIT}_${day}.txt`;
        const text = readFileSync(join(dir, 'exchange', UNIT, 'download', name), 'latin1');
        expect(text.split('\r\n')).to.have.length(5);
        const notices = readFileSync(join(dir, 'notices'), 'utf8')
          .split('\n')
          .filter((line) => line.startsWith(name));
        // Once more where the answer of the first could not be noted; then with an id of its own.
        expect(notices.length).to.be.within(1, 2);
        expect(new Set(notices).size).to.equal(notices.length);
      },
    );
    const hidden = readdirSync(join(dir, 'exchange', UNIT, 'download')).filter((name) =>
      name.startsWith('.'),
    );
    expect(hidden).to.deep.equal([]);
  }).timeout(LONG ? 600_000 : 120_000);
});
