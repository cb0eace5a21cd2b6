/* The two pictures of a day's page: the day as one bar, and the last thirty days. */
import type { DaySummary } from '../exchange/reconciliation/index.js';

export const figureNames = [
  ['matched', '相符'],
  ['supplemented', '补销账'],
  ['reversed', '冲正'],
  ['replaced', '更正'],
  ['suspense', '暂挂'],
] as const;
type FigureName = (typeof figureNames)[number][0];
/** Told apart also by those who see no red or green, and in grey. */
export const figureColours: Readonly<Record<FigureName, string>> = {
  matched: '#b9c7d6',
  supplemented: '#1f77b4',
  reversed: '#d95f02',
  replaced: '#7b4fa3',
  suspense: '#e6ab02',
};
const WIDTH = 1000;

/** One bar. What is there at all is at least visible, since a thousandth of the payments is what the page is about. */
export function dayPicture(summary: DaySummary): string {
  const parts = figureNames
    .map(([name, label]) => ({ name, label, count: summary[name].count }))
    .filter(({ count }) => count > 0);
  const total = parts.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return '';
  const least = 14;
  const room = WIDTH - least * parts.length;
  let x = 0;
  const bars = parts.map(({ name, label, count }) => {
    const width = least + (room * count) / total;
    const bar = `<rect x="${x.toFixed(1)}" y="0" width="${width.toFixed(1)}" height="26" fill="${figureColours[name]}"><title>${label} ${count} 笔</title></rect>`;
    x += width;
    return bar;
  });
  return `<svg viewBox="0 0 ${WIDTH} 26" role="img" aria-label="当日构成">${bars.join('')}</svg>`;
}

const HEIGHT = 168;
const BASE = 118;

/** Repairs of each day, one on the other; above each day how many matched. */
export function trendPicture(trend: readonly DaySummary[]): string {
  if (trend.length === 0) return '';
  const repairs = figureNames.filter(([name]) => name !== 'matched');
  const sumOf = (one: DaySummary) => repairs.reduce((sum, [name]) => sum + one[name].count, 0);
  const most = Math.max(1, ...trend.map(sumOf));
  const matchedMost = Math.max(1, ...trend.map(({ matched }) => matched.count));
  const left = 44;
  const step = (WIDTH - left) / Math.max(trend.length, 10);
  const scale = (count: number) => (count * (BASE - 12)) / most;
  const columns = trend.map((one, at) => {
    const x = left + at * step;
    let y = BASE;
    const bars = repairs.map(([name, label]) => {
      const { count } = one[name];
      if (count === 0) return '';
      const height = Math.max(2, scale(count));
      y -= height;
      return `<rect x="${(x + step * 0.2).toFixed(1)}" y="${y.toFixed(1)}" width="${(step * 0.6).toFixed(1)}" height="${height.toFixed(1)}" fill="${figureColours[name]}"><title>${one.day.day} ${label} ${count} 笔</title></rect>`;
    });
    const every = Math.max(1, Math.ceil(46 / step));
    const label =
      at % every === 0
        ? `<text x="${(x + step / 2).toFixed(1)}" y="${BASE + 15}" text-anchor="middle">${one.day.day.slice(4, 6)}-${one.day.day.slice(6)}</text>`
        : '';
    const open =
      one.day.state === 'closed'
        ? ''
        : `<circle cx="${(x + step / 2).toFixed(1)}" cy="${BASE + 24}" r="3" fill="#b3261e"><title>${one.day.day} 未平</title></circle>`;
    return bars.join('') + label + open;
  });
  const line = trend
    .map(
      (one, at) =>
        `${(left + at * step + step / 2).toFixed(1)},${(BASE - (one.matched.count * (BASE - 12)) / matchedMost).toFixed(1)}`,
    )
    .join(' ');
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="近三十日趋势">
<line x1="${left}" y1="${BASE}" x2="${WIDTH}" y2="${BASE}" stroke="#c8d1db"/><text x="${left - 6}" y="16" text-anchor="end">${most} 笔</text>
<text x="${left - 6}" y="${BASE}" text-anchor="end">0</text>${columns.join('')}
<polyline points="${line}" fill="none" stroke="#8496a9" stroke-width="1.5" stroke-dasharray="4 3"/>
<text x="${left}" y="${HEIGHT - 6}">柱：修复与暂挂笔数（最高 ${most}）；虚线：相符笔数（最高 ${matchedMost}）；红点：未平</text></svg>`;
}
