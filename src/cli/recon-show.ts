/* `sluice recon list|show`. */
import type { Command } from 'commander';
import { addDays, chinaDay, systemClock } from '../clock.js';
import {
  type DaySummary,
  dayStates,
  daysBetweenDays,
  overdueDays,
  summaryOf,
} from '../exchange/reconciliation/index.js';
import { wholeOf } from './arguments.js';
import { withDir, withExample } from './options.js';
import { common, dayOf, filesOfDay, noFile, type ReconOptions } from './recon-open.js';
import { printDay, summaryJson } from './recon-print.js';
import { withSftp } from './sftp-database.js';
import { table } from './table.js';
import { unitOf } from './units.js';

interface ListOptions {
  readonly dir?: string;
  readonly unit?: string;
  readonly days: string;
  readonly open?: boolean;
  readonly json?: boolean;
}

export function reconShowCommands(recon: Command): void {
  withExample(
    withDir(recon.command('list').description('days, newest first 对账日列表'))
      .option('--unit <unit>', 'of this clearing unit only')
      .option('--days <n>', 'of the last so many days', '30')
      .option('--open', 'only those that are not closed')
      .option('--json', 'print as JSON, amounts in fen'),
    'sluice recon list --open',
  ).action(list);
  withExample(
    common(recon.command('show <day>').description('a day with its differences 查看')).option(
      '--all',
      'all differences, not only the first hundred',
    ),
    'sluice recon show 20240404 --unit 39536',
  ).action((day: string, options: ReconOptions & { readonly all?: boolean }) =>
    withSftp(options.dir, async (place) => {
      const unit = unitOf(place, options.unit);
      const summary = await summaryOf(place.database, unit.id, dayOf(day));
      if (summary === undefined) throw noFile(unit, dayOf(day), await filesOfDay(place, unit, dayOf(day)));
      const how = { json: options.json === true, all: options.all === true };
      await printDay(place.database, summary, how, systemClock.now());
    }),
  );
}

async function list(options: ListOptions): Promise<void> {
  await withSftp(options.dir, async (place) => {
    const units = options.unit === undefined ? place.config.units : [unitOf(place, options.unit)];
    const today = chinaDay(systemClock.now());
    const first = addDays(today, 1 - wholeOf('--days', options.days, 1, 36_500));
    const found: DaySummary[] = [];
    for (const unit of units) {
      for (const { day, state } of await daysBetweenDays(place.database, unit.id, first, today)) {
        if (options.open === true && state === 'closed') continue;
        const summary = await summaryOf(place.database, unit.id, day);
        if (summary !== undefined) found.push(summary);
      }
    }
    const overdue = new Map(
      (await overdueDays(place.database, systemClock.now())).map((one) => [
        `${one.unit} ${one.day}`,
        one.count,
      ]),
    );
    const overdueOf = ({ day }: DaySummary) => overdue.get(`${day.unit} ${day.day}`) ?? 0;
    found.sort((a, b) => (a.day.day < b.day.day ? 1 : -1));
    if (options.json === true) {
      const rows = found.map((one) => {
        const { differences: _, ...rest } = summaryJson(one, []);
        return {
          ...rest,
          found: one.run?.foundCount ?? 0,
          unresolved: one.unresolved,
          overdue: overdueOf(one),
        };
      });
      console.log(JSON.stringify(rows, null, 2));
    } else if (found.length === 0) console.log('没有对账日 (no days)');
    else
      console.log(
        table(
          ['日期 day', '单位 unit', '状态 state', '平台笔数', '相符', '差异', '未决', '逾期'],
          found
            .map((one) => [one, overdueOf(one)] as const)
            .map(([{ day, run, matched, unresolved }, late]) => [
              day.day,
              day.unit,
              `${dayStates[day.state]} ${day.state}`,
              String(run?.lineCount ?? ''),
              String(matched.count),
              String(run?.foundCount ?? ''),
              String(unresolved),
              late > 0 ? String(late) : '',
            ]),
        ),
      );
  });
}
