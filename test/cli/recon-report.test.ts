/** The reports of a day: page, CSV, xlsx. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import excel from 'exceljs';
import type { Day } from '../../src/protocol/values.js';
import { csvLine, harmless } from '../../src/spreadsheet.js';
import { lineText } from '../exchange/reconciliation/world.js';
import { payment } from '../revenue/world.js';
import { sluiceInside as sluice } from '../support/command-line.js';
import { temporaryDirectory } from '../support/directory.js';

describe('sluice recon report', function () {
  this.timeout(120_000);
  const dir = temporaryDirectory();
  const day = '20240404' as Day;
  // What the platform sends as a customer's number is its business; ours is that no spreadsheet runs it.
  const evil = { ...payment('=1+1', 7_700, { bankDay: day }), customer: '=1+1' };
  const known = { ...payment('10125334', 1_234, { bankDay: day }), customer: '10125334' };
  const recon = (...args: string[]) => sluice(['recon', ...args, '--unit', '36745', '--dir', dir.at('g')]);
  before(async () => {
    const made = await sluice(['init', '--demo', '--dir', dir.at('g')]);
    expect(made.code, made.stderr).equal(0);
    const file = dir.at(`SDDL_DSDZ_36745_${day}.txt`);
    writeFileSync(file, ['8934|2|', lineText(evil, day), lineText(known, day), ''].join('\r\n'));
    const ran = await recon('run', day, '--file', file);
    expect(ran.code, ran.stderr).equal(0);
  });

  it('writes a page that needs nothing from elsewhere and shows every difference', async () => {
    expect((await recon('report', day, '--out', dir.at('r.html'))).stdout).contains('已写出');
    const page = readFileSync(dir.at('r.html'), 'utf8');
    for (const text of [
      evil.serial,
      known.serial,
      '=1+1',
      '10125334',
      '¥77.00',
      '¥12.34',
      '补销账',
      '暂挂',
      '近三十日',
      '<svg',
    ])
      expect(page).contains(text);
    expect(page).not.match(/<script|https?:|src=|@import|url\(/);
    expect(page.match(/<tr/g)?.length).greaterThan(4);
    expect(page).contains('@media print').and.contains('lang="zh-CN"');
  });

  it('writes CSV that a spreadsheet reads as text, never as a formula', async () => {
    await recon('report', day, '--out', dir.at('r.csv'));
    const text = readFileSync(dir.at('r.csv'), 'utf8');
    const [head, ...lines] = text.split('\r\n');
    expect(head?.startsWith('\ufeff流水,')).equal(true);
    expect(lines).to.have.length(3);
    const line = lines.find((one) => one.startsWith(evil.serial));
    expect(line).contains(`,'=1+1,`).and.contains('77.00');
    for (const [given, made] of [
      ['=1', "'=1"],
      ['+1', "'+1"],
      ['-1', "'-1"],
      ['@SUM(A1)', "'@SUM(A1)"],
      [' =1', "' =1"],
      ['\t=1', "' =1"],
      ['＝1', "'＝1"],
      ['a=1', 'a=1'],
    ] as const)
      expect(harmless(given)).equal(made);
    expect(csvLine(['a"b', 'c,d', { fen: -5n }, 3, undefined])).equal('"a""b","c,d",-0.05,3,\r\n');
  });

  it('writes xlsx with amounts as numbers and serials as text', async () => {
    await recon('report', day, '--out', dir.at('r.xlsx'));
    const book = new excel.Workbook();
    await book.xlsx.readFile(dir.at('r.xlsx'));
    const rows: unknown[][] = [];
    book.worksheets[0]?.eachRow((row) => rows.push((row.values as unknown[]).slice(1)));
    expect(rows[0]?.slice(0, 4)).to.deep.equal(['流水', '户号（平台）', '户号（我方）', '平台金额（元）']);
    const byCustomer = new Map(rows.map((row) => [row[1], row]));
    expect(byCustomer.get('10125334')?.[0]).equal(known.serial);
    expect(byCustomer.get('10125334')?.[3]).equal(12.34);
    expect(byCustomer.get("'=1+1")?.[3]).equal(77);
  });

  it('leaves nothing half-written, and says what it can write', async () => {
    expect((await recon('report', day, '--out', dir.at('r.pdf'))).stderr).contains('.html, .csv or .xlsx');
    expect((await recon('report', '20240101', '--out', dir.at('no.html'))).stderr).contains('no DSDZ file');
    expect(
      readdirSync(dir.path).filter((name) => name.endsWith('.part') || name === 'no.html'),
    ).to.deep.equal([]);
  });
});
