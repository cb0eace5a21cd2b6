/** Our own transaction on Oracle against a driver that fails as told (faults.md M5); knex' transaction fails most of these. */
import { expect } from 'chai';
import { type DatabaseErrorLabel, databaseSettings, sql, textCell } from '../../src/database/index.js';
import { pooled } from '../../src/database/open.js';
import { oracleDriver } from '../../src/database/oracle.js';
import { silentLog } from '../../src/log.js';
import { type Call, FakeOracle } from '../support/fake-oracle.js';
import { TestClock } from '../support/test-clock.js';

const target = {
  user: 'pay',
  password: 'x',
  connectString: 'db/x',
  connectTimeoutMs: 1000,
  statementTimeoutMs: 8000,
  lockWaitMs: 5000,
};
const insert = sql('insert into booking (serial) values (:serial)');
const update = sql('update account set balance = balance + :more where id = :id');
const select = sql('select full_name, balance from account where id = :id');

function setUp() {
  const oracle = new FakeOracle();
  const clock = new TestClock();
  const settings = databaseSettings.parse({ client: 'oracle', ...target, pool: { max: 2, min: 0 } });
  const database = pooled(oracleDriver(target, oracle.module), settings, { clock, log: silentLog });
  const pay = () =>
    database.transaction(async (tx) => {
      await tx.run(insert, { serial: 's' });
      await tx.run(update, { id: 'a', more: 5 });
    });
  /** Runs to its end, moving the clock on as long as it takes. */
  const outcome = async (work: Promise<unknown>): Promise<'done' | DatabaseErrorLabel> => {
    let told: 'done' | DatabaseErrorLabel | undefined;
    work.then(
      () => {
        told = 'done';
      },
      (error: { label: DatabaseErrorLabel }) => {
        told = error.label;
      },
    );
    for (let i = 0; told === undefined && i < 2000; i++) await clock.advance(10);
    expect(told, 'it never ended').to.not.equal(undefined);
    expect(database.pools.writers.used, 'the connection was not given back').to.equal(0);
    return told ?? 'done';
  };
  const count = (call: Call) => oracle.calls.filter((one) => one.split(' ')[1] === call).length;
  return { oracle, clock, database, pay, outcome, count };
}

describe('our transaction on Oracle', () => {
  it('sends its statements without autocommit and one COMMIT, and keeps the connection', async () => {
    const { oracle, pay, outcome } = setUp();
    expect(await outcome(pay())).to.equal('done');
    expect(await outcome(pay())).to.equal('done');
    const one = [
      '1 execute insert into booking (serial) values (:1)',
      '1 execute update account set balance = balance + :1 where id = :2',
      '1 commit',
    ];
    expect(oracle.calls).to.deep.equal(['1 connect', ...one, ...one]);
  });

  it('reads outside of a transaction with autocommit, columns in lower case', async () => {
    const { oracle, database } = setUp();
    oracle.columns = ['FULL_NAME', 'BALANCE'];
    oracle.rows = [[null, '12']];
    const [row] = await database.all(select, { id: 'a' });
    expect(row).to.deep.equal({ full_name: null, balance: '12' });
    expect(row && textCell(row, 'full_name')).to.equal('');
    expect(oracle.calls.at(-1)).to.contain('(autocommit)');
  });

  it('calls a PL/SQL block: inputs, outputs and both by name, each one bind wherever it stands', async () => {
    const { oracle, database } = setUp();
    const block = sql(
      "begin pay(:serial, :amount, :code); if :code = '0' then :text := ':1 ok'; end if; :total := :total + 1; end;",
    );
    oracle.outBinds = { b_code: '0', b_text: null, b_total: '12.50' };
    const outputs = ['code', 'text', 'total'];
    const row = await database.transaction((tx) =>
      tx.call(block, { serial: 's', amount: 5n, total: 3 }, outputs),
    );
    expect(row).to.deep.equal({ code: '0', text: null, total: '12.50' });
    expect(oracle.calls.slice(1)).to.deep.equal([
      "1 execute begin pay(:b_serial, :b_amount, :b_code); if :b_code = '0' then :b_text := ':1 ok'; end if; :b_total := :b_total + 1; end;",
      '1 commit',
    ]);
    const out = { dir: 3003, type: 'string', maxSize: 32_767 };
    expect(oracle.binds).to.deep.equal({
      b_serial: { dir: 3001, val: 's' },
      b_amount: { dir: 3001, val: 5n },
      b_code: out,
      b_text: out,
      b_total: { ...out, dir: 3002, val: '3' },
    });
  });

  it('sends many rows as one batch', async () => {
    const { oracle, database, outcome } = setUp();
    const rows = Array.from({ length: 2500 }, (_, i) => ({ serial: `s${i}` }));
    expect(await outcome(database.runMany(insert, rows))).to.equal('done');
    expect(
      oracle.calls.filter((call) => call.includes('executeMany')).map((call) => call.slice(-6)),
    ).to.deep.equal(['× 1000', '× 1000', ' × 500']);
  });

  for (const [fault, label] of [
    ['ORA-00001', 'duplicate'],
    ['ORA-01013', 'statement-timeout'],
    ['NJS-123', 'statement-timeout'],
    ['ORA-00054', 'lock-timeout'],
    ['ORA-00942', 'fault'],
  ] as const)
    it(`${fault} in a statement: rolled back once, ${label}, the connection goes on`, async () => {
      const { oracle, pay, outcome, count } = setUp();
      oracle.fail('execute', fault, 2);
      expect(await outcome(pay())).to.equal(label);
      expect([count('rollback'), count('commit'), count('close')]).to.deep.equal([1, 0, 0]);
      expect(await outcome(pay())).to.equal('done');
      expect(count('connect')).to.equal(1);
    });

  it('ORA-16000 read-only: the connection is dropped, for another member may take writes', async () => {
    const { oracle, pay, outcome, count } = setUp();
    oracle.fail('execute', 'ORA-16000', 2);
    expect(await outcome(pay())).to.equal('read-only');
    expect([count('commit'), oracle.calls.at(-1)]).to.deep.equal([0, '1 close drop']);
  });
  it('ORA-00060 deadlock: rolled back and tried again', async () => {
    const { oracle, pay, outcome, count } = setUp();
    oracle.fail('execute', 'ORA-00060', 2);
    expect(await outcome(pay())).to.equal('done');
    expect([count('rollback'), count('commit'), count('connect')]).to.deep.equal([1, 1, 1]);
  });
  it('deadlocks without end: given up after six tries', async () => {
    const { oracle, pay, outcome, count } = setUp();
    for (let i = 0; i < 10; i++) oracle.fail('execute', 'ORA-00060', 2 + 2 * i);
    expect(await outcome(pay())).to.equal('retryable');
    expect([count('rollback'), count('commit')]).to.deep.equal([6, 0]);
  });

  for (const fault of [
    'NJS-500',
    'NJS-501',
    'NJS-510',
    'NJS-513',
    'NJS-521',
    'NJS-003',
    'ORA-03113',
    'ORA-00028',
  ])
    for (const nth of [1, 2])
      it(`${fault} in statement ${nth}: the connection is dropped, never rolled back on, and the work done on another`, async () => {
        const { oracle, pay, outcome, count } = setUp();
        oracle.fail('execute', fault, nth);
        expect(await outcome(pay())).to.equal('done');
        expect(oracle.calls).to.include('1 close drop');
        expect([count('connect'), count('commit'), count('rollback')]).to.deep.equal([2, 1, 0]);
      });

  it('a rollback that fails drops the connection; the first error is told, and nothing is left over', async () => {
    const { oracle, pay, outcome, count } = setUp();
    oracle.fail('execute', 'ORA-00001', 2).fail('rollback', 'NJS-501').fail('close', 'NJS-003');
    expect(await outcome(pay())).to.equal('duplicate');
    expect(oracle.calls.at(-1)).to.equal('1 close drop');
    expect(await outcome(pay())).to.equal('done');
    expect([count('connect'), count('commit')]).to.deep.equal([2, 1]);
  });
  it('a rollback without answer is given up, and never followed by a COMMIT on that session', async () => {
    const { oracle, pay, outcome } = setUp();
    oracle.fail('execute', 'ORA-00001', 2).fail('rollback', 'hang');
    expect(await outcome(pay())).to.equal('duplicate');
    expect(oracle.calls.slice(-2)).to.deep.equal(['1 rollback', '1 close drop']);
  });
  it('a statement without answer: unavailable in time, the connection is dropped', async () => {
    const { oracle, pay, outcome, clock, count } = setUp();
    oracle.fail('execute', 'hang', 2);
    const since = clock.now();
    expect(await outcome(pay())).to.equal('unavailable');
    expect(clock.now() - since).to.be.lessThan(11_000);
    expect([count('commit'), oracle.calls.at(-1)]).to.deep.equal([0, '1 close drop']);
  });

  for (const fault of ['NJS-500', 'NJS-501', 'NJS-123', 'ORA-03113', 'ORA-01013', 'hang'])
    it(`COMMIT ends with ${fault}: the outcome is unknown, the connection dropped, no second COMMIT`, async () => {
      const { oracle, pay, outcome, count } = setUp();
      oracle.fail('commit', fault);
      expect(await outcome(pay())).to.equal('outcome-unknown');
      expect([count('commit'), count('rollback'), oracle.calls.at(-1)]).to.deep.equal([1, 0, '1 close drop']);
      expect(await outcome(pay())).to.equal('done');
    });
  it('COMMIT refused by a deferred constraint: nothing was committed, and it is said so', async () => {
    const { oracle, pay, outcome, count } = setUp();
    oracle.fail('commit', 'ORA-02091');
    expect(await outcome(pay())).to.equal('fault');
    expect([count('commit'), count('rollback'), count('close')]).to.deep.equal([1, 1, 0]);
  });

  for (const fault of ['NJS-040', 'NJS-503', 'NJS-510', 'NJS-518', 'ORA-12541', 'ORA-01017', 'ORA-99999'])
    it(`no connection (${fault}): unavailable, and back when it is back`, async () => {
      const { oracle, pay, outcome } = setUp();
      oracle.fail('connect', fault);
      expect(await outcome(pay())).to.equal('unavailable');
      expect(await outcome(pay())).to.equal('done');
    });

  it('what the work itself throws is rolled back and passed on', async () => {
    const { database, count } = setUp();
    const refusal = new Error('refused');
    const told = await database
      .transaction(async (tx) => {
        await tx.run(insert, { serial: 's' });
        throw refusal;
      })
      .catch((error: unknown) => error);
    expect(told).to.equal(refusal);
    expect([count('rollback'), count('commit')]).to.deep.equal([1, 0]);
  });
});
