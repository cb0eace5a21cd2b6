/** One item of the acceptance list, and what it may use. */
import type { Asked, Asking } from '../platform/asking.js';
import { type ExchangeOptions, exchange, type Outcome, type Target } from '../platform/client.js';
import { readAnswer, requestFrame, type Sender } from '../platform/request.js';

export interface AcceptanceParts {
  readonly target: Target;
  /** The same server without a client certificate. */
  readonly anonymous: Target;
  readonly asking: Asking;
  /** Of a unit that is not this peer's. */
  readonly foreign: Asking;
  readonly sender: Sender;
  /** Owes something, and may be paid and refunded; nobody else pays for it meanwhile. */
  readonly customer: string;
  readonly unknownCustomer: string;
}
export interface Message {
  readonly request: Buffer;
  readonly outcome: Outcome;
}
/** The two sides of one item while it runs: asks, checks, and keeps every message for the record. */
export class Examination {
  readonly messages: Message[] = [];
  readonly faults: string[] = [];

  constructor(readonly parts: AcceptanceParts) {}

  /** The result code of the answer, or why there was none (`closed`, `timeout`, …). */
  async ask(asked: Asked, options: ExchangeOptions = {}): Promise<string> {
    return this.send(requestFrame(asked.serviceCode, asked.body, this.parts.sender), options);
  }
  async send(request: Buffer, options: ExchangeOptions = {}, target = this.parts.target): Promise<string> {
    const outcome = await exchange(target, request, options);
    this.messages.push({ request, outcome });
    return outcome.kind === 'answer' ? (readAnswer(outcome.data)?.code ?? 'no message') : outcome.how;
  }
  /** The last answer's body. */
  get body(): Readonly<Record<string, unknown>> {
    const outcome = this.messages.at(-1)?.outcome;
    return (outcome?.kind === 'answer' ? readAnswer(outcome.data)?.body : undefined) ?? {};
  }
  expect(code: string, ...allowed: readonly string[]): void {
    if (!allowed.includes(code)) this.faults.push(`应为 ${allowed.join(' 或 ')}，实为 ${code}`);
  }
  hold(holds: boolean, promise: string): void {
    if (!holds) this.faults.push(promise);
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
  readonly messages: readonly Message[];
  readonly ms: number;
}

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
    const { faults, messages } = examination;
    yield { group, title, faults, messages, ms: performance.now() - begun };
  }
}
