import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import type { Command } from 'commander';
import { systemIds } from '../clock.js';
import { messageOf, OperatorError } from '../errors.js';
import type { UnitDialect } from '../protocol/index.js';
import { importFixtures } from '../tools/index.js';
import { withExample } from './options.js';
import { withDialect } from './target.js';

interface Options {
  readonly out: string;
  readonly plain?: boolean;
  readonly json?: boolean;
  readonly dialect?: Partial<UnitDialect>;
}

/** `sluice fixture import`: fixtures out of hex dumps and of other systems' logs. */
export function fixtureCommand(program: Command): void {
  const fixture = program.command('fixture').description('captured messages as files');
  const add = fixture
    .command('import')
    .description(
      "make fixtures out of hex dumps and other systems' logs (68 22 01 …, Arrays.toString); - reads standard input",
    )
    .argument('<files...>', 'dumps or logs')
    .option('-o, --out <dir>', 'where the fixtures go', 'captures')
    .option('--plain', 'leave personal fields as they are')
    .option('--json', 'print the fixtures instead of writing them');
  withExample(
    withDialect(add),
    'sluice fixture import gateway.log --out captures',
    'sluice replay captures --dir demo',
  ).action((files: string[], options: Options) => {
    const key = options.plain === true ? undefined : systemIds.bytes(32).toString('hex');
    const made = files.flatMap((file) => {
      const name = file === '-' ? 'import' : basename(file, extname(file));
      return importFixtures(read(file), { name, dialect: options.dialect ?? {}, key });
    });
    if (made.length === 0) {
      throw new OperatorError(
        'nothing-found',
        `no frame was found in ${files.join(', ')}`,
        "A frame begins with 68; try 'sluice inspect' on it.",
      );
    }
    if (options.json === true) {
      console.log(JSON.stringify(made, null, 2));
      return;
    }
    mkdirSync(options.out, { recursive: true });
    for (const one of made)
      writeFileSync(join(options.out, `${one.name}.json`), `${JSON.stringify(one, null, 1)}\n`);
    console.log(
      `${made.length} fixtures in ${options.out}. Look: sluice inspect ${options.out}/*.json; send: sluice replay ${options.out}`,
    );
  });
}
function read(file: string): Buffer {
  try {
    return readFileSync(file === '-' ? 0 : file);
  } catch (error) {
    throw new OperatorError(
      'input-unreadable',
      `${file}: ${messageOf(error)}`,
      'Name a file that can be read.',
      { cause: error },
    );
  }
}
