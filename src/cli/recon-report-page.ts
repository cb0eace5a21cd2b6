/* The page of a day's reconciliation: self-contained, printable, Chinese. */
import { chinaText } from '../clock.js';
import { type DaySummary, dayStates } from '../exchange/reconciliation/index.js';
import { fenOf } from '../protocol/values.js';
import { yuanWithSign } from '../revenue/index.js';
import { type SheetCell, writeText } from '../spreadsheet.js';
import { escapeHtml } from '../tools/report/html.js';
import { dayPicture, figureColours, figureNames, trendPicture } from './recon-report-picture.js';
import { type ReportData, reportColumns, reportRow } from './recon-report-rows.js';

const dashed = (day: string): string => `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}`;
const yuan = (amount: bigint): string => yuanWithSign(fenOf(amount));

const STYLE = `
:root { color-scheme: light }
body { font: 14px/1.55 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; color: #1c2733;
  margin: 1.5rem auto; max-width: 78rem; padding: 0 1rem }
h1 { font-size: 1.5rem; margin: 0 } h2 { font-size: 1.05rem; margin: 1.6rem 0 .5rem }
.sub { color: #5b6b7b; margin: .2rem 0 1.2rem }
.state { display: inline-block; border-radius: 1rem; padding: .1rem .7rem; font-size: .95rem; margin-left: .6rem;
  vertical-align: middle }
.good { background: #dff3e6; color: #0f6b34 } .wait { background: #fdeccf; color: #7a4b00 }
.cards { display: flex; flex-wrap: wrap; gap: .7rem } .card { border: 1px solid #dfe5ec; border-radius: .5rem; padding:
  .5rem .9rem; flex: 1 1 9rem }
.card b { display: block; font-size: 1.25rem; font-variant-numeric: tabular-nums } .card i { font-style: normal; color:
  #5b6b7b }
.dot { display: inline-block; width: .7rem; height: .7rem; border-radius: 50%; margin-right: .35rem }
svg { width: 100%; height: auto; display: block; margin: .5rem 0 } svg text { font: 11px system-ui, "Noto Sans CJK SC",
  sans-serif; fill: #5b6b7b }
table { border-collapse: collapse; width: 100% } th, td { border-bottom: 1px solid #e3e8ee; padding: .28rem .45rem;
  text-align: left; vertical-align: top }
th { background: #f4f7fa; font-weight: 600; white-space: nowrap } td.n, th.n { text-align: right; font-variant-numeric:
  tabular-nums; white-space: nowrap }
.list td { font-size: 12px; overflow-wrap: anywhere } tr.late td { background: #fdecea } .none { color: #5b6b7b }
@page { size: A4 landscape; margin: 10mm }
@media print { body { margin: 0; max-width: none; font-size: 10px } .list td, .list th { font-size: 8px; padding:
  .15rem .25rem }
  tr, .card, svg { break-inside: avoid } thead { display: table-header-group } h2 { break-after: avoid }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact } }
`;

/** Columns of the page: the sheet's without the times, which the page has no room for. */
const SHOWN = 12;

export const writeReportPage = (path: string, data: ReportData): Promise<void> =>
  writeText(path, pageOf(data));

async function* pageOf(data: ReportData): AsyncGenerator<string> {
  yield head(data);
  let rows = 0;
  for await (const one of data.differences) {
    const cells = reportRow(one, data.summary, data.madeAt);
    rows += 1;
    yield tableRow(cells, cells.at(-1) === '是');
  }
  if (rows === 0) yield `<tr><td class="none" colspan="${SHOWN}">无差异</td></tr>`;
  yield `</tbody></table>${foot(data)}</body></html>\n`;
}

function tableRow(cells: readonly SheetCell[], late: boolean): string {
  const html = cells.slice(0, SHOWN).map((cell) => {
    if (cell === undefined) return '<td></td>';
    if (typeof cell === 'object') return `<td class="n">${yuan(cell.fen)}</td>`;
    return `<td>${escapeHtml(String(cell))}</td>`;
  });
  return `<tr${late ? ' class="late"' : ''}>${html.join('')}</tr>\n`;
}

function head({ unit, summary, trend, madeAt }: ReportData): string {
  const { day } = summary;
  const title = `对账报告 ${dashed(day.day)}`;
  const closed = day.state === 'closed';
  const cards = figureNames.map(
    ([name, label]) =>
      `<div class="card"><span class="dot" style="background:${figureColours[name]}"></span>${label}<b>${summary[name].count} 笔</b><i>${yuan(summary[name].amount)}</i></div>`,
  );
  const heads = reportColumns.slice(0, SHOWN).map((column) => `<th>${column.title}</th>`);
  return `<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${title} ${escapeHtml(unit.id)}</title><style>${STYLE}</style></head><body>
<h1>${title}<span class="state ${closed ? 'good' : 'wait'}">${dayStates[day.state]}</span></h1>
<p class="sub">${escapeHtml(unit.name)}（清算单位 ${escapeHtml(unit.id)}） · 生成于 ${chinaText(madeAt)}</p>
${closedText(summary)}
<div class="cards">${cards.join('')}</div>
${dayPicture(summary)}
<h2>近三十日</h2>
${trendPicture(trend)}
<h2>两账合计</h2>
${totals(summary)}
<h2>差异明细</h2>
<table class="list"><thead><tr>${heads.join('')}</tr></thead><tbody>
`;
}

const closedText = ({ day, unresolved }: DaySummary): string => {
  if (day.closedBy !== '')
    return `<p>由 ${escapeHtml(day.closedBy)} 关闭：${escapeHtml(day.closeReason)}</p>`;
  return unresolved > 0 ? `<p>尚有 <b>${unresolved}</b> 笔待处理。</p>` : '';
};

function totals({ run }: DaySummary): string {
  if (run === undefined) return '<p class="none">未收到文件</p>';
  const row = (name: string, count: number, amount: bigint) =>
    `<tr><td>${name}</td><td class="n">${count}</td><td class="n">${yuan(amount)}</td></tr>`;
  return `<table><thead><tr><th></th><th class="n">笔数</th><th class="n">金额</th></tr></thead><tbody>
${row('平台文件', run.lineCount, run.lineAmount)}${row('我方入账（比对时）', run.ourCount, run.ourAmount)}
${row('相差', run.lineCount - run.ourCount, run.lineAmount - run.ourAmount)}</tbody></table>`;
}

function foot({ summary, refused }: ReportData): string {
  const rows = summary.runs.map(
    (run) =>
      `<tr><td>第 ${run.number} 次</td><td>${chinaText(run.startedAt)}</td><td>${escapeHtml(run.fileName)}</td><td>${run.sha256}</td><td>${escapeHtml(run.orderedBy === 'exchange' ? '自动' : run.orderedBy)}</td><td>${escapeHtml([run.reason, run.confirmedBy && `确认：${run.confirmedBy}`, run.detail].filter((text) => text !== '').join('；'))}</td></tr>`,
  );
  return `<h2>对账过程</h2><table class="list"><thead><tr><th></th><th>开始</th><th>文件</th><th>SHA-256</th><th>操作人</th><th>说明</th></tr></thead>
<tbody>${rows.join('')}</tbody></table>${refusedTable(refused)}`;
}

function refusedTable(refused: ReportData['refused']): string {
  if (refused.length === 0) return '';
  const rows = refused.map(
    ({ foundAt, name, sha256, state, detail }) =>
      `<tr><td>${chinaText(foundAt)}</td><td>${escapeHtml(name)}</td><td>${sha256}</td><td>${state}</td><td>${escapeHtml(detail)}</td></tr>`,
  );
  return `<h2>未采用的文件</h2><table class="list"><thead><tr><th>到达</th><th>文件</th><th>SHA-256</th><th>状态</th><th>原因</th></tr></thead>
<tbody>${rows.join('')}</tbody></table>`;
}
