/** Bytes are found in every spelling that people paste. */
import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import fc from 'fast-check';
import { encodeFrame } from '../../src/protocol/index.js';
import { bytesIn } from '../../src/tools/index.js';

const frame = encodeFrame('200001', Buffer.from('{"head":{},"body":{"consName":"张三"}}'));
const other = encodeFrame('200012', Buffer.from('{"head":{},"body":{}}'));
const hex = frame.toString('hex');
const spaced = hex.replace(/..(?!$)/g, '$& ');

const spellings: Record<string, string> = {
  'plain hex': hex,
  'upper case with a line end': `${hex.toUpperCase()}\n`,
  'spaced hex': spaced,
  'hex over several lines': spaced.replace(/(.{48})/g, '$1\n'),
  '0x and commas': [...frame].map((byte) => `0x${byte.toString(16).padStart(2, '0')}`).join(', '),
  colons: hex.replace(/..(?!$)/g, '$&:'),
  'Arrays.toString with negative numbers': `[${[...frame].map((byte) => (byte > 127 ? byte - 256 : byte)).join(', ')}]`,
  'an array in a log line': `2024-05-06 12:00:00 INFO sent: [${[...frame].join(', ')}] to platform`,
  'a log line': `2024-05-06 12:00:00,123 DEBUG [pool-1] c.w.Gateway - recv ${spaced} from 10.0.0.1`,
  'a log line that goes on': `12:00:00 recv:\n12:00:00 ${spaced.slice(0, 95)}\n${spaced.slice(96, 143)}\n${spaced.slice(144)}\ndone`,
};

describe('bytes in text', () => {
  for (const [name, text] of Object.entries(spellings)) {
    it(`reads ${name}`, () => {
      const found = bytesIn(text);
      expect(found).length(1);
      expect(found[0]?.bytes.toString('hex')).equals(hex);
    });
  }

  it('reads what hexdump -C, xxd and od print', () => {
    for (const [command, args] of [
      ['hexdump', ['-C']],
      ['od', ['-A', 'x', '-t', 'x1z']],
    ] as const) {
      const text = execFileSync(command, args, { input: frame, encoding: 'utf8' });
      expect(
        bytesIn(text).map((run) => run.bytes.toString('hex')),
        command,
      ).deep.equals([hex]);
    }
    const rows = (hex.match(/.{1,32}/g) ?? []).map(
      (row, i) =>
        `${(i * 16).toString(16).padStart(8, '0')}: ${row.replace(/(.{4})/g, '$1 ').padEnd(41)}  ....`,
    );
    expect(bytesIn(rows.join('\n'))[0]?.bytes.toString('hex'), 'xxd').equals(hex);
    const tcpdump = rows.map((row) => `\t0x${row.slice(4)}`).join('\n');
    expect(bytesIn(tcpdump)[0]?.bytes.toString('hex'), 'tcpdump -X').equals(hex);
  });

  it('finds several messages in one log, with their lines', () => {
    const log = `start\nin  ${spaced}\nout [${[...other].join(',')}]\n\nin ${hex}\n`;
    expect(bytesIn(log).map(({ line, notation }) => [line, notation])).deep.equals([
      [2, 'hex'],
      [3, 'array'],
      [5, 'hex'],
    ]);
  });

  it('takes no number, hash or date for a message', () => {
    expect(bytesIn('commit 68d2f4a9b3c1e5f70812 at 2024-05-06 12:00:00 amount 6822010032')).deep.equals([]);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'0123456789abcdef68 ,:[]x-\n|') }),
        (text) => void bytesIn(text),
      ),
    );
  });
});
