/** What a simulated day is made of (scenarios/*.yaml). */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { messageOf, OperatorError } from '../../errors.js';

const share = z.number().min(0).max(1);
const scenarioFile = z.strictObject({
  title: z.string(),
  note: z.string().default(''),
  seed: z.int().default(1),
  exchanges: z.int().min(1).max(1_000_000).default(200),
  /** Per second; 0 = as fast as the answers come. */
  rate: z.number().min(0).default(0),
  mix: z
    .strictObject({
      query: z.number().default(70),
      pay: z.number().default(25),
      balance: z.number().default(5),
    })
    .prefault({}),
  /** Fen of a payment, from … to. */
  amount: z.tuple([z.int().min(1), z.int().min(1)]).default([100, 20_000]),
  trouble: z
    .strictObject({
      lostAnswers: share.default(0).describe('the platform goes away before the answer, then asks 200012'),
      duplicates: share.default(0).describe('the same payment again'),
      refunds: share.default(0).describe('a booked payment is taken back'),
      yesterday: share.default(0).describe('bankDate of the day before: paid around midnight'),
      slowPieces: share.default(0).describe('the request comes in small pieces'),
      halfFrames: share.default(0).describe('a request that breaks off'),
      garbage: share.default(0).describe('bytes that are no frame'),
      secondIdentity: share.default(0).describe('with the second certificate, where one is given'),
    })
    .prefault({}),
  /** The DSDZ file of the day, made at the end from the platform's books. */
  file: z
    .strictObject({
      dsdz: z.boolean().default(false),
      platformOnly: z.int().min(0).default(0).describe('lines of payments that never reached the utility'),
      missing: z.int().min(0).default(0).describe('booked payments that the platform refunded afterwards'),
      differing: z.int().min(0).default(0).describe('lines with another amount'),
      sendTwice: z.boolean().default(false),
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
