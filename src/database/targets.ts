/** From the settings to what the drivers connect to. */
import { isIP } from 'node:net';
import { OperatorError } from '../errors.js';
import type { MysqlTarget } from './mysql.js';
import type { OracleTarget } from './oracle.js';
import type { PostgresTarget } from './postgres-link.js';
import type { DatabaseSettings } from './settings.js';
import { databaseTls } from './tls.js';

interface Address {
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  readonly user: string;
  readonly password: string | undefined;
  readonly database: string;
  readonly options: URLSearchParams;
}

/** @param dir where a relative file of `tls` lies */
export function postgresTargets(settings: DatabaseSettings, dir = '.'): PostgresTarget[] {
  const address = addressOf(settings, ['postgres:', 'postgresql:'], 5432);
  const tls = databaseTls(settings, address.options, dir);
  return address.hosts.map(({ host, port }) => ({ ...common(settings, address), host, port, tls }));
}

/** @param dir where a relative file of `tls` lies */
export function mysqlTarget(settings: DatabaseSettings, dir = '.'): MysqlTarget {
  const address = addressOf(settings, ['mysql:', 'mariadb:'], 3306);
  const [first] = address.hosts;
  if (first === undefined || address.hosts.length > 1)
    throw invalid('the mysql url names exactly one host; put a proxy before a cluster');
  const tls = databaseTls(settings, address.options, dir);
  // The driver compares an address with the certificate's name for "localhost".
  if (tls?.verify === 'host' && isIP(first.host) !== 0)
    throw invalid(
      'to verify the host of a mysql server, name it: an address cannot be verified (or tls.verify: ca)',
    );
  return { ...common(settings, address), ...first, tls };
}

export function oracleTarget(settings: DatabaseSettings): OracleTarget {
  if (settings.tls !== undefined)
    throw invalid('oracle is encrypted by its address: connectString: tcps://host:2484/service');
  const { connectTimeoutMs, statementTimeoutMs, lockWaitMs } = settings;
  const limits = { connectTimeoutMs, statementTimeoutMs, lockWaitMs };
  if (settings.url !== undefined) {
    const { hosts, user, password, database } = addressOf(settings, ['oracle:'], 1521);
    const [first] = hosts;
    if (first === undefined || hosts.length > 1)
      throw invalid('the oracle url names exactly one host; give a connectString');
    if (password === undefined) throw invalid('oracle needs a password');
    return { ...limits, user, password, connectString: `${first.host}:${first.port}/${database}` };
  }
  const { connectString, host, port, database, user, password } = settings;
  const target =
    connectString ??
    (host === undefined || database === undefined ? undefined : `${host}:${port ?? 1521}/${database}`);
  if (target === undefined)
    throw invalid('oracle needs url, connectString, or host and database (the service name)');
  if (user === undefined || password === undefined) throw invalid('oracle needs user and password');
  return { ...limits, user, password, connectString: target };
}

const common = (settings: DatabaseSettings, { user, password, database }: Address) => ({
  user,
  password,
  database,
  connectTimeoutMs: settings.connectTimeoutMs,
  statementTimeoutMs: settings.statementTimeoutMs,
  lockWaitMs: settings.lockWaitMs,
});

// Not `new URL`: it knows no list of hosts.
const URL_FORM = /^([a-z]+:)\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/;

function addressOf(settings: DatabaseSettings, schemes: readonly string[], port: number): Address {
  if (settings.url === undefined) {
    const host = settings.host ?? '127.0.0.1';
    if (settings.user === undefined || settings.database === undefined)
      throw invalid('give url, or host, user and database');
    const hosts = [{ host, port: settings.port ?? port }];
    const { user, password, database } = settings;
    return { hosts, user, password, database, options: new URLSearchParams() };
  }
  const found = URL_FORM.exec(settings.url);
  const [, scheme = '', user = '', password, hosts = '', database = '', query = ''] = found ?? [];
  if (!schemes.includes(scheme)) throw invalid(`the url must begin with ${schemes[0]}//`);
  if (user === '' || hosts === '' || database === '')
    throw invalid('the url must name user, host and database');
  return {
    hosts: hosts.split(',').map((part) => hostOf(part, port)),
    user: settings.user ?? decodeURIComponent(user),
    password: settings.password ?? (password === undefined ? undefined : decodeURIComponent(password)),
    database: decodeURIComponent(database),
    options: new URLSearchParams(query),
  };
}
function hostOf(text: string, port: number): { host: string; port: number } {
  const found = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text);
  const host = found?.[1] ?? found?.[2];
  if (host === undefined) throw invalid('a host of the url cannot be read');
  return { host, port: found?.[3] === undefined ? port : Number(found[3]) };
}

// The url itself is not repeated: it holds the password.
const invalid = (text: string): OperatorError =>
  new OperatorError(
    'config-invalid',
    `database: ${text}`,
    'correct the section `database` of sluice.yaml; docs/databases.md has examples',
  );

const withoutOptions = (url: string | undefined): string | undefined => url?.replace(/\?.*$/s, '');

/** Where the settings point to, for people: no password. */
export function describeTarget(given: DatabaseSettings): string {
  // A password in a file is not read for this.
  const settings = {
    ...given,
    password: given.password ?? '',
    tls: undefined,
    url: withoutOptions(given.url),
  };
  switch (settings.client) {
    case 'sqlite':
      return settings.file;
    case 'postgres': {
      const [first, ...rest] = postgresTargets(settings);
      const hosts = [first, ...rest].map((one) => `${one?.host}:${one?.port}`).join(',');
      return `postgres ${hosts} database ${first?.database} user ${first?.user}`;
    }
    case 'mysql': {
      const { host, port, database, user } = mysqlTarget(settings);
      return `mysql ${host}:${port} database ${database} user ${user}`;
    }
    case 'oracle': {
      const { connectString, user } = oracleTarget(settings);
      return `oracle ${connectString} user ${user}`;
    }
    default:
      throw settings.client satisfies never;
  }
}
