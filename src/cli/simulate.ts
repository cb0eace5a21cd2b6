import { writeFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { parse as parseYaml } from 'yaml';
import { addDays, chinaDay, systemClock } from '../clock.js';
import { directoryOf } from '../config/index.js';
import { printable } from '../log.js';
import {
  dayFile,
  defaultSender,
  loadScenario,
  paintFor,
  type Simulation,
  seededChance,
  seededIds,
  shippedScenarios,
  simulatePlatform,
  simulateUtility,
} from '../tools/index.js';
import { customersOf } from './customers.js';
import { withDir, withExample } from './options.js';
import { findTarget, readPemOf, type TargetOptions, wholeNumber, withDialect, withTarget } from './target.js';

interface PlatformOptions extends TargetOptions {
  readonly scenario: string;
  readonly unit: string;
  readonly customers: [string, ...string[]];
  readonly seed?: number;
  readonly exchanges?: number;
  readonly out?: string;
  readonly secondCert?: string;
  readonly secondKey?: string;
  readonly json?: boolean;
}

/** `sluice simulate platform|utility`: plays one side, seeded and repeatable. */
export function simulateCommand(program: Command): void {
  const simulate = program
    .command('simulate')
    .description('play the platform for a day, or a utility for platforms');
  const platform = simulate
    .command('platform')
    .description(
      'queries, payments, lost answers, duplicates, refunds; exit code 1 when a promise was broken',
    )
    .requiredOption('--unit <id>', 'clearing unit 清算单位')
    .requiredOption(
      '--customers <list>',
      'numbers with commas, FIRST-LAST, or @FILE with one a line',
      customersOf,
    )
    .option(
      '--scenario <name|file>',
      `one of ${shippedScenarios().join(', ')}, or a YAML file`,
      'normal-day',
    );
  withDialect(withTarget(platform))
    .option('--seed <n>', "instead of the scenario's", wholeNumber)
    .option('--exchanges <n>', "instead of the scenario's", wholeNumber)
    .option('--second-cert <file>', 'a second client certificate (certificate rotation)')
    .option('--second-key <file>', 'its key')
    .option('--out <file>', "write the day's DSDZ file, where the scenario makes one")
    .option('--json', 'print the result as JSON');
  withExample(
    platform,
    'sluice simulate platform --scenario answers-lost --unit 90001 --customers 0090010000-0090010299 --dir demo',
  ).action(runPlatform);
  addUtility(simulate);
}

async function runPlatform(options: PlatformOptions): Promise<void> {
  const found = findTarget(options);
  const { secondCert: cert, secondKey: key } = options;
  const second =
    cert !== undefined && key !== undefined ? findTarget({ ...options, cert, key }).target : undefined;
  const loaded = loadScenario(options.scenario);
  const scenario = {
    ...loaded,
    seed: options.seed ?? loaded.seed,
    exchanges: options.exchanges ?? loaded.exchanges,
  };
  // Serials must be new on every run, or the second run of a seed would be all duplicates: the day and second come first.
  const chance = seededChance(scenario.seed);
  const fresh = seededIds(seededChance(scenario.seed ^ Math.floor(systemClock.now() / 1000)));
  const result = await simulatePlatform({
    scenario,
    target: found.target,
    secondTarget: second,
    unit: options.unit,
    dialect: found.dialectOf(options.unit),
    customers: options.customers,
    sender: { ...defaultSender, target: found.shortNameOf(options.unit) },
    chance,
    clock: systemClock,
    ids: fresh,
  });
  const day = chinaDay(systemClock.now());
  const file = scenario.file.dsdz
    ? dayFile(result.charges, day, scenario, options.customers, fresh)
    : undefined;
  if (file !== undefined && options.out !== undefined) writeFileSync(options.out, file.text);
  const yesterday = result.charges.filter((charge) => charge.day === addDays(day, -1)).length;
  if (options.json === true) {
    const charges = result.charges.map((charge) => ({ ...charge, amount: Number(charge.amount) }));
    console.log(
      JSON.stringify({ scenario: loaded.name, seed: scenario.seed, ...result, charges, file }, null, 2),
    );
  } else {
    print(`${loaded.title}, seed ${scenario.seed}`, result);
    if (yesterday > 0) console.log(`${yesterday} payments carry the day before`);
    if (file !== undefined)
      console.log(
        `DSDZ ${file.day}: ${options.out ?? 'not written (--out FILE)'}\n  ${file.injected.join('\n  ')}`,
      );
  }
  if (result.broken.length > 0) process.exitCode = 1;
}

function print(title: string, { counts, charges, broken }: Simulation): void {
  const paint = paintFor(process.stdout);
  console.log(paint('bold', title));
  for (const [what, codes] of Object.entries(counts)) {
    const words = Object.entries(codes).map(([code, count]) => `${code} × ${count}`);
    console.log(`  ${what.padEnd(20)} ${words.join(', ')}`);
  }
  const states = ['booked', 'refunded', 'void', 'undecided'] as const;
  console.log(
    `  payments: ${states.map((state) => `${charges.filter((one) => one.state === state).length} ${state}`).join(', ')}`,
  );
  if (broken.length === 0) console.log(paint('green', 'every promise was kept'));
  for (const promise of broken) console.log(paint('red', `✗ ${printable(promise)}`));
}

interface UtilityOptions {
  readonly dir?: string;
  readonly port: number;
  readonly seed: number;
  readonly silent: number;
  readonly delay: number;
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
  readonly dialect?: Readonly<Record<string, string>>;
}
function addUtility(simulate: Command): void {
  const utility = simulate
    .command('utility')
    .description(
      'a utility without a database, for integrators of platforms: every customer exists but those that end in 0000',
    )
    .option('--port <n>', '0 = any free one', wholeNumber, 0)
    .option('--seed <n>', 'of its trouble', wholeNumber, 1)
    .option('--silent <share>', 'answers that are never given, 0 to 1', shareOf, 0)
    .option('--delay <ms>', 'before each answer', wholeNumber, 0)
    .option('--cert <file>', "server certificate (default: the directory's certs/server.crt)")
    .option('--key <file>', 'its key')
    .option('--ca <file>', 'whose client certificates are accepted');
  withExample(
    withDialect(withDir(utility)),
    'sluice simulate utility --port 2224 --silent 0.1 --dir demo',
  ).action(async (options: UtilityOptions) => {
    const dir = directoryOf(options.dir);
    const running = await simulateUtility({
      host: '127.0.0.1',
      port: options.port,
      tls: {
        cert: readPemOf(dir, options.cert, 'server.crt'),
        key: readPemOf(dir, options.key, 'server.key'),
        ca: readPemOf(dir, options.ca, 'ca.crt'),
      },
      dialect: options.dialect ?? {},
      chance: seededChance(options.seed),
      clock: systemClock,
      silent: options.silent,
      delayMs: options.delay,
      seen: (line) => console.log(line),
    });
    process.once('SIGTERM', () => process.exit(0));
    process.once('SIGINT', () => process.exit(0));
    console.log(`sluice: simulated utility ready on 127.0.0.1:${running.port}`);
  });
}
function shareOf(text: string): number {
  const value: unknown = parseYaml(text);
  if (typeof value !== 'number' || value < 0 || value > 1)
    throw new InvalidArgumentError('expected a number from 0 to 1');
  return value;
}
