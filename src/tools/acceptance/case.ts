/** One item of the acceptance list, and what it may use. */
import { chinaDay, type Moment } from '../../clock.js';
import type { Day, Serial } from '../../protocol/index.js';
import type { Asked, Asking } from '../platform/asking.js';
import { type ExchangeOptions, exchange, type Outcome, type Target } from '../platform/client.js';
import type { PlatformFiles } from '../platform/files.js';
import { freshSerial, readAnswer, requestFrame, type Sender } from '../platform/request.js';
import type { AcceptancePlan } from './plan.js';

export interface AcceptanceParts {
  readonly target: Target;
  /** The same server without a client certificate. */
  readonly anonymous: Target;
  readonly asking: Asking;
  /** Of a unit that is not this peer's. */
  readonly foreign: Asking;
  readonly sender: Sender;
  /** Short name, for file names. */
  readonly organisation: string;
  readonly plan: AcceptancePlan;
  /** Where files are put; `undefined`: no account was named. */
  readonly files: PlatformFiles | undefined;
}
export interface Message {
  readonly at: Moment;
  readonly request: Buffer;
  readonly outcome: Outcome;
}
/** Something that was done beside messages, e.g. a file that was put. */
export interface Deed {
  readonly at: Moment;
  readonly text: string;
}
/** The platform waits so long at least (spec "Connection"). */
const ANSWER_MS_MAX = 30_000;

/** The two sides of one item while it runs: asks, checks, and keeps every message for the record. */
export class Examination {
  readonly log: (Message | Deed)[] = [];
  readonly faults: string[] = [];
  readonly left: string[] = [];

  constructor(readonly parts: AcceptanceParts) {}

  /** The result code of the answer, or why there was none (`closed`, `timeout`, …). */
  async ask(asked: Asked, options: ExchangeOptions = {}): Promise<string> {
    return this.send(requestFrame(asked.serviceCode, asked.body, this.parts.sender), options);
  }
  async send(request: Buffer, options: ExchangeOptions = {}, target = this.parts.target): Promise<string> {
    const at = this.parts.sender.clock.now();
    const outcome = await exchange(target, request, options);
    this.log.push({ at, request, outcome });
    if (outcome.kind === 'answer' && outcome.ms > ANSWER_MS_MAX)
      this.faults.push(`应答用时 ${outcome.ms} 毫秒`);
    return outcome.kind === 'answer' ? (readAnswer(outcome.data)?.code ?? 'no message') : outcome.how;
  }
  did(text: string): void {
    this.log.push({ at: this.parts.sender.clock.now(), text });
  }
  /** The last answer's body. */
  get body(): Readonly<Record<string, unknown>> {
    const last = this.log.at(-1);
    const outcome = last && 'outcome' in last ? last.outcome : undefined;
    return (outcome?.kind === 'answer' ? readAnswer(outcome.data)?.body : undefined) ?? {};
  }
  /** How long the last exchange took, ms. */
  get ms(): number {
    const last = this.log.at(-1);
    return last && 'outcome' in last ? last.outcome.ms : 0;
  }
  get today(): Day {
    return chinaDay(this.parts.sender.clock.now());
  }
  serial(): Serial {
    return freshSerial(this.today, this.parts.sender.ids);
  }
  expect(code: string, ...allowed: readonly string[]): void {
    if (!allowed.includes(code)) this.faults.push(`应为 ${allowed.join(' 或 ')}，实为 ${code}`);
  }
  hold(holds: boolean, promise: string): void {
    if (!holds) this.faults.push(promise);
  }
  /** A part that could not be tested here, and why. */
  leave(why: string): void {
    this.left.push(why);
  }
}
export interface AcceptanceCase {
  readonly group: string;
  readonly title: string;
  run(examination: Examination): Promise<void>;
}
export interface CaseRecord {
  readonly group: string;
  readonly title: string;
  readonly faults: readonly string[];
  /** Not tested, and why. */
  readonly left: readonly string[];
  readonly log: readonly (Message | Deed)[];
  readonly ms: number;
}
export type CaseVerdict = 'passed' | 'failed' | 'left out';
/** `left out`: it, or a part of it, could not be tested. */
export const verdictOf = ({ faults, left }: Pick<CaseRecord, 'faults' | 'left'>): CaseVerdict =>
  faults.length > 0 ? 'failed' : left.length > 0 ? 'left out' : 'passed';

/** One record after the other. A case that throws is a fault of that case. */
export async function* examine(
  cases: readonly AcceptanceCase[],
  parts: AcceptanceParts,
): AsyncGenerator<CaseRecord> {
  for (const { group, title, run } of cases) {
    const examination = new Examination(parts);
    const begun = performance.now();
    try {
      await run(examination);
    } catch (error) {
      examination.faults.push(error instanceof Error ? error.message : String(error));
    }
    const { faults, left, log } = examination;
    yield { group, title, faults, left, log, ms: performance.now() - begun };
  }
}
