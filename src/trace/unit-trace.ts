/** Follows a payment within one clearing unit: from what was asked for to serials, from serials to bookings, days and files. */
import { addDays, chinaDay } from '../clock.js';
import { messageOf } from '../errors.js';
import { filesNaming, traceDeduction, traceReconciliation } from '../exchange/index.js';
import { type Day, parseDay, parseSerial } from '../protocol/values.js';
import { traceBuiltin, traceExisting } from '../revenue/index.js';
import { searchExchanges } from '../server/index.js';
import type { TraceParts } from './gather.js';
import type { Found } from './pool.js';

/** Of a customer's or a serial's exchanges: the newest. */
export const EXCHANGES_MAX = 200;
/** Days whose files are searched: the newest. */
const DAYS_MAX = 31;
/** Days before today in whose files a customer is looked for, whatever is booked. */
const CUSTOMER_DAYS = 7;

export class UnitTrace {
  readonly #days = new Set<Day>();
  readonly #issueDays = new Set<Day>();
  /** What a file line may say of it. */
  readonly #texts = new Set<string>();
  readonly #books;
  readonly #journal;
  readonly #recon;
  readonly #deduct;

  constructor(
    private readonly parts: TraceParts,
    private readonly unit: string,
    private readonly found: Found,
    /** Known to belong to it; grows. */
    private readonly serials: Set<string>,
  ) {
    const { database } = parts;
    this.#books = traceBuiltin(database, unit);
    this.#journal = traceExisting(database, unit);
    this.#recon = traceReconciliation(database, unit);
    this.#deduct = traceDeduction(database, unit);
  }

  /** A text may be several things at once; all of them are followed. */
  async follow(subject: string): Promise<void> {
    await this.#asSerial(subject);
    await this.#asPayment(subject);
    await this.#asBill(subject);
    await this.#asCustomer(subject);
    this.found.deductions.add(...(await this.#deduct.ofDetail(subject)));
    // Each serial may lead to bookings, and they to further serials: the set grows while it is gone through.
    for (const serial of this.serials) await this.#followSerial(serial);
    await this.#searchDays();
  }

  async #asSerial(subject: string): Promise<void> {
    // Also one that nobody here knows: the platform's file of its day may have it.
    if (parseSerial(subject) !== undefined && parseDay(subject.slice(0, 8)) !== undefined)
      this.serials.add(subject);
    const known =
      (await this.#books.serial(subject)) ??
      (await this.#journal.call(subject)) ??
      (await this.#recon.differencesOf(subject))[0];
    if (known === undefined) return;
    this.found.kinds.add('serial');
    this.serials.add(subject);
  }
  async #asPayment(subject: string): Promise<void> {
    if ((await this.#books.payment(subject)) || (await this.#books.suspense(subject))) {
      this.found.kinds.add('payment');
      await this.#addPayment(subject);
    }
    const takenBack = await this.#books.paymentRefundedBy(subject);
    if (takenBack === undefined) return;
    this.found.kinds.add('refund-serial');
    await this.#addPayment(takenBack);
  }
  async #asBill(subject: string): Promise<void> {
    const bill = await this.#books.bill(subject);
    // One of the utility's own schema is known here by its requests only.
    const requested = await this.#deduct.ofBill(subject);
    if (bill === undefined && requested.length === 0) return;
    const { found, unit } = this;
    found.kinds.add('bill');
    this.#texts.add(subject);
    found.deductions.add(...requested);
    if (bill === undefined) return;
    found.bills.add(bill);
    this.#issueDays.add(bill.issuedOn);
    for (const number of await this.#books.entriesOf(subject)) {
      await this.#addPayment(number);
      const entry = found.payments.has(number) ? undefined : await this.#books.entry(number);
      // Refunds and reversals stand with the payment that they took back.
      if (entry && entry.kind !== 'refund' && entry.kind !== 'reversal') found.entries.add(entry);
    }
    const search = { customer: bill.customer, unit, rowsMax: EXCHANGES_MAX };
    const ofCustomer = await searchExchanges(this.parts.database, search);
    found.exchanges.add(...ofCustomer.filter((one) => (one.request + one.answer).includes(subject)));
  }
  async #asCustomer(subject: string): Promise<void> {
    const { found } = this;
    const called = await this.#journal.serialsOf(subject);
    const held = await this.#books.suspenseOf(subject);
    const differing = await this.#recon.serialsOf(subject);
    const requested = await this.#deduct.ofCustomer(subject);
    const isKnown = await this.#books.hasCustomer(subject);
    if (!isKnown && called.length + held.length + differing.length + requested.length === 0) return;
    found.kinds.add('customer');
    this.#texts.add(subject);
    // Whoever asks for a customer misses something that happened lately, and perhaps only at the platform.
    const today = chinaDay(this.parts.clock.now());
    for (let back = 0; back <= CUSTOMER_DAYS; back += 1) this.#days.add(addDays(today, -back));
    for (const { paymentNumber } of await this.#books.paymentsOf(subject))
      await this.#addPayment(paymentNumber);
    for (const serial of [...called, ...differing, ...held.map((one) => one.serial)])
      this.serials.add(serial);
    found.suspense.add(...held);
    found.deductions.add(...requested);
  }

  /** A payment, the one that it replaced, and where its money stood before. */
  async #addPayment(number: string): Promise<void> {
    const { found } = this;
    if (number === '' || found.payments.has(number)) return;
    const payment = await this.#books.payment(number);
    if (payment === undefined) {
      const held = (await this.#books.suspense(number)) ?? (await this.#books.suspenseBehind(number));
      if (held) found.suspense.add(held);
      return;
    }
    found.payments.add(payment);
    this.#texts.add(number);
    if (payment.serial !== '') this.serials.add(payment.serial);
    const held = await this.#books.suspenseBehind(number);
    if (held) found.suspense.add(held);
    for (const { bill } of payment.entry?.bills ?? [])
      found.deductions.add(...(await this.#deduct.ofBill(bill)));
    await this.#addPayment(payment.replaces);
    const again = payment.serial === '' ? [] : await this.#books.numbersOf(payment.customer, payment.serial);
    for (const other of again) await this.#addPayment(other);
  }

  async #followSerial(serial: string): Promise<void> {
    const { found, unit } = this;
    this.#texts.add(serial);
    const row = await this.#books.serial(serial);
    if (row) found.serials.add(row);
    await this.#addPayment(row?.paymentNumber ?? '');
    const call = await this.#journal.call(serial);
    if (call) found.calls.add(call);
    await this.#addPayment(call?.paymentNumber ?? '');
    if (call?.kind === 'deduction') {
      const requested = await this.#deduct.ofCustomer(call.customer);
      found.deductions.add(...requested.filter((one) => one.paymentNumber === call.paymentNumber));
    }
    if (call?.bookingDay && call.customer !== '') await this.#askTheirs(call.customer, call.bookingDay);
    if (call?.bookingDay) this.#days.add(call.bookingDay);
    const differences = await this.#recon.differencesOf(serial);
    found.differences.add(...differences);
    for (const one of differences) {
      this.#days.add(one.day);
      await this.#addPayment(one.paymentBefore);
      await this.#addPayment(one.paymentAfter);
    }
    const exchanges = await searchExchanges(this.parts.database, { serial, unit, rowsMax: EXCHANGES_MAX });
    found.exchanges.add(...exchanges);
    // Booked nowhere: the platform's serials begin with the day.
    const ofItself = parseDay(serial.slice(0, 8));
    if (ofItself && !found.payments.all.some((one) => one.serial === serial)) this.#days.add(ofItself);
  }

  /** What the utility's own system says of a customer's day. */
  async #askTheirs(customer: string, day: Day): Promise<void> {
    const { found, unit, parts } = this;
    if (parts.theirPayments === undefined) return;
    try {
      for (const { customerName: _personal, ...one } of (await parts.theirPayments(unit, customer, day)) ??
        []) {
        if (
          this.serials.has(one.serial) ||
          found.calls.all.some((call) => call.paymentNumber === one.paymentNumber)
        )
          found.theirs.add({ ...one, unit });
      }
    } catch (error) {
      const note = `营收系统无法查询 (the revenue system does not answer): ${messageOf(error)}`;
      if (!found.notes.includes(note)) found.notes.push(note);
    }
  }

  async #searchDays(): Promise<void> {
    const { found, unit, parts } = this;
    const ours = <T extends { readonly unit: string }>(some: readonly T[]) =>
      some.filter((one) => one.unit === unit);
    for (const { bookingDay } of ours(found.suspense.all)) this.#days.add(bookingDay);
    for (const { bookingDay, refund } of ours(found.payments.all)) {
      this.#days.add(bookingDay);
      if (refund) this.#days.add(refund.bookingDay);
    }
    const newest = [...this.#days].sort().reverse();
    if (newest.length > DAYS_MAX)
      found.notes.push(`只查最近 ${DAYS_MAX} 个业务日的文件 (files of the newest days only)`);
    const bookingDays = newest.slice(0, DAYS_MAX);
    for (const day of bookingDays) {
      const known = await this.#recon.day(day);
      if (known) found.days.add(known);
    }
    const runs = ours(found.deductions.all);
    for (const { detail } of runs) this.#texts.add(detail);
    if (this.#texts.size === 0) return;
    const files = await filesNaming(
      { database: parts.database, root: parts.root, settings: parts.exchange },
      {
        unit,
        texts: [...this.#texts],
        bookingDays,
        issueDays: [...this.#issueDays],
        runDays: [...new Set(runs.map(({ runDay }) => runDay))],
        answers: [...new Set(runs.map((run) => run.answerSha256))].filter((sha256) => sha256 !== ''),
      },
    );
    found.files.add(...files);
    if (files.some(({ lines }) => lines.length > 0)) found.kinds.add('file');
  }
}
