/** Random histories: what may happen to a unit, drawn by fast-check, and carried out on the model and on a revenue system. */
import fc from 'fast-check';
import { addDays, momentOf } from '../../../src/clock.js';
import type { Day, Month, Serial } from '../../../src/protocol/values.js';
import type { PaymentOrder } from '../../../src/revenue/revenue-system.js';
import type { Unit } from '../../../src/revenue/unit.js';
import { fen, type World } from '../world.js';
import type { Model, ModelOrder, ModelRules } from './model.js';

export const someRules: fc.Arbitrary<ModelRules> = fc.record({
  amountRule: fc.constantFrom('atLeastDue', 'exact', 'any'),
  billsChosen: fc.constantFrom('oldestFirst', 'byId'),
  lockPolicy: fc.constantFrom('allow', 'reject1006', 'hide'),
  unknownSerial: fc.constantFrom('void', 'open'),
  prepaidNetted: fc.boolean(),
  refundMayOverdraw: fc.boolean(),
  settleFromPrepaid: fc.boolean(),
});

const small = fc.nat({ max: 4 });
const whose = fc.constantFrom(...'aaaabbbcc', 'nobody');
const howMuch = fc.constantFrom('due', 'due', 'due', 'less', 'more', 'some');
const which = fc.array(small, { maxLength: 3 });
const flag = fc.boolean();

/** Small numbers stand for "the n-th serial, bill or order so far", so that repeats and collisions are common. */
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('issue' as const),
      whose,
      month: small,
      amount: fc.integer({ min: 1, max: 5000 }),
      late: fc.integer({ min: -60, max: 30 }),
      exempt: flag,
      fixed: fc.option(small),
    }),
  },
  {
    weight: 7,
    arbitrary: fc.record({
      do: fc.constant('pay' as const),
      whose,
      howMuch,
      which,
      serial: fc.nat({ max: 12 }),
      back: small,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('payAgain' as const), order: small }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('status' as const), serial: fc.nat({ max: 14 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('refund' as const),
      order: small,
      own: fc.option(small),
      wrong: fc.nat({ max: 9 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('supplement' as const),
      whose,
      howMuch,
      which,
      serial: fc.nat({ max: 14 }),
      back: small,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('reverse' as const),
      serial: fc.nat({ max: 12 }),
      replaced: flag,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('lock' as const), bill: small, locked: flag }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), days: fc.integer({ min: 1, max: 20 }) }),
  },
);
export type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;
export const someHistory = fc.array(step, { minLength: 1, maxLength: 50, size: 'max' });

const START = '20240115' as Day;
const dayOf = (offset: number): Day => addDays(START, offset);

/** One history under way: the same steps on both sides, their answers as comparable texts. */
export class History {
  today = 0;
  readonly orders: ModelOrder[] = [];
  /** Number of the payment in the system → in the model. */
  readonly numbers = new Map<string, string>();

  constructor(
    readonly world: World,
    readonly unit: Unit,
    readonly model: Model,
  ) {}

  /** Carries the step out on both sides. @returns what the model and what the system said */
  async take(step: Step): Promise<readonly [string, string]> {
    const { model, world, unit } = this;
    const { revenue } = world;
    const at = momentOf(dayOf(this.today), '120000');
    switch (step.do) {
      case 'issue': {
        if (step.whose === 'nobody') return ['', ''];
        const bill = {
          id: `${unit.id}${model.bills.length}`,
          customer: step.whose,
          month: 202_301 + step.month,
          principal: BigInt(step.amount),
          lateFrom: this.today + step.late,
          exempt: step.exempt,
          fixed: step.fixed === null ? undefined : BigInt(step.fixed),
        };
        model.issue({ ...bill, frozen: undefined, paidBy: undefined }, this.today);
        await world.issueBill(unit, step.whose, {
          bill: bill.id,
          month: String(bill.month),
          amount: step.amount,
          lateFeeFrom: dayOf(bill.lateFrom),
          lateFeeExempt: step.exempt,
          ...(step.fixed === null ? {} : { lateFeeFixed: step.fixed }),
        });
        return ['', ''];
      }
      case 'pay': {
        const order = this.#order(step);
        this.orders.push(order);
        return [model.pay(order), this.#said(await revenue.pay(unit, this.#payment(order)))];
      }
      case 'payAgain': {
        const order = this.orders.at(-1 - step.order);
        if (order === undefined) return ['', ''];
        return [model.pay(order), this.#said(await world.other.pay(unit, this.#payment(order)))];
      }
      case 'status':
        return [
          model.status(this.#serial(step.serial)),
          this.#said(await world.other.paymentStatus(unit, this.#serial(step.serial), at)),
        ];
      case 'refund': {
        const order = this.orders.at(-1 - step.order);
        if (order === undefined) return ['', ''];
        const serial = step.own === null ? undefined : (`${unit.id}-refund-${step.own}` as Serial);
        const amount = step.wrong === 0 ? order.amount + 1n : order.amount;
        const asked = {
          originalSerial: order.serial as Serial,
          serial,
          amount: fen(amount),
          bankDay: dayOf(this.today),
          receivedAt: at,
        };
        return [model.refund(order.serial, serial, amount), this.#said(await revenue.refund(unit, asked))];
      }
      case 'supplement': {
        const order = this.#order(step);
        const { bankDay, ...rest } = this.#payment(order);
        const asked = { ...rest, bookingDay: bankDay, orderedBy: 'model' };
        return [model.supplement(order), this.#said(await revenue.supplement(unit, asked))];
      }
      case 'reverse': {
        const serial = this.#serial(step.serial);
        const asked = { serial, receivedAt: at, orderedBy: 'model', replaced: step.replaced };
        return [model.reverse(serial, step.replaced), this.#said(await revenue.reverse(unit, asked))];
      }
      case 'lock': {
        const bill = model.bills.filter((one) => one.paidBy === undefined).at(-1 - step.bill);
        if (bill === undefined) return ['', ''];
        bill.frozen = undefined;
        if (step.locked) bill.frozen = model.lateFee(bill, this.today);
        await world.lockBill(unit, bill.id, step.locked ? 'batch' : undefined, bill.frozen);
        return ['', ''];
      }
      case 'wait':
        this.today += step.days;
        world.clock.set(momentOf(dayOf(this.today), '120000'));
        return ['', ''];
      default:
        return step satisfies never;
    }
  }

  /** What a customer owes, on both sides. */
  async standings(customer: string): Promise<readonly [string, string]> {
    const { model, world, unit } = this;
    const found = await world.other.arrears(unit, customer, dayOf(this.today));
    const bills = model
      .visible(customer)
      .map((bill) => `${bill.id} ${bill.principal} ${model.lateFee(bill, this.today)}`);
    const theirs = found?.bills.map((bill) => `${bill.bill} ${bill.receivable} ${bill.lateFee}`);
    return [`${bills.join(', ')}; ${model.balance(customer)}`, `${theirs?.join(', ')}; ${found?.prepaid}`];
  }

  #serial = (index: number): Serial => `${this.unit.id}-serial-${index}` as Serial;

  #order(step: Extract<Step, { do: 'pay' | 'supplement' }>): ModelOrder {
    const { model, today } = this;
    const day = today - step.back;
    const open = model.open(step.whose);
    const named = step.which.map((n) =>
      n === 4 ? '0' : n === 3 && today % 3 === 0 ? `${this.unit.id}${n}` : (open.at(n)?.id ?? ''),
    );
    const rows = named.length === 0 ? [''] : named;
    const byId = model.rules.billsChosen === 'byId' && rows.every((id) => id !== '' && id !== '0');
    const bills = model.visible(step.whose).filter((bill) => !byId || rows.includes(bill.id));
    const due = model.due(step.whose, bills, day);
    const amounts = { due, less: due - 1n, more: due + 777n, some: 1000n };
    const amount = amounts[step.howMuch];
    return {
      serial: this.#serial(step.serial),
      customer: step.whose,
      amount: amount > 0n ? amount : 50n,
      day,
      named: rows,
    };
  }
  #payment(order: ModelOrder): PaymentOrder {
    return {
      serial: order.serial as Serial,
      customer: order.customer,
      amount: fen(order.amount),
      bankDay: dayOf(order.day),
      receivedAt: momentOf(dayOf(this.today), '120000'),
      rows: order.named.map((bill) => ({ customer: order.customer, bill, month: '202301' as Month })),
      fundNumber: '',
      payMode: '',
      remark: '',
    };
  }
  /** The system's answer in the model's words. */
  #said(
    outcome: { readonly kind: string } & Partial<
      Record<'refusal' | 'paymentNumber', string> & Record<'same' | 'repeat' | 'refunded', boolean>
    >,
  ): string {
    const { kind, refusal, paymentNumber } = outcome;
    if (paymentNumber !== undefined && !this.numbers.has(paymentNumber))
      this.numbers.set(paymentNumber, `#${this.numbers.size}`);
    const words = [kind, refusal];
    if (kind === 'duplicate') words.push(outcome.same === true ? 'same' : 'other');
    if (paymentNumber !== undefined) words.push(this.numbers.get(paymentNumber));
    if (outcome.refunded === true) words.push('refunded');
    if (outcome.repeat === true) words.push('again');
    return words.filter((word) => word !== undefined).join(' ');
  }
}
