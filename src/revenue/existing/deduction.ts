/**
 * Batch deduction on a schema of the utility's own. Batches and lines are ours, bills and locks theirs, so nothing is one transaction. What holds
 * instead: a lock bears its batch, and locking again what the batch holds changes nothing; a debit goes through the journal by its serial.
 */
import { type Binds, type Database, DatabaseError } from '../../database/database.js';
import { numberCell } from '../../database/index.js';
import { agreementsOfUnit } from '../builtin/agreements.js';
import { contentHash } from '../builtin/books.js';
import type { Debit, DebitOutcome, DeductibleBill, DeductionBooks } from '../deduction-books.js';
import { addFen, subFen } from '../money.js';
import type { Agreement } from '../revenue-system.js';
import type { Unit } from '../unit.js';
import type { Desk } from './desk.js';
import type { JournalRow } from './journal.js';
import { bookProven, mayBeSupplemented } from './proven.js';
import { openBillsOf } from './queries.js';
import { askPayment } from './resolve.js';
import type { ChangeName } from './settings.js';

/** @param reads our database with time for its statements: the agreements of a unit are read there */
export function existingDeduction(desk: Desk, reads: () => Promise<Database>): DeductionBooks {
  const { journal, theirs, clock, ids } = desk;
  const { formats } = theirs;
  const change = (name: ChangeName, binds: Binds) =>
    theirs.change(name, binds, clock.now() + theirs.callMsMax);
  return {
    database: journal,
    clock,
    ids,
    // Each is a call of theirs, and a batch's row (on SQLite: our whole database) waits for them.
    atOnce: 20,
    async *eligible(unit, asOf) {
      // Customer by customer: those who have an agreement are few, and their order must be ours.
      for await (const agreement of agreementsOfUnit(await reads(), unit))
        yield* deductibleBills(desk, unit, agreement, asOf);
    },
    countEligible: async () => 0,
    async hold(_tx, unit, batch, asOf, bills) {
      const held = new Set<string>();
      for (const { bill, customer, principal, lateFee } of bills) {
        const { meaning } = await change('lockBill', {
          ...{ unit: unit.id, bill, customer, batch, day: formats.day(asOf) },
          ...{ amount: formats.amount(principal), lateFee: formats.amount(lateFee) },
        });
        if (meaning === 'done' || meaning === 'already') held.add(bill);
      }
      return held;
    },
    async settle(unit, batch, read, note) {
      const results = await journal.transaction(read);
      const outcomes: DebitOutcome[] = [];
      for (const debit of results.debits) outcomes.push(await bookDebit(desk, unit, debit));
      // Whatever it answers: a bill that the batch does not hold is free already.
      for (const bill of results.failed) await change('unlockBill', { unit: unit.id, bill, batch });
      await journal.transaction((tx) => note(tx, results, outcomes));
    },
    async release(unit, batch, note) {
      // First ours: a batch that goes out must hold its bills, one that is given up may be given up again.
      await journal.transaction(note);
      const { meaning, row } = await change('unlockBatch', { unit: unit.id, batch });
      if (meaning !== 'done') throw new DatabaseError('fault', `unlockBatch: answered ${meaning}`);
      return numberCell(row, 'bills');
    },
  };
}

async function* deductibleBills(
  desk: Desk,
  unit: Unit,
  { customer, agreementNumber, bankCode, bankAccount }: Agreement,
  asOf: Parameters<DeductionBooks['eligible']>[1],
): AsyncIterable<DeductibleBill> {
  const found = await openBillsOf(desk, unit, customer, asOf);
  if (found === undefined || found.customer.state === 'closed') return;
  for (const { bill } of found.bills) {
    const principal = subFen(bill.receivable, bill.received);
    const deductible = {
      ...{ bill: bill.bill, customer, agreementNumber, bankCode, bankAccount },
      ...{ month: bill.month, volume: bill.volume, principal, lateFee: bill.lateFee },
    };
    if (addFen(principal, bill.lateFee) > 0n) yield deductible;
  }
}

/** Books one debit, or finds that it was booked before a crash. */
async function bookDebit(desk: Desk, unit: Unit, debit: Debit): Promise<DebitOutcome> {
  const { serial, customer, bill, amount, day, batch } = debit;
  const rows = [{ customer, bill, month: undefined }];
  const order = { ...debit, rows, bookingDay: day, orderedBy: batch };
  const outcome = await bookProven(desk, unit, order, {
    by: 'debit',
    kind: 'deduction',
    binds: { bill, batch },
    takes: (known) => mayBeSupplemented(desk, unit, known),
  });
  switch (outcome.kind) {
    case 'booked':
      return outcomeOf(desk, unit, outcome.row);
    case 'theirs-already':
      return { kind: 'already-booked', paymentNumber: outcome.paymentNumber };
    case 'known': {
      const { row } = outcome;
      const isOurs = row.kind === 'deduction' && row.contentHash === contentHash(customer, amount, day, rows);
      return isOurs
        ? outcomeOf(desk, unit, row)
        : { kind: 'already-booked', paymentNumber: row.paymentNumber };
    }
    case 'unknown-customer':
      throw new DatabaseError('fault', `debit: the customer of serial ${serial} is not there any more`);
    default:
      return outcome satisfies never;
  }
}

/** A debit pays its own bill, or nothing: what went into bills tells which. */
async function outcomeOf(desk: Desk, unit: Unit, { theirSerial }: JournalRow): Promise<DebitOutcome> {
  const booked = await askPayment(desk, unit, theirSerial);
  if (booked === undefined)
    throw new DatabaseError('fault', 'paymentBySerial does not give what debit booked');
  const { principal, paymentNumber } = booked;
  if (principal === undefined)
    throw new DatabaseError('fault', 'revenue.operations.paymentBySerial gives no principal');
  return { kind: principal > 0n ? 'settled' : 'prepaid', paymentNumber };
}
