/** The fast reader never says anything else than the declaration: what it reads, both read alike; what it leaves alone, the declaration judges. */
import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { FastDsdz } from '../../../src/exchange/reconciliation/dsdz-fast.js';
import { readPlatformLines } from '../../../src/exchange/reconciliation/dsdz-file.js';
import type { LineRest } from '../../../src/exchange/reconciliation/line-batch.js';
import { defaultFileSettings } from '../../../src/protocol/index.js';
import type { Day } from '../../../src/protocol/values.js';
import { temporaryDirectory } from '../../support/directory.js';

const DAY = '20240404' as Day;
const RUNS = Number(process.env.SLUICE_PROPERTY_RUNS ?? 400);
const word = (min: number, max: number) => fc.stringMatching(new RegExp(`^[A-Za-z0-9-]{${min},${max}}$`));
const isNull = (text: string) => text.toLowerCase() === 'null';
const row = fc
  .tuple(word(1, 20), word(0, 32), fc.constantFrom('', '202401', '199912', '209912'))
  .filter((cells) => !cells.some(isNull))
  .map((cells) => `${cells.join('$')}$#`);
const line = fc.record({
  customer: word(1, 20).filter((text) => !isNull(text)),
  serial: word(10, 32),
  amount: fc.integer({ min: 1, max: 2_000_000_000 }),
  rows: fc.array(row, { maxLength: 4 }),
});
interface Written {
  readonly text: string;
  readonly isGood: boolean;
}
/** A good file; for a part of them, one thing in it is spoilt. */
const file = fc
  .record({
    lines: fc.uniqueArray(line, { maxLength: 12, selector: ({ serial }) => serial }),
    lineEnd: fc.constantFrom('\n', '\r\n'),
    countFirst: fc.boolean(),
    damage: fc.option(
      fc.record({
        at: fc.nat(),
        kind: fc.constantFrom('put', 'drop', 'double', 'cut', 'line', 'end'),
        sign: fc.constantFrom('|', '$', '#', '0', 'x', '\n', '\r', '\\', ' ', 'é', '\0', '-', '9'),
      }),
      // Every third file is whole, so that enough of them are read fast whatever the seed.
      { freq: 2 },
    ),
  })
  .map(({ lines, lineEnd, countFirst, damage }): Written => {
    const details = lines.map(
      (one) => `${one.customer}|${one.serial}|${DAY}|${one.amount}|${one.rows.length}|${one.rows.join('')}|`,
    );
    const total = lines.reduce((sum, { amount }) => sum + amount, 0);
    const head = countFirst ? `${lines.length}|${total}|` : `${total}|${lines.length}|`;
    const text = [head, ...details, ''].join(lineEnd);
    if (damage === null) return { text, isGood: true };
    const at = damage.at % text.length;
    const spoilt = {
      put: () => text.slice(0, at) + damage.sign + text.slice(at + 1),
      drop: () => text.slice(0, at) + text.slice(at + 1),
      double: () => text.slice(0, at) + damage.sign + text.slice(at),
      cut: () => text.slice(0, at),
      line: () => text + (details[damage.at % Math.max(1, details.length)] ?? '') + lineEnd,
      end: () => text.slice(0, -lineEnd.length),
    }[damage.kind]();
    return { text: spoilt, isGood: false };
  });

describe('the fast reader of DSDZ', () => {
  const dir = temporaryDirectory();

  it(`agrees with the declaration on good and damaged files, in any chunks (${RUNS})`, async () => {
    let fastOnes = 0;
    await fc.assert(
      fc.asyncProperty(file, fc.integer({ min: 1, max: 300 }), async ({ text, isGood }, chunk) => {
        const bytes = Buffer.from(text, 'utf8');
        const reader = new FastDsdz(DAY, bytes.length);
        const keys: string[] = [];
        for (let at = 0; at < bytes.length && reader.plain; at += chunk)
          keys.push(...reader.push(bytes.subarray(at, at + chunk)));
        const end = reader.end();
        if (isGood) expect(end.kind).equal('read');
        if (end.kind !== 'read') return;
        fastOnes += 1;
        const path = dir.at('file.txt');
        writeFileSync(path, bytes);
        const declared: string[] = [];
        const [serials, rests]: [string[], LineRest[]] = [[], []];
        // Read as GBK it is never read fast; what is plain is ASCII, and so the same in both.
        const verdict = await readPlatformLines(
          { path, day: DAY, settings: { ...defaultFileSettings, readCharset: 'gbk' }, batchLines: 3 },
          {
            reset: async () => {},
            addKeys: async () => expect.fail('read fast'),
            async add({ customers, amounts, details, lineNumbers, ...batch }) {
              for (const [i, serial] of batch.serials.entries()) {
                declared.push(`${customers[i]}|${serial}|${DAY}|${amounts[i]}`);
                rests.push({ detail: details[i] ?? '', line: lineNumbers[i] ?? 0 });
              }
              serials.push(...batch.serials);
            },
          },
        );
        expect(verdict).deep.equal({ ok: true, lines: end.lines, amount: end.amount });
        // An amount may have zeros in front.
        expect(keys.map((key) => key.replace(/[|]0+(?=[0-9]+$)/, '|'))).deep.equal(declared);
        expect(await reader.places.find(path, serials)).deep.equal(rests);
      }),
      { numRuns: RUNS },
    );
    expect(fastOnes).greaterThan(RUNS / 4);
  }).timeout(60_000);
});
