/** M4 and M5 of the fault catalogue for the database layer: what was answered as committed is there after the server was killed. */
import { expect } from 'chai';
import { systemClock } from '../../src/clock.js';
import {
  type Database,
  type DatabaseErrorLabel,
  databaseSettings,
  type Migration,
  migrate,
  numberCell,
  openDatabase,
  sql,
  textCell,
} from '../../src/database/index.js';
import { type Log, silentLog } from '../../src/log.js';
import {
  MariadbServer,
  mariadbPrograms,
  PostgresServer,
  postgresPrograms,
} from '../support/database-servers.js';
import { describeWith } from '../support/needs.js';

const ROUNDS = process.env.SLUICE_LONG_TESTS === '1' ? 8 : 1;
const WORKERS = 12;

const bookings: Migration = {
  name: '0001-booking',
  up(schema) {
    schema.createTable('account', (table) => {
      table.text('id', 20);
      table.fen('balance');
      table.primary('account_pk', ['id']);
    });
    schema.createTable('booking', (table) => {
      table.text('serial', 32);
      table.primary('booking_pk', ['serial']);
    });
  },
  down(schema) {
    schema.dropTable('booking');
    schema.dropTable('account');
  },
};
const open = sql('insert into account (id, balance) values (:id, 0)');
const book = sql('insert into booking (serial) values (:serial)');
const lock = sql((words) => `select balance from account where id = :id ${words.forUpdate}`);
const add = sql('update account set balance = balance + 1 where id = :id');
const booked = sql('select serial from booking');
const balances = sql('select coalesce(sum(balance), 0) as total from account');

/** Pays without pause on a few hot accounts, and keeps what it was told of each serial. */
class Load {
  readonly told = new Map<string, 'done' | DatabaseErrorLabel>();
  #serials = 0;
  #stop = false;
  readonly #workers: Promise<void>[];
  constructor(
    readonly database: Database,
    readonly name: string,
  ) {
    this.#workers = Array.from({ length: WORKERS }, (_, i) => this.#work(`a${i % 4}`));
  }
  get done(): number {
    return [...this.told.values()].filter((one) => one === 'done').length;
  }
  /** Resolves when that many more are done. */
  async more(count: number): Promise<void> {
    const goal = this.done + count;
    while (this.done < goal) await systemClock.sleep(10);
  }
  async stop(): Promise<void> {
    this.#stop = true;
    await Promise.all(this.#workers);
  }
  async #work(id: string): Promise<void> {
    while (!this.#stop) {
      const serial = `${this.name}-${++this.#serials}`;
      const outcome = await this.database
        .transaction(async (tx) => {
          await tx.run(book, { serial });
          await tx.all(lock, { id });
          await tx.run(add, { id });
        })
        .then(
          () => 'done' as const,
          (error: { label: DatabaseErrorLabel }) => error.label,
        );
      this.told.set(serial, outcome);
      if (outcome !== 'done') await systemClock.sleep(20);
    }
  }
}

/** Nothing answered as committed is missing, nothing answered as not committed is there, and the sums agree. */
async function check(
  database: Database,
  told: ReadonlyMap<string, 'done' | DatabaseErrorLabel>,
): Promise<void> {
  const there = new Set<string>();
  for await (const row of database.stream(booked)) there.add(textCell(row, 'serial'));
  for (const [serial, outcome] of told) {
    if (outcome === 'done')
      expect(there.has(serial), `${serial} was answered as committed and is missing`).to.equal(true);
    else if (outcome !== 'outcome-unknown')
      expect(there.has(serial), `${serial} was answered as ${outcome} and is there`).to.equal(false);
  }
  for (const serial of there) expect(told.has(serial), `${serial} was never sent`).to.equal(true);
  const [row] = await database.all(balances);
  expect(row && numberCell(row, 'total')).to.equal(there.size);
}

describeWith(postgresPrograms, 'the primary of a PostgreSQL cluster is killed, its standby promoted', () => {
  for (let round = 1; round <= ROUNDS; round++)
    it(`round ${round}: nothing that was answered as committed is lost`, async function () {
      this.timeout(120_000);
      const primary = await PostgresServer.create('synchronous_standby_names=*');
      let standby: PostgresServer | undefined;
      let database: Database | undefined;
      try {
        standby = await primary.standby();
        database = await openDatabase(
          databaseSettings.parse({
            client: 'postgres',
            url: `postgres://postgres@127.0.0.1:${primary.port},127.0.0.1:${standby.port}/postgres`,
            pool: { max: 8 },
            connectTimeoutMs: 2000,
          }),
          { clock: systemClock, log: silentLog },
        );
        await migrate(database, [bookings]);
        await database.runMany(
          open,
          [0, 1, 2, 3].map((n) => ({ id: `a${n}` })),
        );
        const load = new Load(database, `round${round}`);
        await load.more(100 + 37 * round);
        await primary.kill();
        // Queries are answered by the standby meanwhile; what writes is refused as such.
        await systemClock.sleep(100);
        expect(await database.all(balances)).to.have.length(1);
        standby.promote();
        const since = performance.now();
        await load.more(50);
        expect(performance.now() - since, 'ms until payments went on').to.be.lessThan(15_000);
        await load.stop();
        expect(new Set(load.told.values())).to.include('read-only');
        await check(database, load.told);
      } finally {
        await database?.close();
        await standby?.remove();
        await primary.remove();
      }
    });

  it('a primary without its standby answers no commit as done', async function () {
    this.timeout(60_000);
    const primary = await PostgresServer.create('synchronous_standby_names=*');
    let database: Database | undefined;
    try {
      const url = `postgres://postgres@127.0.0.1:${primary.port}/postgres`;
      const settings = databaseSettings.parse({
        client: 'postgres',
        url,
        statementTimeoutMs: 500,
        lockWaitMs: 500,
      });
      database = await openDatabase(settings, { clock: systemClock, log: silentLog });
      const admin = database;
      // Local commits only for this one: tables are made without a standby.
      await admin.transaction(async (tx) => {
        await tx.run(sql('set local synchronous_commit = local'));
        await tx.run(sql('create table booking (serial varchar(32) primary key)'));
      });
      const outcome = (work: Promise<unknown>) =>
        work.then(
          () => 'done',
          (error: Error) => error.message,
        );
      const silent = await outcome(admin.transaction((tx) => tx.run(book, { serial: 'one' })));
      expect(silent).to.match(/^outcome-unknown: /);
      // An administrator who cancels the wait makes the server say COMMIT, with a warning that it is on one disk only.
      const cancel = sql(
        "select pg_cancel_backend(pid) as done from pg_stat_activity where wait_event = 'SyncRep'",
      );
      const cancelled = async (work: Promise<unknown>): Promise<string> => {
        let told: string | undefined;
        void outcome(work).then((text) => {
          told = text;
        });
        while (told === undefined) {
          await admin.all(cancel);
          await systemClock.sleep(10);
        }
        return told;
      };
      const whole = await cancelled(admin.transaction((tx) => tx.run(book, { serial: 'two' })));
      expect(whole).to.match(/^outcome-unknown \(unreplicated\): /);
      const single = await cancelled(admin.run(book, { serial: 'three' }));
      expect(single).to.match(/^outcome-unknown \(unreplicated\): /);
    } finally {
      await database?.close();
      await primary.remove();
    }
  });
});

describeWith(postgresPrograms, 'a server that does not keep what it commits', () => {
  it('is named in the log when it is opened', async function () {
    this.timeout(60_000);
    const server = await PostgresServer.create('fsync=off');
    try {
      const url = `postgres://postgres@127.0.0.1:${server.port}/postgres`;
      const events: unknown[] = [];
      const log: Log = { event: (name, fields) => void events.push([name, fields?.setting]) };
      const database = await openDatabase(databaseSettings.parse({ url }), { clock: systemClock, log });
      await database.close();
      expect(events).to.deep.equal([['database.not-durable', 'fsync = off']]);
    } finally {
      await server.remove();
    }
  });
});

describeWith(mariadbPrograms, 'a MariaDB server is killed and started again', () => {
  for (let round = 1; round <= ROUNDS; round++)
    it(`round ${round}: nothing that was answered as committed is lost`, async function () {
      this.timeout(120_000);
      const server = await MariadbServer.create();
      let database: Database | undefined;
      try {
        const url = `mysql://root@127.0.0.1:${server.port}/mysql`;
        const pool = { max: 8 };
        database = await openDatabase(databaseSettings.parse({ client: 'mysql', url, pool }), {
          clock: systemClock,
          log: silentLog,
        });
        await database.run(sql('create database revenue'));
        await database.close();
        database = await openDatabase(
          databaseSettings.parse({ client: 'mysql', url: url.replace(/mysql$/, 'revenue'), pool }),
          { clock: systemClock, log: silentLog },
        );
        await migrate(database, [bookings]);
        await database.runMany(
          open,
          [0, 1, 2, 3].map((n) => ({ id: `a${n}` })),
        );
        const load = new Load(database, `round${round}`);
        await load.more(100 + 37 * round);
        await server.kill();
        await systemClock.sleep(100);
        await server.start();
        await load.more(50);
        await load.stop();
        expect(new Set(load.told.values())).to.include('unavailable');
        await check(database, load.told);
      } finally {
        await database?.close();
        await server.remove();
      }
    });
});
