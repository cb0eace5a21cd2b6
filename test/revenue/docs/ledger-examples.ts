/** The worked example of docs/money.md "Ledger": one customer's months, carried out on a real database, its entries read back. */
import { systemIds } from '../../../src/clock.js';
import { type Database, fenCell, sql, textCell } from '../../../src/database/index.js';
import { type Day, fenOf, type Month } from '../../../src/protocol/values.js';
import {
  addCustomers,
  issueBills,
  ledgerPromises,
  openBuiltinRevenue,
  unitWith,
  yuanText,
} from '../../../src/revenue/index.js';
import { fen, noon, payment, refundOf, supplementOf, testClock } from '../world.js';

const accounts = ['clearing', 'receivables', 'late_fee_income', 'prepaid', 'suspense'] as const;
const selectEntry = sql(`
  select entry_no, kind, ${accounts.join(', ')} from ledger_entries order by booked_at desc, entry_no desc`);
const selectPrepaid = sql('select prepaid from accounts');

/** A Markdown table: what happened, and what it posted. */
export async function ledgerTable(database: Database): Promise<string> {
  const clock = testClock();
  const books = { database, clock, ids: systemIds };
  const revenue = openBuiltinRevenue(books);
  const unit = unitWith('D1');
  const customer = 'k1';
  const issue = (bill: string, month: string, amount: number) => {
    const days = { issuedOn: '20240101' as Day, lateFeeFrom: '20240110' as Day };
    return issueBills(books, unit, [{ bill, customer, month: month as Month, amount: fen(amount), ...days }]);
  };
  const first = payment(customer, 5000);
  const lost = payment(customer, 6000);
  const steps: readonly [string, () => Promise<unknown>][] = [
    [
      'the customer comes with 10.00 prepaid',
      () => addCustomers(books, unit, [{ customer, prepaid: fenOf(1000n) }]),
    ],
    ['a bill of 50.00 is issued', () => issue('A', '202312', 5000)],
    ['pays 50.00 on the sixth late day', () => revenue.pay(unit, first)],
    ['the platform refunds it', () => revenue.refund(unit, refundOf(first))],
    [
      'T+1: the platform had taken 60.00 that we never saw',
      () => revenue.supplement(unit, supplementOf(lost)),
    ],
    ['a bill of 5.00 is issued, the balance covers it', () => issue('B', '202401', 500)],
    [
      'T+1: a corrected file says it was 55.00: reversed …',
      () =>
        revenue.reverse(unit, { serial: lost.serial, receivedAt: noon, orderedBy: 'recon', replaced: true }),
    ],
    ['… and booked anew', () => revenue.supplement(unit, supplementOf(lost, { amount: fen(5500) }))],
  ];
  const rows: string[] = [];
  const seen = new Set<string>();
  for (const [title, act] of steps) {
    clock.set(clock.now() + 1000);
    await act();
    const [entry] = (await database.all(selectEntry)).filter((row) => !seen.has(textCell(row, 'entry_no')));
    const [account] = await database.all(selectPrepaid);
    const prepaid = account === undefined ? '' : yuanText(fenCell(account, 'prepaid'));
    if (entry !== undefined) seen.add(textCell(entry, 'entry_no'));
    const amounts = accounts.map((name) => (entry === undefined ? '' : amountOf(fenCell(entry, name))));
    const kind = entry === undefined ? 'nothing' : `\`${textCell(entry, 'kind')}\``;
    rows.push(`| ${[title, kind, ...amounts, prepaid].join(' | ')} |`);
  }
  const head = `| what happens | posts | ${accounts.join(' | ').replaceAll('_', ' ')} | balance |`;
  return [head, '|---|---|---|---|---|---|---|---|', ...rows].join('\n');
}
const amountOf = (amount: ReturnType<typeof fenCell>): string => (amount === 0n ? '' : yuanText(amount));

/** A Markdown table of what `sluice verify` proves. */
export const promisesTable = (): string =>
  ['| promise | 含义 |', '|---|---|']
    .concat(Object.entries(ledgerPromises).map(([name, { title }]) => `| \`${name}\` | ${title} |`))
    .join('\n');
