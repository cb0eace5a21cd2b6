/** The record of an acceptance, to hand in: Chinese, with every message in and out. */
import { printable } from '../../log.js';
import { maskData } from '../capture/mask.js';
import { escapeHtml, page, table } from '../report/html.js';
import { textOf } from '../text-of.js';
import type { CaseRecord, Message } from './case.js';

export interface RecordFacts {
  readonly date: string;
  readonly target: string;
  readonly unit: string;
  readonly version: string;
  readonly runtime: string;
  /** Secret for masking the personal fields of the messages. */
  readonly maskKey: string;
}

export function acceptanceRecord(records: readonly CaseRecord[], facts: RecordFacts): string {
  const failed = records.filter(({ faults }) => faults.length > 0).length;
  const about = table(
    ['日期', '被测系统', '清算单位', '工具版本', '运行环境', '结论'],
    [
      [
        facts.date,
        facts.target,
        facts.unit,
        facts.version,
        facts.runtime,
        { html: failed === 0 ? '<b class="ok">全部通过</b>' : `<b class="bad">${failed} 项未通过</b>` },
      ],
    ],
  );
  const groups = [...new Set(records.map(({ group }) => group))].map((group) => {
    const own = records.filter((record) => record.group === group);
    const rows = own.map((record) => [
      {
        html: record.faults.length === 0 ? '<span class="ok">通过</span>' : '<span class="bad">未通过</span>',
      },
      {
        html: `${escapeHtml(record.title)}${record.faults.map((fault) => `<br><span class="bad">${escapeHtml(printable(fault))}</span>`).join('')}`,
      },
      { html: String(record.messages.length), number: true },
      { html: record.ms.toFixed(0), number: true },
      { html: record.messages.map((message) => messageHtml(message, facts.maskKey)).join('') },
    ]);
    return `<h2>${escapeHtml(group)}</h2>${table(['结果', '项目', '报文', '毫秒', '往来报文（个人信息已替换）'], rows)}`;
  });
  const sign = table(['测试人', '复核人', '日期'], [['　', '　', '　']]);
  return page(
    '联调验收记录',
    `${records.length} 项，${records.length - failed} 项通过`,
    `${about}${groups.join('')}<h2>签字</h2>${sign}`,
  );
}

function messageHtml({ request, outcome }: Message, maskKey: string): string {
  const shown = (serviceCode: string, data: Buffer) => {
    const text = textOf(data)?.text;
    return text === undefined ? data.toString('hex') : printable(maskData(serviceCode, text, maskKey));
  };
  const serviceCode = request.toString('latin1', 5, 11);
  const answer =
    outcome.kind === 'answer' ? shown(outcome.serviceCode, outcome.data) : `（${outcome.reason}）`;
  const title = `${serviceCode} ${outcome.ms.toFixed(0)} ms`;
  const sent = shown(serviceCode, request.subarray(11, -1));
  return `<details><summary>${escapeHtml(printable(title))}</summary><pre>→ ${escapeHtml(sent)}</pre><pre>← ${escapeHtml(answer)}</pre></details>`;
}
