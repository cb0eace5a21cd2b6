/**
 * Session tickets, on or off? Server CPU per exchange of a bare TLS server (mutual TLS, canned frame) without tickets, with tickets that no
 * client uses, and with tickets that every client uses. All in the same call, alternating; medians.
 *
 *   npm run bench -- tickets [--exchanges 600] [--rounds 5]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { defaultUnitDialect, encodeFrame } from '../src/protocol/index.js';
import { askingOf, exchange, requestFrame, targetOf } from '../src/tools/index.js';
import { makeKeys, pem } from './exchanges/certificates.js';
import { type Measured, startBare } from './exchanges/servers.js';
import { markdown, median } from './report.js';

const { values: options } = parseArgs({
  allowPositionals: true,
  options: { exchanges: { type: 'string', default: '600' }, rounds: { type: 'string', default: '5' } },
});
const CALLERS = 8;
const { serviceCode, body } = askingOf('90001', defaultUnitDialect).query('0090010000');
const frame = requestFrame(serviceCode, body);

/** CPU of the server in µs per exchange, and the share of resumed ones. */
async function measure(server: Measured, keys: string, version: 'TLSv1.2' | 'TLSv1.3', resume: boolean) {
  const target = targetOf('127.0.0.1', server.port, {
    cert: pem(keys, 'client.crt'),
    key: pem(keys, 'client.key'),
    ca: pem(keys, 'ca.crt'),
    minVersion: version,
    maxVersion: version,
  });
  const count = Number(options.exchanges);
  const sessions: Buffer[] = [];
  let begun = 0;
  let resumed = 0;
  const cpu = server.cpuMs();
  const caller = async () => {
    while (begun++ < count) {
      const session = resume ? sessions.pop() : undefined;
      const outcome = await exchange(
        target,
        frame,
        resume ? { session, onSession: (one) => void sessions.push(one) } : {},
      );
      if (outcome.kind !== 'answer') throw new Error(`${server.name}: ${outcome.reason}`);
      if (outcome.resumed) resumed += 1;
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  return { cpuUs: ((server.cpuMs() - cpu) * 1000) / count, resumed: resumed / count };
}

const dir = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
try {
  for (const keyType of ['ecdsa-p256', 'rsa-2048'] as const) {
    const keys = join(dir, keyType);
    await makeKeys(keys, keyType);
    const canned = join(dir, 'canned.frame');
    writeFileSync(canned, encodeFrame('200001', Buffer.alloc(900, ' ')));
    const off = await startBare('off', 'tls-no-tickets', keys, canned);
    const on = await startBare('on', 'tls', keys, canned);
    const ways = [
      { name: 'tickets off', server: off, resume: false },
      { name: 'tickets on, no client resumes', server: on, resume: false },
      { name: 'tickets on, clients resume', server: on, resume: true },
    ];
    for (const version of ['TLSv1.3', 'TLSv1.2'] as const) {
      const found = new Map(ways.map((way) => [way, [] as Awaited<ReturnType<typeof measure>>[]]));
      for (let round = 0; round <= Number(options.rounds); round++)
        for (const way of ways) {
          const one = await measure(way.server, keys, version, way.resume);
          if (round > 0) found.get(way)?.push(one); // The first round warms up.
        }
      const of = (way: (typeof ways)[number], what: 'cpuUs' | 'resumed') =>
        median((found.get(way) ?? []).map((one) => one[what]));
      const [first] = ways;
      const reference = first ? of(first, 'cpuUs') : 1;
      const rows = ways.map((way) => [
        way.name,
        of(way, 'cpuUs').toFixed(0),
        (of(way, 'cpuUs') / reference).toFixed(2),
        `${(of(way, 'resumed') * 100).toFixed(0)} %`,
      ]);
      console.log(
        markdown({
          title: `Session tickets: ${keyType}, ${version}`,
          head: ['', 'CPU µs per exchange', 'ratio to off', 'resumed'],
          rows,
          notes: [`${options.exchanges} exchanges × ${options.rounds} rounds, ${CALLERS} callers, medians.`],
        }),
      );
    }
    await off.stop();
    await on.stop();
  }
} finally {
  rmSync(dir, { recursive: true, force: true });
}
