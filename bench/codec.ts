/**
 * What a message costs: reading the request's bytes, checking every field, writing the answer's frame; next to JSON.parse and
 * JSON.stringify of the same texts, in the same run, alternating. Medians of the ratios of each round; goal 2. Where a message carries text inside
 * its JSON (the rows of 200002, the lines of 200005), the reference does not look into that text, and the ratio says so.
 *
 *   npx tsx bench/codec.ts [--rounds 11]
 */
import { parseArgs } from 'node:util';
import { answerHead, encodeMessage, parseEnvelope } from '../src/protocol/index.js';
import { dialect, type Sample, samples } from './codec/samples.js';
import { goalLine, markdown, median } from './report.js';

const { values: options } = parseArgs({ options: { rounds: { type: 'string', default: '11' } } });
const rounds = Number(options.rounds);
const CALLS = 4000;

let sink: unknown;

/** CPU nanoseconds of one call: other work on the machine does not count. */
function nanoseconds(call: () => unknown): number {
  const begun = process.cpuUsage();
  for (let i = 0; i < CALLS; i += 1) sink = call();
  const { user, system } = process.cpuUsage(begun);
  return ((user + system) * 1000) / CALLS;
}
/** Bytes that one call leaves on the heap. */
function allocated(call: () => unknown): number {
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < 500; i += 1) sink = call();
  return Math.max(0, process.memoryUsage().heapUsed - before) / 500;
}

function halves({ message, data, answer }: Sample) {
  const [code] = message.serviceCodes;
  const envelope = parseEnvelope(data, 'utf8');
  if (!envelope.ok) throw new Error(envelope.detail);
  const head = answerHead(envelope.head, code, '20240404101112');
  const json = { head: JSON.parse(data.toString()).head, body: message.writeAnswer(answer, dialect) };
  return {
    read: () => {
      const read = parseEnvelope(data, 'utf8');
      return read.ok && message.readRequest(read.body, dialect);
    },
    parse: () => JSON.parse(data.toString('utf8')),
    write: () => encodeMessage(code, head, message.writeAnswer(answer, dialect), 'utf8'),
    stringify: () => Buffer.from(JSON.stringify(json)),
  };
}

const runs = samples.map((sample) => ({ sample, calls: halves(sample) }));
for (const { calls, sample } of runs) {
  const read = calls.read();
  if (read === false || !read.ok) throw new Error(`${sample.name} cannot be read`);
}
// All messages in turn, several times: as in production, the code has met every shape before it is measured.
const times = runs.map(() => ({
  read: [] as number[],
  parse: [] as number[],
  write: [] as number[],
  stringify: [] as number[],
}));
for (let round = 0; round < rounds + 2; round += 1) {
  for (const [i, { calls }] of runs.entries()) {
    for (const name of ['read', 'parse', 'write', 'stringify'] as const) {
      const taken = nanoseconds(calls[name]);
      if (round >= 2) times[i]?.[name].push(taken);
    }
  }
}
/** Within each round, where both sides met the same machine. */
const ratiosOf = (at: number): number[] => {
  const { read = [], parse = [], write = [], stringify = [] } = times[at] ?? {};
  return read.map((one, round) => {
    const reference = (parse[round] ?? Number.NaN) + (stringify[round] ?? Number.NaN);
    return (one + (write[round] ?? Number.NaN)) / reference;
  });
};
const rows = runs.map(({ sample, calls }, i) => {
  const [read, parse, write, stringify] = (['read', 'parse', 'write', 'stringify'] as const).map((name) =>
    Math.round(median(times[i]?.[name] ?? [])),
  ) as [number, number, number, number];
  return {
    message: sample.name,
    'read ns': read,
    'parse ns': parse,
    'write ns': write,
    'stringify ns': stringify,
    ratio: Number(median(ratiosOf(i)).toFixed(2)),
    'bytes left': Math.round(allocated(calls.read) + allocated(calls.write)),
  };
});
const head = Object.keys(rows[0] ?? {});
console.log(
  markdown({
    title: 'Codec: reading, checking and writing each message',
    head,
    rows: rows.map((row) => Object.values(row).map(String)),
    notes: [
      `${CALLS} calls × ${rounds} rounds, alternating, medians of CPU time; "bytes left" is what one call leaves on the heap.`,
    ],
  }),
);
// Lines of 200005 and 200008 are some seventy cells each, which the reference passes on as one text without looking into it.
const isText = ({ message }: (typeof rows)[number]) => /^20000[58]/.test(message);
const worst = (of: typeof rows) => Math.max(...of.map(({ ratio }) => ratio));
const what = 'read + write, ratio to JSON.parse + JSON.stringify';
console.log(
  goalLine({ what: `${what}, median`, measured: median(rows.map(({ ratio }) => ratio)), atMost: 2 }),
);
console.log(
  goalLine({
    what: `${what}, worst without file lines in JSON`,
    measured: worst(rows.filter((row) => !isText(row))),
    atMost: 2,
  }),
);
console.log(
  goalLine({
    what: `${what}, worst with them (200005, 200008)`,
    measured: worst(rows.filter(isText)),
    atMost: 2,
  }),
);
if (sink === undefined) throw new Error('nothing was measured');
