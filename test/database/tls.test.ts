/** The way to a database is encrypted and its certificate checked, or there is no connection. On servers of the test's own. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { systemClock } from '../../src/clock.js';
import { type DatabaseSettings, databaseSettings, openDatabase, sql } from '../../src/database/index.js';
import { OperatorError } from '../../src/errors.js';
import { silentLog } from '../../src/log.js';
import { type Credential, createCa, issueCertificate } from '../../src/pki/index.js';
import {
  MariadbServer,
  mariadbPrograms,
  PostgresServer,
  postgresPrograms,
} from '../support/database-servers.js';
import { describeWith } from '../support/needs.js';

type Given = Pick<DatabaseSettings, 'url'> & { readonly tls?: DatabaseSettings['tls'] };

/** What became of opening it: whether it is encrypted, or the error's words and advice. */
async function opened(given: Given, dir: string, encrypted: ReturnType<typeof sql>): Promise<string> {
  const settings = databaseSettings.parse({ ...given, pool: { min: 0, max: 2 } });
  try {
    const database = await openDatabase(settings, { clock: systemClock, log: silentLog, dir });
    const [row] = await database.all(encrypted).finally(() => database.close());
    return String(row?.found ?? '') === '' ? 'clear text' : 'encrypted';
  } catch (error) {
    return error instanceof OperatorError ? `${error.message} / ${error.next}` : String(error);
  }
}

interface Place {
  readonly dir: string;
  readonly file: (name: string) => string;
}
/** Certificates of a server named db.example and localhost, of its authority and of another with the same name. */
async function certificatesFor(user: string): Promise<Place> {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-db-tls-'));
  const now = systemClock.now();
  const [ca, other] = [
    await createCa({ commonName: 'db CA', days: 9, now }),
    await createCa({ commonName: 'db CA', days: 9, now }),
  ];
  const issue = (...dnsNames: string[]): Promise<Credential> =>
    issueCertificate({ ca, subject: 'db', usage: 'server', keyType: 'ecdsa-p256', days: 8, now, dnsNames });
  const file = (name: string) => join(dir, name);
  for (const [name, { certPem, keyPem }] of [
    ['right', await issue('localhost')],
    ['elsewhere', await issue('db.example')],
  ] as const) {
    writeFileSync(file(`${name}.crt`), certPem);
    writeFileSync(file(`${name}.key`), keyPem, { mode: 0o600 });
  }
  writeFileSync(file('ca.crt'), ca.certPem);
  writeFileSync(file('other.crt'), other.certPem);
  if (userInfo().uid === 0) execFileSync('chown', ['-R', user, dir]);
  return { dir, file };
}

const REFUSED =
  /(?:certificate|verify|signature|SSL|TLS|altnames).* \/ the certificate of the server was refused/is;

describeWith(postgresPrograms, 'TLS to PostgreSQL', () => {
  const encrypted = sql('select version as found from pg_stat_ssl where pid = pg_backend_pid() and ssl');
  let server: PostgresServer;
  let place: Place;
  before(async function () {
    this.timeout(60_000);
    place = await certificatesFor('postgres');
    const files = [`ssl_cert_file=${place.file('right.crt')}`, `ssl_key_file=${place.file('right.key')}`];
    server = await PostgresServer.create('ssl=on', ...files);
  });
  after(async () => {
    await server.remove();
    rmSync(place.dir, { recursive: true, force: true });
  });
  const at = (host: string, options = '') => `postgres://postgres@${host}:${server.port}/postgres${options}`;
  const open = (given: Given) => opened(given, place.dir, encrypted);

  it('is in clear text only where nothing was asked for', async () => {
    expect(await open({ url: at('localhost') })).to.equal('clear text');
    expect(await open({ url: at('localhost', '?sslmode=require') })).to.equal('encrypted');
    expect(await open({ url: at('127.0.0.1'), tls: { verify: 'none' } })).to.equal('encrypted');
  });
  it('takes the authority and the name that the certificate has', async () => {
    expect(await open({ url: at('localhost'), tls: { verify: 'host', ca: 'ca.crt' } })).to.equal('encrypted');
    expect(
      await open({ url: at('localhost', `?sslmode=verify-full&sslrootcert=${place.file('ca.crt')}`) }),
    ).to.equal('encrypted');
    expect(await open({ url: at('127.0.0.1'), tls: { verify: 'ca', ca: 'ca.crt' } })).to.equal('encrypted');
  });
  it('refuses another authority, those of the system, and another name', async () => {
    for (const tls of [
      { verify: 'host', ca: 'other.crt' },
      { verify: 'ca', ca: 'other.crt' },
      { verify: 'host' },
    ] as const)
      expect(await open({ url: at('localhost'), tls }), JSON.stringify(tls)).to.match(REFUSED);
    expect(await open({ url: at('127.0.0.1'), tls: { verify: 'host', ca: 'ca.crt' } })).to.match(REFUSED);
  });
  it('refuses settings that promise less than they say', async () => {
    expect(await open({ url: at('localhost', '?sslmode=verify') })).to.contain(
      'sslmode in the url must be one of',
    );
    expect(await open({ url: at('localhost', '?sslrootcert=ca.crt') })).to.contain('TLS is not asked for');
    expect(await open({ url: at('localhost'), tls: { verify: 'host', ca: 'none.crt' } })).to.contain(
      'ENOENT',
    );
    expect(await open({ url: at('localhost'), tls: { verify: 'host', ca: 'right.key' } })).to.contain(
      'not in PEM',
    );
    expect(await open({ url: 'oracle://a:b@db/X', tls: { verify: 'host' } })).to.contain('tcps://');
  });
});

describeWith(mariadbPrograms, 'TLS to MariaDB', () => {
  const encrypted = sql(
    "select variable_value as found from information_schema.session_status where variable_name = 'Ssl_version'",
  );
  const servers: MariadbServer[] = [];
  let place: Place;
  before(async function () {
    this.timeout(60_000);
    place = await certificatesFor('mysql');
    for (const name of ['right', 'elsewhere'])
      servers.push(
        await MariadbServer.create(
          `--ssl-cert=${place.file(`${name}.crt`)}`,
          `--ssl-key=${place.file(`${name}.key`)}`,
        ),
      );
  });
  after(async () => {
    for (const server of servers) await server.remove();
    rmSync(place.dir, { recursive: true, force: true });
  });
  const at = (host: string, options = '', server = 0) =>
    `mysql://root@${host}:${servers[server]?.port}/mysql${options}`;
  const open = (given: Given) => opened(given, place.dir, encrypted);

  it('is in clear text only where nothing was asked for', async () => {
    expect(await open({ url: at('localhost') })).to.equal('clear text');
    expect(await open({ url: at('127.0.0.1'), tls: { verify: 'none' } })).to.equal('encrypted');
  });
  it('takes the authority and the name that the certificate has', async () => {
    expect(await open({ url: at('localhost'), tls: { verify: 'host', ca: 'ca.crt' } })).to.equal('encrypted');
    expect(await open({ url: at('127.0.0.1'), tls: { verify: 'ca', ca: 'ca.crt' } })).to.equal('encrypted');
    expect(await open({ url: at('localhost', '', 1), tls: { verify: 'ca', ca: 'ca.crt' } })).to.equal(
      'encrypted',
    );
  });
  it('refuses another authority, those of the system, another name, and an address that cannot be verified', async () => {
    for (const tls of [
      { verify: 'host', ca: 'other.crt' },
      { verify: 'ca', ca: 'other.crt' },
    ] as const)
      expect(await open({ url: at('localhost'), tls }), JSON.stringify(tls)).to.match(REFUSED);
    expect(await open({ url: at('localhost', '?ssl=true') })).to.match(REFUSED);
    expect(await open({ url: at('localhost', '', 1), tls: { verify: 'host', ca: 'ca.crt' } })).to.match(
      REFUSED,
    );
    expect(await open({ url: at('127.0.0.1', '?ssl=true') })).to.contain('an address cannot be verified');
  });
});
