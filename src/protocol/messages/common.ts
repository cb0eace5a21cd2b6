/** Fields that several messages share (spec messages.md "Services"). */
import { resultMeanings } from '../result-code.js';
import { code, serial, text } from '../schema.js';

/** Selects the tenant; peeked at before the body is decoded. */
export const clearingUnit = text('acctOrgNo', '清算单位', { min: 1, max: 16, required: true });
/** Leading zeros count. */
export const customer = text('consNo', '户号', { min: 1, max: 20, required: true });
export const extend = text('extend', '备用', { max: 256 });
export const result = {
  result: code('rtnCode', '返回码', resultMeanings, { required: true }),
  resultText: text('rtnMsg', '返回信息', { max: 256 }),
};
/** With the clearing unit the key of idempotency and of reconciliation. */
export const bankSerial = serial('bankSerial', '银行流水', { required: true });

/** How a customer is named: by number, or by something else of his. Unknown types are answered 1002. */
const queryTypes = { '0': '户号', '1': '手机号', '2': '身份证号', '3': '原户号' } as const;
const byNumber = ['', '0', '01', '3'];
export const queryType = code('queryType', '查询类型', queryTypes, { required: true, refusedAs: '1002' });
/** A mobile or id number is personal; a customer number is what an operator searches the log for. */
export const queryValue = text('queryValue', '查询号码', {
  min: 1,
  max: 32,
  required: true,
  personal: { unless: { wire: 'queryType', is: byNumber } },
});
/** The services other than 200001 and 200003 name the customer in one way or the other; both are read. */
export const customerOrQuery = {
  customer: text('consNo', '户号', { max: 20, note: '`consNo`, or `queryType` with `queryValue`' }),
  queryType: code('queryType', '查询类型', { ...queryTypes, '01': '户号' }, { refusedAs: '1002' }),
  queryValue: text('queryValue', '查询号码', {
    max: 32,
    personal: { unless: { wire: 'queryType', is: byNumber } },
  }),
};

/** As answers carry them: never required there, so that a refusal needs its code only. */
export const answered = {
  customer: text('consNo', '户号', { max: 20 }),
  customerName: text('consName', '户名', { max: 64, personal: true }),
  address: text('addr', '地址', { max: 256, personal: true }),
  clearingUnit: text('acctOrgNo', '清算单位', { max: 16 }),
  office: text('orgNo', '营业厅', { max: 16 }),
  officeName: text('orgName', '营业厅名称', { max: 64 }),
};
