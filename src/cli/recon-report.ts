/* `sluice recon report`: a day as a page, CSV or xlsx. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { addDays, type Moment, systemClock } from '../clock.js';
import type { Database } from '../database/index.js';
import { OperatorError } from '../errors.js';
import {
  type DaySummary,
  type Difference,
  daysBetweenDays,
  differencesOfDay,
  summaryOf,
} from '../exchange/reconciliation/index.js';
import type { Unit } from '../revenue/unit.js';
import { writeCsv, writeXlsx } from '../spreadsheet.js';
import { withExample } from './options.js';
import { common, dayOf, filesOfDay, noFile, type ReconOptions, refusedFiles } from './recon-open.js';
import { writeReportPage } from './recon-report-page.js';
import { type ReportData, reportColumns, reportRow } from './recon-report-rows.js';
import { withSftp } from './sftp-database.js';
import { unitOf } from './units.js';

const TREND_DAYS = 30;

const writers = {
  html: writeReportPage,
  csv: (path: string, data: ReportData) => writeCsv(path, sheetOf(data)),
  xlsx: (path: string, data: ReportData) => writeXlsx(path, sheetOf(data)),
} as const;

const sheetOf = ({ summary, differences, madeAt }: ReportData) => ({
  name: `对账 ${summary.day.unit} ${summary.day.day}`,
  columns: reportColumns,
  rows: rowsOf(differences, summary, madeAt),
});
async function* rowsOf(differences: AsyncIterable<Difference>, summary: DaySummary, now: Moment) {
  for await (const one of differences) yield reportRow(one, summary, now);
}

export function reconReportCommand(recon: Command): void {
  withExample(
    common(recon.command('report <day>').description('a day as a page, CSV or xlsx 对账报告')).requiredOption(
      '--out <file>',
      'where to write it; the name says what: .html (to print), .csv or .xlsx',
    ),
    'sluice recon report 20240404 --unit 39536 --out 20240404.html',
    'sluice recon report 20240404 --unit 39536 --out 20240404.xlsx',
  ).action((day: string, options: ReconOptions & { readonly out: string }) =>
    withSftp(options.dir, async (place) => {
      const unit = unitOf(place, options.unit);
      const path = resolve(options.out);
      const write = writers[formatOf(options.out)];
      const data = await reportData(place.database, unit, dayOf(day));
      await write(path, data);
      if (options.json === true) console.log(JSON.stringify({ file: path }));
      else console.log(`已写出 (written): ${path}`);
    }),
  );
}

function formatOf(path: string): keyof typeof writers {
  const end = path.slice(path.lastIndexOf('.') + 1).toLowerCase();
  if (end === 'html' || end === 'csv' || end === 'xlsx') return end;
  throw new OperatorError(
    'option-invalid',
    `--out ${path} does not say what to write`,
    'Let the name end in .html, .csv or .xlsx.',
  );
}

async function reportData(
  database: Database,
  unit: Unit,
  day: ReturnType<typeof dayOf>,
): Promise<ReportData> {
  const summary = await summaryOf(database, unit.id, day);
  const files = await filesOfDay({ database }, unit, day);
  if (summary === undefined) throw noFile(unit, day, files);
  const trend: DaySummary[] = [];
  for (const row of await daysBetweenDays(database, unit.id, addDays(day, 1 - TREND_DAYS), day)) {
    const one = row.day === day ? summary : await summaryOf(database, unit.id, row.day);
    if (one !== undefined) trend.unshift(one);
  }
  const madeAt = systemClock.now();
  const refused = refusedFiles(files);
  return { unit, summary, trend, madeAt, refused, differences: differencesOfDay(database, unit.id, day) };
}
