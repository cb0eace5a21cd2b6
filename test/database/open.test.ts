import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { systemClock } from '../../src/clock.js';
import { databaseSettings, describeTarget, openDatabase, sql } from '../../src/database/index.js';
import { mysqlTarget, oracleTarget, postgresTargets } from '../../src/database/targets.js';
import { OperatorError } from '../../src/errors.js';
import { type Log, silentLog } from '../../src/log.js';
import { eachDatabase } from '../support/databases.js';
import { FaultProxy } from '../support/fault-proxy.js';

const open = async (settings: Record<string, unknown>, dir?: string): Promise<OperatorError> => {
  const parsed = databaseSettings.parse({
    connectTimeoutMs: 500,
    pool: { acquireTimeoutMs: 1500 },
    ...settings,
  });
  const context = { clock: systemClock, log: silentLog, ...(dir === undefined ? {} : { dir }) };
  const error = await openDatabase(parsed, context).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof OperatorError)) throw new Error(`no operator error: ${error}`);
  expect(error.message).to.not.contain('secret');
  return error;
};

/** Answers every connect packet with REFUSE, as an Oracle listener does: head of 8 bytes, two reasons, length, text. */
const oracleListener = (number: number) =>
  createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      const text = Buffer.from(`(DESCRIPTION=(TMP=)(VSNNUM=318767104)(ERR=${number}))`);
      const head = Buffer.from([0, 12 + text.length, 0, 0, 4, 0, 0, 0, 34, 0, 0, text.length]);
      socket.end(Buffer.concat([head, text]));
    });
  });

describe('a database that cannot be opened', () => {
  it('with one connection: reconciliation would wait for itself', () => {
    const parsed = databaseSettings.safeParse({ pool: { max: 1 } });
    expect(parsed.error?.issues[0]).property('message').contains('at least 2');
  });

  // Port 1 is reserved and never listened on.
  it('PostgreSQL refused: address, database and code', async () => {
    const error = await open({ client: 'postgres', url: 'postgres://pay:secret@127.0.0.1:1/revenue' });
    expect(error.message)
      .to.contain('postgres 127.0.0.1:1 database revenue user pay')
      .and.contain('ECONNREFUSED');
    expect(error.next).to.contain('nothing listens');
  });
  it('each member of a PostgreSQL cluster is named', async () => {
    const error = await open({
      client: 'postgres',
      url: 'postgres://pay:secret@127.0.0.1:1,127.0.0.2:1/revenue',
    });
    expect(error.message).to.match(/127\.0\.0\.1:1 ECONNREFUSED.*; 127\.0\.0\.2:1 ECONNREFUSED/);
  });
  it('MariaDB refused: address, database and code', async () => {
    const error = await open({ client: 'mysql', url: 'mysql://pay:secret@127.0.0.1:1/revenue' });
    expect(error.message)
      .to.contain('mysql 127.0.0.1:1 database revenue user pay')
      .and.contain('ECONNREFUSED');
  });
  it('Oracle refused: host, service and NJS code', async () => {
    const error = await open({
      client: 'oracle',
      user: 'pay',
      password: 'secret',
      connectString: '127.0.0.1:1/XEPDB1',
    });
    expect(error.message).to.contain('oracle 127.0.0.1:1/XEPDB1 user pay').and.contain('NJS-503');
    expect(error.next).to.contain('nothing listens');
  });
  for (const [number, code, advice] of [
    [12514, 'NJS-518', 'correct its name'],
    [12505, 'NJS-519', 'correct its name'],
    [12516, 'ORA-12516', 'no connection left'],
    [12528, 'ORA-12528', 'wait until it is open'],
  ] as const)
    it(`Oracle whose listener refuses with ${number}: host, service and ${code}`, async () => {
      const listener = oracleListener(number);
      await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
      const address = listener.address();
      const port = typeof address === 'object' ? address?.port : 0;
      const error = await open({ url: `oracle://pay:secret@127.0.0.1:${port}/REVENUE` });
      listener.close();
      expect(error.message).to.contain(`oracle 127.0.0.1:${port}/REVENUE user pay`).and.contain(code);
      expect(error.next).to.contain(advice);
    });
  it('Oracle silent: in time, with the NJS code', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const error = await open({
      client: 'oracle',
      user: 'pay',
      password: 'secret',
      host: '127.0.0.1',
      port,
      database: 'XEPDB1',
    });
    silent.close();
    expect(error.message)
      .to.contain(`oracle 127.0.0.1:${port}/XEPDB1`)
      .and.match(/NJS-\d+|ETIMEDOUT/);
    expect(error.next).to.contain('no answer');
  });
  it('SQLite in a directory that is not there', async () => {
    const error = await open({ client: 'sqlite', file: 'revenue.sqlite' }, '/nonexistent');
    expect(error.message).to.contain('revenue.sqlite');
    expect(error.next).to.contain('directory');
  });
  it('SQLite file that is something else', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'sluice-db-'));
    writeFileSync(
      join(dir, 'revenue.sqlite'),
      'this is no database, but it is long enough to be taken for one'.repeat(20),
    );
    const error = await open({ client: 'sqlite', file: 'revenue.sqlite' }, dir);
    rmSync(dir, { recursive: true });
    expect(error.message).to.contain('SQLITE_NOTADB');
  });
});

eachDatabase(
  'a server that is there',
  (db) => {
    const elsewhere = (change: (url: URL) => void) => {
      const url = new URL(db.settings().url ?? '');
      change(url);
      return open({ client: db.client, url: url.href });
    };
    it('without the database', async () => {
      const error = await elsewhere((url) => {
        url.pathname = '/no_such_database';
      });
      expect(error.message)
        .to.contain('no_such_database')
        .and.match(/3D000|ER_BAD_DB_ERROR/);
      expect(error.next).to.contain('create it');
    });
    // MariaDB lets a stranger run into the login of one of its users, by the name: a password's, or the one without (1698).
    for (const name of ['nobody_here', 'nobody', 'u3']) {
      it(`that does not know the user ${name}`, async () => {
        const error = await elsewhere((url) => {
          url.username = name;
          url.password = 'secret';
        });
        expect(error.message)
          .to.contain(`user ${name}`)
          .and.match(/28000|28P01|ER_ACCESS_DENIED_(?:NO_PASSWORD_)?ERROR/);
        expect(error.next).to.contain('refused');
      });
    }
  },
  { empty: true, only: ['postgres', 'mysql'] },
);

describe('where the settings point to', () => {
  const settings = (value: Record<string, unknown>) => databaseSettings.parse(value);
  it('reads several hosts, default ports, IPv6 and encoded passwords from a PostgreSQL url', () => {
    const url = 'postgres://pay:p%40ss%2F@db1,db2:5433,[::1]:5434/revenue?sslmode=verify-full';
    const targets = postgresTargets(settings({ client: 'postgres', url }));
    expect(targets.map(({ host, port }) => `${host} ${port}`)).to.deep.equal([
      'db1 5432',
      'db2 5433',
      '::1 5434',
    ]);
    expect(targets[0]).to.deep.include({
      ...{ user: 'pay', password: 'p@ss/', database: 'revenue' },
      tls: { verify: 'host', ca: undefined },
    });
  });
  it('lets the url decide which database it is', () => {
    for (const [url, client] of [
      ['postgresql://pay:x@db/revenue', 'postgres'],
      ['mariadb://pay:x@db/revenue', 'mysql'],
      ['oracle://pay:x@db/XEPDB1', 'oracle'],
    ] as const)
      expect(settings({ client: 'sqlite', url }).client).to.equal(client);
    expect(oracleTarget(settings({ url: 'oracle://pay:x@db:1522/XEPDB1' })).connectString).to.equal(
      'db:1522/XEPDB1',
    );
  });
  it('takes the password from a file', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'sluice-db-'));
    writeFileSync(join(dir, 'pw'), 'secret\n', { mode: 0o600 });
    const parts = { client: 'mysql', host: '127.0.0.1', port: 1, user: 'pay', database: 'revenue' };
    expect((await open({ ...parts, passwordFile: 'pw' }, dir)).code).to.equal('database-unavailable');
    const missing = await open({ ...parts, passwordFile: 'none' }, dir);
    expect(missing.message).to.contain('passwordFile').and.contain('ENOENT');
    rmSync(dir, { recursive: true });
  });
  it('Oracle needs a password', async () => {
    const error = await open({ client: 'oracle', connectString: 'db/x', user: 'pay' });
    expect(error).to.include({ code: 'config-invalid' });
  });
  it('takes host, user and the rest by themselves', () => {
    const parts = { host: 'db', user: 'pay', password: 'x', database: 'revenue' };
    expect(mysqlTarget(settings({ client: 'mysql', ...parts }))).to.include({ host: 'db', port: 3306 });
    expect(oracleTarget(settings({ client: 'oracle', ...parts })).connectString).to.equal('db:1521/revenue');
  });
  for (const [what, value] of [
    ['another scheme', { client: 'postgres', url: 'http://pay@db/revenue' }],
    ['no database', { client: 'postgres', url: 'postgres://pay:secret@db/' }],
    ['two hosts of MariaDB', { client: 'mysql', url: 'mysql://pay@db1,db2/revenue' }],
    ['Oracle without a service', { client: 'oracle', host: 'db', user: 'pay', password: 'secret' }],
    ['nothing at all', { client: 'postgres' }],
  ] as const)
    it(`refuses ${what}, without repeating the password`, () => {
      expect(() => describeTarget(settings(value)))
        .to.throw(OperatorError)
        .with.property('message')
        .that.does.not.contain('secret');
    });
});

eachDatabase(
  'a database that goes away',
  (db) => {
    it('is one event in the log, and one when it is back', async () => {
      const url = new URL(db.settings().url ?? '');
      const proxy = await FaultProxy.open({ host: url.hostname, port: Number(url.port) });
      url.host = `127.0.0.1:${proxy.port}`;
      const events: string[] = [];
      const log: Log = { event: (name, fields) => void events.push(`${name} ${fields?.database}`) };
      const database = await openDatabase({ ...db.settings(), url: url.href }, { clock: systemClock, log });
      const one = sql('select 1 as x');
      proxy.refusing = true;
      proxy.resetAll();
      for (let i = 0; i < 3; i++) await database.all(one).catch(() => {});
      proxy.heal();
      for (let i = 0; i < 3; i++) await database.all(one);
      const target = describeTarget({ ...db.settings(), url: url.href });
      expect(events.filter((event) => !event.startsWith('database.not-durable'))).to.deep.equal([
        `database.lost ${target}`,
        `database.back ${target}`,
      ]);
      await database.close();
      await proxy.close();
    });
  },
  { empty: true, only: ['postgres', 'mysql'] },
);
