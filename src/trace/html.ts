/** The page to print or to hand on: self-contained, times in China, amounts in yuan. */
import { chinaText, type Moment } from '../clock.js';
import { messageOf } from '../protocol/index.js';
import type { ExchangeRecord } from '../server/index.js';
import { escapeHtml, type HtmlCell, htmlPage, htmlTable } from '../tools/index.js';
import { decodedMembers } from './decoded.js';
import { type Section, sectionsOf } from './sections.js';
import { subjectKinds, type Trace } from './trace.js';

export function traceHtml(trace: Trace, at: Moment): string {
  const kinds = trace.kinds.map((kind) => subjectKinds[kind]).join('，');
  const notes = trace.notes.map((note) => `<p class="skip">${escapeHtml(note)}</p>`).join('\n');
  const bodies = trace.exchanges.map(bodiesOf).join('\n');
  return htmlPage(
    `这笔款在哪里：${trace.subject}`,
    `${kinds || '查无记录'} · ${chinaText(at)}（北京时间）· 金额单位：元 · 个人信息已掩码`,
    [STYLE, notes, ...sectionsOf(trace).map(sectionHtml), bodies && `<h2>报文 messages</h2>\n${bodies}`].join(
      '\n',
    ),
  );
}

/** More columns than a sheet of paper has room for are turned: one line for each column. */
const COLUMNS_MAX = 9;
const ROWS_TURNED_MAX = 3;
/** What is no longer stays on one line; serials and message ids may be broken. */
const SHORT_CHARS = 15;
const STYLE = `<style>.wide { overflow-x: auto } .wide td { overflow-wrap: anywhere; font-size: 13px }
  .wide td span { white-space: nowrap }</style>`;

function sectionHtml({ title, head, rows, numbers = [] }: Section): string {
  // What no row says is no column.
  const used = head.map((_, column) => rows.some((row) => (row[column] ?? '') !== ''));
  const keep = <T>(all: readonly T[]) => all.filter((_, column) => used[column]);
  const names = keep(head);
  const isTurned = names.length > COLUMNS_MAX && rows.length <= ROWS_TURNED_MAX;
  const cellOf = (text: string, column: number): string | HtmlCell => {
    if (numbers.includes(column) && !isTurned) return { html: escapeHtml(text), number: true };
    return text.length <= SHORT_CHARS || TIME.test(text)
      ? { html: `<span>${escapeHtml(text)}</span>` }
      : text;
  };
  const cells = rows.map((row) => keep(head.map((_, column) => cellOf(row[column] ?? '', column))));
  const html = isTurned
    ? htmlTable(
        ['', ...rows.map((_, i) => `#${i + 1}`)],
        names.map((name, i) => [name, ...cells.map((row) => row[i] ?? '')]),
      )
    : htmlTable(names, cells);
  return `<h2>${escapeHtml(title)}</h2>\n<div class="wide">${html}</div>`;
}
const TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/;

function bodiesOf(exchange: ExchangeRecord): string {
  const title = messageOf(exchange.service)?.title ?? '';
  const side = (name: 'request' | 'answer', heading: string) =>
    `<h3>${heading}</h3>${htmlTable(['字段', '名称', '值', '含义'], decodedMembers(exchange, name))}
<pre>${escapeHtml(exchange[name])}</pre>`;
  return `<details><summary>${escapeHtml(`${chinaText(exchange.at)} ${exchange.service} ${title} ${exchange.resultCode}`)}</summary>
${side('request', '请求 request')}
${side('answer', '应答 answer')}</details>`;
}
