import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { Command } from 'commander';
import { chinaText, systemClock, systemIds } from '../clock.js';
import { directoryOf } from '../config/index.js';
import { OperatorError } from '../errors.js';
import { printable } from '../log.js';
import {
  type AcceptanceParts,
  acceptanceList,
  acceptanceRecord,
  askingOf,
  type CaseRecord,
  coverageOf,
  defaultSender,
  examine,
  greet,
  type Paint,
  paintFor,
  readAcceptancePlan,
  verdictOf,
} from '../tools/index.js';
import { withExample } from './options.js';
import { type FilesOptions, platformFilesOf, withFiles, withPlatformFiles } from './platform-files.js';
import { findTarget, readPemOf, type TargetOptions, withDialect, withTarget } from './target.js';
import { VERSION } from './version.js';

interface Options extends TargetOptions, FilesOptions {
  readonly dir?: string;
  readonly plan?: string;
  readonly unit?: string;
  readonly customer?: string;
  readonly unknown?: string;
  readonly foreignUnit?: string;
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
    .option(
      '--plan <file>',
      "unit and customers made for the result codes (default: the directory's acceptance.yaml)",
    )
    .option('--unit <id>', 'clearing unit 清算单位 (amounts in fen)')
    .option('--customer <number>', 'a test customer; what is paid for it is refunded')
    .option('--unknown <number>', 'a customer number that does not exist')
    .option('--foreign-unit <id>', 'a clearing unit that is not of this peer');
  withPlatformFiles(withDialect(withTarget(command)))
    .option('--html <file>', 'write the record (Chinese, printable)')
    .option('--json', 'print the results as JSON');
  withExample(
    command,
    'sluice acceptance --html record.html --dir demo',
    'sluice acceptance --sftp-user platform --sftp-key id_ed25519 --html record.html --dir demo',
    'sluice acceptance --unit 90001 --customer 0090010001 --dir demo',
  ).action((options: Options) => withFiles(() => run(options)));
}

async function run(options: Options): Promise<void> {
  const dir = directoryOf(options.dir);
  const { unit, customer, unknown, foreignUnit } = options;
  const beside = join(dir, 'acceptance.yaml');
  // Customers of one unit say nothing about those of another.
  const file = options.plan ?? (unit === undefined && existsSync(beside) ? beside : '');
  const given = Object.entries({ unit, customer, unknown, foreignUnit }).filter(
    ([, value]) => value !== undefined,
  );
  const plan = readAcceptancePlan(file, Object.fromEntries(given));
  const found = findTarget(options);
  const dialect = found.dialectOf(plan.unit);
  if (dialect.amountUnit !== 'fen') {
    throw new OperatorError(
      'acceptance-needs-fen',
      `unit ${plan.unit} counts in yuan`,
      'Name a unit that counts in fen.',
    );
  }
  const ca = readPemOf(dir, options.ca, 'ca.crt');
  const organisation = found.shortNameOf(plan.unit);
  const parts: AcceptanceParts = {
    target: found.target,
    anonymous: { ...found.target, context: createSecureContext({ ca }) },
    asking: askingOf(plan.unit, dialect),
    foreign: askingOf(plan.foreignUnit, dialect),
    sender: { ...defaultSender, target: organisation },
    organisation,
    plan,
    files: await platformFilesOf(options),
  };
  const paint = paintFor(process.stdout);
  const records: CaseRecord[] = [];
  try {
    for await (const record of examine(acceptanceList, parts)) {
      records.push(record);
      if (options.json !== true) print(record, paint);
    }
  } finally {
    await parts.files?.close();
  }
  const count = (verdict: string) => records.filter((record) => verdictOf(record) === verdict).length;
  const failed = count('failed');
  if (options.html !== undefined) {
    const facts = {
      date: chinaText(systemClock.now()),
      target: `${found.target.host}:${found.target.port}`,
      greeting: await greet(found.target),
      unit: plan.unit,
      version: `sluice ${VERSION}`,
      runtime: `Node ${process.versions.node}, OpenSSL ${process.versions.openssl}`,
      maskKey: systemIds.bytes(16).toString('hex'),
    };
    writeFileSync(options.html, acceptanceRecord(records, facts));
  }
  if (options.json === true) {
    const items = records.map(({ log, ...record }) => ({
      ...record,
      verdict: verdictOf(record),
      messages: log.length,
    }));
    console.log(JSON.stringify({ passed: failed === 0, items, ...coverageOf(records) }, null, 2));
  } else {
    const summary = `${count('passed')} passed, ${failed} failed, ${count('left out')} left out`;
    console.log(paint(failed === 0 ? 'green' : 'red', summary));
  }
  if (failed > 0) process.exitCode = 1;
}

function print(record: CaseRecord, paint: Paint): void {
  const verdict = verdictOf(record);
  const mark = { passed: paint('green', '✓'), failed: paint('red', '✗'), 'left out': paint('yellow', '–') }[
    verdict
  ];
  console.log(`${mark} ${record.group}: ${record.title}`);
  for (const fault of record.faults) console.log(paint('red', `    ${printable(fault)}`));
  for (const why of record.left) console.log(paint('yellow', `    未测：${printable(why)}`));
}
