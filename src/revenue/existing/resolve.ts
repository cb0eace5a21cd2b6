/** Settles calls whose end is not known, by asking the utility's system for the serial. */

import { textCell } from '../../database/index.js';
import type { Fen } from '../../protocol/values.js';
import type { Unit } from '../unit.js';
import type { Desk } from './desk.js';
import { callsInDoubt, findRow, type JournalRow, release, settle } from './journal.js';
import { finishRefund, type RefundRow, refundsInDoubt, releaseRefund } from './refund-journal.js';
import { settleProven } from './suspense-journal.js';
import { textOr } from './theirs.js';

/** A payment as their tables know it. */
export interface TheirPayment {
  readonly paymentNumber: string;
  readonly customer: string;
  readonly amount: Fen;
  readonly refunded: boolean;
  readonly refundNumber: string;
  /** What of it went into bills; `undefined`: the statement does not say. */
  readonly principal: Fen | undefined;
}
export async function askPayment(
  { theirs }: Desk,
  unit: Pick<Unit, 'id'>,
  theirSerial: string,
): Promise<TheirPayment | undefined> {
  const [row] = await theirs.ask('paymentBySerial', { unit: unit.id, serial: theirSerial });
  return (
    row && {
      paymentNumber: textCell(row, 'payment_number'),
      customer: textCell(row, 'customer'),
      amount: theirs.formats.readAmount(row, 'amount'),
      refunded: theirs.formats.readFlag(row, 'refunded'),
      refundNumber: textOr(row, 'refund_number'),
      principal: row.principal === undefined ? undefined : theirs.formats.readAmount(row, 'principal'),
    }
  );
}

/**
 * Asks what became of a call. What they have is booked, at any time; what they do not have did not happen once the call can no longer be running, and
 * is then void: the platform may have been told so. Before that it stays in doubt.
 */
export async function resolveCall(desk: Desk, row: JournalRow): Promise<void> {
  const { journal, clock } = desk;
  // The moment before the question: an answer about an earlier moment must not settle a later one.
  const askedAt = clock.now();
  const found = await askPayment(desk, { id: row.unit }, row.theirSerial);
  if (found !== undefined) await settleProven(journal, row, found.paymentNumber, found.customer, clock.now());
  else if (askedAt > row.unsureUntil) {
    if (row.priorState === undefined) await settle(journal, row, { state: 'void' }, clock.now());
    else await release(journal, row, clock.now());
  }
}
/** The same for a payment that was to be taken back. */
export async function resolveRefund(desk: Desk, row: RefundRow): Promise<void> {
  const { journal, clock } = desk;
  const askedAt = clock.now();
  const unit = { id: row.unit };
  const payment = await findRow(journal, unit, row.serial);
  const found = payment && (await askPayment(desk, unit, payment.theirSerial));
  if (found?.refunded === true)
    await finishRefund(journal, row, found.refundNumber || row.refundNumber, clock.now());
  else if (askedAt > row.unsureUntil) await releaseRefund(journal, row);
}

export interface Resolved {
  /** Settled now. */
  readonly settled: number;
  /** Looked into and still open. */
  readonly open: number;
}
/** Looks into every call that can no longer be running. Any number of nodes may do it at once. */
export async function resolveAll(desk: Desk): Promise<Resolved> {
  const { journal, clock } = desk;
  const before = clock.now();
  const calls = await callsInDoubt(journal, before);
  for (const row of calls) await resolveCall(desk, row);
  const refunds = await refundsInDoubt(journal, before);
  for (const row of refunds) await resolveRefund(desk, row);
  const left = (await callsInDoubt(journal, before)).length + (await refundsInDoubt(journal, before)).length;
  return { settled: calls.length + refunds.length - left, open: left };
}
