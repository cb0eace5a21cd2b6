import { arrearsQuery, type Fen, type Month, type UnitDialect, wireDialectOf } from '../../protocol/index.js';
import type { Asking } from './asking.js';
import { exchange, type Target } from './client.js';
import { readAnswer, requestFrame, type Sender } from './request.js';

export interface Due {
  readonly amount: Fen;
  readonly rows: readonly {
    readonly customer: string;
    readonly bill: string;
    readonly month: Month | undefined;
  }[];
}
/** What a customer owes, asked as the platform asks before it collects; a text says why it could not be learnt. */
export async function askDue(
  target: Target,
  asking: Asking,
  customer: string,
  dialect: UnitDialect,
  sender: Sender,
): Promise<Due | string> {
  const { serviceCode, body } = asking.query(customer);
  const outcome = await exchange(target, requestFrame(serviceCode, body, sender));
  if (outcome.kind === 'no-answer') return outcome.reason;
  const answer = readAnswer(outcome.data);
  const read = arrearsQuery.readAnswer(answer?.body, wireDialectOf(dialect));
  if (answer?.code !== '9999' || !read.ok) return `200001 answered ${answer?.code} ${answer?.meaning}`;
  const rows = read.value.bills
    .filter(({ bill }) => bill !== '')
    .map(({ bill, month }) => ({ customer, bill, month }));
  return { amount: read.value.totalOwed, rows };
}
