/* One request of `sluice send`: asked, sent, printed. */
import { chinaDay, systemClock } from '../clock.js';
import { OperatorError } from '../errors.js';
import { printable } from '../log.js';
import {
  type Day,
  type Fen,
  fenOf,
  isResultCode,
  meaningOf,
  messageOf,
  type Serial,
  wireDialectOf,
} from '../protocol/index.js';
import {
  type Asked,
  type Asking,
  askDue,
  askingOf,
  defaultSender,
  exchange,
  explainFields,
  explainFrame,
  freshSerial,
  type Outcome,
  paintFor,
  readAnswer,
  renderFields,
  renderFrame,
  requestFrame,
} from '../tools/index.js';
import { type BillOption, need } from './send-options.js';
import { type Found, findTarget, type TargetOptions } from './target.js';

interface Common extends TargetOptions {
  readonly unit: string;
  readonly source: string;
  readonly charset: 'utf8' | 'gbk';
  readonly json?: boolean;
  readonly bytes?: boolean;
}
export interface Given extends Common {
  readonly customer?: string;
  readonly by?: '0' | '1' | '2' | '3';
  readonly serial?: Serial;
  readonly refundSerial?: Serial;
  readonly date?: Day;
  readonly amount?: Fen;
  readonly bill?: BillOption[];
  readonly array?: boolean;
  readonly fee?: '11' | '12';
  readonly unbind?: boolean;
  readonly from?: string;
  readonly to?: string;
  readonly deal?: 'sign' | 'cancel' | 'change';
  readonly agreement?: string;
  readonly bank?: string;
  readonly account?: string;
  readonly file?: string;
  readonly type?: string;
  readonly path?: string;
  readonly service?: string;
  readonly body?: string;
}
export interface Step {
  readonly asked: Asked;
  /** What the tester needs to know to go on, e.g. the fresh serial. */
  readonly facts: Readonly<Record<string, string>>;
}

export interface Context {
  readonly asking: Asking;
  readonly found: Found;
  readonly today: Day;
  readonly sender: typeof defaultSender;
}
export type Ask = (given: Given, context: Context) => Promise<Step>;

/** Asks, sends and prints. Exit code 1 where no answer came. */
export async function runSend(given: Given, ask: Ask): Promise<void> {
  const found = findTarget(given);
  const dialect = found.dialectOf(given.unit);
  const sender = {
    ...defaultSender,
    source: given.source,
    target: found.shortNameOf(given.unit),
    charset: given.charset,
  };
  const asking = askingOf(given.unit, given.array === true ? { ...dialect, rowsAs: 'array' } : dialect);
  const { asked, facts } = await ask(given, { asking, found, today: chinaDay(systemClock.now()), sender });
  const request = requestFrame(asked.serviceCode, asked.body, sender);
  const outcome = await exchange(found.target, request);
  if (given.json === true) printJson(asked, facts, outcome);
  else printReadable(given, found, asked, facts, request, outcome);
  if (outcome.kind === 'no-answer') process.exitCode = 1;
}

/** A payment of what is named, else of what is due. */
export async function pay(given: Given, { asking, found, today, sender }: Context): Promise<Step> {
  const customer = need(given.customer, 'customer');
  const named = given.bill?.map((row) => ({ ...row, customer }));
  const due = given.amount === undefined || named === undefined ? await dueOf() : undefined;
  const rows = named ?? due?.rows ?? [];
  const amount = given.amount ?? due?.amount ?? fenOf(0n);
  if (amount <= 0n) {
    throw new OperatorError(
      'nothing-due',
      `customer ${customer} owes nothing`,
      'Name an --amount to pay in advance.',
    );
  }
  const day = given.date ?? today;
  const serial = given.serial ?? freshSerial(day);
  const order = {
    serial,
    bookingDay: day,
    amount,
    rows: rows.length > 0 ? rows : [{ customer, bill: '', month: undefined }],
  };
  return { asked: asking.pay(order), facts: { serial, amount: String(amount) } };

  async function dueOf() {
    const answered = await askDue(found.target, asking, customer, found.dialectOf(given.unit), sender);
    if (typeof answered !== 'string') return answered;
    if (given.amount !== undefined) return undefined;
    throw new OperatorError(
      'due-unknown',
      `what is due could not be learnt: ${answered}`,
      'Name an --amount and --bill.',
    );
  }
}

function printJson({ serviceCode, body }: Asked, facts: Step['facts'], outcome: Outcome): void {
  const request = { serviceCode, body };
  if (outcome.kind === 'no-answer') {
    const { how, reason, ms } = outcome;
    console.log(JSON.stringify({ answered: false, how, reason, ms, ...facts, request }, null, 2));
    return;
  }
  const answer = readAnswer(outcome.data);
  const { ms, handshakeMs } = outcome;
  const code = { rtnCode: answer?.code, rtnMsg: answer?.body.rtnMsg };
  const all = {
    answered: true,
    ...code,
    ...facts,
    ms,
    handshakeMs,
    head: answer?.head,
    body: answer?.body,
    request,
  };
  console.log(JSON.stringify(all, null, 2));
}

function printReadable(
  given: Given,
  found: Found,
  asked: Asked,
  facts: Step['facts'],
  request: Buffer,
  outcome: Outcome,
): void {
  const paint = paintFor(process.stdout);
  const dump = (bytes: Buffer) =>
    renderFrame(explainFrame(bytes, found.dialectOf(given.unit)), { paint, dumpRowsMax: 64 });
  if (given.bytes === true) console.log(`${paint('bold', '→ request')}\n${dump(request)}\n`);
  for (const [name, value] of Object.entries(facts)) console.log(`${name}  ${value}`);
  const { host, port } = found.target;
  if (outcome.kind === 'no-answer') {
    console.log(paint('red', `no answer from ${host}:${port}: ${printable(outcome.reason)}`));
    return;
  }
  const answer = readAnswer(outcome.data);
  const code = answer?.code ?? '????';
  const meaning = isResultCode(code) ? meaningOf(code) : '';
  const handshake = outcome.handshakeMs?.toFixed(1) ?? '?';
  const time = paint('dim', `${outcome.ms.toFixed(1)} ms, handshake ${handshake} ms, ${host}:${port}`);
  const title = `${asked.serviceCode} ${messageOf(asked.serviceCode)?.title ?? ''}`;
  console.log(
    `${paint('bold', title)}  ${paint(code === '9999' ? 'green' : 'yellow', `${code} ${meaning}`)}  ${time}`,
  );
  const fields = messageOf(asked.serviceCode)?.answer ?? {};
  const lines = explainFields(fields, answer?.body, wireDialectOf(found.dialectOf(given.unit)), 'body');
  const told = lines.filter(
    ({ raw, fault }) => (raw !== '' && raw !== '""' && raw !== '[]') || fault !== undefined,
  );
  console.log(
    renderFields(
      told.map((line) => ({ ...line, path: line.path.replace(/^body\./, '') })),
      paint,
    ).join('\n'),
  );
  if (given.bytes === true)
    console.log(`\n${paint('bold', '← answer data')}\n${printable(outcome.data.toString('utf8'))}`);
}
