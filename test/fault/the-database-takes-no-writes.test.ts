/*
  Degraded mode: while the database is read-only, queries are answered, payments are refused as such and at once, monitoring
  says so, and all of it ends by itself. PostgreSQL and MariaDB are switched while the gateway runs; with SQLite it starts on
  a file that it may not write.
*/
import { chmodSync, chownSync, existsSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createConnection } from 'mysql2/promise';
import { systemClock, systemIds } from '../../src/clock.js';
import { type Database, databaseSettings, migrate, openDatabase, sql } from '../../src/database/index.js';
import { silentLog } from '../../src/log.js';
import { fillDemo } from '../../src/revenue/index.js';
import { MariadbServer, mariadbPrograms } from '../support/database-servers.js';
import { eachDatabase, postgresUrl } from '../support/databases.js';
import { demoDirectory, type Gateway, platformTls, startGateway } from '../support/gateway.js';
import { describeWith } from '../support/needs.js';
import { ask, freshSerial, paymentBody } from '../support/platform.js';

const query = { acctOrgNo: '36745', queryType: '0', queryValue: '10125334' };

/** A gateway on the demo world, and what the test asks it. */
class Node {
  private constructor(
    readonly gateway: Gateway,
    readonly remove: () => void,
  ) {}
  static async start(env: NodeJS.ProcessEnv, before?: (dir: string) => readonly string[]): Promise<Node> {
    const { dir, remove } = await demoDirectory();
    return new Node(await startGateway(dir, env, before?.(dir)), remove);
  }
  get #tls() {
    return { ...platformTls(this.gateway.dir), port: this.gateway.port };
  }
  async query(): Promise<unknown> {
    return (await ask(this.#tls, '200001', query)).body.rtnCode;
  }
  async pay(serial = freshSerial()): Promise<unknown> {
    return (await ask(this.#tls, '200002', paymentBody('39536', '022000', 100, serial))).body.rtnCode;
  }
  async status(serial: string): Promise<unknown> {
    const body = { acctOrgNo: '39536', bankSerial: serial, bankDate: '20240404', extend: '' };
    return (await ask(this.#tls, '200012', body)).body.rtnCode;
  }
  async text(path: string): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.gateway.ports.metrics}${path}`)).text();
  }
  async writable(): Promise<string | undefined> {
    return /^sluice_database_writable\{database="own"\} (\d)$/m.exec(await this.text('/metrics'))?.[1];
  }
  log(): string {
    return readFileSync(join(this.gateway.dir, 'logs', 'sluice.log'), 'utf8');
  }
  async until(what: string, wanted: () => Promise<boolean>): Promise<void> {
    const end = systemClock.now() + 30_000;
    while (!(await wanted())) {
      if (systemClock.now() > end) throw new Error(`${what}: not within 30 s`);
      await systemClock.sleep(50);
    }
  }
  async end(): Promise<void> {
    expect(await this.gateway.stop()).to.equal(0);
    this.remove();
  }
}

/** Called while the database takes no writes; gives the serial of a payment that was refused. */
async function checkDegraded(node: Node): Promise<string> {
  await node.until('metric says read-only', async () => (await node.writable()) === '0');
  expect(await node.text('/ready')).to.match(/^degraded: /);
  expect(await node.text('/health')).to.equal('ok\n');
  const serial = freshSerial();
  expect(await node.pay(serial)).to.equal('0009');
  expect(await Promise.all(Array.from({ length: 8 }, () => node.query()))).to.deep.equal(
    Array(8).fill('9999'),
  );
  // No promise that could not be kept: it is neither "never seen" nor "refused for good".
  expect(await node.status(serial)).to.equal('0009');
  return serial;
}
async function checkRecovered(node: Node, serial: string): Promise<void> {
  await node.until('metric says writable', async () => (await node.writable()) === '1');
  expect(await node.text('/ready')).to.equal('ready\n');
  expect(await node.status(serial), 'nothing was booked meanwhile').to.equal('3000');
  expect(await node.pay()).to.equal('9999');
  const events = (name: string) => node.log().split(`"${name}"`).length - 1;
  await node.until('log', async () => events('database.writable') >= 1);
  expect(events('database.read-only'), 'said once, not for each payment').to.equal(1);
}

eachDatabase(
  'a database that takes no writes for a while',
  (db) => {
    it('is asked for queries, and for payments again when it takes them', async function () {
      this.timeout(60_000);
      await fillDemo(db(), { clock: systemClock, ids: systemIds });
      const url = db.settings().url ?? '';
      const name = new URL(url).pathname.slice(1);
      const node = await Node.start({ SLUICE_DATABASE_URL: url });
      const admin = await openDatabase(databaseSettings.parse({ url: postgresUrl }), {
        clock: systemClock,
        log: silentLog,
      });
      try {
        expect(await node.pay()).to.equal('9999');
        await admin.run(sql(`alter database ${name} set default_transaction_read_only = on`));
        // It is for new sessions only: the old ones end, as when a standby takes over.
        await admin.all(
          sql(`select pg_terminate_backend(pid) as done from pg_stat_activity where datname = '${name}'`),
        );
        const serial = await checkDegraded(node);
        await admin.run(sql(`alter database ${name} reset default_transaction_read_only`));
        await checkRecovered(node, serial);
      } finally {
        await admin.close();
        await node.end();
      }
    });
  },
  { only: ['postgres'] },
);

// A server of its own, because read_only is for all of it; its start takes longer than the test, so it belongs to `npm run test:failover`.
const mariadb = process.env.SLUICE_LONG_TESTS === '1' ? describeWith : () => {};
mariadb(mariadbPrograms, 'a MariaDB server with read_only', () => {
  it('is asked for queries, and for payments again when it takes them', async function () {
    this.timeout(90_000);
    const server = await MariadbServer.create();
    const admin = await createConnection(`mysql://root@127.0.0.1:${server.port}/mysql`);
    let node: Node | undefined;
    try {
      await admin.query('create database revenue character set utf8mb4 collate utf8mb4_bin');
      // Whoever has all rights is not held up by read_only.
      await admin.query("create user sluice@'127.0.0.1'");
      await admin.query("grant all on revenue.* to sluice@'127.0.0.1'");
      const url = `mysql://sluice@127.0.0.1:${server.port}/revenue`;
      await filled(url);
      node = await Node.start({ SLUICE_DATABASE_URL: url });
      expect(await node.pay()).to.equal('9999');
      await admin.query('set global read_only = 1');
      const serial = await checkDegraded(node);
      await admin.query('set global read_only = 0');
      await checkRecovered(node, serial);
    } finally {
      await node?.end();
      await admin.end();
      await server.remove();
    }
  });
});

async function filled(url: string): Promise<void> {
  const database: Database = await openDatabase(databaseSettings.parse({ url }), {
    clock: systemClock,
    log: silentLog,
  });
  await migrate(database);
  await fillDemo(database, { clock: systemClock, ids: systemIds });
  await database.close();
}

describe('a SQLite file that the gateway may not write', () => {
  it('is asked for queries, and for payments as soon as it may', async function () {
    this.timeout(60_000);
    let setMode: (mode: number) => void = () => {};
    const node = await Node.start({}, (dir) => {
      const file = join(dir, 'revenue.sqlite');
      setMode = (mode) => {
        for (const one of [file, `${file}-wal`, `${file}-shm`]) if (existsSync(one)) chmodSync(one, mode);
      };
      setMode(0o444);
      if (userInfo().uid !== 0) return [];
      // Root may write everything, unless it gives up that right.
      chownSync(file, 65_534, 65_534);
      return ['setpriv', '--bounding-set=-dac_override', '--inh-caps=-dac_override'];
    });
    try {
      const serial = await checkDegraded(node);
      setMode(0o666);
      await checkRecovered(node, serial);
    } finally {
      await node.end();
    }
  });
});
