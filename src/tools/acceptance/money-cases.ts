import {
  arrearsQuery,
  defaultWireDialect,
  type Fen,
  fenOf,
  type Month,
  type Serial,
} from '../../protocol/index.js';
import type { AcceptanceCase, Examination } from './case.js';

interface Due {
  readonly amount: Fen;
  readonly rows: { readonly customer: string; readonly bill: string; readonly month: Month | undefined }[];
}

/** What the customer owes now; a fen in advance where it owes nothing. */
async function due(x: Examination): Promise<Due> {
  const {
    asking,
    plan: { customer },
  } = x.parts;
  x.expect(await x.ask(asking.query(customer)), '9999', '1003');
  const read = arrearsQuery.readAnswer(x.body, defaultWireDialect);
  const bills = read.ok ? read.value.bills.filter(({ bill }) => bill !== '') : [];
  const rows = bills.map(({ bill, month }) => ({ customer, bill, month }));
  const owed = read.ok ? read.value.totalOwed : fenOf(0n);
  const amount = owed > 0n ? owed : fenOf(100n);
  return { amount, rows: rows.length > 0 ? rows : [{ customer, bill: '', month: undefined }] };
}
async function pay(x: Examination, serial: Serial, { amount, rows }: Due): Promise<string> {
  return x.ask(x.parts.asking.pay({ serial, bookingDay: x.today, amount, rows }));
}
const refund = (x: Examination, originalSerial: Serial, amount: Fen): Promise<string> =>
  x.ask(x.parts.asking.refund({ originalSerial, serial: undefined, bookingDay: x.today, amount }));

const group = '缴费、撤销、查询结果';
/** Every case leaves the customer as it found it: what is paid is refunded. */
export const moneyCases: readonly AcceptanceCase[] = [
  {
    group,
    title: '查询、缴费、查询结果、撤销，各一次；重复缴费 2001，同一流水不同金额不入账，重复撤销 9999',
    async run(x) {
      const owed = await due(x);
      const serial = x.serial();
      x.expect(await pay(x, serial, owed), '9999');
      x.expect(await pay(x, serial, owed), '2001', '9999');
      // The same serial with another amount is no repeat: it has no effect, and is never a success.
      x.expect(await pay(x, serial, { ...owed, amount: fenOf(owed.amount + 1n) }), '2001', '2005');
      x.expect(await x.ask(x.parts.asking.status(serial, x.today)), '9999');
      x.expect(await refund(x, serial, owed.amount), '9999');
      x.expect(await refund(x, serial, owed.amount), '9999');
    },
  },
  {
    group,
    title: '同一流水并发 20 笔：只入账一笔',
    async run(x) {
      const owed = await due(x);
      const serial = x.serial();
      const codes = await Promise.all(Array.from({ length: 20 }, () => pay(x, serial, owed)));
      const booked = codes.filter((code) => code === '9999').length;
      x.hold(booked === 1 || codes.every((code) => code === '9999'), `20 笔中 ${booked} 笔答 9999`);
      x.hold(
        codes.every((code) => ['9999', '2001'].includes(code)),
        `返回码 ${[...new Set(codes)].join(' ')}`,
      );
      x.expect(await refund(x, serial, owed.amount), '9999');
    },
  },
  {
    group,
    title: '应答丢失后查询结果：已入账 9999，或 3000 且此后同一流水永不入账',
    async run(x) {
      const owed = await due(x);
      const serial = x.serial();
      const order = x.parts.asking.pay({ serial, bookingDay: x.today, ...owed });
      await x.ask(order, { leaveAfterMs: 0 });
      const code = await x.ask(x.parts.asking.status(serial, x.today));
      x.expect(code, '9999', '3000', '3002');
      if (code === '3000') x.expect(await x.ask(order), '2005');
      if (code === '9999') x.expect(await refund(x, serial, owed.amount), '9999');
    },
  },
  {
    group,
    title: '从未见过的流水：3000；此后同一流水缴费 2005',
    async run(x) {
      const owed = await due(x);
      const serial = x.serial();
      x.expect(await x.ask(x.parts.asking.status(serial, x.today)), '3000');
      x.expect(await pay(x, serial, owed), '2005');
    },
  },
  {
    group,
    title: '撤销：无此缴费 3000，金额不符 2002',
    async run(x) {
      const owed = await due(x);
      const serial = x.serial();
      x.expect(await refund(x, x.serial(), owed.amount), '3000');
      x.expect(await pay(x, serial, owed), '9999');
      x.expect(await refund(x, serial, fenOf(owed.amount + 1n)), '2002');
      x.expect(await refund(x, serial, owed.amount), '9999');
    },
  },
  {
    group,
    title: '缴费：未知户号、流水为空 0004、多户合缴 0003、笔数不符 0003',
    async run(x) {
      const { asking, plan } = x.parts;
      const { customer, unknown } = plan;
      const day = x.today;
      const row = (one: string) => ({ customer: one, bill: '', month: undefined });
      const order = (rows: ReturnType<typeof row>[], rowCount = rows.length) =>
        asking.pay({ serial: x.serial(), bookingDay: day, amount: fenOf(100n), rows, rowCount });
      x.expect(await x.ask(order([row(unknown)])), '1002', '2003', '2005');
      x.expect(await x.ask(order([row(customer), row(unknown)])), '0003');
      x.expect(await x.ask(order([row(customer)], 3)), '0003');
      const sound = order([row(customer)]);
      x.expect(await x.ask({ ...sound, body: { ...sound.body, bankSerial: '' } }), '0004');
      x.expect(await x.ask({ ...sound, body: { ...sound.body, rcvAmt: '' } }), '0004');
      x.expect(await x.ask({ ...sound, body: { ...sound.body, rcvAmt: '-1' } }), '0003');
    },
  },
];
