/**
 * M1, M4 and M5 together, in the long form (`npm run test:crash`, SLUICE_KILLS kills on each database): the gateway is killed by SIGKILL at random
 * moments under load and started again; now and then the database server is killed, too, and started again while the gateway runs on.
 */
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createConnection } from 'mysql2/promise';
import { systemClock } from '../../src/clock.js';
import {
  MariadbServer,
  mariadbPrograms,
  PostgresServer,
  postgresPrograms,
} from '../support/database-servers.js';
import { type Gateway, platformTls, sluice, startGateway } from '../support/gateway.js';
import { describeWith } from '../support/needs.js';
import { ask, freshSerial, paymentBody } from '../support/platform.js';

const KILLS = Number(process.env.SLUICE_KILLS ?? (process.env.SLUICE_LONG === '1' ? 50 : 0));
/** Kills of the gateway between two kills of the database server. */
const DATABASE_EVERY = 5;
const UNIT = '39536';
const CUSTOMERS = ['022000', '0410000000'];
/** Without a booking for so long, something is wrong. */
const STANDSTILL_MS = 60_000;
const WORKERS = 12;

interface Server {
  readonly port: number;
  start(): Promise<void>;
  kill(): Promise<void>;
  remove(): Promise<void>;
}
/** What the platform was told of one serial; `''`: nothing. */
interface Told {
  readonly amount: number;
  readonly payment: string;
  readonly refund: string | undefined;
}

function crashes(
  title: string,
  make: () => Promise<{ readonly server: Server; readonly url: string }>,
): void {
  it(`${title}: nothing answered 9999 is lost, nothing is half-booked (${KILLS} kills)`, async function () {
    this.timeout(KILLS * 60_000 + 120_000);
    const { server, url } = await make();
    const dir = mkdtempSync(join(tmpdir(), 'sluice-test-'));
    const env = { SLUICE_DATABASE_URL: url };
    let gateway: Gateway | undefined;
    try {
      const made = await sluice(['init', '--demo', '--dir', dir], env);
      expect(made.code, made.stderr).to.equal(0);
      const told = new Map<string, Told>();
      let restarts = 0;
      for (let round = 1; round <= KILLS; round++) {
        gateway = await startGateway(dir, env);
        const load = startLoad({ ...platformTls(dir), port: gateway.port }, told);
        await load.more(20 + randomInt(60));
        if (round % DATABASE_EVERY === 0) {
          await server.kill();
          await systemClock.sleep(randomInt(1500));
          await server.start();
          restarts++;
          // It recovers by itself.
          await load.more(20);
        }
        await systemClock.sleep(randomInt(50));
        await gateway.kill();
        await load.end();
      }
      gateway = await startGateway(dir, env);
      const wrong = await compare({ ...platformTls(dir), port: gateway.port }, told);
      expect(wrong).to.deep.equal([]);
      expect(await gateway.stop()).to.equal(0);
      gateway = undefined;
      const proof = await sluice(['verify', '--dir', dir], env);
      expect(proof.code, proof.stdout + proof.stderr).to.equal(0);
      console.log(`      ${restarts} restarts of the server; ${summary(told)}`);
    } finally {
      await gateway?.kill();
      await server.remove();
      rmSync(dir, { recursive: true, force: true });
    }
  });
}

type Tls = ReturnType<typeof platformTls> & { readonly port: number };
/** Pays without pause, refunds some of it, asks what is owed; remembers each answer. */
function startLoad(tls: Tls, told: Map<string, Told>) {
  let ended = false;
  let booked = 0;
  const code = async (service: string, body: Record<string, string>): Promise<string> => {
    const answer = await ask(tls, service, body).catch(() => undefined);
    return answer === undefined ? '' : String(answer.body.rtnCode);
  };
  const work = async (worker: number) => {
    for (let n = worker; !ended; n++) {
      const serial = freshSerial();
      const customer = CUSTOMERS[n % CUSTOMERS.length] ?? '';
      const amount = 100_000 + (n % 7);
      const note = (payment: string, refund?: string) => told.set(serial, { amount, payment, refund });
      note('');
      const payment = await code('200002', paymentBody(UNIT, customer, amount, serial));
      note(payment);
      if (payment === '9999') booked++;
      else if (payment === '') await systemClock.sleep(20);
      if (payment === '9999' && n % 4 === 0) {
        note(payment, '');
        note(payment, await code('300002', refundBody(serial, amount)));
      }
      if (n % 3 === 0)
        await code('200001', { acctOrgNo: UNIT, queryType: '0', queryValue: customer, busiType: '11' });
    }
  };
  const workers = Promise.all(Array.from({ length: WORKERS }, (_, worker) => work(worker)));
  return {
    /** Resolves when that many more are booked. */
    async more(count: number): Promise<void> {
      const goal = booked + count;
      const until = systemClock.now() + STANDSTILL_MS;
      while (booked < goal) {
        if (systemClock.now() > until) throw new Error(`no progress: ${summary(told)}`);
        await systemClock.sleep(10);
      }
    },
    async end(): Promise<void> {
      ended = true;
      await workers;
    },
  };
}
const refundBody = (serial: string, amount: number) => ({
  acctOrgNo: UNIT,
  originalBankSerial: serial,
  bankDate: '20240404',
  rcvAmt: String(amount),
});

/** What the platform was told and what 200012 says now. */
async function compare(tls: Tls, told: ReadonlyMap<string, Told>): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const [serial, { amount, payment, refund }] of told) {
    const { body } = await ask(tls, '200012', { acctOrgNo: UNIT, bankSerial: serial, bankDate: '20240404' });
    const now = String(body.rtnCode);
    if (!allowedAfter(payment).includes(now))
      wrong.push(`${serial}: told ${payment || 'nothing'}, now ${now}`);
    if (refund === undefined) continue;
    // Who was told of a refund hears the same again; who was told nothing, or 0009, gets it done now.
    const again = await ask(tls, '300002', refundBody(serial, amount));
    if (again.body.rtnCode !== '9999')
      wrong.push(`${serial}: refund told ${refund || 'nothing'}, now ${String(again.body.rtnCode)}`);
  }
  return wrong;
}
/** Success stays success; a definite no stays a no; who was told nothing, or 0009, is told now. */
const allowedAfter = (payment: string): readonly string[] => {
  if (payment === '9999') return ['9999'];
  return payment === '' || payment === '0009' ? ['9999', '3000'] : ['3003', '3000'];
};
const summary = (told: ReadonlyMap<string, Told>): string => {
  const counts: Record<string, number> = {};
  for (const { payment, refund } of told.values()) {
    counts[payment || 'no answer'] = (counts[payment || 'no answer'] ?? 0) + 1;
    if (refund !== undefined)
      counts[`refund ${refund || 'no answer'}`] = (counts[`refund ${refund || 'no answer'}`] ?? 0) + 1;
  }
  return Object.entries(counts)
    .map(([code, count]) => `${code}: ${count}`)
    .join(', ');
};

if (KILLS > 0) {
  describeWith(postgresPrograms, 'the gateway is killed again and again, and PostgreSQL too', () => {
    crashes('PostgreSQL', async () => {
      const server = await PostgresServer.create();
      return { server, url: `postgres://postgres@127.0.0.1:${server.port}/postgres` };
    });
  });
  describeWith(mariadbPrograms, 'the gateway is killed again and again, and MariaDB too', () => {
    crashes('MariaDB', async () => {
      const server = await MariadbServer.create();
      const admin = await createConnection(`mysql://root@127.0.0.1:${server.port}/mysql`);
      await admin.query('create database revenue character set utf8mb4 collate utf8mb4_bin');
      await admin.end();
      return { server, url: `mysql://root@127.0.0.1:${server.port}/revenue` };
    });
  });
}
