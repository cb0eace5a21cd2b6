import { expect } from 'chai';
import type { DatabaseErrorLabel } from '../../src/database/database.js';
import { mysqlCommitLabel, mysqlLabel, mysqlLabels } from '../../src/database/errors-mysql.js';
import { oracleCommitLabel, oracleLabel, oracleLabels } from '../../src/database/errors-oracle.js';
import { postgresCommitLabel, postgresLabel, postgresLabels } from '../../src/database/errors-postgres.js';
import { sqliteCommitLabel, sqliteLabel, sqliteLabels } from '../../src/database/errors-sqlite.js';
import { databaseError } from '../../src/database/labels.js';

const withCode = (code: string) => Object.assign(new Error('x'), { code });
const withNumber = (errno: string) => Object.assign(new Error('x'), { errno: Number(errno), code: 'ER_X' });

describe('error labels', () => {
  const tables = [
    { name: 'SQLite', table: sqliteLabels, label: sqliteLabel, make: withCode },
    { name: 'PostgreSQL', table: postgresLabels, label: postgresLabel, make: withCode },
    { name: 'MariaDB', table: mysqlLabels, label: mysqlLabel, make: withNumber },
    { name: 'Oracle', table: oracleLabels, label: oracleLabel, make: withCode },
  ];
  for (const { name, table, label, make } of tables) {
    for (const [code, expected] of Object.entries(table))
      it(`${name} ${code} is ${expected}`, () => expect(label(make(code))).to.equal(expected));
    it(`${name}: a code that is not listed, and an error without one, are faults of ours`, () => {
      expect(label(make('99999'))).to.equal('fault');
      expect(label(new TypeError('x'))).to.equal('fault');
    });
  }
  for (const code of ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND'])
    it(`${code} is unavailable on PostgreSQL and MariaDB`, () => {
      expect(postgresLabel(withCode(code))).to.equal('unavailable');
      expect(mysqlLabel(Object.assign(withCode(code), { errno: -111 }))).to.equal('unavailable');
    });
});

describe('what a failed COMMIT means', () => {
  const cases: readonly [string, DatabaseErrorLabel, DatabaseErrorLabel][] = [
    ['PostgreSQL says 40001', postgresCommitLabel(withCode('40001')), 'retryable'],
    ['PostgreSQL says 23505 (deferred)', postgresCommitLabel(withCode('23505')), 'duplicate'],
    ['PostgreSQL is shut down', postgresCommitLabel(withCode('57P01')), 'outcome-unknown'],
    ['PostgreSQL has crashed', postgresCommitLabel(withCode('57P02')), 'outcome-unknown'],
    ['PostgreSQL reports a connection exception', postgresCommitLabel(withCode('08006')), 'outcome-unknown'],
    ['PostgreSQL reports an internal error', postgresCommitLabel(withCode('XX000')), 'outcome-unknown'],
    ['the socket to PostgreSQL is reset', postgresCommitLabel(withCode('ECONNRESET')), 'outcome-unknown'],
    ['the socket breaks (EPIPE)', postgresCommitLabel(withCode('EPIPE')), 'outcome-unknown'],
    ['PostgreSQL ends the connection', postgresCommitLabel(new Error('terminated')), 'outcome-unknown'],
    ['the standby has not confirmed', postgresCommitLabel(withCode('unreplicated')), 'outcome-unknown'],
    ['PostgreSQL rolled back instead', postgresCommitLabel(withCode('25P02')), 'fault'],
    ['MariaDB found a deadlock', mysqlCommitLabel(withNumber('1213')), 'retryable'],
    ['MariaDB is read-only', mysqlCommitLabel(withNumber('1290')), 'read-only'],
    ['MariaDB got an error during COMMIT', mysqlCommitLabel(withNumber('1180')), 'outcome-unknown'],
    ['MariaDB was killed', mysqlCommitLabel(withNumber('1927')), 'outcome-unknown'],
    ['the socket to MariaDB is reset', mysqlCommitLabel(withCode('ECONNRESET')), 'outcome-unknown'],
    ['Oracle refuses a deferred constraint', oracleCommitLabel(withCode('ORA-02091')), 'fault'],
    ['Oracle loses the connection', oracleCommitLabel(withCode('NJS-500')), 'outcome-unknown'],
    ['Oracle gives no answer in time', oracleCommitLabel(withCode('NJS-123')), 'outcome-unknown'],
    ['Oracle is shut down', oracleCommitLabel(withCode('ORA-03113')), 'outcome-unknown'],
    ['SQLite is busy', sqliteCommitLabel(withCode('SQLITE_BUSY')), 'lock-timeout'],
    ['SQLite finds the disk full', sqliteCommitLabel(withCode('SQLITE_FULL')), 'read-only'],
    ['SQLite cannot sync', sqliteCommitLabel(withCode('SQLITE_IOERR_FSYNC')), 'outcome-unknown'],
  ];
  for (const [what, found, expected] of cases)
    it(`${what}: ${expected}`, () => expect(found).to.equal(expected));
});

describe('the text of a database error', () => {
  it('names the code and keeps the values of the refused row to itself', () => {
    const driver = Object.assign(new Error("Duplicate entry '2024040400003001' for key 'payment_u1'"), {
      code: 'ER_DUP_ENTRY',
      errno: 1062,
      detail: 'Key (serial)=(2024040400003001) already exists.',
      sqlMessage: "Duplicate entry '2024040400003001' for key 'payment_u1'",
    });
    const error = databaseError('duplicate', driver);
    expect(error.message).to.equal("duplicate (ER_DUP_ENTRY): Duplicate entry '…' for key 'payment_u1'");
    expect(JSON.stringify([error.stack, driver, driver.stack])).to.not.contain('2024040400003001');
  });
});
