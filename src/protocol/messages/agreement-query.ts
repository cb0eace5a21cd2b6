import { day, defineMessage, rows, text } from '../schema.js';
import { answered, clearingUnit, customerOrQuery, extend, result } from './common.js';

/** The bank account of an agreement, here and in 200009. */
export const bank = {
  bankCode: text('bankCode', '银行编码', { max: 32 }),
  bankAccount: text('bankAcctNo', '银行账号', { max: 64, personal: true }),
  bankAccountName: text('bankAcctName', '开户名', { max: 64, personal: true }),
};
export const cert = {
  certType: text('certType', '证件类型', { max: 16 }),
  certNumber: text('certNo', '证件号', { max: 32, personal: true }),
};

/** spec "200006". */
export const agreementQuery = defineMessage({
  serviceCodes: ['200006'],
  title: '缴费协议查询',
  purpose: 'Deduction agreements of a customer.',
  direction: 'platform→utility',
  effect: 'query',
  request: { clearingUnit, ...customerOrQuery, extend },
  answer: {
    ...result,
    agreements: rows(
      'payModeInfo',
      '缴费方式',
      {
        payMode: text('payMode', '缴费方式', { max: 16 }),
        payModeName: text('payModeName', '缴费方式名称', { max: 32 }),
        customer: answered.customer,
        customerName: answered.customerName,
        agreementNumber: text('agreementNo', '协议号', { max: 64 }),
        bankCode: bank.bankCode,
        bankName: text('bankName', '银行名称', { max: 64 }),
        bankAccount: bank.bankAccount,
        bankAccountName: bank.bankAccountName,
        ...cert,
        mobile: text('mobile', '手机号', { max: 32, personal: true }),
        signedOn: day('signDate', '签约日期', {}),
        extend: text('Extend', '备用', { max: 256, note: 'with a capital E on the wire' }),
      },
      { rowsMax: 50 },
    ),
    extend,
  },
});
