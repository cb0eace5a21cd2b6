import type { Command } from 'commander';
import { directoryOf, loadConfig } from '../config/index.js';
import { printable } from '../log.js';
import { type Finding, verifyLedger } from '../revenue/index.js';
import { withDatabase } from '../with-database.js';
import { withDir, withExample } from './options.js';

const VERIFY_STATEMENT_MS = 3_600_000;

/**
 * `sluice verify`: proves the ledger of the whole database (spec money.md "Ledger"); exit code 1 where it does not
 * hold.
 */
export function verifyCommand(program: Command): void {
  const verify = program.command('verify').description('prove the ledger: 核对总账，列出不平的账户');
  withExample(
    withDir(verify).option('--json', 'print the findings as JSON'),
    'sluice verify --dir demo',
  ).action(async (options: { dir?: string; json?: boolean }) => {
    const config = loadConfig(directoryOf(options.dir));
    // It reads everything, so it may take its time.
    const patient = { ...config.database, statementTimeoutMs: VERIFY_STATEMENT_MS };
    await withDatabase(
      config,
      async (database) => {
        const findings = await verifyLedger(database);
        if (findings.length > 0) process.exitCode = 1;
        if (options.json === true)
          console.log(JSON.stringify({ holds: findings.length === 0, findings }, null, 2));
        else if (findings.length > 0) console.log(findings.map(lineOf).join('\n'));
        else console.log('账平：总账、账单、余额、流水全部相符 (the ledger holds)');
      },
      patient,
    );
  });
}

const lineOf = ({ promise, unit, subject, expected, found }: Finding): string =>
  printable(`不平 ${promise}: unit ${unit}, ${subject}: expected ${expected}, found ${found}`);
