/* `sluice agreement`: deduction agreements (代扣协议). */
import type { Command } from 'commander';
import { systemClock, systemIds } from '../clock.js';
import { OperatorError } from '../errors.js';
import { printable, silentLog } from '../log.js';
import type { Agreement, AgreementOutcome, RevenueSystem } from '../revenue/index.js';
import { openRevenue } from '../revenue-opening.js';
import { withDir, withExample } from './options.js';
import { recordSftp, type SftpPlace, withSftp } from './sftp-database.js';
import { table } from './table.js';
import { unitOf } from './units.js';

interface Options {
  readonly dir?: string;
  readonly json?: boolean;
  readonly unit: string;
  readonly customer: string;
}

/** `sluice agreement list|cancel`. */
export function agreementCommand(program: Command): void {
  const agreement = program.command('agreement').description('deduction agreements: 代扣协议');
  const common = (command: Command) =>
    withDir(command)
      .requiredOption('--unit <unit>', 'clearing unit 清算单位')
      .requiredOption('--customer <customer>', 'customer number 户号')
      .option('--json', 'print as JSON');
  withExample(
    common(agreement.command('list').description("a customer's valid agreement; account numbers are masked")),
    'sluice agreement list --unit 39536 --customer 080408',
  ).action(list);
  withExample(
    common(
      agreement
        .command('cancel')
        .description("end a customer's agreement; what is out at the platform stays out"),
    ),
    'sluice agreement cancel --unit 39536 --customer 080408',
  ).action(cancel);
}

async function list(options: Options): Promise<void> {
  await withSftp(options.dir, async (place) => {
    const found = await agreementsOf(place, options);
    if (options.json === true) console.log(JSON.stringify(found.map(readable), null, 2));
    else if (found.length === 0) console.log('没有有效协议 (no valid agreement)');
    else
      console.log(
        table(
          ['AGREEMENT', 'CUSTOMER', 'BANK', 'ACCOUNT', 'SIGNED'],
          found.map(readable).map((one) => Object.values(one)),
        ),
      );
  });
}

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
