/**
 * The money rules once more, as plainly as can be: no database, no locks, lists and loops. Written from the spec and not from src/, so that
 * both being wrong in the same way is unlikely. Days are numbers; amounts are bigint fen.
 */
export interface ModelRules {
  readonly amountRule: 'atLeastDue' | 'exact' | 'any';
  readonly billsChosen: 'oldestFirst' | 'byId';
  readonly lockPolicy: 'allow' | 'reject1006' | 'hide';
  readonly unknownSerial: 'void' | 'open';
  readonly prepaidNetted: boolean;
  readonly refundMayOverdraw: boolean;
  readonly settleFromPrepaid: boolean;
}
export interface ModelBill {
  readonly id: string;
  readonly customer: string;
  readonly month: number;
  readonly principal: bigint;
  readonly lateFrom: number;
  readonly exempt: boolean;
  readonly fixed: bigint | undefined;
  frozen: bigint | undefined;
  paidBy: number | undefined;
}
export interface ModelOrder {
  readonly serial: string;
  readonly customer: string;
  readonly amount: bigint;
  readonly day: number;
  readonly named: readonly string[];
}
interface ModelPayment {
  readonly order: ModelOrder;
  readonly prepaidChange: bigint;
  state: 'booked' | 'refunded' | 'reversed';
  refundSerial: string | undefined;
}
type ModelSerial =
  | { readonly state: 'booked' | 'freed'; readonly payment: number; readonly content: string }
  | { readonly state: 'refused'; readonly why: string; readonly content: string }
  | { readonly state: 'void' };

const contentOf = (order: ModelOrder) =>
  JSON.stringify([order.customer, String(order.amount), order.day, order.named]);
const isNamed = (id: string) => id !== '' && id !== '0';

export class Model {
  readonly balances = new Map<string, bigint>();
  readonly bills: ModelBill[] = [];
  readonly payments: ModelPayment[] = [];
  readonly serials = new Map<string, ModelSerial>();
  constructor(readonly rules: ModelRules) {}

  /** 0.003 a day, both ends counted, half up, at most the principal. */
  lateFee(bill: ModelBill, day: number): bigint {
    if (bill.frozen !== undefined) return bill.frozen;
    if (bill.fixed !== undefined) return bill.fixed;
    const days = day - bill.lateFrom + 1;
    if (bill.exempt || days <= 0) return 0n;
    const fee = (bill.principal * 3n * BigInt(days) + 500n) / 1000n;
    return fee > bill.principal ? bill.principal : fee;
  }
  owed(bill: ModelBill, day: number): bigint {
    return bill.principal + this.lateFee(bill, day);
  }
  open(customer: string): ModelBill[] {
    return this.bills
      .filter((bill) => bill.customer === customer && bill.paidBy === undefined)
      .sort((a, b) => a.month - b.month || (a.id < b.id ? -1 : 1));
  }
  visible(customer: string): ModelBill[] {
    return this.open(customer).filter(
      (bill) => bill.frozen === undefined || this.rules.lockPolicy !== 'hide',
    );
  }
  due(customer: string, bills: readonly ModelBill[], day: number): bigint {
    const sum = bills.reduce((total, bill) => total + this.owed(bill, day), 0n);
    const due = this.rules.prepaidNetted ? sum - this.balance(customer) : sum;
    return due > 0n ? due : 0n;
  }
  balance(customer: string): bigint {
    return this.balances.get(customer) ?? 0n;
  }

  issue(bill: ModelBill, today: number): void {
    this.bills.push(bill);
    if (!this.rules.settleFromPrepaid) return;
    let left = this.balance(bill.customer);
    for (const one of this.open(bill.customer).filter((open) => open.frozen === undefined)) {
      const owed = this.owed(one, today);
      if (owed > left) break;
      left -= owed;
      one.paidBy = -1;
    }
    this.balances.set(bill.customer, left);
  }

  pay(order: ModelOrder): string {
    const known = this.serials.get(order.serial);
    if (known !== undefined) return this.#repeat(known, order);
    const decision = this.#decide(order);
    if (typeof decision === 'string') {
      this.serials.set(order.serial, { state: 'refused', why: decision, content: contentOf(order) });
      return `refused ${decision}`;
    }
    return this.#book(order, decision);
  }
  #repeat(known: ModelSerial, order: ModelOrder): string {
    if (known.state === 'void') return 'refused void-serial';
    const same = known.content === contentOf(order);
    if (known.state === 'refused') return `refused ${same ? known.why : 'other-content'}`;
    return `duplicate ${same ? 'same' : 'other'} #${known.payment}`;
  }
  #decide(order: ModelOrder): string | readonly ModelBill[] {
    const { amountRule, billsChosen, lockPolicy } = this.rules;
    if (!this.balances.has(order.customer)) return 'unknown-customer';
    let bills = this.visible(order.customer);
    if (billsChosen === 'byId') {
      const ids = [...new Set(order.named.filter(isNamed))];
      let any = ids.length === 0 || order.named.some((id) => !isNamed(id));
      for (const id of ids) {
        const bill = this.bills.find((one) => one.id === id);
        if (bill === undefined && amountRule === 'any') any = true;
        else if (bill === undefined || bill.customer !== order.customer) return 'bill-of-another';
        else if (bill.paidBy !== undefined) return 'bill-settled';
      }
      if (
        lockPolicy !== 'allow' &&
        this.open(order.customer).some((b) => ids.includes(b.id) && b.frozen !== undefined)
      ) {
        return 'bill-locked';
      }
      if (!any) bills = bills.filter((bill) => ids.includes(bill.id));
    }
    if (lockPolicy === 'reject1006' && bills.some((bill) => bill.frozen !== undefined)) return 'bill-locked';
    const due = this.due(order.customer, bills, order.day);
    if (amountRule === 'exact' && order.amount !== due) return 'amount-does-not-fit';
    if (amountRule === 'atLeastDue' && order.amount < due) return 'amount-does-not-fit';
    if (amountRule !== 'any') return bills;
    return this.#reached(bills, order);
  }
  #reached(bills: readonly ModelBill[], order: ModelOrder): readonly ModelBill[] {
    let left = order.amount + this.balance(order.customer);
    const reached: ModelBill[] = [];
    for (const bill of bills) {
      left -= this.owed(bill, order.day);
      if (left < 0n) break;
      reached.push(bill);
    }
    return reached;
  }
  #book(order: ModelOrder, bills: readonly ModelBill[]): string {
    const spent = bills.reduce((total, bill) => total + this.owed(bill, order.day), 0n);
    const prepaidChange = order.amount - spent;
    const number = this.payments.push({ order, prepaidChange, state: 'booked', refundSerial: undefined }) - 1;
    for (const bill of bills) bill.paidBy = number;
    this.balances.set(order.customer, this.balance(order.customer) + prepaidChange);
    this.serials.set(order.serial, { state: 'booked', payment: number, content: contentOf(order) });
    return `booked #${number}`;
  }

  status(serial: string): string {
    const known = this.serials.get(serial);
    if (known === undefined && this.rules.unknownSerial === 'void')
      this.serials.set(serial, { state: 'void' });
    if (known === undefined || known.state === 'void') return 'unknown';
    if (known.state === 'refused') return 'refused';
    return `booked #${known.payment}${this.payments[known.payment]?.state === 'booked' ? '' : ' refunded'}`;
  }

  refund(original: string, serial: string | undefined, amount: bigint): string {
    if (!this.serials.has(original)) this.status(original);
    const payment = this.#paymentOf(original);
    if (payment === undefined) return 'refused no-payment';
    if (payment.order.amount !== amount) return 'refused amount-differs';
    if (payment.state !== 'booked') {
      const same = payment.state === 'refunded' && (serial === undefined || serial === payment.refundSerial);
      return same ? 'refunded again' : 'refused other-refund';
    }
    if (serial !== undefined && this.payments.some((one) => one.refundSerial === serial))
      return 'refused other-refund';
    if (!this.#takeBack(payment)) return 'refused balance-used';
    payment.state = 'refunded';
    payment.refundSerial = serial;
    return 'refunded';
  }
  #paymentOf(serial: string): ModelPayment | undefined {
    const known = this.serials.get(serial);
    return known !== undefined && 'payment' in known ? this.payments[known.payment] : undefined;
  }
  #takeBack(payment: ModelPayment): boolean {
    const { customer } = payment.order;
    const after = this.balance(customer) - payment.prepaidChange;
    if (payment.prepaidChange > 0n && after < 0n && !this.rules.refundMayOverdraw) return false;
    this.balances.set(customer, after);
    const number = this.payments.indexOf(payment);
    for (const bill of this.bills) if (bill.paidBy === number) bill.paidBy = undefined;
    return true;
  }

  supplement(order: ModelOrder): string {
    if (!this.balances.has(order.customer)) return 'unknown-customer';
    const known = this.serials.get(order.serial);
    if (known?.state === 'booked' && this.payments[known.payment]?.state !== 'reversed') {
      return `already-booked #${known.payment}`;
    }
    const ids = order.named.filter(isNamed);
    const chosen = this.open(order.customer)
      .filter((bill) => bill.frozen === undefined || this.rules.lockPolicy === 'allow')
      .filter(
        (bill) => this.rules.billsChosen === 'oldestFirst' || ids.length === 0 || ids.includes(bill.id),
      );
    return this.#book(order, this.#reached(chosen, order));
  }

  reverse(serial: string, replaced: boolean): string {
    const payment = this.#paymentOf(serial);
    const known = this.serials.get(serial);
    if (payment === undefined || known === undefined || !('payment' in known)) return 'refused no-payment';
    const before = payment.state;
    if (before === 'booked') {
      if (!this.#takeBack(payment)) return 'refused balance-used';
      payment.state = 'reversed';
    }
    if (replaced) this.serials.set(serial, { ...known, state: 'freed' });
    return before === 'booked' ? 'reversed' : 'already-reversed';
  }
}
