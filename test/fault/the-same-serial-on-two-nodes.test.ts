/*
  The platform sends to two nodes at once whatever it likes (faults M6, M7, M8): a serial is booked once, with the content of its first
  accepted request, and what was told of it on one node holds on the other. Two gateway processes, one database.
*/
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { eachDatabase } from '../support/databases.js';
import { type Gateway, platformTls, sluice, startGateway } from '../support/gateway.js';
import { ask, freshSerial, paymentBody } from '../support/platform.js';

const UNIT = '39536';
const CUSTOMER = '0410000000';
const OTHER = '022000';
const AT_ONCE = [1, 2, 3, 7, 20, 50];
const ROUNDS = 15;

eachDatabase(
  'two gateways on one database',
  (db) => {
    let home: string;
    let env: NodeJS.ProcessEnv;
    const nodes: Gateway[] = [];
    before(async function () {
      this.timeout(120_000);
      home = mkdtempSync(join(tmpdir(), 'sluice-nodes-'));
      env = { SLUICE_DATABASE_URL: db.settings().url };
      const made = await sluice(['init', '--demo', '--dir', join(home, 'a')], env);
      expect(made.code, made.stderr).to.equal(0);
      cpSync(join(home, 'a'), join(home, 'b'), { recursive: true, preserveTimestamps: true });
      for (const name of ['a', 'b']) nodes.push(await startGateway(join(home, name), env));
    });
    after(async () => {
      for (const node of nodes) await node.stop();
      rmSync(home, { recursive: true, force: true });
    });

    const code = async (index: number, service: string, body: Record<string, unknown>) => {
      const node = nodes[index % nodes.length];
      if (node === undefined) throw new Error('the nodes are there only while the suite runs');
      const answer = await ask({ ...platformTls(node.dir), port: node.port }, service, body);
      return String(answer.body.rtnCode);
    };
    const balance = async (customer: string): Promise<number> => {
      const [node] = nodes;
      if (node === undefined) throw new Error('no node');
      const tls = { ...platformTls(node.dir), port: node.port };
      return Number(
        (await ask(tls, '200007', { acctOrgNo: UNIT, queryType: '0', queryValue: customer })).body.acctBal,
      );
    };
    const pay = (index: number, serial: string, fen = 100, customer = CUSTOMER, day = '20240404') =>
      code(index, '200002', paymentBody(UNIT, customer, fen, serial, day));
    const refund = (index: number, serial: string, fen = 100) =>
      code(index, '300002', {
        acctOrgNo: UNIT,
        originalBankSerial: serial,
        bankDate: '20240404',
        rcvAmt: String(fen),
      });
    const status = (index: number, serial: string) =>
      code(index, '200012', { acctOrgNo: UNIT, bankSerial: serial, bankDate: '20240404' });
    const atOnce = (count: number, call: (index: number) => Promise<string>) =>
      Promise.all(Array.from({ length: count }, (_, index) => call(index)));
    const onceOf = (count: number) => ['9999', ...Array<string>(count - 1).fill('2001')].sort();

    it(`the same frame ${AT_ONCE.join(', ')} times at once: booked once, all others told 2001`, async () => {
      for (const count of AT_ONCE) {
        const before = await balance(CUSTOMER);
        const serial = freshSerial();
        const told = await atOnce(count, (index) => pay(index, serial));
        expect(told.sort(), `${count} at once`).to.deep.equal(onceOf(count));
        expect(await balance(CUSTOMER)).to.equal(before + 100);
      }
    }).timeout(120_000);

    it('the same serial with another amount, customer or date: the first accepted one counts', async () => {
      const contents: ((index: number, serial: string) => Promise<string>)[] = [
        (index, serial) => pay(index, serial, 100 + index),
        (index, serial) => pay(index, serial, 100, index % 2 === 0 ? CUSTOMER : OTHER),
        (index, serial) => pay(index, serial, 100, CUSTOMER, `2024040${1 + (index % 9)}`),
      ];
      for (const send of contents) {
        const before = (await balance(CUSTOMER)) + (await balance(OTHER));
        const serial = freshSerial();
        const told = await atOnce(12, (index) => send(index, serial));
        const winner = told.indexOf('9999');
        expect(told.toSorted()).to.deep.equal(onceOf(12));
        const paid = (await balance(CUSTOMER)) + (await balance(OTHER)) - before;
        expect(paid).to.be.within(100, 111);
        // Whoever repeats anything of it hears the same for ever, and may take the winner's amount back only.
        expect(await send(winner + 1, serial)).to.equal('2001');
        expect(await refund(winner, serial, paid + 1)).to.equal('2002');
        expect(await refund(winner, serial, paid)).to.equal('9999');
        expect((await balance(CUSTOMER)) + (await balance(OTHER))).to.equal(before);
      }
    }).timeout(120_000);

    it('a refund that comes before its payment, or with it: both happen or neither', async () => {
      const early = freshSerial();
      expect([await refund(0, early), await pay(1, early), await status(0, early)]).to.deep.equal([
        '3000',
        '2005',
        '3000',
      ]);
      const before = await balance(CUSTOMER);
      for (let round = 0; round < ROUNDS; round++) {
        const serial = freshSerial();
        const told = await Promise.all([pay(round, serial), refund(round + 1, serial)]);
        expect(told).to.be.deep.oneOf([
          ['9999', '9999'],
          ['2005', '3000'],
        ]);
      }
      expect(await balance(CUSTOMER)).to.equal(before);
    }).timeout(120_000);

    it('a question that comes with its payment: what it was told on one node holds on the other', async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const serial = freshSerial();
        const [first, told, second] = await Promise.all([
          pay(round, serial),
          status(round + 1, serial),
          pay(round + 1, serial),
        ]);
        const booked = [first, second].includes('9999');
        if (told === '3000') expect([first, second]).to.deep.equal(['2005', '2005']);
        else
          expect([told, booked]).to.be.deep.oneOf([
            ['9999', true],
            ['3002', true],
          ]);
        expect(await status(round, serial)).to.equal(booked ? '9999' : '3000');
      }
    }).timeout(120_000);

    it('and the ledger holds', async () => {
      const proof = await sluice(['verify', '--dir', join(home, 'a')], env);
      expect(proof.code, proof.stdout).to.equal(0);
    });
  },
  { only: process.env.SLUICE_LONG === '1' ? ['postgres', 'mysql'] : ['postgres'] },
);
