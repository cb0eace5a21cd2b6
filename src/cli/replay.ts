import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { parse } from 'yaml';
import { z } from 'zod';
import { chinaText, systemClock } from '../clock.js';
import { messageOf, OperatorError } from '../errors.js';
import {
  type CaseResult,
  type Freshable,
  freshables,
  htmlOf,
  junitOf,
  loadFixtures,
  paintFor,
  type Rules,
  renderCase,
  replay,
  summaryOf,
  TEXT_PATHS,
} from '../tools/index.js';
import { withExample } from './options.js';
import { findTarget, positive, type TargetOptions, wholeNumber, withTarget } from './target.js';

interface Options extends TargetOptions {
  readonly ignore?: string[];
  readonly match?: string[];
  readonly rules?: string;
  readonly exact?: boolean;
  readonly fresh?: Freshable[];
  readonly timing: 'none' | 'recorded';
  readonly speed: number;
  readonly repeat: number;
  readonly json?: boolean;
  readonly junit?: string;
  readonly html?: string;
  readonly quiet?: boolean;
}

/** `sluice replay FILE…|DIR`: sends captured messages and compares the answers field by field. */
export function replayCommand(program: Command): void {
  const command = program
    .command('replay')
    .description('send captured messages and compare the answers field by field; exit code 1 on a difference')
    .argument('<paths...>', 'fixtures (.json, .hex) or directories with them');
  withTarget(command)
    .option('--ignore <path>', 'do not compare this field, e.g. body.rcvblDet[*].extend; repeatable', collect)
    .option('--match <path=regex>', 'this field must match the expression; repeatable', collect)
    .option(
      '--rules <file>',
      'YAML with ignore, match, exact, fresh (default: replay.yaml beside the fixtures)',
    )
    .option('--exact', 'compare texts too, and take members that only the answer has for differences')
    .option('--fresh <what>', `new values for recorded ones: ${freshables.join(',')}`, listOfFresh)
    .option(
      '--timing <how>',
      'none, or recorded: keep the recorded distances',
      oneOf('none', 'recorded'),
      'none',
    )
    .option('--speed <factor>', 'with --timing recorded: so much faster', positive, 1)
    .option('--repeat <times>', 'the whole set so often', wholeNumber, 1)
    .option('--junit <file>', 'write JUnit XML')
    .option('--html <file>', 'write a page with every message')
    .option('--quiet', 'print failures only')
    .option('--json', 'print the results as JSON');
  withExample(
    command,
    'sluice replay fixtures/messages --dir demo',
    'sluice replay captures/ --target 10.0.0.5:1224 --cert p.crt --key p.key --ca ca.crt --fresh serial,date --junit out.xml',
  ).action(run);
}

async function run(paths: string[], options: Options): Promise<void> {
  const { target } = findTarget(options);
  const fixtures = loadFixtures(paths);
  const { rules, fresh } = rulesOf(paths, options);
  const paint = paintFor(process.stdout);
  const results: CaseResult[] = [];
  for (let round = 0; round < options.repeat; round++) {
    for await (const result of replay(fixtures, {
      target,
      rules,
      fresh,
      timing: options.timing,
      speed: options.speed,
    })) {
      results.push(result);
      const wanted = options.json !== true && !(options.quiet === true && result.status === 'passed');
      if (wanted) console.log(renderCase(result, paint));
    }
  }
  const failed = results.some(({ status }) => status === 'failed');
  const title = `sluice replay ${paths.join(' ')}`;
  if (options.junit !== undefined) write(options.junit, junitOf(results, title));
  if (options.html !== undefined) {
    const subtitle = `${target.host}:${target.port} · ${chinaText(systemClock.now())}`;
    write(options.html, htmlOf(results, '报文回放 Replay', subtitle));
  }
  if (options.json === true)
    console.log(JSON.stringify({ passed: !failed, results: results.map(plain) }, null, 2));
  else console.log(paint(failed ? 'red' : 'green', summaryOf(results)));
  if (failed) process.exitCode = 1;
}

const rulesFile = z.strictObject({
  ignore: z.array(z.string()).default([]),
  match: z.record(z.string(), z.string()).default({}),
  exact: z.boolean().default(false),
  fresh: z.array(z.enum(freshables)).default([]),
});
function rulesOf(paths: readonly string[], options: Options): { rules: Rules; fresh: readonly Freshable[] } {
  const beside = paths
    .filter((path) => existsSync(path) && statSync(path).isDirectory())
    .map((dir) => join(dir, 'replay.yaml'));
  const file = options.rules ?? beside.find((path) => existsSync(path));
  const given = file === undefined ? rulesFile.parse({}) : readRules(file);
  const exact = options.exact ?? given.exact;
  const pairs = (options.match ?? []).map((text) => {
    const at = text.indexOf('=');
    if (at < 1)
      throw new OperatorError(
        'match-invalid',
        `--match ${text} is not PATH=REGEX`,
        'For instance --match "body.extend=^\\d+$"',
      );
    return [text.slice(0, at), text.slice(at + 1)] as const;
  });
  return {
    rules: {
      ignore: [...(exact ? [] : TEXT_PATHS), ...given.ignore, ...(options.ignore ?? [])],
      match: { ...given.match, ...Object.fromEntries(pairs) },
      noMore: exact,
    },
    fresh: options.fresh ?? given.fresh,
  };
}
function readRules(file: string) {
  try {
    return rulesFile.parse(parse(readFileSync(file, 'utf8')) ?? {});
  } catch (error) {
    throw new OperatorError(
      'rules-invalid',
      `${file}: ${messageOf(error)}`,
      'Known are ignore, match, exact and fresh.',
      {
        cause: error,
      },
    );
  }
}
function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new OperatorError(
      'report-unwritable',
      `${file}: ${messageOf(error)}`,
      'Name a file in a directory that exists.',
    );
  }
}

const plain = (result: CaseResult) => ({
  ...result,
  sent: result.sent.map(({ request, outcome }) => ({
    request: request.toString('hex'),
    ...(outcome.kind === 'answer'
      ? { answer: outcome.data.toString('utf8'), ms: outcome.ms }
      : { silence: outcome.how, reason: outcome.reason, ms: outcome.ms }),
  })),
});
const collect = (text: string, before: string[] = []): string[] => [...before, text];
const oneOf =
  (...allowed: string[]) =>
  (text: string): string => {
    if (!allowed.includes(text)) throw new InvalidArgumentError(`allowed are ${allowed.join(', ')}`);
    return text;
  };
function listOfFresh(text: string): Freshable[] {
  return text.split(',').map((word) => {
    const found = freshables.find((one) => one === word.trim());
    if (found === undefined) throw new InvalidArgumentError(`allowed are ${freshables.join(', ')}`);
    return found;
  });
}
