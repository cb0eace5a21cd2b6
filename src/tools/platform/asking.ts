/** The platform's requests by what a tester wants to ask, each written through its declaration. */
import {
  agreementMaintenance,
  agreementQuery,
  arrearsQuery,
  balanceQuery,
  billQuery,
  bindingNotice,
  customerQuery,
  type Day,
  type Fen,
  fileNotice,
  type Month,
  payment,
  paymentRecords,
  paymentStatus,
  type RequestToWriteOf,
  refund,
  type Serial,
  type UnitDialect,
  wireDialectOf,
} from '../../protocol/index.js';

type PaymentToWrite = RequestToWriteOf<typeof payment>;

export interface Asked {
  readonly serviceCode: string;
  readonly body: Readonly<Record<string, unknown>>;
}
/** What is asked of one clearing unit, in its dialect. */
export function askingOf(clearingUnit: string, dialect: UnitDialect) {
  const wire = wireDialectOf(dialect);
  const byNumber = (customer: string) =>
    ({ clearingUnit, customer, queryType: '0', queryValue: customer }) as const;
  const asked = (serviceCode: string, body: Record<string, unknown>): Asked => ({ serviceCode, body });
  return {
    query(
      queryValue: string,
      more: { queryType?: '0' | '1' | '2' | '3'; feeKind?: '11' | '12' } = {},
    ): Asked {
      const request = {
        clearingUnit,
        queryType: more.queryType ?? '0',
        queryValue,
        feeKind: more.feeKind ?? '11',
      } as const;
      return asked('200001', arrearsQuery.writeRequest(request, wire));
    },
    pay(order: Omit<PaymentToWrite, 'clearingUnit'>): Asked {
      return asked(
        '200002',
        payment.writeRequest({ ...order, clearingUnit, rowCount: order.rowCount ?? order.rows.length }, wire),
      );
    },
    status(serial: Serial, bookingDay: Day | undefined): Asked {
      return asked('200012', paymentStatus.writeRequest({ clearingUnit, serial, bookingDay }, wire));
    },
    refund(order: {
      originalSerial: Serial;
      serial: Serial | undefined;
      bookingDay: Day;
      amount: Fen;
    }): Asked {
      return asked('300002', refund.writeRequest({ ...order, clearingUnit }, wire));
    },
    customer: (queryValue: string, queryType: '0' | '1' | '2' | '3' = '0'): Asked =>
      asked('200003', customerQuery.writeRequest({ clearingUnit, queryType, queryValue }, wire)),
    bind: (customer: string, bound: boolean): Asked =>
      asked('200004', bindingNotice.writeRequest({ clearingUnit, customer, deal: bound ? '1' : '2' }, wire)),
    bills: (customer: string, fromMonth?: Month, toMonth?: Month): Asked =>
      asked('200005', billQuery.writeRequest({ ...byNumber(customer), fromMonth, toMonth }, wire)),
    agreements: (customer: string): Asked =>
      asked('200006', agreementQuery.writeRequest(byNumber(customer), wire)),
    balance: (customer: string): Asked =>
      asked('200007', balanceQuery.writeRequest(byNumber(customer), wire)),
    records: (customer: string, fromDay?: Day, toDay?: Day): Asked =>
      asked('200008', paymentRecords.writeRequest({ ...byNumber(customer), fromDay, toDay }, wire)),
    agreement(order: {
      readonly customer: string;
      readonly deal: 'sign' | 'cancel' | 'change';
      readonly agreementNumber?: string;
      readonly bankCode?: string;
      readonly bankAccount?: string;
      readonly bankAccountName?: string;
    }): Asked {
      const { deal, ...rest } = order;
      const dealType = Object.entries(dialect.dealTypes).find(([, meaning]) => meaning === deal)?.[0] ?? '';
      return asked('200009', agreementMaintenance.writeRequest({ ...rest, clearingUnit, dealType }, wire));
    },
    notice: (
      fileName: string,
      more: { fileType?: string; filePath?: string; extend?: string; code?: '200011' | '200019' } = {},
    ): Asked => {
      const { code = '200011', fileType = '', filePath = '', extend = '' } = more;
      return asked(
        code,
        fileNotice.writeRequest({ clearingUnit, fileName, fileType, filePath, extend }, wire),
      );
    },
  };
}
export type Asking = ReturnType<typeof askingOf>;
