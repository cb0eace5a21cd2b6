import { existsSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { messageOf, OperatorError } from '../errors.js';
import type { UnitDialect } from '../protocol/index.js';
import { type Explained, explainInput, paintFor, renderFrame } from '../tools/index.js';
import { withExample } from './options.js';
import { withDialect } from './target.js';

interface Options {
  readonly json?: boolean;
  readonly all?: boolean;
  readonly dialect?: Partial<UnitDialect>;
}

/** `sluice inspect HEX|FILE|-`: explains a frame byte by byte and field by field, also a broken one. */
export function inspectCommand(program: Command): void {
  const inspect = program
    .command('inspect')
    .description(
      'explain frames: hex in any spelling, a dump, Arrays.toString, a fixture, a log file, raw bytes',
    )
    .argument('<what...>', 'hex digits, files, or - for standard input')
    .option('--all', 'the whole dump of long data')
    .option('--json', 'print what was found as JSON');
  withExample(
    withDialect(inspect),
    'sluice inspect 68 22 01 00 00 32 30 30 30 30 31 7b',
    'sluice inspect fixtures/messages/08-length-one-short.json',
    'grep recv gateway.log | sluice inspect -',
  ).action((what: string[], options: Options) => {
    const found = inputsOf(what).flatMap(([name, content]) => explainInput(name, content, options.dialect));
    if (found.length === 0) {
      throw new OperatorError(
        'nothing-found',
        'there are no frames in it',
        'A frame begins with 68 and has at least 12 bytes.',
      );
    }
    if (options.json === true) console.log(JSON.stringify(found.map(plain), null, 2));
    else print(found, options);
    if (found.some(({ frame }) => !frame.sound)) process.exitCode = 1;
  });
}

function inputsOf(what: readonly string[]): [string, Buffer][] {
  // Hex may come with spaces between its bytes, as several arguments.
  if (what.every((word) => /^(?:0x)?(?:[0-9a-f]{2}[,:]?)+$/i.test(word) && !existsSync(word))) {
    return [['hex', Buffer.from(what.join(' '))]];
  }
  return what.map((name) => {
    try {
      return [name === '-' ? 'standard input' : name, readFileSync(name === '-' ? 0 : name)];
    } catch (error) {
      throw new OperatorError(
        'input-unreadable',
        `${name} is neither hex nor a file that can be read: ${messageOf(error)}`,
        'Give hex digits, a file, or - for standard input.',
        { cause: error },
      );
    }
  });
}

function print(found: readonly Explained[], options: Options): void {
  const paint = paintFor(process.stdout);
  const dumpRowsMax = options.all === true ? Number.POSITIVE_INFINITY : 32;
  for (const { where, frame } of found) {
    if (found.length > 1) console.log(paint('bold', `── ${where}`));
    console.log(renderFrame(frame, { paint, dumpRowsMax }));
    if (found.length > 1) console.log('');
  }
}

const plain = ({ where, frame }: Explained) => ({
  where,
  ...frame,
  parts: frame.parts.map((part) => ({ ...part, bytes: part.bytes.toString('hex') })),
});
