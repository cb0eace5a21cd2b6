/** Self-contained pages: no script from elsewhere, printable, readable where styles are off. */

/** The text, safe inside HTML text and attribute values. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const STYLE = `
body { font: 15px/1.6 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; color: #1c2733;
  margin: 2rem auto; max-width: 70rem; padding: 0 1rem }
h1 { font-size: 1.5rem; margin: 0 0 .25rem }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; border-bottom: 1px solid #d7dee6; padding-bottom: .25rem }
.sub { color: #5b6b7b; margin: 0 0 1.5rem }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 }
th, td { border-bottom: 1px solid #e3e8ee; padding: .35rem .6rem; text-align: left; vertical-align: top }
th { background: #f4f7fa; font-weight: 600 }
td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
th { white-space: nowrap } td:first-child { white-space: nowrap }
code, pre { font: 12.5px/1.5 ui-monospace, SFMono-Regular, Consolas, monospace }
pre { background: #f4f7fa; padding: .6rem; white-space: pre-wrap; word-break: break-all; margin: .3rem 0 }
.ok { color: #117a3d } .bad { color: #b3261e } .skip { color: #8a6d00 }
.expected { background: #fde8e6 } .actual { background: #e4f4ea }
h3 { font-size: .95rem; margin: 1.2rem 0 .3rem }
.message { margin: .5rem 0; break-inside: avoid }
details { margin: .2rem 0 } summary { cursor: pointer } svg { max-width: 100%; height: auto }
@media print { body { margin: 0; max-width: none; font-size: 11px } tr { break-inside: avoid }
  details:not([open]) > *:not(summary) { display: none } h2 { break-after: avoid } }
`;

/** A whole page; `body` is HTML already. */
export const page = (title: string, subtitle: string, body: string): string => `<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body>
<h1>${escapeHtml(title)}</h1><p class="sub">${escapeHtml(subtitle)}</p>
${body}
</body></html>
`;

export interface Cell {
  readonly html: string;
  readonly number?: boolean;
}
/** A table; cells given as text are escaped. Without heads, where the first column says what stands beside it. */
export function table(head: readonly string[], rows: readonly (readonly (string | Cell)[])[]): string {
  const cellOf = (cell: string | Cell) =>
    typeof cell === 'string'
      ? `<td>${escapeHtml(cell)}</td>`
      : `<td${cell.number ? ' class="n"' : ''}>${cell.html}</td>`;
  const heads = head.map((text) => `<th>${escapeHtml(text)}</th>`).join('');
  const lines = rows.map((row) => `<tr>${row.map(cellOf).join('')}</tr>`).join('\n');
  const top = head.length === 0 ? '' : `<thead><tr>${heads}</tr></thead>`;
  return `<table>${top}<tbody>\n${lines}\n</tbody></table>`;
}
