import { createReadStream, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import {
  charsetOf,
  charsets,
  defaultFileSettings,
  describeFault,
  type ExchangeFile,
  emptyTally,
  exchangeFiles,
  type FileLine,
  type FileSettings,
  fenOf,
  fileTypes,
  LINE_BYTES_MAX,
  readExchangeFile,
  writeExchangeFile,
} from '../../src/protocol/index.js';
import { arbitraryOf } from '../support/arbitrary.js';
import { filesDir } from '../support/fixtures.js';

type Values = Record<string, unknown>;
const any = (type: keyof typeof exchangeFiles) => exchangeFiles[type] as unknown as ExchangeFile;

async function read(
  file: ExchangeFile,
  bytes: Buffer,
  settings: Partial<FileSettings> = {},
  chunkBytes = 1 << 20,
) {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) chunks.push(bytes.subarray(at, at + chunkBytes));
  const lines: FileLine<Values>[] = [];
  const verdict = await readExchangeFile(
    file,
    () => chunks,
    { ...defaultFileSettings, ...settings },
    (batch) => {
      lines.push(...batch);
    },
  );
  return { verdict, lines, values: lines.map(({ value }) => value) };
}
async function write(
  file: ExchangeFile,
  details: readonly Values[],
  settings: Partial<FileSettings> = {},
  extra: Values = {},
) {
  const all = { ...defaultFileSettings, ...settings };
  const tally = emptyTally();
  for (const detail of details) file.add(tally, detail, all);
  const chunks: Buffer[] = [];
  const summary = { ...extra, ...tally };
  const written = await writeExchangeFile(file, summary, [details], all, (chunk) => void chunks.push(chunk));
  return { bytes: Buffer.concat(chunks), written, summary };
}
const faults = async (file: ExchangeFile, text: string | Buffer, settings: Partial<FileSettings> = {}) => {
  const { verdict } = await read(file, Buffer.from(text), settings);
  return verdict.ok ? [] : verdict.faults.map(({ line, column, fault }) => `${line}:${column} ${fault}`);
};
const dsdz = (rows: string) => `2065|1|\r\n${rows}`;
const row = '040500|2024040400003001780000000041|20240404|2065|1|040500$$202404$#|';

describe('exchange files', () => {
  for (const name of readdirSync(filesDir)) {
    it(`${name} as captured is read and written back byte for byte`, async () => {
      const bytes = readFileSync(join(filesDir, name));
      const { verdict, values } = await read(any('DSDZ'), bytes);
      expect(verdict).to.include({ ok: true, lines: 10, charset: 'utf8', bytes: bytes.length });
      const lineEnd = bytes.includes('\r\n') ? 'crlf' : 'lf';
      const settings: Partial<FileSettings> = { lineEnd, summaryOrder: 'amountFirst' };
      const { bytes: again } = await write(any('DSDZ'), values, settings);
      const noLast = bytes.at(-1) === 0x0a ? again : again.subarray(0, lineEnd === 'crlf' ? -2 : -1);
      expect(noLast.toString()).to.equal(bytes.toString());
    });
  }

  for (const type of fileTypes) {
    it(`${type}: whatever its declaration allows comes back as it went, under every setting`, async () => {
      const file = any(type);
      const [summaryLine] = Object.values(file.summaries);
      const settings = fc.record({
        amountUnit: fc.constantFrom('fen', 'yuan', 'fenDecimals'),
        lineEnd: fc.constantFrom('crlf', 'lf'),
        byteOrderMark: fc.boolean(),
        summaryOrder: fc.constantFrom('amountFirst', 'countFirst'),
        charset: fc.constantFrom(...charsets),
        told: fc.boolean(),
      });
      const details = fc.array(arbitraryOf(file.detail.columns, 'line'), { maxLength: 5 });
      const extra = arbitraryOf(summaryLine?.columns ?? {}, 'line');
      await fc.assert(
        fc.asyncProperty(
          details,
          extra,
          settings,
          fc.integer({ min: 1, max: 90 }),
          async (given, more, set, chunk) => {
            const { charset, told, ...rest } = set;
            const { bytes, written, summary } = await write(
              file,
              given,
              { ...rest, writeCharset: charset },
              more,
            );
            if (written.replaced > 0) return; // GBK lacks a character: nothing can bring it back.
            const readCharset = told ? charset : 'auto';
            const { verdict, values } = await read(file, bytes, { ...rest, readCharset }, chunk);
            // What GBK writes may happen to be UTF-8 as well: then only a setting helps (spec "Lines").
            if (
              !told &&
              charset !== 'utf8' &&
              verdict.charset === 'utf8' &&
              bytes.some((byte) => byte > 0x7f)
            )
              return;
            expect(verdict).to.have.property('ok', true);
            expect(values).to.deep.equal(given);
            const read_ = verdict.ok ? (verdict.summary as Values) : {};
            for (const [member, value] of Object.entries(read_))
              expect(value, member).to.equal(summary[member as never]);
          },
        ),
        { numRuns: 200 },
      );
    });
  }

  it('any partition of the bytes gives the same lines and the same verdict', async () => {
    const text = dsdz(`${row}\n\r\n${row.replace('2065', '王')}\n${row}`);
    for (const bytes of [Buffer.from(text), iconv.encode(text, 'gbk')]) {
      const whole = await read(any('DSDZ'), bytes);
      for (let chunk = 1; chunk < 80; chunk += 1) {
        expect(await read(any('DSDZ'), bytes, {}, chunk)).to.deep.equal(whole);
      }
    }
  });

  it('reads what peers write: CRLF or LF, with or without last line end, with a byte order mark, `null`', async () => {
    const good = [
      dsdz(row),
      dsdz(`${row}\r\n`),
      `2065|1|\n${row}\n`,
      `\ufeff${dsdz(row)}`,
      dsdz(`${row}\n\n\r\n`),
    ];
    for (const text of good) expect(await faults(any('DSDZ'), text), JSON.stringify(text)).to.deep.equal([]);
    expect(await faults(any('DSDZ'), iconv.encode(`\ufeff${dsdz(row)}`, 'gb18030'))).to.deep.equal([]);
    const { values } = await read(any('CFTZ'), Buffer.from('1|\n9|022000|null|7185|null|null||20240501|\n'));
    expect(values[0]).to.include({ customerName: '', lateFeeFrom: undefined, owed: 7185n });
    const kept = await read(any('CFTZ'), Buffer.from('1|\n9|022000|null|7185||||20240501|\n'), {
      nullIsEmpty: false,
    });
    expect(kept.values[0]).to.include({ customerName: 'null' });
  });

  it('takes the order of the DSDZ summary that agrees with the lines, and refuses the file when none does', async () => {
    for (const summary of ['2065|1|', '1|2065|']) {
      const { verdict } = await read(any('DSDZ'), Buffer.from(`${summary}\n${row}\n`));
      expect(verdict.ok && verdict.summary).to.deep.include({ lineCount: 1, total: 2065n });
    }
    for (const summary of ['2065|2|', '2064|1|', '2|2065|', '0|0|']) {
      expect(await faults(any('DSDZ'), `${summary}\n${row}\n`), summary).to.deep.equal(['1:0 summary']);
    }
    const yuan = { amountUnit: 'yuan' } as const;
    expect(await faults(any('DSDZ'), `1|20.65|\n${row.replace('|2065|', '|20.65|')}\n`, yuan)).to.deep.equal(
      [],
    );
    expect(await faults(any('DSDZ'), `0|0|\n`)).to.deep.equal([]);
  });

  it('names line and column of every fault, and never the value', async () => {
    const table: readonly (readonly [string, readonly string[]])[] = [
      ['', ['1:0 no-summary']],
      ['\n\n', ['1:0 no-summary']],
      ['x|1|\n', ['1:1 format']],
      [dsdz(row.replace('20240404|2065', '20240431|2065')), ['2:3 format']],
      [dsdz(row.replace('|2065|', '|20.65|')), ['2:4 format']],
      [dsdz(row.replace('|2065|', '||')), ['2:4 empty']],
      [dsdz(row.replace('|2065|', '|0|')), ['2:4 format']],
      [dsdz(row.replace('2024040400003001780000000041', '123')), ['2:2 format']],
      [dsdz(row.replace('#|', '$x$#|')), ['2:6 count']],
      [dsdz(`${row}x|`), ['2:0 count']],
      [dsdz(row.slice(0, -1)), ['2:0 unclosed']],
      [dsdz(row.slice(0, 40)), ['2:0 unclosed', '2:3 format', '2:4 empty', '2:0 count']],
      [dsdz(row.slice(0, row.indexOf('2065|') + 5)), ['2:0 count']],
      [dsdz(`\n${row}`), ['2:0 blank']],
      [
        dsdz(`${row}\n|\n|||`),
        [
          '3:1 empty',
          '3:2 empty',
          '3:3 empty',
          '3:4 empty',
          '3:0 count',
          '4:1 empty',
          '4:2 empty',
          '4:3 empty',
          '4:4 empty',
          '4:0 count',
        ],
      ],
    ];
    for (const [text, expected] of table) {
      expect(await faults(any('DSDZ'), text), JSON.stringify(text)).to.deep.equal(expected);
    }
    const { verdict } = await read(any('DSDZ'), Buffer.from(dsdz(row.replace('|2065|', '|秘密|'))));
    const [fault] = verdict.ok ? [] : verdict.faults;
    expect(fault && describeFault(fault)).to.equal(
      '第2行第4列 缴费金额：格式错误（expected an amount in fen）',
    );
  });

  it('reads the good lines of a bad file, and counts what it does not keep', async () => {
    const text = `0|0|\n${`${row}\nbad|\n`.repeat(300)}`;
    const { verdict, lines } = await read(any('DSDZ'), Buffer.from(text));
    expect(lines.map(({ line }) => line).slice(0, 3)).to.deep.equal([2, 4, 6]);
    expect(lines).to.have.lengthOf(300);
    if (verdict.ok) throw new Error('must be refused');
    expect([verdict.faults.length, verdict.faultCount, verdict.lines]).to.deep.equal([100, 1200, 600]);
  });

  it('refuses lines without end and bytes that are no characters, where they stand', async () => {
    expect(await faults(any('DSDZ'), `0|0|\n${'x'.repeat(LINE_BYTES_MAX + 1)}`)).to.deep.equal([
      '2:0 line-too-long',
    ]);
    const bad = Buffer.concat([
      Buffer.from(dsdz(`${row}\n`)),
      Buffer.from('81ff0a', 'hex'),
      Buffer.from(row),
    ]);
    expect(await faults(any('DSDZ'), bad)).to.deep.equal(['3:0 charset']);
    expect(await faults(any('DSDZ'), bad, { readCharset: 'utf8' })).to.deep.equal(['3:0 charset']);
  });

  it('finds the charset out from the whole file, not from its beginning', async () => {
    // 联通 in GBK is C1 AA CD A8: as UTF-8 it would be two other characters, but for the overlong C1.
    const cases = { 王镕𠮷: ['utf8', 'gb18030'], 联通: ['utf8', 'gb18030'], abc: ['utf8', 'utf8'] } as const;
    for (const [text, [asUtf8, asGb]] of Object.entries(cases)) {
      for (const size of [1, 2, 3, 5]) {
        const cut = (bytes: Buffer) =>
          Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
            bytes.subarray(i * size, (i + 1) * size),
          );
        expect(await charsetOf(cut(Buffer.from(text)))).to.equal(asUtf8);
        expect(await charsetOf(cut(iconv.encode(text, 'gb18030')))).to.equal(asGb);
      }
    }
    const late = iconv.encode(`1|\n9|022000|${'a'.repeat(40)}陈|7185||||20240501|\n`, 'gbk');
    expect((await read(any('CFTZ'), late, {}, 7)).values[0]).to.include({
      customerName: `${'a'.repeat(40)}陈`,
    });
  });

  it('writes a space for what would break the line, and says how many characters GBK lacks', async () => {
    const detail = { bill: '9', customer: '022000', customerName: '王|小$明#\r\n𠮷', owed: fenOf(1n) };
    const { bytes, written } = await write(any('CFTZ'), [detail]);
    expect(iconv.decode(bytes, 'gbk')).to.equal('1|\r\n9|022000|王 小 明   ?|1|||||\r\n');
    expect(written).to.include({ lines: 1, replaced: 1, bytes: bytes.length });
  });

  it('does not finish a file whose summary does not agree with its lines', async () => {
    const details = [[{ bill: '9', customer: '022000' }]];
    const attempt = writeExchangeFile(
      exchangeFiles.CFTZ,
      { lineCount: 2 },
      details,
      defaultFileSettings,
      () => {},
    );
    const error = await attempt.catch((thrown: unknown) => thrown);
    expect(error)
      .to.be.an('error')
      .with.property('message')
      .that.contains('总笔数 count says 2, the lines make 1');
  });

  it('counts as a success only a flag of the list with the whole amount debited', () => {
    const { isSuccess } = exchangeFiles.REDK;
    const line = { accounted: '1', debited: fenOf(5n), amount: fenOf(5n) } as never;
    expect(isSuccess?.(line, defaultFileSettings)).to.equal(true);
    expect(isSuccess?.({ ...(line as object), debited: fenOf(4n) } as never, defaultFileSettings)).to.equal(
      false,
    );
    expect(isSuccess?.({ ...(line as object), accounted: '0' } as never, defaultFileSettings)).to.equal(
      false,
    );
    expect(isSuccess?.(line, { ...defaultFileSettings, successFlags: ['Y'] })).to.equal(false);
  });

  it('lets the event loop turn while a file in memory is read, and waits for what is done with the lines', async () => {
    const bytes = Buffer.from(`0|0|\n${`${row}\n`.repeat(20_000)}`);
    let [turns, busy, overlaps] = [0, 0, 0];
    let going = true;
    const turn = () => {
      turns += 1;
      if (going) setImmediate(turn);
    };
    setImmediate(turn);
    await readExchangeFile(
      exchangeFiles.DSDZ,
      () => [bytes],
      defaultFileSettings,
      async () => {
        if (busy > 0) overlaps += 1;
        busy += 1;
        await new Promise<void>((resolve) => setImmediate(resolve));
        busy -= 1;
      },
    );
    going = false;
    expect(turns).to.be.above(10);
    expect(overlaps).to.equal(0);
  });

  it('reads a stream from disk', async () => {
    const [name = ''] = readdirSync(filesDir);
    const source = () =>
      createReadStream(join(filesDir, name), { highWaterMark: 100 }) as AsyncIterable<Buffer>;
    const verdict = await readExchangeFile(exchangeFiles.DSDZ, source, defaultFileSettings, () => {});
    expect(verdict).to.include({ ok: true, lines: 10 });
  });

  it('reads and writes 300,000 lines in constant memory', async () => {
    const lineCount = 300_000;
    const batch = Array.from({ length: 1000 }, (_, i) => ({
      bill: `${i}`,
      customer: '022000',
      customerName: '王',
    }));
    function* batches() {
      for (let at = 0; at < lineCount; at += batch.length) yield batch;
    }
    let [seen, most] = [0, 0];
    const watch = () => {
      most = Math.max(most, process.memoryUsage().heapUsed);
    };
    const { CFTZ } = exchangeFiles;
    const chunks: Buffer[] = [];
    await writeExchangeFile(CFTZ, { lineCount }, batches(), defaultFileSettings, (chunk) => {
      if (chunks.length < 2) chunks.push(chunk);
    });
    const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = chunks;
    const detail = Buffer.from('9|022000|wang|7185||||20240501|\n');
    const block = Buffer.concat(Array.from({ length: 1000 }, () => detail));
    function* source() {
      yield Buffer.from(`${lineCount}|\n`);
      for (let at = 0; at < lineCount; at += 1000) yield block;
    }
    const before = process.memoryUsage().heapUsed;
    const verdict = await readExchangeFile(CFTZ, source, defaultFileSettings, (lines) => {
      seen += lines.length;
      watch();
    });
    expect([verdict.ok, seen]).to.deep.equal([true, lineCount]);
    expect(first.length + second.length).to.be.below(256 * 1024);
    expect(most - before, 'heap in use').to.be.below(96 * 1024 * 1024);
  });
});
