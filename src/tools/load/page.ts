/** A load run as a page: figures, and latency and throughput over time. */
import { escapeHtml, page, table } from '../report/html.js';
import type { LoadSummary, Percentiles } from './summary.js';

const WIDTH = 900;
const HEIGHT = 220;
const LEFT = 55;
const BOTTOM = 25;

const ms = (value: number): { html: string; number: true } => ({ html: value.toFixed(1), number: true });
const cells = ({ p50, p90, p99, p999, max }: Percentiles) => [ms(p50), ms(p90), ms(p99), ms(p999), ms(max)];

/** @param subtitle what was run against what, and when */
export function loadPage(summary: LoadSummary, subtitle: string): string {
  const { exchanges, perSecond, failed, resumed, seconds } = summary;
  const facts = table(
    ['笔数 exchanges', '秒 seconds', '笔/秒 per second', '无应答 failed', '会话恢复 resumed'],
    [[count(exchanges), ms(seconds), ms(perSecond), count(failed), count(resumed)]],
  );
  const head = ['', 'p50', 'p90', 'p99', 'p99.9', 'max'];
  const latencies = table(head, [
    ['响应 latency (ms, corrected for coordinated omission)', ...cells(summary.latencyMs)],
    ['自发送起 service time (ms)', ...cells(summary.serviceMs)],
    ['握手 handshake (ms)', ...cells(summary.handshakeMs)],
    ...Object.entries(summary.kinds).map(([kind, one]) => [
      `${kind} (${one.count})`,
      ...cells(one.latencyMs),
    ]),
  ]);
  const codes = table(
    ['返回码 code', '笔数 count'],
    Object.entries(summary.codes).map(([code, number]) => [code, count(number)]),
  );
  const time = summary.overTime;
  const latencyChart = chart('响应时间 latency (ms)', [
    { name: 'p50', color: '#1f6feb', points: time.map(({ second, p50 }) => [second, p50]) },
    { name: 'p99', color: '#b3261e', points: time.map(({ second, p99 }) => [second, p99]) },
  ]);
  const rateChart = chart('吞吐 throughput (1/s)', [
    { name: 'finished', color: '#117a3d', points: time.map(({ second, finished }) => [second, finished]) },
  ]);
  const body = `${facts}<h2>响应时间</h2>${latencies}<h2>返回码</h2>${codes}<h2>过程</h2>${latencyChart}${rateChart}`;
  return page('压力测试 Load', subtitle, body);
}
const count = (value: number): { html: string; number: true } => ({ html: String(value), number: true });

interface Line {
  readonly name: string;
  readonly color: string;
  readonly points: readonly (readonly [number, number])[];
}
/** A line chart as SVG. */
export function chart(title: string, lines: readonly Line[]): string {
  const all = lines.flatMap(({ points }) => points);
  const xMax = Math.max(1, ...all.map(([x]) => x));
  const yMax = Math.max(1, ...all.map(([, y]) => y));
  const x = (value: number) => LEFT + (value / xMax) * (WIDTH - LEFT - 10);
  const y = (value: number) => HEIGHT - BOTTOM - (value / yMax) * (HEIGHT - BOTTOM - 25);
  const drawn = lines.map(({ name, color, points }, i) => {
    const path = points.map(([px, py]) => `${x(px).toFixed(1)},${y(py).toFixed(1)}`).join(' ');
    const label = `<text x="${LEFT + 120 + i * 90}" y="14" fill="${color}">${escapeHtml(name)}</text>`;
    return `<polyline fill="none" stroke="${color}" stroke-width="1.5" points="${path}"/>${label}`;
  });
  const ticks = [0, 0.5, 1].map((share) => {
    const at = y(yMax * share).toFixed(1);
    return `<line x1="${LEFT}" x2="${WIDTH - 10}" y1="${at}" y2="${at}" stroke="#d7dee6"/><text x="4" y="${at}">${(yMax * share).toFixed(1)}</text>`;
  });
  const frame = `viewBox="0 0 ${WIDTH} ${HEIGHT}" font-size="12" role="img" aria-label="${escapeHtml(title)}"`;
  const ends = `<text x="${LEFT}" y="${HEIGHT - 6}">0 s</text><text x="${WIDTH - 50}" y="${HEIGHT - 6}">${xMax} s</text>`;
  const heading = `<text x="4" y="14">${escapeHtml(title)}</text>`;
  return `<svg ${frame}>${heading}${ticks.join('')}${drawn.join('')}${ends}</svg>`;
}
