/** How the simulated platform talks: each exchange counted by what was asked and what was answered. */
import type { Asked } from '../platform/asking.js';
import { type ExchangeOptions, exchange, type Outcome, type Target } from '../platform/client.js';
import { readAnswer, requestFrame, type Sender } from '../platform/request.js';

export interface TalkParts {
  readonly target: Target;
  readonly secondTarget: Target | undefined;
  readonly sender: Sender;
  /** Between the pieces of a slow request. */
  readonly pauseMs: number;
}
export interface Manner {
  /** In small pieces. */
  readonly slow?: boolean;
  /** With the second certificate, where there is one. */
  readonly second?: boolean;
}
type Body = Readonly<Record<string, unknown>>;

export class Talk {
  /** What was asked → result code, or why there was none → how often. */
  readonly counts: Record<string, Record<string, number>> = {};
  /** Exchanges with the second certificate. */
  bySecond = 0;
  /** Why the first handshake that failed did; empty when none did. */
  refusal = '';
  #body: Body | undefined;

  constructor(private readonly parts: TalkParts) {}

  /** Of the last answer. */
  get body(): Body | undefined {
    return this.#body;
  }
  async ask(what: string, { serviceCode, body }: Asked, manner: Manner, options: ExchangeOptions = {}) {
    const frame = requestFrame(serviceCode, body, this.parts.sender);
    const slow = manner.slow === true ? { pieces: piecesOf(frame), pauseMs: this.parts.pauseMs } : {};
    return this.send(what, frame, manner, { ...slow, ...options });
  }
  async send(what: string, frame: Buffer, manner: Manner, options: ExchangeOptions = {}): Promise<string> {
    const second = manner.second === true ? this.parts.secondTarget : undefined;
    if (second !== undefined) this.bySecond += 1;
    const outcome = await exchange(second ?? this.parts.target, frame, options);
    this.#body = outcome.kind === 'answer' ? readAnswer(outcome.data)?.body : undefined;
    if (outcome.kind === 'no-answer' && outcome.how === 'refused') this.refusal ||= outcome.reason;
    const code = codeOf(outcome);
    const row = this.counts[what] ?? {};
    this.counts[what] = row;
    row[code] = (row[code] ?? 0) + 1;
    return code;
  }
}

function piecesOf(frame: Buffer): Buffer[] {
  const cuts = [0, 1, 5, 11, frame.length >> 1, frame.length - 1, frame.length];
  return cuts.slice(1).map((to, i) => frame.subarray(cuts[i], to));
}
const codeOf = (outcome: Outcome): string =>
  outcome.kind === 'answer' ? (readAnswer(outcome.data)?.code ?? 'no message') : outcome.how;
