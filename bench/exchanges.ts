/**
 * One exchange = connect, full mutual handshake, query (200001) on the database, answer, close: server CPU per exchange, taken from the
 * server's process, next to servers that answer a canned frame. All servers run in the same call, alternating; medians.
 *
 * A gateway runs for days, so what is measured is the steady state: each server answers `--warm` exchanges per process before the first table
 * (ours with two workers twice as many, for each of them compiles its code itself), and some hundred of the kind that follows before each.
 *
 * All combinations take ten minutes on two quiet cores.
 *
 *   npm run bench -- exchanges [--exchanges 500] [--rounds 5] [--warm 4000] [--keys ecdsa-p256,rsa-2048] [--tls 1.3,1.2] [--resume no,yes]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { defaultUnitDialect, encodeFrame } from '../src/protocol/index.js';
import { askingOf, exchange, requestFrame, runLoad, summarise, targetOf } from '../src/tools/index.js';
import { makeInstallation, makeKeys, pem } from './exchanges/certificates.js';
import {
  type Measured,
  sTime,
  startBare,
  startHaproxy,
  startJava,
  startOurs,
  startSServer,
} from './exchanges/servers.js';
import { type BenchTable, type Goal, goalLine, markdown, median } from './report.js';
import { makePlace } from './revenue/places.js';

const { values: options } = parseArgs({
  allowPositionals: true,
  options: {
    exchanges: { type: 'string', default: '500' },
    rounds: { type: 'string', default: '5' },
    warm: { type: 'string', default: '4000' },
    keys: { type: 'string', default: 'ecdsa-p256,rsa-2048' },
    tls: { type: 'string', default: '1.3,1.2' },
    resume: { type: 'string', default: 'no,yes' },
  },
});
const EXCHANGES = Number(options.exchanges);
const ROUNDS = Number(options.rounds);
/** Exchanges that each process of a server answers before anything is measured. */
const WARM = Number(options.warm);
/** And before each table, of its TLS version and with or without resumption. */
const WARM_KIND = 200;
const CALLERS = 8;
/** What a Java 17 client offers, and HAProxy's OpenSSL 3.0 and a Java server know: Node alone would agree on ML-KEM with Node, and the others not. */
const KEY_EXCHANGE = 'X25519:P-256:P-384';
const UNIT = '90001';
const SHARE_OF_SATURATION = 0.6;

const asking = askingOf(UNIT, defaultUnitDialect);
const customerAt = (index: number) => `00${90_010_000 + (index % 300)}`;
const frames = Array.from({ length: 300 }, (_, i) => {
  const { serviceCode, body } = asking.query(customerAt(i));
  return requestFrame(serviceCode, body);
});

type Tls = '1.2' | '1.3';
interface Figures {
  readonly cpuUs: number;
  readonly perSecond: number;
  readonly resumed: number;
}
async function measure(
  server: Measured,
  keys: string,
  tls: Tls,
  resume: boolean,
  count: number,
): Promise<Figures> {
  const version = `TLSv${tls}` as const;
  const target = targetOf('127.0.0.1', server.port, {
    cert: pem(keys, 'client.crt'),
    key: pem(keys, 'client.key'),
    ca: pem(keys, 'ca.crt'),
    minVersion: version,
    maxVersion: version,
    ecdhCurve: KEY_EXCHANGE,
  });
  let next = 0;
  let resumed = 0;
  const cpu = server.cpuMs();
  const begun = performance.now();
  await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      // A session is used until the server sends another, as clients on OpenSSL do; how many tickets a server sends does not matter then.
      let session: Buffer | undefined;
      const onSession = (one: Buffer) => {
        session = one;
      };
      while (next < count) {
        const frame = frames[next++ % frames.length] ?? Buffer.alloc(0);
        const outcome = await exchange(target, frame, resume ? { session, onSession } : {});
        if (outcome.kind !== 'answer') throw new Error(`${server.name}: ${outcome.reason}`);
        if (outcome.resumed) resumed += 1;
      }
    }),
  );
  const seconds = (performance.now() - begun) / 1000;
  return {
    cpuUs: ((server.cpuMs() - cpu) * 1000) / count,
    perSecond: count / seconds,
    resumed: resumed / count,
  };
}

/** All servers with certificates of one key type. */
async function startAll(keyType: 'ecdsa-p256' | 'rsa-2048', dir: string, postgres: string) {
  const keys = join(dir, keyType);
  const made = await makeKeys(keys, keyType);
  const installed = async (name: string, workers: number, database: string, fill: boolean) => {
    const home = join(dir, `${keyType}-${name}`);
    await makeInstallation(home, made, { workers, database, fill });
    return home;
  };
  const canned = join(dir, 'canned.frame');
  const sqlite = await installed('sqlite', 1, '{ client: sqlite, file: revenue.sqlite }', true);
  const ours = await startOurs('ours, SQLite', sqlite);
  // What ours answers is what the others say by rote: the same bytes go over the wire.
  const probe = await exchange(targetFor(ours.port, keys), frames[0] ?? Buffer.alloc(0));
  if (probe.kind !== 'answer') throw new Error(probe.reason);
  writeFileSync(canned, encodeFrame(probe.serviceCode, probe.data));
  const onPostgres = await installed(
    'postgres',
    1,
    `{ client: postgres, url: "${postgres}" }`,
    keyType === 'ecdsa-p256',
  );
  const twoWorkers = await installed('workers', 2, `{ client: postgres, url: "${postgres}" }`, false);
  const backend = await startBare('backend', 'tcp', keys, canned);
  const servers = [
    await startBare('(a) bare tls.createServer', 'tls', keys, canned),
    ours,
    await startOurs('ours, PostgreSQL', onPostgres),
    await startOurs('ours, PostgreSQL, 2 workers', twoWorkers, 2),
    await startHaproxy('(b) HAProxy termination', keys, backend.port),
    await startJava('(c) Java 17 thread pool', keys, canned),
  ];
  return { keys, servers, backend, sServer: await startSServer('(d) openssl s_server', keys) };
}
const targetFor = (port: number, keys: string) =>
  targetOf('127.0.0.1', port, {
    cert: pem(keys, 'client.crt'),
    key: pem(keys, 'client.key'),
    ca: pem(keys, 'ca.crt'),
    ecdhCurve: KEY_EXCHANGE,
  });

export async function benchExchanges(): Promise<BenchTable[]> {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const place = await makePlace('postgres');
  const url = 'url' in place.settings ? String(place.settings.url) : '';
  const tables: BenchTable[] = [];
  const running: Measured[] = [];
  try {
    for (const keyType of ['ecdsa-p256', 'rsa-2048'] as const) {
      if (!options.keys.includes(keyType)) continue;
      const { keys, servers, backend, sServer } = await startAll(keyType, dir, url);
      running.push(...servers, backend, sServer);
      for (const server of servers) await measure(server, keys, '1.3', false, WARM * server.processes);
      for (const tls of ['1.3', '1.2'] as const) {
        for (const resume of [false, true]) {
          if (!options.tls.includes(tls) || !options.resume.includes(resume ? 'yes' : 'no')) continue;
          const table = await oneTable(keyType, tls, resume, keys, servers, sServer);
          tables.push(table);
          console.log(markdown(table));
        }
      }
      const [, ours] = servers;
      if (ours) {
        const table = await latencyTable(keyType, keys, ours);
        tables.push(table);
        console.log(markdown(table));
      }
      for (const one of running.splice(0)) await one.stop();
    }
  } finally {
    for (const one of running) await one.stop();
    await place.drop();
    rmSync(dir, { recursive: true, force: true });
  }
  return tables;
}

async function oneTable(
  keyType: string,
  tls: Tls,
  resume: boolean,
  keys: string,
  servers: readonly Measured[],
  sServer: Measured,
) {
  const rounds = new Map<Measured, Figures[]>(servers.map((server) => [server, []]));
  for (const server of servers) await measure(server, keys, tls, resume, WARM_KIND * server.processes);
  for (let round = 0; round < ROUNDS; round++) {
    for (const server of servers)
      rounds.get(server)?.push(await measure(server, keys, tls, resume, EXCHANGES));
  }
  const cpu = sServer.cpuMs();
  const made = sTime(sServer.port, keys, 3, tls, resume);
  const limit = ((sServer.cpuMs() - cpu) * 1000) / Math.max(made, 1);
  const of = (server: Measured, what: keyof Figures) =>
    median((rounds.get(server) ?? []).map((one) => one[what]));
  /** Median of what each round gave, where both met the same machine. */
  const ratio = (part: string, to: string): number => {
    const found = [part, to].map((name) => servers.find((server) => server.name.includes(name)));
    const [ones = [], others = []] = found.map((server) => server && rounds.get(server));
    return median(ones.map(({ cpuUs }, round) => cpuUs / (others[round]?.cpuUs ?? Number.NaN)));
  };
  const [bare] = servers;
  const reference = bare === undefined ? 1 : of(bare, 'cpuUs');
  const rows = servers.map((server) => [
    server.name,
    of(server, 'cpuUs').toFixed(0),
    ratio(server.name, '(a)').toFixed(2),
    of(server, 'perSecond').toFixed(0),
    `${(of(server, 'resumed') * 100).toFixed(0)} %`,
  ]);
  const how = `${keyType}, TLS ${tls}${resume ? ', resumed' : ''}`;
  const goals: Goal[] = ['SQLite', 'PostgreSQL'].flatMap((database) => [
    { what: `${how}: ${database} next to (a)`, measured: ratio(database, '(a)'), atMost: 1.25 },
    { what: `${how}: ${database} next to (b) HAProxy`, measured: ratio(database, '(b)'), atMost: 1 },
    { what: `${how}: ${database} next to (c) Java`, measured: ratio(database, '(c)'), atMost: 0.5 },
  ]);
  goals.push({
    what: `${how}: two workers next to one`,
    measured: ratio('2 workers', 'PostgreSQL'),
    atMost: 1.05,
  });
  rows.push([
    sServer.name,
    limit.toFixed(0),
    (limit / reference).toFixed(2),
    (made / 3).toFixed(0),
    resume ? 's_time -reuse' : '–',
  ]);
  return {
    title: `Exchanges: ${keyType}, TLS ${tls}, ${resume ? 'sessions resumed' : 'full handshakes'}`,
    head: [
      'server',
      'CPU µs per exchange',
      'ratio to (a)',
      'exchanges/s (client on the same cores)',
      'resumed',
    ],
    rows,
    notes: [
      `${EXCHANGES} exchanges × ${ROUNDS} rounds, ${CALLERS} callers, alternating, medians (of ratios: of each round's); CPU from /proc/PID/stat; before that ${WARM} exchanges for each process (once for all tables of a key type), ${WARM_KIND} for this table.`,
      ...goals.map(goalLine),
    ],
  };
}

/** p99 at 60 % of what a closed loop reaches. */
async function latencyTable(keyType: string, keys: string, ours: Measured): Promise<BenchTable> {
  const target = targetFor(ours.port, keys);
  let index = 0;
  const next = () => ({
    kind: '200001',
    frame: frames[index++ % frames.length] ?? Buffer.alloc(0),
    token: '',
  });
  const plan = { target, resume: false, next };
  const saturated = summarise(
    await runLoad({ ...plan, rate: undefined, concurrency: 16, seconds: 5 }),
  ).perSecond;
  const rate = saturated * SHARE_OF_SATURATION;
  const { latencyMs, failed } = summarise(await runLoad({ ...plan, rate, concurrency: 500, seconds: 10 }));
  const { p50, p90, p99, p999, max } = latencyMs;
  const row = [rate, p50, p90, p99, p999, max].map((value) => value.toFixed(1));
  return {
    title: `Latency at ${SHARE_OF_SATURATION * 100} % of the saturated rate: ${keyType}, TLS 1.3, SQLite`,
    head: ['rate 1/s', 'p50 ms', 'p90', 'p99', 'p99.9', 'max'],
    rows: [row],
    notes: [
      `Saturated: ${saturated.toFixed(0)}/s with the client on the same two cores; open loop, corrected; ${failed} without an answer.`,
      goalLine({
        what: `p99 in ms at ${SHARE_OF_SATURATION * 100} % of the saturated rate, ${keyType}`,
        measured: p99,
        atMost: 50,
      }),
    ],
  };
}

if (process.argv[1]?.endsWith('exchanges.ts')) await benchExchanges();
