import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { parse as parseYaml } from 'yaml';
import { chinaDay, systemClock } from '../clock.js';
import { directoryOf } from '../config/index.js';
import { OperatorError } from '../errors.js';
import { fileSettingsOf } from '../exchange/settings.js';
import { printable } from '../log.js';
import {
  type Day,
  defaultFileSettings,
  type FileType,
  fileNamePatterns,
  parseDay,
} from '../protocol/index.js';
import {
  askingOf,
  dayFiles,
  defaultSender,
  type FilePlay,
  loadScenario,
  type NamedDayFile,
  paintFor,
  playFiles,
  type Simulation,
  seededChance,
  seededIds,
  settled,
  shippedScenarios,
  simulatePlatform,
  simulateUtility,
  Talk,
  type Target,
} from '../tools/index.js';
import { customersOf } from './customers.js';
import { withDir, withExample } from './options.js';
import { type FilesOptions, platformFilesOf, withFiles, withPlatformFiles } from './platform-files.js';
import { findTarget, readPemOf, type TargetOptions, wholeNumber, withDialect, withTarget } from './target.js';

interface PlatformOptions extends TargetOptions, FilesOptions {
  readonly dir?: string;
  readonly scenario: string;
  readonly unit: string;
  readonly customers: [string, ...string[]];
  readonly day?: Day;
  readonly seed?: number;
  readonly exchanges?: number;
  readonly out?: string;
  readonly secondCert?: string;
  readonly secondKey?: string;
  readonly settle: number;
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
      'queries, payments, lost answers, duplicates, refunds, then files; exit code 1 when a promise was broken',
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
    .option('--day <yyyyMMdd>', 'the day that is played: bankDate, serials, DSDZ (default: today)', dayOf)
    .option('--seed <n>', "instead of the scenario's", wholeNumber)
    .option('--exchanges <n>', "instead of the scenario's", wholeNumber)
    .option('--second-cert <file>', 'the new client certificate (certificate rotation)')
    .option('--second-key <file>', 'its key')
    .option(
      '--settle <seconds>',
      'after the files, wait so long until what only they say is booked (0: do not ask)',
      wholeNumber,
      0,
    )
    .option('--out <dir>', "also write the day's DSDZ files there")
    .option('--json', 'print the result as JSON');
  withExample(
    withPlatformFiles(platform),
    'sluice simulate platform --scenario answers-lost --unit 90001 --customers 0090010000-0090010299 --dir demo',
    'sluice simulate platform --scenario chaos --unit 90001 --customers 0090010000-0090010299 --sftp-user platform --sftp-key id_ed25519 --dir demo',
  ).action((options: PlatformOptions) => withFiles(() => runPlatform(options)));
  addUtility(simulate);
}

async function runPlatform(options: PlatformOptions): Promise<void> {
  const found = findTarget(options);
  const loaded = loadScenario(options.scenario);
  const scenario = {
    ...loaded,
    seed: options.seed ?? loaded.seed,
    exchanges: options.exchanges ?? loaded.exchanges,
  };
  const { unit, customers } = options;
  const day = options.day ?? chinaDay(systemClock.now());
  const dialect = found.dialectOf(unit);
  // Message ids of the same seed, too; apart from the plan, because how many are needed hangs on the answers.
  const sender = {
    ...defaultSender,
    target: found.shortNameOf(unit),
    ids: seededIds(seededChance(scenario.seed ^ Number(day))),
  };
  const files = await platformFilesOf(options);
  try {
    if (files === undefined && scenario.files.redk) {
      throw new OperatorError(
        'option-missing',
        `scenario ${loaded.name} exchanges files by SFTP`,
        'Name the account with --sftp-user and --sftp-key; see --help.',
      );
    }
    const secondTarget = secondOf(options, scenario.rotation);
    const talk = new Talk({ target: found.target, secondTarget, sender, pauseMs: scenario.pauseMs });
    const common = { scenario, talk, unit, dialect, customers };
    const progress = progressOn(process.stderr, scenario.exchanges);
    const day1 = await simulatePlatform({ ...common, day, sender, clock: systemClock, progress });
    progress(scenario.exchanges, day1.broken.length, true);
    const settingsOf = (type: FileType) =>
      found.config === undefined ? defaultFileSettings : fileSettingsOf(found.config.exchange, unit, type);
    const names = { organisation: found.shortNameOf(unit), pattern: fileNamePatterns[0], unit };
    const own = scenario.files.dsdz
      ? await dayFiles({ scenario, customers, settingsOf }, day1.charges, day, names)
      : [];
    for (const { name, content } of own)
      if (options.out !== undefined) writeFileSync(join(options.out, name), content);
    const play =
      files && (await playFiles({ ...common, files, settingsOf }, own, chinaDay(systemClock.now())));
    const after =
      play === undefined || options.settle === 0
        ? []
        : await settled({
            talk,
            asking: askingOf(unit, dialect),
            dialect,
            clock: systemClock,
            limitMs: options.settle * 1000,
            platformOnly: own.flatMap((one) => one.platformOnly),
            debited: play.debited,
          });
    const broken = [...day1.broken, ...(play?.broken ?? []), ...after];
    const report = { day, charges: day1.charges, broken, own, play, talk };
    if (options.json === true) printJson({ scenario: loaded.name, seed: scenario.seed }, report);
    else print(`${loaded.title}, seed ${scenario.seed}, day ${day}`, report);
    if (broken.length > 0) process.exitCode = 1;
  } finally {
    await files?.close();
  }
}

function secondOf(options: PlatformOptions, needed: boolean): Target | undefined {
  const { secondCert: cert, secondKey: key } = options;
  if (cert !== undefined && key !== undefined) return findTarget({ ...options, cert, key }).target;
  if (!needed) return undefined;
  throw new OperatorError(
    'option-missing',
    'this scenario goes over to a new client certificate',
    'Give it with --second-cert and --second-key, and let the gateway accept it: sluice certs peer replace.',
  );
}
/** One line that is written over, on a terminal only. */
function progressOn(stream: NodeJS.WriteStream, total: number) {
  return (done: number, broken: number, over = false): void => {
    if (!stream.isTTY || (done % 10 !== 0 && !over)) return;
    stream.write(over ? '\r\u001b[K' : `\r${done} of ${total}${broken > 0 ? `, ${broken} broken` : ''}`);
  };
}

interface Report {
  readonly day: Day;
  readonly charges: Simulation['charges'];
  readonly broken: readonly string[];
  readonly own: readonly NamedDayFile[];
  readonly play: FilePlay | undefined;
  readonly talk: Talk;
}
function printJson(about: object, { talk, charges, own, play, ...report }: Report): void {
  const result = {
    ...about,
    ...report,
    counts: talk.counts,
    bySecond: talk.bySecond,
    charges: charges.map((charge) => ({ ...charge, amount: Number(charge.amount) })),
    dayFiles: own.map(({ content, ...file }) => ({ ...file, bytes: content.length })),
    deliveries: play?.deliveries ?? [],
    fetched: play?.fetched ?? [],
  };
  console.log(JSON.stringify(result, null, 2));
}
function print(title: string, { talk, charges, broken, own, play }: Report): void {
  const paint = paintFor(process.stdout);
  console.log(paint('bold', title));
  for (const [what, codes] of Object.entries(talk.counts)) {
    const words = Object.entries(codes).map(([code, count]) => `${code} × ${count}`);
    console.log(`  ${what.padEnd(28)} ${words.join(', ')}`);
  }
  const states = ['booked', 'refunded', 'void', 'undecided'] as const;
  console.log(
    `  payments: ${states.map((state) => `${charges.filter((one) => one.state === state).length} ${state}`).join(', ')}`,
  );
  if (talk.bySecond > 0) console.log(`  with the new certificate: ${talk.bySecond}`);
  for (const text of play?.fetched ?? []) console.log(`  fetched ${printable(text)}`);
  for (const { name, lines, injected } of own) {
    console.log(`  ${name}: ${lines} lines${play === undefined ? ', not sent (--sftp-user)' : ''}`);
    for (const text of injected) console.log(`    ${text}`);
  }
  for (const { name, steps } of play?.deliveries ?? []) {
    console.log(`  ${name}`);
    for (const step of steps) console.log(`    ${step}`);
  }
  if (broken.length === 0) console.log(paint('green', 'every promise was kept'));
  for (const [promise, times] of counted(broken))
    console.log(paint('red', `✗ ${printable(promise)}${times > 1 ? ` × ${times}` : ''}`));
  if (talk.refusal !== '') console.log(`  the first that was refused: ${printable(talk.refusal)}`);
}
const counted = (texts: readonly string[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
};
function dayOf(text: string): Day {
  const day = parseDay(text);
  if (day === undefined) throw new InvalidArgumentError('expected yyyyMMdd');
  return day;
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
