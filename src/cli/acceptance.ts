import { writeFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { Command } from 'commander';
import { chinaText, systemClock, systemIds } from '../clock.js';
import { directoryOf } from '../config/index.js';
import { OperatorError } from '../errors.js';
import { printable } from '../log.js';
import {
  acceptanceRecord,
  askingOf,
  type CaseRecord,
  defaultSender,
  examine,
  moneyCases,
  otherCases,
  paintFor,
} from '../tools/index.js';
import { withExample } from './options.js';
import { findTarget, readPemOf, type TargetOptions, withDialect, withTarget } from './target.js';

interface Options extends TargetOptions {
  readonly unit: string;
  readonly customer: string;
  readonly unknown: string;
  readonly foreignUnit: string;
  readonly html?: string;
  readonly json?: boolean;
}

/** `sluice acceptance`: the list that a platform's onboarding asks for, with a record to hand in. */
export function acceptanceCommand(program: Command): void {
  const command = program
    .command('acceptance')
    .description(
      '联调验收: run the onboarding list against a gateway and write the record; exit code 1 when an item fails',
    )
    .requiredOption('--unit <id>', 'clearing unit 清算单位 (amounts in fen)')
    .requiredOption('--customer <number>', 'a test customer; what is paid for it is refunded')
    .option('--unknown <number>', 'a customer number that does not exist', '99999999999')
    .option('--foreign-unit <id>', 'a clearing unit that is not of this peer', '88888888');
  withDialect(withTarget(command))
    .option('--html <file>', 'write the record (Chinese, printable)')
    .option('--json', 'print the results as JSON');
  withExample(
    command,
    'sluice acceptance --unit 90001 --customer 0090010001 --html record.html --dir demo',
  ).action(run);
}

async function run(options: Options): Promise<void> {
  const found = findTarget(options);
  const dialect = found.dialectOf(options.unit);
  if (dialect.amountUnit !== 'fen') {
    throw new OperatorError(
      'acceptance-needs-fen',
      `unit ${options.unit} counts in yuan`,
      'Name a unit that counts in fen.',
    );
  }
  const ca = readPemOf(directoryOf(options.dir), options.ca, 'ca.crt');
  const parts = {
    target: found.target,
    anonymous: { ...found.target, context: createSecureContext({ ca }) },
    asking: askingOf(options.unit, dialect),
    foreign: askingOf(options.foreignUnit, dialect),
    sender: { ...defaultSender, target: found.shortNameOf(options.unit) },
    customer: options.customer,
    unknownCustomer: options.unknown,
  };
  const paint = paintFor(process.stdout);
  const records: CaseRecord[] = [];
  for await (const record of examine([...otherCases, ...moneyCases], parts)) {
    records.push(record);
    if (options.json === true) continue;
    const passed = record.faults.length === 0;
    console.log(`${paint(passed ? 'green' : 'red', passed ? '✓' : '✗')} ${record.group}: ${record.title}`);
    for (const fault of record.faults) console.log(paint('red', `    ${printable(fault)}`));
  }
  const failed = records.filter(({ faults }) => faults.length > 0).length;
  if (options.html !== undefined) {
    const facts = {
      date: chinaText(systemClock.now()),
      target: `${found.target.host}:${found.target.port}`,
      unit: options.unit,
      version: 'sluice 0.1.0',
      runtime: `Node ${process.versions.node}, OpenSSL ${process.versions.openssl}`,
      maskKey: systemIds.bytes(16).toString('hex'),
    };
    writeFileSync(options.html, acceptanceRecord(records, facts));
  }
  if (options.json === true) {
    const items = records.map(({ messages, ...record }) => ({ ...record, messages: messages.length }));
    console.log(JSON.stringify({ passed: failed === 0, items }, null, 2));
  } else {
    console.log(paint(failed === 0 ? 'green' : 'red', `${records.length - failed} passed, ${failed} failed`));
  }
  if (failed > 0) process.exitCode = 1;
}
