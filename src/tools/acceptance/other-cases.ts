import { encodeFrame } from '../../protocol/index.js';
import { requestFrame } from '../platform/request.js';
import type { AcceptanceCase, Examination } from './case.js';

const queryFrame = ({ parts }: Examination): Buffer => {
  const { serviceCode, body } = parts.asking.query(parts.customer);
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
      const { asking, foreign, customer, unknownCustomer } = x.parts;
      x.expect(await x.ask(asking.query(customer)), '9999', '1003');
      for (const name of ['consNo', 'totalOweAmt', 'recordCount', 'rcvblDet'])
        x.hold(name in x.body, `应答缺 ${name}`);
      x.expect(await x.ask(asking.query(unknownCustomer)), '1002');
      const query = asking.query(customer);
      x.expect(await x.ask({ ...query, body: { ...query.body, queryType: '9' } }), '1002');
      x.expect(await x.ask(foreign.query(customer)), '0001');
    },
  },
  {
    group: queries,
    title: '200003 用户信息、200007/200014 余额、200005 账单、200008 缴费记录、200006 协议',
    async run(x) {
      const { asking, customer, unknownCustomer } = x.parts;
      const all = [
        asking.customer(customer),
        asking.balance(customer),
        asking.bills(customer),
        asking.records(customer),
      ];
      for (const asked of [...all, asking.agreements(customer)]) x.expect(await x.ask(asked), '9999');
      x.expect(await x.ask({ ...asking.balance(customer), serviceCode: '200014' }), '9999');
      x.expect(await x.ask(asking.customer(unknownCustomer)), '1002');
      x.expect(await x.ask(asking.balance(unknownCustomer)), '1002');
    },
  },
  {
    group: queries,
    title: '200004 绑定与解绑；未知户号 1002，未知类型 0003',
    async run(x) {
      const { asking, customer, unknownCustomer } = x.parts;
      const bind = asking.bind(customer, true);
      x.expect(await x.ask(bind), '9999');
      x.expect(await x.ask(asking.bind(customer, false)), '9999');
      x.expect(await x.ask(asking.bind(unknownCustomer, true)), '1002');
      x.expect(await x.ask({ ...bind, body: { ...bind.body, dealType: '7' } }), '0003');
    },
  },
  {
    group: queries,
    title: '200011 文件通知：文件不存在 4003；未开通的业务 0008',
    async run(x) {
      const { asking, customer } = x.parts;
      x.expect(await x.ask(asking.notice('NOBODY_DSDZ_20200101.txt')), '4003', '4000', '4001', '0001');
      x.expect(await x.ask({ ...asking.query(customer), serviceCode: '200010' }), '0008');
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
