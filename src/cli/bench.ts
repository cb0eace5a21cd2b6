import { writeFileSync } from 'node:fs';
import { SingleBar } from 'cli-progress';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { chinaText, systemClock, systemIds } from '../clock.js';
import { fenOf } from '../protocol/index.js';
import {
  defaultSender,
  type LoadProgress,
  type LoadSummary,
  loadPage,
  type MixKind,
  makeMix,
  mixKinds,
  runLoad,
  type Shares,
  seededChance,
  summarise,
  usualShares,
} from '../tools/index.js';
import { customersOf } from './customers.js';
import { withExample } from './options.js';
import { findTarget, positive, type TargetOptions, wholeNumber, withDialect, withTarget } from './target.js';

interface Options extends TargetOptions {
  readonly unit: string;
  readonly customers: [string, ...string[]];
  readonly rate?: number;
  readonly concurrency: number;
  readonly seconds: number;
  readonly mix: Shares;
  readonly amount: number;
  readonly resume?: boolean;
  readonly seed?: number;
  readonly json?: boolean;
  readonly html?: string;
}

/** `sluice bench`: load of short mutual-TLS exchanges, at a rate or by so many callers. */
export function benchCommand(program: Command): void {
  const bench = program
    .command('bench')
    .description('load a gateway with short mutual-TLS exchanges; latency corrected for coordinated omission')
    .requiredOption('--unit <id>', 'clearing unit 清算单位')
    .requiredOption(
      '--customers <list>',
      'numbers with commas, FIRST-LAST, or @FILE with one a line',
      customersOf,
    );
  withDialect(withTarget(bench))
    .option(
      '--rate <per second>',
      'open loop: so many exchanges a second, whether or not they are answered',
      positive,
    )
    .option('--concurrency <n>', 'callers at once; with --rate the most under way', wholeNumber, 32)
    .option('--seconds <n>', 'how long', positive, 10)
    .option('--mix <shares>', 'e.g. query=80,pay=16,status=3,refund=1', sharesOf, usualShares)
    .option('--amount <fen>', 'of each payment', wholeNumber, 100)
    .option('--resume', 'resume TLS sessions instead of full handshakes')
    .addOption(
      new Option(
        '--tls <version>',
        'speak only this version; RSA or ECDSA is decided by the certificates',
      ).choices(['1.2', '1.3']),
    )
    .option('--seed <n>', 'repeat the same sequence of kinds and customers', wholeNumber)
    .option('--html <file>', 'write a page with latency and throughput over time')
    .option('--json', 'print the figures as JSON');
  withExample(
    bench,
    'sluice bench --unit 90001 --customers 0090010000-0090010299 --rate 200 --seconds 30 --dir demo',
    'sluice bench --unit 90001 --customers 0090010000 --mix query=1 --concurrency 16 --target 127.0.0.1:1224',
  ).action(run);
}

async function run(options: Options): Promise<void> {
  const { target, dialectOf, shortNameOf } = findTarget(options);
  const random = options.seed ?? systemIds.bytes(4).readUInt32LE();
  const mix = makeMix({
    unit: options.unit,
    dialect: dialectOf(options.unit),
    customers: options.customers,
    shares: options.mix,
    amount: fenOf(BigInt(options.amount)),
    sender: { ...defaultSender, target: shortNameOf(options.unit) },
    chance: seededChance(random),
  });
  const progress =
    options.json === true || process.stderr.isTTY !== true ? undefined : liveProgress(options.seconds);
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const samples = await runLoad({
    target,
    rate: options.rate,
    concurrency: options.concurrency,
    seconds: options.seconds,
    resume: options.resume === true,
    next: mix.next,
    done: mix.done,
    signal: stop.signal,
    ...(progress && { progress: progress.show }),
  });
  progress?.stop();
  const summary = summarise(samples);
  const loop = options.rate === undefined ? `${options.concurrency} callers` : `${options.rate}/s open loop`;
  if (options.html !== undefined) {
    writeFileSync(
      options.html,
      loadPage(summary, `${target.host}:${target.port} · ${loop} · ${chinaText(systemClock.now())}`),
    );
  }
  if (options.json === true) console.log(JSON.stringify({ loop, seed: random, ...summary }, null, 2));
  else console.log(readable(summary, loop));
  if (summary.exchanges === 0 || summary.failed > 0) process.exitCode = 1;
}

function readable(summary: LoadSummary, loop: string): string {
  const line = (name: string, { p50, p90, p99, p999, max }: LoadSummary['latencyMs']) =>
    `${name.padEnd(12)} ${[p50, p90, p99, p999, max].map((value) => value.toFixed(1).padStart(9)).join('')}`;
  const codes = Object.entries(summary.codes).map(([code, count]) => `${code} × ${count}`);
  return [
    `${summary.exchanges} exchanges in ${summary.seconds.toFixed(1)} s, ${summary.perSecond.toFixed(1)}/s (${loop}), ${summary.failed} without an answer, ${summary.resumed} resumed`,
    `${''.padEnd(12)} ${['p50', 'p90', 'p99', 'p99.9', 'max'].map((name) => name.padStart(9)).join('')}   ms`,
    line('latency', summary.latencyMs),
    line('service', summary.serviceMs),
    line('handshake', summary.handshakeMs),
    ...Object.entries(summary.kinds).map(([kind, one]) => line(kind, one.latencyMs)),
    `codes: ${codes.join(', ')}`,
  ].join('\n');
}

function liveProgress(seconds: number) {
  const format = '{bar} {value}/{total} s  {rate}/s  under way {underWay}  failed {failed}';
  const bar = new SingleBar({ format, clearOnComplete: true, hideCursor: true, stream: process.stderr });
  bar.start(Math.round(seconds), 0, { rate: 0, underWay: 0, failed: 0 });
  return {
    show({ elapsedMs, finished, underWay, failed }: LoadProgress) {
      const rate = Math.round(finished / Math.max(elapsedMs / 1000, 0.001));
      bar.update(Math.min(Math.round(seconds), Math.floor(elapsedMs / 1000)), { rate, underWay, failed });
    },
    stop: () => bar.stop(),
  };
}

function sharesOf(text: string): Shares {
  const shares: Record<MixKind, number> = { query: 0, pay: 0, status: 0, refund: 0 };
  for (const part of text.split(',')) {
    const [, name, share] = /^(\w+)=(\d{1,6})$/.exec(part.trim()) ?? [];
    const kind = mixKinds.find((one) => one === name);
    if (kind === undefined)
      throw new InvalidArgumentError(`expected KIND=SHARE, KIND one of ${mixKinds.join(', ')}`);
    shares[kind] = Number(share);
  }
  return shares;
}
