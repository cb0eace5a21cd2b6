/* How a day of reconciliation is printed. */
import { chinaText, type Moment } from '../clock.js';
import type { Database } from '../database/index.js';
import {
  type DaySummary,
  type Difference,
  type DryRun,
  dayStates,
  differenceClasses,
  differenceStates,
  differencesOfDay,
  type Figure,
  foreseenActs,
  isUnresolved,
  outcomes,
  signatureOf,
} from '../exchange/reconciliation/index.js';
import { printable } from '../log.js';
import { fenOf } from '../protocol/values.js';
import { yuanText } from '../revenue/index.js';
import { filesOfDay, refusedFiles } from './recon-open.js';
import { table } from './table.js';

const SHOWN_MAX = 100;
const figureJson = ({ count, amount }: Figure) => ({ count, amount: Number(amount) });
const yuan = (amount: bigint | undefined): string => (amount === undefined ? '' : yuanText(fenOf(amount)));

/** Amounts in fen, absent is null. */
export const differenceJson = (one: Difference, now: Moment) => ({
  serial: one.serial,
  class: one.class,
  state: one.state,
  outcome: one.outcome ?? null,
  customer: one.platform?.customer ?? null,
  amount: one.platform === undefined ? null : Number(one.platform.amount),
  ourCustomer: one.ours?.customer ?? null,
  ourAmount: one.ours === undefined ? null : Number(one.ours.amount),
  paymentBefore: one.ours?.paymentNumber ?? null,
  paymentNumber: one.paymentAfter || null,
  refundNumber: one.refundNumber || null,
  line: one.platform?.line ?? null,
  run: one.run,
  operator: one.operator || null,
  reason: one.reason || null,
  signed: one.signature === '' ? null : one.signature === signatureOf(one),
  foundAt: chinaText(one.foundAt),
  dueAt: chinaText(one.dueAt),
  overdue: isUnresolved(one.state) && one.dueAt < now,
});

/** Of a day: exactly these members, as documented. */
export const summaryJson = (summary: DaySummary, differences: readonly object[]) => ({
  day: summary.day.day,
  unit: summary.day.unit,
  state: summary.day.state,
  matched: figureJson(summary.matched),
  supplemented: figureJson(summary.supplemented),
  reversed: figureJson(summary.reversed),
  replaced: figureJson(summary.replaced),
  suspense: figureJson(summary.suspense),
  differences,
});

/** What an operator reads about what was done with one difference. */
export const doneText = ({ state, outcome }: Difference): string =>
  outcome === undefined || state === 'suspense'
    ? differenceStates[state]
    : `${differenceStates[state]}：${outcomes[outcome]}`;

const FIGURES = {
  matched: '相符 matched',
  supplemented: '补销账 supplemented',
  reversed: '冲正 reversed',
  replaced: '更正 replaced',
  suspense: '暂挂 suspense',
} as const;

export async function printDay(
  database: Database,
  summary: DaySummary,
  { json, all = false }: { readonly json: boolean; readonly all?: boolean },
  now: Moment,
): Promise<void> {
  const { day, runs, run } = summary;
  const differences: Difference[] = [];
  let more = 0;
  for await (const one of differencesOfDay(database, day.unit, day.day)) {
    if (json || all || differences.length < SHOWN_MAX) differences.push(one);
    else more += 1;
  }
  if (json) {
    const rows = differences.map((one) => differenceJson(one, now));
    console.log(JSON.stringify(summaryJson(summary, rows), null, 2));
    return;
  }
  console.log(`${day.day}  单位 ${day.unit}  ${dayStates[day.state]} (${day.state})`);
  if (day.closedBy !== '') console.log(`由 ${printable(day.closedBy)} 关闭：${printable(day.closeReason)}`);
  for (const one of runs) {
    const who = one.orderedBy === 'exchange' ? '' : `  ${printable(one.orderedBy)} ${printable(one.reason)}`;
    console.log(
      `第${one.number}次 ${chinaText(one.startedAt)} ${one.state}  ${printable(one.fileName)}  ${one.lineCount} 笔 ${yuan(one.lineAmount)} 元${who}  ${printable(one.detail)}`.trimEnd(),
    );
  }
  for (const file of refusedFiles(await filesOfDay({ database }, { id: day.unit }, day.day)))
    console.log(
      `未采用 ${chinaText(file.foundAt)} ${file.state}  ${printable(file.name)}  ${printable(file.detail)}`,
    );
  if (run === undefined) return;
  const names = Object.keys(FIGURES) as (keyof typeof FIGURES)[];
  console.log(
    table(
      ['', '笔数', '金额(元)'],
      names.map((name) => [FIGURES[name], String(summary[name].count), yuan(summary[name].amount)]),
    ),
  );
  if (differences.length === 0) return console.log('无差异 (no differences)');
  console.log(
    table(
      ['流水 serial', '户号', '平台(元)', '我方(元)', '类别', '处理', '缴费编号', '期限'],
      differences.map((one) => [
        one.serial,
        one.platform?.customer ?? one.ours?.customer ?? '',
        yuan(one.platform?.amount),
        yuan(one.ours?.amount),
        differenceClasses[one.class],
        doneText(one) + (one.reason === '' ? '' : ` (${one.operator}: ${one.reason})`),
        one.paymentAfter || one.refundNumber,
        isUnresolved(one.state) ? `${chinaText(one.dueAt)}${one.dueAt < now ? ' 逾期' : ''}` : '',
      ]),
    ),
  );
  if (more > 0) console.log(`… 另有 ${more} 笔 (--all)`);
}

/** A dry run in the same shape; `state` is `dry-run`, and each difference says what would be done. */
export function printDryRun(
  of: Extract<DryRun, { kind: 'foreseen' }>,
  head: { readonly unit: string; readonly day: string },
  json: boolean,
): void {
  const figure = (act: (typeof of.foreseen)[number]['act'], side: 'platform' | 'ours'): Figure => {
    const some = of.foreseen.filter((one) => one.act === act);
    return {
      count: some.length,
      amount: some.reduce((sum, { found }) => sum + (found[side]?.amount ?? 0n), 0n),
    };
  };
  const figures = {
    matched: of.matched,
    supplemented: figure('supplement', 'platform'),
    reversed: figure('reverse', 'ours'),
    replaced: figure('replace', 'platform'),
    suspense: figure('suspense', 'platform'),
  };
  if (json) {
    const all = Object.fromEntries(Object.entries(figures).map(([name, one]) => [name, figureJson(one)]));
    const differences = of.foreseen.map(({ found, act }) => ({
      serial: found.serial,
      class: found.class,
      would: act,
      customer: found.platform?.customer ?? null,
      amount: found.platform === undefined ? null : Number(found.platform.amount),
      ourCustomer: found.ours?.customer ?? null,
      ourAmount: found.ours === undefined ? null : Number(found.ours.amount),
      paymentBefore: found.ours?.paymentNumber ?? null,
    }));
    console.log(
      JSON.stringify({ day: head.day, unit: head.unit, state: 'dry-run', ...all, differences }, null, 2),
    );
    return;
  }
  console.log(`${head.day}  单位 ${head.unit}  试运行，未作任何修改 (dry run, nothing was changed)`);
  if (of.hold !== '') console.log(`将待确认 (would be held): ${of.hold}`);
  const names = Object.keys(FIGURES) as (keyof typeof FIGURES)[];
  console.log(
    table(
      ['', '笔数', '金额(元)'],
      names.map((name) => [FIGURES[name], String(figures[name].count), yuan(figures[name].amount)]),
    ),
  );
  console.log(
    table(
      ['流水 serial', '户号', '平台(元)', '我方(元)', '类别', '将做'],
      of.foreseen
        .slice(0, SHOWN_MAX)
        .map(({ found, act }) => [
          found.serial,
          found.platform?.customer ?? found.ours?.customer ?? '',
          yuan(found.platform?.amount),
          yuan(found.ours?.amount),
          differenceClasses[found.class],
          foreseenActs[act],
        ]),
    ),
  );
}
