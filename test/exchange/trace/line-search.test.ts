import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { findLines } from '../../../src/exchange/trace/line-search.js';
import { defaultFileSettings, encodeText } from '../../../src/protocol/index.js';
import { temporaryDirectory } from '../../support/directory.js';

const serialOf = (n: number) => `2024040400003001${String(n).padStart(12, '0')}`;

describe('searching the lines of an exchange file', () => {
  const dir = temporaryDirectory();
  const find = (path: string, texts: readonly string[], rowsMax = 20) =>
    findLines(path, 'DSDZ', defaultFileSettings, texts, rowsMax);

  it('finds whole cells at any place of a file of many blocks, with their line numbers', async () => {
    const lines = Array.from(
      { length: 12_000 },
      (_, i) => `c${i + 2}|${serialOf(i + 2)}|20240404|100|1|c${i + 2}$$202404$#|`,
    );
    const path = dir.at('many.txt');
    writeFileSync(path, ['1200000|12000|', ...lines].join('\r\n'));
    for (const line of [2, 3, 2700, 3333, 6001, 12_001]) {
      const found = await find(path, [serialOf(line)]);
      expect(found.map((one) => one.line)).deep.equal([line]);
      expect(found[0]?.text).equal(lines[line - 2]);
    }
    // A part of a cell is not the cell; a sub-field is one.
    expect(await find(path, [serialOf(2).slice(0, 20)])).deep.equal([]);
    expect((await find(path, ['c77', serialOf(90)])).map((one) => one.line)).deep.equal([77, 90]);
    expect(await find(path, ['20240404'], 5)).to.have.length(5);
  });

  it('reads GBK and masks personal columns', async () => {
    const path = dir.at('jf.txt');
    const line = `P1|080408|王小明|某单位|某单位|39536|支付宝|100|100|0|0|0|20240404101010|1|01|01|`;
    writeFileSync(path, encodeText(`100|1|\r\n${line}\r\n`, 'gbk'));
    const [found] = await findLines(path, 'JF', defaultFileSettings, ['P1'], 5);
    expect(found).deep.equal({ line: 2, text: line.replace('王小明', '王**') });
  });
});
