/** The result codes that need a customer or a setting made for them. */
import { addDays } from '../../clock.js';
import { fenOf, type Serial } from '../../protocol/index.js';
import type { AcceptanceCase, Examination } from './case.js';

const row = (customer: string) => [{ customer, bill: '', month: undefined }];
const payFor = (
  x: Examination,
  customer: string,
  more: { amount?: number; daysAgo?: number; serial?: Serial } = {},
) =>
  x.ask(
    x.parts.asking.pay({
      serial: more.serial ?? x.serial(),
      bookingDay: addDays(x.today, -(more.daysAgo ?? 0)),
      amount: fenOf(BigInt(more.amount ?? 100)),
      rows: row(customer),
    }),
  );

const group = '返回码';
/** A query of a customer made for one code. */
const special = (
  code: '1003' | '1005' | '1006' | '2005',
  what: string,
  check: (x: Examination, customer: string) => Promise<void>,
): AcceptanceCase => ({
  group,
  title: `${code}：${what}`,
  async run(x) {
    const customer = x.parts.plan.customers[code];
    if (customer === undefined) x.leave(`没有为 ${code} 准备测试户号`);
    else await check(x, customer);
  },
});

export const codeCases: readonly AcceptanceCase[] = [
  special('1003', '未欠费的户号', async (x, customer) => {
    x.expect(await x.ask(x.parts.asking.query(customer)), '1003', '9999');
    x.hold(['0', '0.00'].includes(String(x.body.totalOweAmt)), '未欠费而 totalOweAmt 不为零');
  }),
  special('1005', '暂不能缴费的户号：查询 1005，缴费 2005', async (x, customer) => {
    x.expect(await x.ask(x.parts.asking.query(customer)), '1005');
    x.expect(await payFor(x, customer), '2005', '1005');
  }),
  special('1006', '代扣在途的户号：查询 1006，缴费被拒', async (x, customer) => {
    const code = await x.ask(x.parts.asking.query(customer));
    if (code === '9999') return x.leave('该户账单未在代扣中：先运行 sluice deduct run');
    x.expect(code, '1006');
    x.expect(await payFor(x, customer, { amount: 4110 }), '2005', '1006');
  }),
  special(
    '2005',
    '已销户的户号：缴费 2005，查询结果 3003（实时退款），同一流水再缴仍 2005',
    async (x, customer) => {
      const serial = x.serial();
      x.expect(await payFor(x, customer, { serial }), '2005');
      x.expect(await x.ask(x.parts.asking.status(serial, x.today)), '3003');
      x.expect(await payFor(x, customer, { serial }), '2005');
    },
  ),
  {
    group,
    title: '2002：金额小于应缴',
    async run(x) {
      const { asking, plan } = x.parts;
      x.expect(await x.ask(asking.query(plan.customer)), '9999', '1003');
      if (['0', '', 'undefined'].includes(String(x.body.totalOweAmt))) return x.leave('该户未欠费');
      x.expect(await payFor(x, plan.customer, { amount: 1 }), '2002');
    },
  },
  {
    group,
    title: '2003：缴费日期在未来；超过受理期',
    async run(x) {
      const { customer, acceptanceDays } = x.parts.plan;
      x.expect(await payFor(x, customer, { daysAgo: -2 }), '2003');
      if (acceptanceDays === undefined) x.leave('没有受理期');
      else x.expect(await payFor(x, customer, { daysAgo: acceptanceDays + 5 }), '2003');
    },
  },
  {
    group,
    title: '2004：超过限定金额',
    async run(x) {
      const { customer, amountMax } = x.parts.plan;
      if (amountMax === undefined) return x.leave('没有限定金额');
      x.expect(await payFor(x, customer, { amount: amountMax + 1 }), '2004');
    },
  },
];
