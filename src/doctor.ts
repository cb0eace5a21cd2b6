/* What an administrator would look at one by one: a list of findings, each with what to do. Changes nothing. */
import { accessSync, constants, existsSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { type Clock, chinaStamp } from './clock.js';
import { loadConfig } from './config/index.js';
import { type Database, migrationStatus, sql, textCell } from './database/index.js';
import { clockState } from './doctor-clock.js';
import { codeOf, messageOf, OperatorError } from './errors.js';
import { checkCertificates } from './pki/index.js';
import { decodeText, encodeText } from './protocol/index.js';
import { keyPassphrase } from './server/index.js';
import { withDatabase } from './with-database.js';

export const levels = ['ok', 'warning', 'critical'] as const;
export interface DoctorFinding {
  readonly level: (typeof levels)[number];
  /** What was looked at. */
  readonly what: string;
  readonly found: string;
  /** What to do; empty when nothing is. */
  readonly next: string;
}
type Finding = Omit<DoctorFinding, 'what'>;
const ok = (found: string): Finding => ({ level: 'ok', found, next: '' });
const warning = (found: string, next: string): Finding => ({ level: 'warning', found, next });
const critical = (found: string, next: string): Finding => ({ level: 'critical', found, next });

const DISK_FREE_MIN = 1024 ** 3;
/** A rare name: U+20BB7 has four bytes in GB18030, and is cut or refused where any charset on the way is too small. */
const FOUR_BYTE_NAME = '𠮷田王小明';

/** Everything that can be looked at without a running gateway, and with one. Never throws. */
export async function examine(dir: string, clock: Clock): Promise<readonly DoctorFinding[]> {
  const findings: DoctorFinding[] = [];
  const look = async (what: string, check: () => Finding | Promise<Finding>) => {
    const found = await Promise.resolve()
      .then(check)
      .catch((error: unknown) =>
        critical(messageOf(error), error instanceof OperatorError ? error.next : ''),
      );
    findings.push({ what, ...found });
  };
  await look('configuration 配置', () => ok(`${loadConfig(dir).units.length} clearing units`));
  if (findings.some(({ level }) => level !== 'ok')) return findings;
  const config = loadConfig(dir);
  const { server, sftp, metrics, database } = config;
  for (const { about, text, ...rest } of await checkCertificates(dir, {
    now: clock.now(),
    passphrase: keyPassphrase(),
  })) {
    findings.push({ ...rest, what: about, found: text });
  }
  await look('files 权限', () => openFiles(dir));
  await look('disk 磁盘', () => diskOf(dir));
  await look('descriptors 句柄', () => descriptorsFor(server.limits.connections));
  await look('user 用户', userState);
  await look('clock 时钟', timeState);
  await look('time zone 时区', () => zoneState(clock));
  const exchangeDir = resolve(dir, sftp.root);
  await look('exchange directory 交换目录', () => writable(existsSync(exchangeDir) ? exchangeDir : dir));
  for (const [name, { host, port }] of Object.entries({ platform: server, sftp, metrics })) {
    await look(`port ${name} 端口`, () => portState(dir, host, port));
  }
  await look('charsets 字符集', charsetState);
  await look(`database ${database.client} 数据库`, () => withDatabase(config, tablesState));
  await look('names in the database 生僻字', () => withDatabase(config, nameState));
  return findings;
}

/** Keys and passwords must not be readable by others than their owner. */
function openFiles(dir: string): Finding {
  const secrets = ['certs/server.key', 'certs/ca/ca.key', 'certs/platform.key', 'sluice.yaml'].map((name) =>
    join(dir, name),
  );
  const open = secrets.filter((file) => {
    const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0;
    return (mode & (file.endsWith('.yaml') ? 0o007 : 0o077)) !== 0;
  });
  return open.length === 0
    ? ok('secrets are readable by their owner only')
    : critical(`open to others: ${open.join(', ')}`, `chmod 600 ${open.join(' ')}`);
}

function diskOf(dir: string): Finding {
  const { bavail, bsize } = statfsSync(dir);
  const free = bavail * bsize;
  const text = `${(free / 1024 ** 3).toFixed(1)} GiB free`;
  return free >= DISK_FREE_MIN
    ? ok(text)
    : critical(text, 'Make room: logs, exchange files and SQLite lie here.');
}

function descriptorsFor(connections: number): Finding {
  const [, limit = '0'] =
    /Max open files\s+(\d+|unlimited)/.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  const needed = connections + 200;
  return limit === 'unlimited' || Number(limit) >= needed
    ? ok(`${limit} allowed, ${needed} needed at most`)
    : warning(
        `${limit} allowed, ${needed} needed`,
        `Raise the limit (LimitNOFILE=${needed}), or lower server.limits.connections.`,
      );
}

const OFFSET_WARNING_S = 0.5;
const OFFSET_CRITICAL_S = 5;
/** Serials, deadlines, late fees and certificates depend on the time. */
async function timeState(): Promise<Finding> {
  const state = await clockState();
  if (state.kind === 'unseen') {
    return warning(
      'cannot see it: no chronyc, ntpq or timedatectl answers here',
      'Inside of a container the host keeps the time: run "chronyc tracking" or "timedatectl" there.',
    );
  }
  const setUp = 'Set up chrony or systemd-timesyncd: serials, deadlines and certificates depend on the time.';
  if (state.kind === 'not-synchronized') return warning(`${state.by}: not synchronized`, setUp);
  const { offsetS, by } = state;
  if (offsetS === undefined) return ok(`${by}: synchronized (it tells no offset)`);
  const text = `${by}: synchronized, ${(offsetS * 1000).toFixed(1)} ms off`;
  if (Math.abs(offsetS) >= OFFSET_CRITICAL_S)
    return critical(text, 'Stop the gateway, correct the clock, start it again.');
  return Math.abs(offsetS) >= OFFSET_WARNING_S ? warning(text, setUp) : ok(text);
}

/** What listens to strangers needs no rights over the machine. */
function userState(): Finding {
  const { uid, username } = userInfo();
  return uid === 0
    ? warning('root', 'Run sluice as a user of its own; it needs no root (docs/security.md).')
    : ok(username);
}

/** Business days are China's whatever the zone of this host is. */
function zoneState(clock: Clock): Finding {
  const now = clock.now();
  const parts = new Intl.DateTimeFormat('sv-SE', {
    timeZone: 'Asia/Shanghai',
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  const expected = parts.format(now).replace(/\D/g, '');
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return chinaStamp(now) === expected
    ? ok(`host ${zone}; business time is Asia/Shanghai`)
    : critical(`${chinaStamp(now)} is not ${expected}`, 'This is a defect of Sluice.');
}

function writable(path: string): Finding {
  try {
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return ok(path);
  } catch (error) {
    return critical(`${path} (${codeOf(error)})`, 'Give it to the user that runs sluice.');
  }
}

/** Free, or held by the gateway of this directory. */
function portState(dir: string, host: string, port: number): Promise<Finding> {
  if (port === 0) return Promise.resolve(ok('any free one'));
  return new Promise((done) => {
    const probe = createServer();
    probe.once('error', (error) =>
      done(
        codeOf(error) === 'EADDRINUSE' && isServing(dir)
          ? ok(`${host}:${port}, held by the running gateway`)
          : critical(`${host}:${port} (${codeOf(error)})`, `Find who holds it: ss -ltnp 'sport = :${port}'.`),
      ),
    );
    probe.listen(port, host, () => probe.close(() => done(ok(`${host}:${port} is free`))));
  });
}
const isServing = (dir: string): boolean => existsSync(join(dir, 'run', 'ports.json'));

function charsetState(): Finding {
  const back = decodeText(encodeText(FOUR_BYTE_NAME, 'gb18030'), 'gb18030');
  return back === FOUR_BYTE_NAME
    ? ok('GB18030, four bytes')
    : critical('GB18030 loses characters', 'This is a defect of Sluice.');
}

async function tablesState(database: Database): Promise<Finding> {
  const pending = (await migrationStatus(database)).filter(({ state }) => state !== 'applied');
  return pending.length === 0
    ? ok('reachable, tables are of this version')
    : warning(
        `${pending.length} migrations are missing`,
        "Run 'sluice db migrate'; 'sluice serve' does it, too.",
      );
}

const insertName =
  sql(`insert into exchanges (id, at_ms, day, peer, service, result_code, duration_ms, reason)
  values (:id, 0, '19700101', 'doctor', '000000', '0000', 0, :name)`);
const selectName = sql('select reason from exchanges where id = :id');
class Undone extends Error {}

/** Writes a name whose last character many schemas lose, reads it back, and leaves nothing. */
async function nameState(database: Database): Promise<Finding> {
  let back = '';
  await database
    .transaction(async (tx) => {
      const id = 'doctor';
      await tx.run(insertName, { id, name: FOUR_BYTE_NAME });
      const [row] = await tx.all(selectName, { id });
      back = row === undefined ? '' : textCell(row, 'reason');
      throw new Undone();
    })
    .catch((error: unknown) => {
      if (!(error instanceof Undone)) throw error;
    });
  return back === FOUR_BYTE_NAME
    ? ok('written and read back whole')
    : critical(
        `came back as ${back}`,
        'The database must store Unicode: UTF8 / utf8mb4 / AL32UTF8 (docs/databases.md).',
      );
}
