/** The record of an acceptance, to hand in: Chinese, printable, with every message in and out. */
import { chinaText } from '../../clock.js';
import { printable } from '../../log.js';
import { meaningOf, PROTOCOL_VERSION } from '../../protocol/index.js';
import { maskData } from '../capture/mask.js';
import type { Greeting } from '../platform/greet.js';
import { type Cell, escapeHtml, page, table } from '../report/html.js';
import { textOf } from '../text-of.js';
import { type CaseRecord, type CaseVerdict, type Deed, type Message, verdictOf } from './case.js';
import { coverageOf } from './coverage.js';

export interface RecordFacts {
  readonly date: string;
  readonly target: string;
  readonly greeting: Greeting | undefined;
  readonly unit: string;
  /** Of the tool. */
  readonly version: string;
  readonly runtime: string;
  /** Secret for masking the personal fields of the messages. */
  readonly maskKey: string;
}
function wordOf(record: CaseRecord): string {
  const verdict = verdictOf(record);
  if (verdict === 'passed') return '<span class="ok">通过</span>';
  if (verdict === 'failed') return '<span class="bad">未通过</span>';
  return `<span class="skip">${record.log.length > 0 ? '部分未测' : '未测'}</span>`;
}

export function acceptanceRecord(records: readonly CaseRecord[], facts: RecordFacts): string {
  const count = (verdict: CaseVerdict) => records.filter((record) => verdictOf(record) === verdict).length;
  const [passed, failed, left] = [count('passed'), count('failed'), count('left out')];
  const all = left === 0 ? '全部通过' : '已测部分全部通过';
  const verdict = failed === 0 ? `<b class="ok">${all}</b>` : `<b class="bad">${failed} 项未通过</b>`;
  const { greeting } = facts;
  const about = table(
    [],
    [
      [
        '结论',
        { html: `${verdict}（${records.length} 项：通过 ${passed}，未通过 ${failed}，未测 ${left}）` },
      ],
      ['测试时间', `${facts.date}（北京时间）`],
      ['被测系统', `${facts.target}，清算单位 ${facts.unit}`],
      [
        '协议',
        `版本 ${PROTOCOL_VERSION}，${greeting ? `${greeting.protocol}，${greeting.cipher}，双向认证` : '握手未成'}`,
      ],
      [
        '服务端证书',
        greeting ? `${greeting.subject}，有效期至 ${greeting.validTo}，SHA-256 ${greeting.sha256}` : '—',
      ],
      ['测试工具', `${facts.version}，${facts.runtime}`],
    ],
  );
  const numbered = numberLogs(records);
  const groups = [...new Set(records.map(({ group }) => group))].map((group) => {
    const own = numbered.filter(({ record }) => record.group === group);
    return `<h2>${escapeHtml(group)}</h2>${table(['结果', '项目', '报文', '毫秒'], own.map(itemRow))}`;
  });
  const sign = table(['测试单位', '测试人', '复核人', '日期'], [['　', '　', '　', '　']]);
  const messages = numbered.flatMap(({ record, first }) => [
    `<h3>${escapeHtml(record.title)}</h3>`,
    ...record.log.map((entry, i) => entryHtml(entry, first + i, facts.maskKey)),
  ]);
  const body = [
    about,
    ...groups,
    coverageHtml(records),
    `<h2>签字</h2>${sign}`,
    '<h2>附：往来报文（个人信息已替换为等长的其他文字）</h2>',
    ...messages,
  ];
  return page('联调验收记录', `${facts.target}　${facts.date}`, body.join('\n'));
}

interface Numbered {
  readonly record: CaseRecord;
  /** Number of its first message, from 1. */
  readonly first: number;
}
function numberLogs(records: readonly CaseRecord[]): Numbered[] {
  let next = 1;
  return records.map((record) => {
    const first = next;
    next += record.log.length;
    return { record, first };
  });
}
function itemRow({ record, first }: Numbered): (string | Cell)[] {
  const { log, faults, left } = record;
  const note = (kind: string, text: string) =>
    `<br><span class="${kind}">${escapeHtml(printable(text))}</span>`;
  const notes = [
    ...faults.map((text) => note('bad', text)),
    ...left.map((text) => note('skip', `未测：${text}`)),
  ];
  const last = first + log.length - 1;
  const range = log.length === 0 ? '' : `<a href="#m${first}">${first}${last > first ? `–${last}` : ''}</a>`;
  return [
    { html: wordOf(record) },
    { html: escapeHtml(record.title) + notes.join('') },
    { html: range, number: true },
    { html: record.ms.toFixed(0), number: true },
  ];
}
function coverageHtml(records: readonly CaseRecord[]): string {
  const { services, codes } = coverageOf(records);
  const number = (value: number): Cell => ({ html: value === 0 ? '—' : String(value), number: true });
  const asked = services.map(({ code, title, asked }) => [code, title, number(asked)]);
  const answered = codes.map(({ code, answered, why }) => [code, meaningOf(code), number(answered), why]);
  return `<h2>业务覆盖</h2>${table(['业务', '名称', '请求数'], asked)}
<h2>返回码覆盖</h2>${table(['返回码', '含义', '应答数', '未触发的原因'], answered)}`;
}

function entryHtml(entry: Message | Deed, number: number, maskKey: string): string {
  const at = chinaText(entry.at).slice(11);
  const head = `<div class="message" id="m${number}"><b>${number}</b> ${at}`;
  if (!('outcome' in entry)) return `${head} ${escapeHtml(printable(entry.text))}</div>`;
  const { request, outcome } = entry;
  const shown = (serviceCode: string, data: Buffer) => {
    const text = textOf(data)?.text;
    return text === undefined ? data.toString('hex') : printable(maskData(serviceCode, text, maskKey));
  };
  const serviceCode = request.toString('latin1', 5, 11);
  // What is no frame is shown byte by byte: its defect is its point.
  const framed =
    request[0] === 0x68 && request.length >= 12 && request.readInt32LE(1) === request.length - 12;
  const sent = framed ? shown(serviceCode, request.subarray(11, -1)) : maskedHex(request);
  const answer =
    outcome.kind === 'answer' ? shown(outcome.serviceCode, outcome.data) : `（${outcome.reason}）`;
  return `${head} ${escapeHtml(printable(framed ? serviceCode : '非完整报文'))} ${outcome.ms.toFixed(0)} 毫秒
<pre>→ ${escapeHtml(sent)}</pre><pre>← ${escapeHtml(answer)}</pre></div>`;
}
/** Head and length of a broken frame; the data behind may be personal. */
function maskedHex(bytes: Buffer): string {
  if (bytes.length === 0) return '（0 字节）';
  const shown = bytes
    .subarray(0, 11)
    .toString('hex')
    .replace(/..(?!$)/g, '$& ');
  const end = bytes.subarray(-1).toString('hex');
  return `${shown} …${Math.max(0, bytes.length - 12)} 字节… ${end}（共 ${bytes.length} 字节）`;
}
