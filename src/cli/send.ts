import type { Command } from 'commander';
import { withExample } from './options.js';
import {
  amountOf,
  billOf,
  dayOrNone,
  jsonOf,
  monthOf,
  need,
  serialOf,
  withBooking,
  withPeriod,
} from './send-options.js';
import { type Ask, type Given, pay, runSend } from './send-run.js';
import { withDialect, withTarget } from './target.js';

/** `sluice send query|pay|refund|status|…`: plays the platform over real mutual TLS. */
export function sendCommand(program: Command): void {
  const send = program
    .command('send')
    .description('play the platform: send one request over mutual TLS and print the answer');
  add(
    send,
    'query',
    '200001 欠费查询: what does this customer owe',
    ['--unit 36745 --customer 10125334'],
    (c) =>
      c
        .requiredOption('--customer <number>', 'customer number')
        .option('--by <type>', '0 number, 1 mobile, 2 id card, 3 old number', '0')
        .option('--fee <kind>', '11 water, 12 other', '11'),
    async (given, { asking }) => ({
      asked: asking.query(need(given.customer, 'customer'), {
        queryType: given.by ?? '0',
        feeKind: given.fee ?? '11',
      }),
      facts: {},
    }),
  );
  add(
    send,
    'pay',
    '200002 代收缴费: book a payment (without --amount: what is due)',
    [
      '--unit 36745 --customer 10125334',
      '--unit 36745 --customer 10125334 --amount 113.10 --bill 36745001:201706',
    ],
    (c) =>
      withBooking(c)
        .requiredOption('--customer <number>', 'customer number')
        .option('--amount <amount>', 'fen as a whole number, or yuan with two decimals', amountOf)
        .option('--bill <id[:yyyyMM]>', 'a bill that is paid; repeatable', billOf)
        .option('--array', 'rows as JSON array'),
    pay,
  );
  add(
    send,
    'status',
    '200012 销账结果查询: what became of this serial',
    ['--unit 36745 --serial 2026072700003001123456789012'],
    (c) => withBooking(c, true),
    async (given, { asking }) => ({
      asked: asking.status(need(given.serial, 'serial'), given.date),
      facts: {},
    }),
  );
  add(
    send,
    'refund',
    '300002 缴费撤销: take a payment back',
    ['--unit 36745 --serial 2026072700003001123456789012 --amount 11310'],
    (c) =>
      withBooking(c, true)
        .requiredOption(
          '--amount <amount>',
          'of the payment: fen as a whole number, or yuan with two decimals',
          amountOf,
        )
        .option('--refund-serial <serial>', "the refund's own serial", serialOf),
    async (given, { asking, today }) => ({
      asked: asking.refund({
        originalSerial: need(given.serial, 'serial'),
        serial: given.refundSerial,
        bookingDay: given.date ?? today,
        amount: need(given.amount, 'amount'),
      }),
      facts: {},
    }),
  );
  add(
    send,
    'customer',
    '200003 用户信息查询: name, address, contact',
    ['--unit 36745 --customer 10125334'],
    (c) =>
      c
        .requiredOption('--customer <number>', 'customer number')
        .option('--by <type>', '0 number, 1 mobile, 2 id card, 3 old number', '0'),
    async (given, { asking }) => ({
      asked: asking.customer(need(given.customer, 'customer'), given.by ?? '0'),
      facts: {},
    }),
  );
  add(
    send,
    'bind',
    '200004 用户绑定通知: bound (or --unbind) in the app',
    ['--unit 36745 --customer 10125334'],
    (c) => c.requiredOption('--customer <number>', 'customer number').option('--unbind', 'unbound'),
    async (given, { asking }) => ({
      asked: asking.bind(need(given.customer, 'customer'), given.unbind !== true),
      facts: {},
    }),
  );
  add(
    send,
    'bills',
    '200005 账单实时查询: issued bills of a period',
    ['--unit 36745 --customer 10125334 --from 201701 --to 201712'],
    (c) => withPeriod(c, 'yyyyMM'),
    async (given, { asking }) => ({
      asked: asking.bills(need(given.customer, 'customer'), monthOf(given.from), monthOf(given.to)),
      facts: {},
    }),
  );
  add(
    send,
    'agreements',
    '200006 缴费协议查询',
    ['--unit 36745 --customer 10125334'],
    (c) => c.requiredOption('--customer <number>', 'customer number'),
    async (given, { asking }) => ({ asked: asking.agreements(need(given.customer, 'customer')), facts: {} }),
  );
  add(
    send,
    'balance',
    '200007 余额查询: prepaid balance',
    ['--unit 36239 --customer 000014564'],
    (c) => c.requiredOption('--customer <number>', 'customer number'),
    async (given, { asking }) => ({ asked: asking.balance(need(given.customer, 'customer')), facts: {} }),
  );
  add(
    send,
    'records',
    '200008 缴费记录查询: payments of a period',
    ['--unit 36745 --customer 10125334'],
    (c) => withPeriod(c, 'yyyyMMdd'),
    async (given, { asking }) => ({
      asked: asking.records(need(given.customer, 'customer'), dayOrNone(given.from), dayOrNone(given.to)),
      facts: {},
    }),
  );
  add(
    send,
    'agreement',
    '200009 代扣协议维护: sign, change or cancel automatic payment',
    ['--unit 37101 --customer 3710100001 --deal sign --agreement A1 --bank ABC --account 6200000000000000'],
    (c) =>
      c
        .requiredOption('--customer <number>', 'customer number')
        .requiredOption('--deal <deal>', 'sign, change or cancel')
        .option('--agreement <number>', 'agreement number', '')
        .option('--bank <code>', 'bank code', '')
        .option('--account <number>', 'bank account', ''),
    async (given, { asking }) => ({
      asked: asking.agreement({
        customer: need(given.customer, 'customer'),
        deal: need(given.deal, 'deal'),
        agreementNumber: given.agreement ?? '',
        bankCode: given.bank ?? '',
        bankAccount: given.account ?? '',
      }),
      facts: {},
    }),
  );
  add(
    send,
    'notice',
    '200011 接收文本: a file lies ready',
    ['--unit 39536 --file GSCQQIANNENG_DSDZ_39536_20240404.txt'],
    (c) =>
      c
        .requiredOption('--file <name>', 'file name')
        .option('--type <type>', 'DSDZ or REDK', '')
        .option('--path <path>', 'filePath', ''),
    async (given, { asking }) => ({
      asked: asking.notice(need(given.file, 'file'), {
        fileType: given.type ?? '',
        filePath: given.path ?? '',
      }),
      facts: {},
    }),
  );
  add(
    send,
    'body',
    'any service code with a JSON body of your own',
    [`--unit 36745 --service 200001 --body '{"acctOrgNo":"36745","queryType":"9","queryValue":"1"}'`],
    (c) => c.requiredOption('--service <code>', 'service code').requiredOption('--body <json>', 'the body'),
    async (given) => ({
      asked: { serviceCode: need(given.service, 'service'), body: jsonOf(need(given.body, 'body')) },
      facts: {},
    }),
  );
}

function add(
  send: Command,
  name: string,
  what: string,
  examples: readonly string[],
  options: (command: Command) => Command,
  ask: Ask,
): void {
  const command = options(
    send.command(name).description(what).requiredOption('--unit <id>', 'clearing unit 清算单位'),
  );
  withDialect(withTarget(command))
    .option('--source <name>', 'sender name in the head', 'ALIPAY')
    .option('--charset <name>', 'utf8 or gbk', 'utf8')
    .option('--bytes', 'show both frames byte by byte')
    .option('--json', 'print the answer as JSON');
  withExample(command, ...examples.map((example) => `sluice send ${name} ${example} --dir demo`)).action(
    (given: Given) => runSend(given, ask),
  );
}
