import { encodeFrame } from '../../protocol/index.js';
import { requestFrame } from '../platform/request.js';
import type { AcceptanceCase, Examination } from './case.js';

const queryFrame = ({ parts }: Examination): Buffer => {
  const { serviceCode, body } = parts.asking.query(parts.plan.customer);
  return requestFrame(serviceCode, body, parts.sender);
};
const changed = (frame: Buffer, change: (copy: Buffer) => void): Buffer => {
  const copy = Buffer.from(frame);
  change(copy);
  return copy;
};

const queries = '查询类业务';
const frames = '报文与连接';
export const otherCases: readonly AcceptanceCase[] = [
  {
    group: queries,
    title: '200001 欠费查询：正常、未知户号 1002、未知查询类型 1002、他人清算单位 0001',
    async run(x) {
      const { asking, foreign, plan } = x.parts;
      const { customer, unknown } = plan;
      x.expect(await x.ask(asking.query(customer)), '9999', '1003');
      for (const name of ['consNo', 'totalOweAmt', 'recordCount', 'rcvblDet'])
        x.hold(name in x.body, `应答缺 ${name}`);
      x.expect(await x.ask(asking.query(unknown)), '1002');
      const query = asking.query(customer);
      x.expect(await x.ask({ ...query, body: { ...query.body, queryType: '9' } }), '1002');
      x.expect(await x.ask(foreign.query(customer)), '0001');
    },
  },
  {
    group: queries,
    title: '200003 用户信息、200007/200014 余额、200005 账单、200008 缴费记录、200006 协议',
    async run(x) {
      const { asking, plan } = x.parts;
      const { customer, unknown } = plan;
      const all = [
        asking.customer(customer),
        asking.balance(customer),
        asking.bills(customer),
        asking.records(customer),
      ];
      for (const asked of [...all, asking.agreements(customer)]) x.expect(await x.ask(asked), '9999');
      x.expect(await x.ask({ ...asking.balance(customer), serviceCode: '200014' }), '9999');
      x.expect(await x.ask(asking.customer(unknown)), '1002');
      x.expect(await x.ask(asking.balance(unknown)), '1002');
    },
  },
  {
    group: queries,
    title: '200004 绑定与解绑；未知户号 1002，未知类型 0003',
    async run(x) {
      const { asking, plan } = x.parts;
      const { customer, unknown } = plan;
      const bind = asking.bind(customer, true);
      x.expect(await x.ask(bind), '9999');
      x.expect(await x.ask(asking.bind(customer, false)), '9999');
      x.expect(await x.ask(asking.bind(unknown, true)), '1002');
      x.expect(await x.ask({ ...bind, body: { ...bind.body, dealType: '7' } }), '0003');
    },
  },
  {
    group: queries,
    title: '200009 代扣协议：签约、查询得到、变更、解约；未知户号 1002，未知类型 0003',
    async run(x) {
      const { asking, plan } = x.parts;
      const { customer, unknown } = plan;
      const agreementNumber = `YS${x.parts.sender.ids.digits(10)}`;
      const order = { customer, agreementNumber, bankCode: '99999', bankAccount: '6222000000000001' };
      const sign = asking.agreement({ ...order, deal: 'sign', bankAccountName: '验收' });
      x.expect(await x.ask(sign), '9999');
      x.expect(await x.ask(asking.agreements(customer)), '9999');
      x.hold(JSON.stringify(x.body).includes(agreementNumber), '签约后查询不到该协议');
      x.expect(
        await x.ask(asking.agreement({ ...order, deal: 'change', bankAccount: '6222000000000002' })),
        '9999',
      );
      x.expect(await x.ask(asking.agreement({ ...order, deal: 'cancel' })), '9999');
      x.expect(await x.ask(asking.agreement({ ...order, customer: unknown, deal: 'sign' })), '1002');
      x.expect(await x.ask({ ...sign, body: { ...sign.body, dealType: '7' } }), '0003');
    },
  },
  {
    group: queries,
    title: '供水未开通的业务 200010、200013、200015 至 200018：0008',
    async run(x) {
      const { asking, plan } = x.parts;
      const query = asking.query(plan.customer);
      for (const serviceCode of ['200010', '200013', '200015', '200016', '200017', '200018'])
        x.expect(await x.ask({ ...query, serviceCode }), '0008');
    },
  },
  {
    group: frames,
    title: '报文逐段到达：照常应答；请求后半关闭：照常应答',
    async run(x) {
      const frame = queryFrame(x);
      const pieces = [frame.subarray(0, 1), frame.subarray(1, 7), frame.subarray(7, 40), frame.subarray(40)];
      x.expect(await x.send(frame, { pieces }), '9999', '1003');
      x.expect(await x.send(frame, { end: true }), '9999', '1003');
    },
  },
  {
    group: frames,
    title: '半个报文、起始符错、结束符错、长度少一、长度为零、大端长度：关闭，不应答',
    async run(x) {
      const frame = queryFrame(x);
      const length = frame.readInt32LE(1);
      x.expect(await x.send(frame.subarray(0, frame.length >> 1), { end: true }), 'closed');
      x.expect(await x.send(changed(frame, (copy) => copy.writeUInt8(0x67, 0))), 'closed');
      x.expect(await x.send(changed(frame, (copy) => copy.writeUInt8(0x17, copy.length - 1))), 'closed');
      x.expect(await x.send(changed(frame, (copy) => copy.writeInt32LE(length - 1, 1))), 'closed');
      x.expect(await x.send(changed(frame, (copy) => copy.writeInt32LE(0, 1))), 'closed');
      x.expect(await x.send(changed(frame, (copy) => copy.writeInt32BE(length, 1))), 'closed');
    },
  },
  {
    group: frames,
    title: '数据不是 JSON、缺 head、缺 body：0000；应答仍是完整报文',
    async run(x) {
      for (const text of ['not json', '{"body":{}}', '{"head":{}}', '[]', '{"head":{"a":"\\x"}}']) {
        x.expect(await x.send(encodeFrame('200001', Buffer.from(text))), '0000');
      }
    },
  },
  {
    group: frames,
    title: '没有客户端证书：握手被拒',
    async run(x) {
      const code = await x.send(queryFrame(x), {}, x.parts.anonymous);
      x.expect(code, 'refused', 'closed');
    },
  },
];
