/** What becomes of connections on which nothing, or not all, comes. */
import { connect } from 'node:net';
import { requestFrame } from '../platform/request.js';
import type { AcceptanceCase, Examination } from './case.js';

/** A busy machine is given so much more than it promises, ms. */
const GRACE_MS = 10_000;

export const timeoutCases: readonly AcceptanceCase[] = [
  {
    group: '超时',
    title: '握手后不发报文、只发半个报文：到时关闭，不应答；连接后不握手：到时关闭',
    async run(x) {
      const { plan, asking, sender } = x.parts;
      const { serviceCode, body } = asking.query(plan.customer);
      const frame = requestFrame(serviceCode, body, sender);
      const limitMs = plan.silentSeconds * 1000 + GRACE_MS;
      const target = { ...x.parts.target, timeoutMs: limitMs };
      const silent = async (what: string, bytes: Buffer) => {
        const begun = performance.now();
        x.expect(await x.send(bytes, {}, target), 'closed');
        x.did(`${what}：${((performance.now() - begun) / 1000).toFixed(1)} 秒后被关闭`);
      };
      await Promise.all([
        silent('握手后不发报文', Buffer.alloc(0)),
        silent('只发半个报文', frame.subarray(0, frame.length >> 1)),
        withoutHandshake(x, plan.handshakeSeconds * 1000 + GRACE_MS),
      ]);
      x.expect(await x.send(frame), '9999', '1003');
    },
  },
];

function withoutHandshake(x: Examination, limitMs: number): Promise<void> {
  const { host, port } = x.parts.target;
  const begun = performance.now();
  return new Promise((resolve) => {
    const socket = connect(port, host);
    const cancel = x.parts.sender.clock.after(limitMs, () => {
      x.faults.push(`连接后不握手，${limitMs} 毫秒内未被关闭`);
      socket.destroy();
    });
    socket.on('error', () => {});
    socket.resume();
    socket.once('close', () => {
      cancel();
      x.did(`连接后不握手：${((performance.now() - begun) / 1000).toFixed(1)} 秒后被关闭`);
      resolve();
    });
  });
}
