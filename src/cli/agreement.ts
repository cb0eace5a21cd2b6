/* `sluice agreement`: deduction agreements (代扣协议). */
import type { Command } from 'commander';
import { systemClock, systemIds } from '../clock.js';
import { OperatorError } from '../errors.js';
import { printable, silentLog } from '../log.js';
import {
  type Agreement,
  type AgreementOutcome,
  agreementsOfUnit,
  type RevenueSystem,
} from '../revenue/index.js';
import { openRevenue } from '../revenue-opening.js';
import { writeCsv } from '../spreadsheet.js';
import { faultOf, type ImportEnd, importAgreements, readAgreements } from './agreement-import.js';
import { withDir, withExample } from './options.js';
import { progressBar } from './progress.js';
import { recordSftp, type SftpPlace, withSftp } from './sftp-database.js';
import { table } from './table.js';
import { unitOf } from './units.js';

interface Options {
  readonly dir?: string;
  readonly json?: boolean;
  readonly unit: string;
  readonly customer: string;
}
interface ListOptions extends Omit<Options, 'customer'> {
  readonly customer?: string;
  readonly csv?: string;
}
interface ImportOptions extends Omit<Options, 'customer'> {
  readonly change?: boolean;
  readonly dryRun?: boolean;
}

/** `sluice agreement list|import|cancel`. */
export function agreementCommand(program: Command): void {
  const agreement = program.command('agreement').description('deduction agreements: 代扣协议');
  const ofUnit = (command: Command) =>
    withDir(command)
      .requiredOption('--unit <unit>', 'clearing unit 清算单位')
      .option('--json', 'print as JSON');
  const common = (command: Command) =>
    ofUnit(command).requiredOption('--customer <customer>', 'customer number 户号');
  withExample(
    ofUnit(
      agreement
        .command('list')
        .description("a customer's valid agreement, or all of the unit; account numbers are masked"),
    )
      .option('--customer <customer>', 'customer number 户号')
      .option('--csv <file>', 'write the list as CSV'),
    'sluice agreement list --unit 39536 --csv agreements.csv',
  ).action(list);
  withExample(
    ofUnit(
      agreement
        .command('import <file>')
        .description(
          'sign agreements from CSV: customer, bankAccount, agreement, bankCode, bankAccountName, …',
        ),
    )
      .option('--change', 'also change agreements that name another account')
      .option('--dry-run', 'only read the file'),
    'sluice agreement import agreements.csv --unit 39536',
  ).action(importFile);
  withExample(
    common(
      agreement
        .command('cancel')
        .description("end a customer's agreement; what is out at the platform stays out"),
    ),
    'sluice agreement cancel --unit 39536 --customer 080408',
  ).action(cancel);
}

async function list(options: ListOptions): Promise<void> {
  await withSftp(options.dir, async (place) => {
    const { customer } = options;
    if (options.csv !== undefined) return writeList(place, options, options.csv);
    if (customer === undefined) return listAll(place, options);
    const found = await agreementsOf(place, { ...options, customer });
    if (options.json === true) console.log(JSON.stringify(found.map(readable), null, 2));
    else if (found.length === 0) console.log('没有有效协议 (no valid agreement)');
    else
      console.log(
        table(
          head,
          found.map(readable).map((one) => Object.values(one)),
        ),
      );
  });
}

const head = ['协议号 agreement', '户号 customer', '银行 bank', '账号 account', '签约日 signed'];
/** Lines of one table: the widths of a list of any length cannot be known before. */
const PAGE = 500;

async function listAll(place: SftpPlace, options: ListOptions): Promise<void> {
  const all = agreementsOfUnit(place.database, unitOf(place, options.unit));
  if (options.json === true) {
    let before = '[';
    for await (const one of all) {
      process.stdout.write(`${before}\n${JSON.stringify(readable(one))}`);
      before = ',';
    }
    console.log(before === '[' ? '[]' : '\n]');
    return;
  }
  let [page, count]: [string[][], number] = [[], 0];
  const print = () => {
    if (page.length > 0) console.log(table(head, page));
    page = [];
  };
  for await (const one of all) {
    page.push(Object.values(readable(one)));
    count += 1;
    if (page.length === PAGE) print();
  }
  print();
  console.log(`${count} 个有效协议 (valid agreements)`);
}

async function writeList(place: SftpPlace, options: ListOptions, path: string): Promise<void> {
  const { customer } = options;
  const all =
    customer === undefined
      ? agreementsOfUnit(place.database, unitOf(place, options.unit))
      : await agreementsOf(place, { ...options, customer });
  async function* rows() {
    for await (const one of all) yield Object.values(readable(one));
  }
  const columns = ['协议号', '户号', '银行代码', '银行账号', '签约日期'].map((title) => ({
    title,
    width: 24,
  }));
  await writeCsv(path, { name: '协议', columns, rows: rows() });
}

async function importFile(path: string, options: ImportOptions): Promise<void> {
  await withSftp(options.dir, async (place) => {
    const unit = unitOf(place, options.unit);
    const rows = await readAgreements(path);
    const bar = progressBar('agreements', rows.length);
    const end = options.dryRun
      ? checked(rows)
      : await withRevenue(place, (revenue) =>
          importAgreements(revenue, unit, rows, systemClock.now(), options.change === true, bar.update),
        ).finally(bar.stop);
    const { faults, ...counts } = end;
    if (options.dryRun !== true)
      await recordSftp(place, { action: 'agreement import', target: unit.id, after: counts });
    if (faults.length > 0) process.exitCode = 1;
    if (options.json === true) console.log(JSON.stringify(end, null, 2));
    else {
      for (const { line, reason } of faults) console.log(`第${line}行 (line): ${reason}`);
      console.log(
        `${counts.rows} 行 (rows), ${counts.done} 已签约 (signed), ${faults.length} 拒绝 (refused)`,
      );
    }
  });
}
const checked = (rows: Awaited<ReturnType<typeof readAgreements>>): ImportEnd => ({
  rows: rows.length,
  done: 0,
  faults: rows.flatMap(({ line, row }) => {
    const reason = faultOf(row);
    return reason === undefined ? [] : [{ line, reason }];
  }),
});

async function cancel(options: Options): Promise<void> {
  await withSftp(options.dir, async (place) => {
    const [valid] = await agreementsOf(place, options);
    if (valid === undefined) {
      if (options.json === true) console.log(JSON.stringify({ cancelled: null }));
      else console.log('没有有效协议 (no valid agreement)');
      return;
    }
    const { signedOn: _signed, bankName: _name, ...fields } = valid;
    const order = { ...fields, deal: 'cancel', receivedAt: systemClock.now() } as const;
    const outcome: AgreementOutcome = await withRevenue(place, (revenue) =>
      revenue.maintainAgreement(unitOf(place, options.unit), order),
    );
    if (outcome.kind === 'refused')
      throw new OperatorError(
        'agreement-changed',
        `the agreement could not be cancelled: ${outcome.refusal}`,
        'Look at it again with "sluice agreement list".',
      );
    await recordSftp(place, { action: 'agreement cancel', target: valid.agreementNumber });
    if (options.json === true) console.log(JSON.stringify({ cancelled: valid.agreementNumber }));
    else console.log(`已解约 (cancelled): ${printable(valid.agreementNumber)}`);
  });
}

/** Agreements are kept by the gateway, also where customers are the utility's own. */
async function withRevenue<T>(place: SftpPlace, work: (revenue: RevenueSystem) => Promise<T>): Promise<T> {
  const closers: (() => Promise<void> | void)[] = [];
  const ground = { ...place, clock: systemClock, ids: systemIds, log: silentLog, closers };
  try {
    return await work((await openRevenue(ground, false)).revenue);
  } finally {
    for (const close of closers.reverse()) await close();
  }
}
async function agreementsOf(place: SftpPlace, { unit, customer }: Options): Promise<readonly Agreement[]> {
  const asked = unitOf(place, unit);
  const found = await withRevenue(place, (revenue) => revenue.agreements(asked, customer));
  if (found !== undefined) return found;
  throw new OperatorError(
    'customer-unknown',
    'there is no such customer in this unit',
    'Check --customer and --unit.',
  );
}
const readable = ({ agreementNumber, customer, bankCode, bankAccount, signedOn }: Agreement) => ({
  agreement: agreementNumber,
  customer,
  bankCode,
  bankAccount: `${'*'.repeat(Math.max(0, bankAccount.length - 4))}${bankAccount.slice(-4)}`,
  signedOn,
});
