/**
 * The day in which everything happens, over real sockets and real SFTP: afterwards both books agree line by line, the ledger holds, the report
 * names every injected case and no other, and a second run changes nothing. `npm run test:day`: 10 000 payments, on SQLite and PostgreSQL.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { addDays, chinaMonth, systemClock, systemIds } from '../../src/clock.js';
import { loadConfig } from '../../src/config/index.js';
import { type Database, numberCell, sql, textCell } from '../../src/database/index.js';
import type { Day, Month } from '../../src/protocol/values.js';
import { fenOf } from '../../src/protocol/values.js';
import { addCustomers, issueBills } from '../../src/revenue/index.js';
import { unitWith } from '../../src/revenue/unit.js';
import { makeEd25519Key } from '../../src/sftp/index.js';
import { withDatabase } from '../../src/with-database.js';
import { sluiceInside } from '../support/command-line.js';
import { eachDatabase } from '../support/databases.js';
import { demoDirectory, type Gateway, platformTls, startGateway } from '../support/gateway.js';
import { ask, paymentBody, requestFrame } from '../support/platform.js';
import { sftpAccount } from '../support/platform-stand-in.js';
import { rawClient } from '../support/raw-client.js';
import {
  badFiles,
  billOf,
  customerOf,
  expectedReport,
  goodFile,
  otherCustomerOf,
  type PlannedPayment,
  planDay,
  platformBook,
} from '../support/reconciled-day.js';
import { until } from '../support/until.js';

const LONG = process.env.SLUICE_LONG === '1';
const COUNT = Number(process.env.SLUICE_DAY_PAYMENTS ?? (LONG ? 5000 : 110));
const EACH = LONG ? 20 : 2;
const CALLERS = 12;

/** The last day of the month before: its last payments arrive when another month has begun. */
const nextDay = `${chinaMonth(systemClock.now())}01` as Day;
const day = addDays(nextDay, -1);
const forms = {
  '90001': { charset: 'gbk', lineEnd: '\r\n' },
  '37101': { charset: 'utf8', lineEnd: '\n', mark: true },
} as const;
const units = Object.keys(forms) as (keyof typeof forms)[];
const fileName = (unit: string) => `WTDEMO_DSDZ_${unit}_${day}.txt`;

/** What `sluice trace` says of one of each kind. */
const traced = {
  none: '对账相符',
  'answer-lost': '对账相符',
  'refunded-here': '双方均无',
  'next-day': '未对账',
  'never-arrived': '平台有我方无，已修复，补销账',
  'refunded-there': '我方有平台无，已修复，冲正',
  'amount-differs': '金额不符，已修复',
  'customer-differs': '户号不符，已修复',
  'unknown-customer': '平台有我方无，暂挂',
} as const;

const tables = [
  'payments order by payment_no',
  'refunds order by refund_no',
  'serials order by unit, serial',
  'accounts order by unit, customer',
  'bills order by unit, bill',
  'ledger_entries order by entry_no',
  'allocations order by entry_no, bill',
  'suspense_items order by entry_no',
  'recon_differences order by unit, day, serial, run_no',
];
const dumps = tables.map((table) => sql(`select * from ${table}`));
const bookings = sql(`
  select serial, customer, amount from platform_bookings
  where unit = :unit and booking_day = :day and state = 'booked' order by serial`);
const fileState = sql(`
  select state, detail from incoming_files where unit = :unit and file_name = :name order by found_at desc`);
const serialsBooked = sql("select count(*) as booked from serials where unit = :unit and state = 'booked'");

eachDatabase(
  `a day of ${COUNT * units.length} payments with trouble of every class`,
  (db) => {
    const plans = Object.fromEntries(
      units.map((unit) => [unit, planDay(day, nextDay, COUNT, EACH)] as const),
    ) as Record<string, readonly PlannedPayment[]>;
    const planOf = (unit: string) => plans[unit] ?? [];
    let dir: string;
    let remove: () => void;
    let gateway: Gateway;
    const key = makeEd25519Key(systemIds);
    const accounts = new Map<string, ReturnType<typeof sftpAccount>>();
    const tls = () => ({ ...platformTls(dir), port: gateway.port });
    const run = async (...args: string[]) => {
      const { code, stdout, stderr } = await sluiceInside([...args, '--dir', dir]);
      if (code !== 0) throw new Error(`sluice ${args.join(' ')}: ${stderr}${stdout}`);
      return stdout;
    };
    const code = async (service: string, body: Record<string, unknown>) =>
      String((await ask(tls(), service, body)).body.rtnCode);
    const announce = (unit: string) =>
      code('200011', {
        acctOrgNo: unit,
        filePath: '/upload/',
        fileType: 'DSDZ',
        fileName: fileName(unit),
        extend: '',
      });
    /** The newest file of the name; the commands would say the same, and take their time. */
    const shown = async (unit: string) => {
      const [row] = await db().all(fileState, { unit, name: fileName(unit) });
      return row && { state: textCell(row, 'state'), detail: textCell(row, 'detail') };
    };
    const connect = () => {
      const port = gateway.ports.sftp ?? 0;
      for (const unit of units) {
        accounts.get(unit)?.remove();
        accounts.set(unit, sftpAccount({ port, user: `platform-${unit}`, privateKey: key.privateKey }));
      }
    };
    const upload = async (unit: string, content: Buffer) =>
      accounts.get(unit)?.upload(fileName(unit), content);
    /** Of everything that may not change. */
    const dump = async () => {
      const hash = createHash('sha256');
      for (const statement of dumps) {
        for (const row of await db().all(statement))
          hash.update(JSON.stringify(row, (_, v) => (typeof v === 'bigint' ? String(v) : v)));
      }
      return hash.digest('hex');
    };

    before(async function () {
      this.timeout(LONG ? 600_000 : 60_000);
      ({ dir, remove } = await demoDirectory());
      const config = join(dir, 'sluice.yaml');
      const settings = db.settings();
      const place = settings.url === undefined ? `file: ${settings.file}` : `url: ${settings.url}`;
      const text = readFileSync(config, 'utf8').replace(
        '  client: sqlite\n  file: revenue.sqlite',
        `  ${place}`,
      );
      const rules = '{ reconciliation: { repairsMax: 100000, repairFenMax: 1000000000 } }';
      const each = units.map((unit) => `"${unit}": ${rules}`).join(', ');
      writeFileSync(
        config,
        `${text}\nexchange: { limits: { stableMs: 100, pollMs: 100 }, units: { ${each} } }\n`,
      );
      await withDatabase(loadConfig(dir), fill);
      writeFileSync(join(dir, 'platform.pub'), key.publicKey);
      for (const unit of units) {
        const file = join(dir, 'platform.pub');
        await run('sftp', 'account', 'add', `platform-${unit}`, '--unit', unit, '--key', file);
      }
      gateway = await startGateway(dir);
      connect();
    });
    after(async () => {
      for (const account of accounts.values()) account.remove();
      await gateway?.stop();
      remove?.();
    });

    async function fill(database: Database): Promise<void> {
      const books = { database, clock: systemClock, ids: systemIds };
      for (const id of units) {
        const unit = unitWith(id);
        const numbers = Array.from({ length: COUNT }, (_, n) => n);
        const all = numbers.flatMap((n) => [customerOf(n), otherCustomerOf(n)]);
        await addCustomers(
          books,
          unit,
          all.map((customer) => ({ customer })),
        );
        await issueBills(
          books,
          unit,
          numbers.map((n) => ({
            bill: `${id}-${n}`,
            customer: customerOf(n),
            month: addDays(day, -40).slice(0, 6) as Month,
            amount: fenOf(BigInt(billOf(n))),
            volume: '10',
            issuedOn: addDays(day, -40),
            lateFeeFrom: addDays(day, -10),
            feeKind: '11',
          })),
        );
      }
    }

    /** What the platform does in real time. */
    async function play(unit: string, one: PlannedPayment): Promise<string> {
      const { serial, customer, amount, trouble } = one;
      const body = paymentBody(unit, customer, amount, serial, one.day);
      switch (trouble) {
        case 'never-arrived':
        case 'unknown-customer':
          return '';
        case 'void':
          return code('200012', { acctOrgNo: unit, bankSerial: serial, bankDate: one.day });
        case 'answer-lost': {
          const client = await rawClient(tls());
          client.socket.pause();
          client.socket.write(requestFrame('200002', body));
          const booked = sql('select state from serials where unit = :unit and serial = :serial');
          await until(async () => (await db().all(booked, { unit, serial })).length === 1, 60_000);
          client.socket.destroy();
          return 'lost';
        }
        case 'repeated': {
          const both = await Promise.all([code('200002', body), code('200002', body)]);
          return both.sort().join(' ');
        }
        case 'refunded-here': {
          const paid = await code('200002', body);
          const refund = {
            acctOrgNo: unit,
            originalBankSerial: serial,
            bankSerial: `${serial}R`,
            bankDate: one.day,
          };
          return `${paid} ${await code('300002', { ...refund, rcvAmt: String(amount) })}`;
        }
        default:
          return code('200002', body);
      }
    }
    const expected: Partial<Record<PlannedPayment['trouble'], string>> = {
      'never-arrived': '',
      'unknown-customer': '',
      void: '3000',
      'answer-lost': 'lost',
      repeated: '2001 9999',
      'refunded-here': '9999 9999',
    };

    it('is paid in real time, with lost answers, repeats, refunds and questions', async () => {
      const wrong: string[] = [];
      for (const unit of units) {
        const waiting = [...planOf(unit)];
        const caller = async () => {
          for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
            const said = await play(unit, one);
            if (said !== (expected[one.trouble] ?? '9999'))
              wrong.push(`${one.serial} ${one.trouble}: ${said}`);
          }
        };
        await Promise.all(Array.from({ length: CALLERS }, caller));
      }
      expect(wrong).deep.equal([]);
    }).timeout(LONG ? 1_800_000 : 60_000);

    it('files that are damaged are refused as a whole, and nothing is changed by them', async () => {
      const [unit] = units;
      if (unit === undefined) throw new Error('no unit');
      const untouched = await dump();
      for (const [what, content] of Object.entries(badFiles(planOf(unit), day, addDays(day, -1)))) {
        await upload(unit, content);
        const said = await announce(unit);
        // A duplicate is found by the comparison, after the file was accepted.
        const codes = { 'duplicate line': ['9999', '4000'], 'wrong date': ['4001'] }[what] ?? ['4000'];
        expect(codes, what).includes(said);
        await until(async () => (await shown(unit))?.state === 'refused', 60_000);
        expect((await shown(unit))?.detail, what).not.equal('');
        expect(await dump(), what).equal(untouched);
      }
    }).timeout(LONG ? 600_000 : 60_000);

    it('the files of the day: one is announced, one is found; both books agree line by line', async () => {
      const [announced, found] = units;
      if (announced === undefined || found === undefined) throw new Error('no units');
      for (const unit of units) await upload(unit, goodFile(planOf(unit), day, forms[unit]));
      expect(await announce(announced)).equal('9999');
      for (const unit of units) {
        await until(async () => (await shown(unit))?.state === 'processed', LONG ? 600_000 : 60_000);
        const ours = (await db().all(bookings, { unit, day })).map(
          (row) => `${textCell(row, 'serial')} ${textCell(row, 'customer')} ${numberCell(row, 'amount')}`,
        );
        expect(ours.sort()).deep.equal(platformBook(planOf(unit)));
        // What is of another day stays as it is.
        const others = planOf(unit).filter(({ trouble }) => trouble === 'next-day');
        const next = await db().all(bookings, { unit, day: nextDay });
        expect(next.map((row) => textCell(row, 'serial'))).deep.equal(
          others.map(({ serial }) => serial).sort(),
        );
      }
      const proof = JSON.parse(await run('verify', '--json')) as { holds: boolean; findings: unknown[] };
      expect(proof).deep.equal({ holds: true, findings: [] });
    }).timeout(LONG ? 1_200_000 : 60_000);

    it('the report names every injected case, and no other', async () => {
      for (const unit of units) {
        const report = JSON.parse(await run('recon', 'show', day, '--unit', unit, '--all', '--json')) as {
          state: string;
          matched: { count: number };
          differences: { serial: string; class: string; outcome: string }[];
        };
        const named = report.differences.map((one) => `${one.serial} ${one.class} ${one.outcome}`);
        const differing = new Set(report.differences.map(({ serial }) => serial));
        const agreeing = planOf(unit).filter(
          ({ line, serial }) => line !== undefined && !differing.has(serial),
        );
        expect(report.matched.count).equal(agreeing.length);
        // Money that belongs to nobody waits for an operator.
        expect(report.state).equal('repaired');
        expect(named.sort()).deep.equal(expectedReport(planOf(unit)));
      }
    }).timeout(60_000);

    it('each case is found by its serial: what was asked, what is booked, the line of the file, the verdict', async () => {
      const [unit] = units;
      if (unit === undefined) throw new Error('no unit');
      for (const [trouble, said] of Object.entries(traced)) {
        const one = planOf(unit).find((payment) => payment.trouble === trouble);
        if (one === undefined) throw new Error(`no payment is ${trouble}`);
        const found = JSON.parse(await run('trace', one.serial, '--unit', unit, '--json')) as {
          verdicts: { serial: string; reconciliation: string }[];
          files: { lines: unknown[] }[];
        };
        expect(
          found.verdicts.map(({ serial }) => serial),
          trouble,
        ).deep.equal([one.serial]);
        expect(found.verdicts[0]?.reconciliation, trouble).contains(said);
        const lines = found.files.flatMap((file) => file.lines);
        expect(lines.length > 0, trouble).equal(one.line !== undefined);
      }
    }).timeout(60_000);

    it('a second run changes nothing, also after a restart', async () => {
      const done = await dump();
      const [unit] = units;
      if (unit === undefined) throw new Error('no unit');
      expect(await announce(unit)).equal('4004');
      await upload(unit, goodFile(planOf(unit), day, forms[unit]));
      expect(await announce(unit)).equal('4004');
      expect(await gateway.stop()).equal(0);
      gateway = await startGateway(dir);
      expect(await announce(unit)).equal('4004');
      expect(await dump()).equal(done);
      const [row] = await db().all(serialsBooked, { unit });
      expect(row && numberCell(row, 'booked')).greaterThan(COUNT / 2);
    }).timeout(120_000);
  },
  { only: LONG ? ['sqlite', 'postgres'] : ['sqlite'] },
);
