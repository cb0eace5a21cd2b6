/** What a simulated day is made of (scenarios/*.yaml). */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { messageOf, OperatorError } from '../../errors.js';

const share = z.number().min(0).max(1);
const count = z.int().min(0).max(1_000_000);
const scenarioFile = z.strictObject({
  title: z.string(),
  note: z.string().default(''),
  seed: z.int().default(1),
  exchanges: z.int().min(1).max(1_000_000).default(200),
  /** Per second; 0 = as fast as the answers come. */
  rate: z.number().min(0).default(0),
  /** Shares of what is asked. */
  mix: z
    .strictObject({
      query: z.number().min(0).default(70),
      pay: z.number().min(0).default(25),
      balance: z.number().min(0).default(5),
      bills: z.number().min(0).default(0),
    })
    .prefault({}),
  /** Fen of a payment where nothing is due, from … to. */
  amount: z.tuple([z.int().min(1), z.int().min(1)]).default([100, 20_000]),
  trouble: z
    .strictObject({
      lostAnswers: share
        .default(0)
        .describe('request or answer is lost, or the platform leaves while it waits; then 200012'),
      duplicates: share.default(0).describe('the same payment again'),
      refunds: share.default(0).describe('a booked payment is taken back'),
      yesterday: share.default(0).describe('bankDate of the day before: paid around midnight'),
      slowPieces: share.default(0).describe('the request comes in small pieces'),
      halfFrames: share.default(0).describe('a request that breaks off'),
      garbage: share.default(0).describe('bytes that are no frame'),
    })
    .prefault({}),
  /** ms between the pieces of a slow request. */
  pauseMs: z.int().min(0).max(10_000).default(20),
  /** The first third with the old certificate, then both by turns, the last third with the new one. */
  rotation: z.boolean().default(false),
  /** What is exchanged as files at the end of the day. */
  files: z
    .strictObject({
      dsdz: z.boolean().default(false).describe('one for each day of which there are payments'),
      platformOnly: count.default(0).describe('lines of payments that never reached the utility'),
      missing: count.default(0).describe('booked payments that the platform refunded afterwards'),
      differing: count.default(0).describe('lines with another amount'),
      redk: z.boolean().default(false).describe('answers the DKKK in download/'),
      failing: share.default(0.2).describe('debits that fail'),
      fetch: z.boolean().default(false).describe('fetches and reads everything that the utility published'),
      announcedEarly: z.boolean().default(false).describe('the notice comes before the file: 4003'),
      cut: z.boolean().default(false).describe('a file that breaks off in the middle comes first: 4000'),
      wrongDigest: z.boolean().default(false).describe('announced with the digest of another file: 4002'),
      sendTwice: z.boolean().default(false).describe('the same file again: repeated, with no effect'),
      otherContent: z.boolean().default(false).describe('the same name with other content: never 9999'),
    })
    .prefault({}),
});
export type Scenario = z.output<typeof scenarioFile> & { readonly name: string };

const SHIPPED = new URL('../../../scenarios/', import.meta.url);
/** Names of the scenarios that come with the product. */
export const shippedScenarios = (): string[] =>
  readdirSync(SHIPPED)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.replace(/\.yaml$/, ''))
    .sort();

/**
 * @param nameOrFile a shipped one by name, or a file
 * @throws {OperatorError} `scenario-unreadable`, `scenario-invalid`
 */
export function loadScenario(nameOrFile: string): Scenario {
  const shipped = shippedScenarios().includes(nameOrFile);
  const file = shipped ? fileURLToPath(new URL(`${nameOrFile}.yaml`, SHIPPED)) : nameOrFile;
  let raw: unknown;
  try {
    raw = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const next = `Name a file, or one of ${shippedScenarios().join(', ')}.`;
    throw new OperatorError('scenario-unreadable', `${nameOrFile}: ${messageOf(error)}`, next, {
      cause: error,
    });
  }
  const checked = scenarioFile.safeParse(raw);
  if (checked.success) return { ...checked.data, name: nameOrFile };
  const [issue] = checked.error.issues;
  const fault = `${file}: ${issue?.path.join('.') || 'the file'}: ${issue?.message}`;
  throw new OperatorError('scenario-invalid', fault, 'docs/testing-tools.md describes scenarios.');
}
