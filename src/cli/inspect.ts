import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Command } from 'commander';
import { messageOf, OperatorError } from '../errors.js';
import type { UnitDialect } from '../protocol/index.js';
import {
  type Explained,
  explainExchangeFile,
  explainInput,
  type FileExplanation,
  paintFor,
  renderExchangeFile,
  renderFrame,
} from '../tools/index.js';
import { withExample } from './options.js';
import { withDialect } from './target.js';

interface Options {
  readonly json?: boolean;
  readonly all?: boolean;
  readonly type?: string;
  readonly dialect?: Partial<UnitDialect>;
}

/** `sluice inspect HEX|FILE|-`: explains a frame byte by byte and field by field, also a broken one. */
export function inspectCommand(program: Command): void {
  const inspect = program
    .command('inspect')
    .description(
      'explain frames (hex in any spelling, dumps, Arrays.toString, fixtures, log files, raw bytes) and exchange files',
    )
    .argument('<what...>', 'hex digits, files, directories (captures), or - for standard input')
    .option(
      '--type <type>',
      'it is an exchange file of this type, where its name does not say so (DSDZ, REDK, …)',
    )
    .option('--all', 'the whole dump of long data')
    .option('--json', 'print what was found as JSON');
  withExample(
    withDialect(inspect),
    'sluice inspect 68 22 01 00 00 32 30 30 30 30 31 7b',
    'sluice inspect fixtures/messages/08-length-one-short.json',
    'grep recv gateway.log | sluice inspect -',
    'sluice inspect fixtures/files/GSCQQIANNENG_39536_DSDZ_20240404.txt',
  ).action(async (what: string[], options: Options) => {
    const found: Explained[] = [];
    const files: FileExplanation[] = [];
    for (const [name, content] of inputsOf(what)) {
      const file = await explainExchangeFile(basename(name), content, options.type);
      if (file === undefined) found.push(...explainInput(name, content, options.dialect));
      else files.push(file);
    }
    if (found.length + files.length === 0) {
      throw new OperatorError(
        'nothing-found',
        'there are no frames in it',
        'A frame begins with 68 and has at least 12 bytes.',
      );
    }
    if (options.json === true) console.log(JSON.stringify([...files, ...found.map(plain)], null, 2));
    else print(found, files, options);
    if (files.some(({ faultCount }) => faultCount > 0) || found.some(({ frame }) => !frame.sound))
      process.exitCode = 1;
  });
}

function inputsOf(what: readonly string[]): [string, Buffer][] {
  // Hex may come with spaces between its bytes, as several arguments.
  if (what.every((word) => /^(?:0x)?(?:[0-9a-f]{2}[,:]?)+$/i.test(word) && !existsSync(word))) {
    return [['hex', Buffer.from(what.join(' '))]];
  }
  return what.flatMap(filesIn).map((name) => {
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

/** A directory stands for the captures, dumps and logs below it, in the order of their names. */
function filesIn(name: string): readonly string[] {
  if (name === '-' || !existsSync(name) || !statSync(name).isDirectory()) return [name];
  return readdirSync(name, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function print(found: readonly Explained[], files: readonly FileExplanation[], options: Options): void {
  const paint = paintFor(process.stdout);
  for (const file of files) console.log(renderExchangeFile(file, paint));
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
