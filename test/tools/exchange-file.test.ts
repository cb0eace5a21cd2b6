/** `sluice inspect` explains exchange files, with line and column of what is wrong. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { explainExchangeFile, plainPaint, renderExchangeFile } from '../../src/tools/index.js';

const NAME = 'GSCQQIANNENG_39536_DSDZ_20240404.txt';
const captured = readFileSync(`fixtures/files/${NAME}`);

describe('sluice inspect on exchange files', () => {
  it('explains the captured reconciliation file', async () => {
    const file = await explainExchangeFile(NAME, captured, undefined);
    expect(file).include({ type: 'DSDZ', day: '20240404', unit: '39536', detailLines: 10, faultCount: 0 });
    expect(file?.shown[0]?.fields.find(({ path }) => path === 'L2.rcvAmt')?.says).equals('20.65 元');
    if (file) expect(renderExchangeFile(file, plainPaint)).contains('sound').contains('对账');
  });
  it('names line and column of a fault, and shows that line', async () => {
    const text = captured.toString('utf8').replace('|3238|', '|32x8|');
    const file = await explainExchangeFile('x.txt', Buffer.from(text), 'DSDZ');
    expect(file?.faults[0]).include({ line: 3, column: 4 });
    expect(file?.shown.some(({ line }) => line === 3)).equals(true);
  });
  it('leaves everything else to the other explanations', async () => {
    expect(await explainExchangeFile('readme.txt', Buffer.from('hello'), undefined)).equals(undefined);
  });
});
