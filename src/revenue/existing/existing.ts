/** The port on a schema that the utility already has: its own statements and procedures, named in the configuration (docs/integration.md). */
import type { Clock, Ids } from '../../clock.js';
import type { Database, Row } from '../../database/database.js';
import type { Day } from '../../protocol/values.js';
import type { DunnableBill } from '../builtin/dunning.js';
import type { DeductionBooks } from '../deduction-books.js';
import type { ReconciliationBooks } from '../reconciliation-books.js';
import type { Booking, IssuedBill, PaymentRecord, RevenueSystem } from '../revenue-system.js';
import type { Unit } from '../unit.js';
import { existingDeduction } from './deduction.js';
import type { Desk } from './desk.js';
import { billsOfDay, bookingsOfDay, dunnableBills, paymentsOfDay } from './of-a-day.js';
import { agreements, bind, maintainAgreement } from './ours.js';
import { pay } from './pay.js';
import { supplement } from './proven.js';
import { arrears, findCustomers, hasCustomer, issuedBills, payments } from './queries.js';
import { refund, reverse } from './refund.js';
import { refundOfPayment } from './refund-journal.js';
import { type Resolved, resolveAll } from './resolve.js';
import type { ExistingSettings } from './settings.js';
import { serialStanding } from './standing.js';
import { paymentStatus } from './status.js';
import { assign, giveBack, hold } from './suspense.js';
import { Theirs } from './theirs.js';

export interface ExistingParts {
  /** Ours, with the journal: its migrations have run. */
  readonly journal: Database;
  /** Theirs, opened with `settings.database`. */
  readonly database: Database;
  readonly settings: ExistingSettings;
  readonly clock: Clock;
  readonly ids: Ids;
  /** A fault test stops here. */
  readonly at?: Desk['at'];
}

export interface ExistingRevenue extends RevenueSystem {
  /** Theirs: what monitoring says of it. */
  readonly database: Database;
  /** Settles calls in doubt; to be called now and then on any node. */
  resolve(): Promise<Resolved>;
  bookingsOfDay(unit: Unit, day: Day): AsyncIterable<Booking>;
  /** `undefined`: no statement gives the bookings of a day (`revenue.operations.bookingsOfDay`). */
  readonly reconciliation: ReconciliationBooks | undefined;
  /** What our files of a day are made of. @throws {DatabaseError} `fault` for a statement that is not configured */
  readonly files: {
    recordsOfDay(unit: Unit, day: Day): AsyncIterable<PaymentRecord>;
    billsIssuedOn(unit: Unit, day: Day): AsyncIterable<IssuedBill>;
    dunnableBills(unit: Unit, asOf: Day): AsyncIterable<DunnableBill>;
  };
  /**
   * Needs the statements of `missingForDeduction`.
   * @param reads our database with time for its statements
   */
  deduction(reads: () => Promise<Database>): DeductionBooks;
}

/** It keeps nothing in memory: any number of nodes may work on one journal. */
export function openExistingRevenue(parts: ExistingParts): ExistingRevenue {
  const { journal, database, settings, clock, ids, at } = parts;
  const theirs = new Theirs(database, settings, clock);
  const desk: Desk = { journal, theirs, clock, ids, ...(at && { at }) };
  const reconciliation: ReconciliationBooks = {
    supplement: (unit, order) => supplement(desk, unit, order),
    reverse: (unit, order) => reverse(desk, unit, order),
    standing: (unit, serial) => serialStanding(desk, unit, serial),
    reversalOf: async (unit, number) => (await refundOfPayment(journal, unit, number))?.refundNumber ?? '',
    hasCustomer: (unit, customer) => hasCustomer(desk, unit, customer),
    bookings: (unit, day) => bookingsOfDay(desk, unit, day),
    suspense: {
      hold: (unit, order) => hold(desk, unit, order),
      assign: (unit, number, customer, operator) => assign(desk, unit, number, customer, operator),
      giveBack: (unit, number, reason) => giveBack(desk, unit, number, reason),
    },
  };
  return {
    database,
    findCustomers: (unit, key, value) => findCustomers(desk, unit, key, value),
    arrears: (unit, customer, asOf, filter) => arrears(desk, unit, customer, asOf, filter),
    pay: (unit, order) => pay(desk, unit, order),
    paymentStatus: (unit, serial, moment) => paymentStatus(desk, unit, serial, moment),
    refund: (unit, order) => refund(desk, unit, order),
    supplement: (unit, order) => supplement(desk, unit, order),
    reverse: (unit, order) => reverse(desk, unit, order),
    bind: (unit, customer, bound, moment) => bind(desk, unit, customer, bound, moment),
    issuedBills: (unit, customer, from, to) => issuedBills(desk, unit, customer, from, to),
    payments: (unit, customer, from, to) => payments(desk, unit, customer, from, to),
    agreements: (unit, customer) => agreements(desk, unit, customer),
    maintainAgreement: (unit, order) => maintainAgreement(desk, unit, order),
    async ping() {
      await Promise.all([askOne(journal), askOne(database)]);
    },
    resolve: () => resolveAll(desk),
    bookingsOfDay: (unit, day) => bookingsOfDay(desk, unit, day),
    files: {
      recordsOfDay: (unit, day) => paymentsOfDay(desk, unit, day),
      billsIssuedOn: (unit, day) => billsOfDay(desk, unit, day),
      dunnableBills: (unit, asOf) => dunnableBills(desk, unit, asOf),
    },
    reconciliation: theirs.has('bookingsOfDay') ? reconciliation : undefined,
    deduction: (reads) => existingDeduction(desk, reads),
  };
}
const askOne = (database: Database): Promise<readonly Row[]> =>
  database.all({ text: (words) => `select 1 as one${words.dual}` });
