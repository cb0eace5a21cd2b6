import { expect } from 'chai';
import fc from 'fast-check';
import {
  fileNamePatterns,
  filePatternFault,
  fileTypeOf,
  fileTypes,
  isSafeFileName,
  readFileName,
  readFilePath,
  writeFileName,
} from '../../src/protocol/index.js';
import { parseDay } from '../../src/protocol/values.js';

const words = (name: string, announced?: string, isUnit?: (token: string) => boolean) => {
  const read = readFileName(name, announced, isUnit);
  if (!read.ok) return `!${read.fault}`;
  const { type, day, org, unit, area } = read.name;
  return [type, day, org, unit, area].join(' ');
};

describe('file names', () => {
  const table: readonly (readonly [string, string, string])[] = [
    ['SDDL_DKKK_37101_20131012.txt', '', 'DKKK 20131012 SDDL 37101 '],
    ['SDDL_REDKKK_37101_20131012.txt', '', 'REDK 20131012 SDDL 37101 '],
    ['SDDL_REDK_37101_20131012.txt', '', 'REDK 20131012 SDDL 37101 '],
    ['GSCQQIANNENG_39536_DSDZ_20240404.txt', '', 'DSDZ 20240404 GSCQQIANNENG 39536 '],
    ['LONGSHINE_HAINING_DSDZ_20140709.txt', '', 'DSDZ 20140709 LONGSHINE  HAINING'],
    ['WTHAINING_JF_20140709.txt', '', 'JF 20140709 WTHAINING  '],
    ['ORG_NORTH_CFTZ_20240404_37101.txt', '', 'CFTZ 20240404 ORG 37101 NORTH'],
    ['ORG_NORTH_CFTZ_20240404_A7.TXT', '', 'CFTZ 20240404 ORG A7 NORTH'],
    ['sddl_dsdz_37101_20131012.txt', '', 'DSDZ 20131012 sddl 37101 '],
    ['SDDL_DSDZ_37101_20131012', '', 'DSDZ 20131012 SDDL 37101 '],
    ['SDDL_DSDZ_37101_20131012.txt', 'JF', 'DSDZ 20131012 SDDL 37101 '],
    ['SDDL_DSDZ_37101_20131012.txt', 'txt', 'DSDZ 20131012 SDDL 37101 '],
    ['SDDL_37101_20131012.txt', 'DSDZ', 'DSDZ 20131012 SDDL 37101 '],
    ['SDDL_37101_20131012.txt', '', '!no-type'],
    ['SDDL_37101_20131012.txt', 'txt', '!no-type'],
    ['SDDL_DSDZ_37101_20130231.txt', '', '!no-day'],
    ['SDDL_DSDZ_37101.txt', '', '!no-day'],
    ['SDDL_20131012_DSDZ_37101_x.txt', '', '!no-day'],
    ['DSDZ', '', '!no-day'],
    ['', '', '!unsafe'],
    ['../SDDL_DSDZ_37101_20131012.txt', '', '!unsafe'],
    ['a/SDDL_DSDZ_37101_20131012.txt', '', '!unsafe'],
    ['a\\SDDL_DSDZ_37101_20131012.txt', '', '!unsafe'],
    ['.SDDL_DSDZ_37101_20131012.txt', '', '!unsafe'],
    ['SDDL_DSDZ_37101_20131012.txt\0', '', '!unsafe'],
    ['SDDL_DSDZ_37101_20131012.txt\n', '', '!unsafe'],
    ['SDDL DSDZ_37101_20131012.txt', '', '!unsafe'],
    ['水司_DSDZ_37101_20131012.txt', '', '!unsafe'],
    [`${'S'.repeat(120)}_DSDZ_20131012.txt`, '', '!unsafe'],
  ];
  for (const [name, announced, expected] of table) {
    const shown = JSON.stringify(name.slice(0, 50));
    it(`${shown}${announced === '' ? '' : `, announced as ${announced}`}: ${expected}`, () => {
      expect(words(name, announced)).to.equal(expected);
    });
  }

  it('who knows the units tells them from areas', () => {
    const known = new Set(['HAINING']);
    expect(words('LONGSHINE_HAINING_DSDZ_20140709.txt', '', (token) => known.has(token))).to.equal(
      'DSDZ 20140709 LONGSHINE HAINING ',
    );
  });

  it('knows the types by the name in messages and by the name in files', () => {
    expect(['DKKK', 'REDK', 'redkkk', ' JF ', 'txt', '', 'constructor'].map(fileTypeOf)).to.deep.equal([
      'DKKK',
      'REDK',
      'REDK',
      'JF',
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('what every pattern writes reads back', () => {
    const day = fc.integer({ min: 0, max: 47_000 }).map((days) => {
      const text = new Date(Date.UTC(1970, 0, 1 + days)).toISOString().slice(0, 10).replaceAll('-', '');
      return parseDay(text) ?? expect.fail(text);
    });
    const unit = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 7 });
    fc.assert(
      fc.property(
        fc.constantFrom(...fileNamePatterns),
        fc.constantFrom(...fileTypes),
        day,
        unit,
        (pattern, type, on, id) => {
          const name = writeFileName(pattern, { type, day: on, org: 'WTSDDL', unit: id, area: 'NORTH' });
          const read = readFileName(name);
          if (!read.ok) throw new Error(read.detail);
          expect(read.name).to.include({ type, day: on, org: 'WTSDDL' });
          expect(read.name.unit).to.equal(pattern.includes('UNIT') ? id : undefined);
        },
      ),
    );
    expect(fileNamePatterns.map(filePatternFault)).to.deep.equal([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('refuses patterns that would not read back, and never writes a path', () => {
    for (const pattern of [
      '',
      'ORG_UNIT_yyyyMMdd.txt',
      'ORG_TYPE_UNIT.txt',
      '../ORG_TYPE_yyyyMMdd.txt',
      'ORG TYPE.txt',
    ]) {
      expect(filePatternFault(pattern), pattern).to.be.a('string');
    }
    const day = parseDay('20240404') ?? expect.fail();
    for (const org of ['../x', '水司', '']) {
      const write = () =>
        writeFileName('ORG/TYPE_yyyyMMdd.txt', { type: 'JF', day, org, unit: '1', area: '' });
      expect(write, org).to.throw(RangeError);
    }
  });

  it('a path stays below the account’s tree, or is refused', () => {
    const paths = {
      '': [],
      './': [],
      '/': [],
      '/upload/': ['upload'],
      '/download': ['download'],
      '\\a\\': ['a'],
      'upload//2024/./': ['upload', '2024'],
    };
    for (const [path, segments] of Object.entries(paths))
      expect(readFilePath(path), path).to.deep.equal(segments);
    const bad = [
      '..',
      '../upload',
      '/upload/../..',
      '\\..\\a',
      'C:\\upload',
      'a\0b',
      '%2e%2e/a%',
      '~/x',
      'a/'.repeat(9),
    ];
    for (const path of bad) expect(readFilePath(path), path).to.equal(undefined);
  });

  it('no text is read as a name or a path that leads anywhere else', () => {
    const text = fc.string({
      unit: fc.constantFrom(...'./\\:%aA1_-~\0 \n', 'JF', '20240404', '.txt', '..'),
      maxLength: 12,
    });
    fc.assert(
      fc.property(text, (name) => {
        if (readFileName(name).ok) expect(isSafeFileName(name)).to.equal(true);
        for (const segment of readFilePath(name) ?? [])
          expect(segment).to.match(/^[A-Za-z0-9_-][A-Za-z0-9_.-]*$/);
      }),
      { numRuns: 2000 },
    );
  });
});
