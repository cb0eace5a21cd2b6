/* The other side, for integrators of platforms: a utility without a database, seeded, with trouble on demand. */
import { createServer, type SecureContextOptions, type TLSSocket } from 'node:tls';
import { type Clock, chinaStamp } from '../../clock.js';
import {
  answerHead,
  catalogue,
  defaultUnitDialect,
  encodeMessage,
  FrameDecoder,
  fenOf,
  isServiceCode,
  type Message,
  meaningOf,
  messageOf,
  parseEnvelope,
  parseMonth,
  type ResultCode,
  shortRefusal,
  type UnitDialect,
  wireDialectOf,
} from '../../protocol/index.js';

export interface UtilityParts {
  readonly host: string;
  readonly port: number;
  readonly tls: SecureContextOptions;
  readonly dialect: Partial<UnitDialect>;
  readonly chance: () => number;
  readonly clock: Clock;
  /** Share of answers that are never given, and ms before each. */
  readonly silent: number;
  readonly delayMs: number;
  /** Told of each exchange. */
  readonly seen: (line: string) => void;
}
type Answer = { readonly result: ResultCode } & Readonly<Record<string, unknown>>;

/** Every customer number exists and owes an amount of its own, except those that end in 0000 (unknown: 1002). */
export async function simulateUtility(
  parts: UtilityParts,
): Promise<{ readonly port: number; close(): void }> {
  const dialect = { ...defaultUnitDialect, ...parts.dialect };
  const wire = wireDialectOf(dialect);
  const booked = new Map<string, { readonly amount: bigint; readonly customer: string; refunded: boolean }>();
  const voided = new Set<string>();
  const settled = new Set<string>();
  const owedBy = (customer: string): bigint =>
    settled.has(customer) ? 0n : 1000n + ((BigInt(customer.replace(/\D/g, '') || '7') * 7919n) % 20_000n);

  const server = createServer(
    { ...parts.tls, requestCert: true, rejectUnauthorized: true, allowHalfOpen: true },
    serve,
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(parts.port, parts.host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : parts.port,
    close: () => server.close(),
  };

  function serve(socket: TLSSocket): void {
    const decoder = new FrameDecoder();
    socket.on('error', () => socket.destroy());
    socket.on('end', () => socket.end());
    socket.on('data', async (chunk: Buffer) => {
      for (const event of decoder.push(chunk)) {
        if (event.kind === 'fault') {
          socket.destroy();
          return;
        }
        const frame = answerTo(event.serviceCode, event.data);
        if (parts.delayMs > 0) await parts.clock.sleep(parts.delayMs);
        if (parts.chance() < parts.silent) socket.destroy();
        else socket.end(frame);
      }
    });
  }

  function answerTo(serviceCode: string, data: Buffer): Buffer {
    const envelope = parseEnvelope(data, 'utf8');
    const head = answerHead(envelope.head, serviceCode, chinaStamp(parts.clock.now()));
    const message = messageOf(serviceCode);
    const refuse = (code: ResultCode) =>
      message?.writeRefusal(code, meaningOf(code), wire) ?? shortRefusal(code, meaningOf(code), wire);
    const body = (() => {
      if (!envelope.ok) return refuse(envelope.result);
      if (!isServiceCode(serviceCode) || message === undefined) return refuse('0008');
      const read = message.readRequest(envelope.body, wire);
      if (!read.ok) return refuse(read.issues[0]?.answer ?? '0003');
      const answer = decide(serviceCode, read.value);
      return answer.result === '9999'
        ? written(catalogue[serviceCode] as unknown as Message, answer)
        : refuse(answer.result);
    })();
    parts.seen(`${serviceCode} → ${String(body.rtnCode)}`);
    return encodeMessage(serviceCode, head, body, 'utf8');
  }
  /** The fields come from `decide`, which knows what each service declares. */
  function written(message: Message, answer: Answer): Record<string, unknown> {
    return message.writeAnswer({ ...answer, resultText: meaningOf(answer.result) } as never, wire);
  }

  function decide(serviceCode: string, q: Readonly<Record<string, unknown>>): Answer {
    const customer = String(q.customer || q.queryValue || '');
    const serial = String(q.originalSerial ?? q.serial ?? '');
    const amount = typeof q.amount === 'bigint' ? q.amount : 0n;
    if (customer.endsWith('0000')) return { result: '1002' };
    switch (serviceCode) {
      case '200001':
        return arrears(String(q.clearingUnit), customer);
      case '200002': {
        if (booked.has(serial)) return { result: '2001' };
        if (voided.has(serial)) return { result: '2005' };
        const rows = Array.isArray(q.rows) ? q.rows : [];
        const payer = String(rows[0]?.customer ?? '');
        if (payer.endsWith('0000')) return { result: '1002' };
        if (amount < owedBy(payer)) return { result: '2002' };
        booked.set(serial, { amount, customer: payer, refunded: false });
        settled.add(payer);
        return { result: '9999' };
      }
      case '200012':
        if (booked.has(serial)) return { result: '9999', paymentNumber: `P${serial.slice(-12)}` };
        voided.add(serial);
        return { result: '3000' };
      case '300002': {
        const payment = booked.get(serial);
        if (payment === undefined) return { result: '3000' };
        if (payment.amount !== amount) return { result: '2002' };
        payment.refunded = true;
        settled.delete(payment.customer);
        return { result: '9999', paymentNumber: `R${serial.slice(-12)}` };
      }
      case '200011':
      case '200019':
        return { result: '4003' };
      default:
        return { result: '9999', customer };
    }
  }
  function arrears(clearingUnit: string, customer: string): Answer {
    const owed = fenOf(owedBy(customer));
    const month = parseMonth(chinaStamp(parts.clock.now()).slice(0, 6));
    const bill = { clearingUnit, customer, bill: `B${customer}`, month, receivable: owed, owed };
    const bills = owed > 0n ? [bill] : [];
    return {
      result: '9999',
      clearingUnit,
      customer,
      totalOwed: owed,
      totalReceivable: owed,
      billCount: bills.length,
      bills,
    };
  }
}
