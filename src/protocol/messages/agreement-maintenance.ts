import { defineMessage, text } from '../schema.js';
import { bank, cert } from './agreement-query.js';
import { clearingUnit, customer, extend, result } from './common.js';

/** spec "200009". What `dealType` means is the unit's dialect (`dealTypes`); what it does not map the handler answers 0003. */
export const agreementMaintenance = defineMessage({
  serviceCodes: ['200009'],
  title: '代扣协议维护',
  purpose: 'Sign, change or cancel automatic payment.',
  direction: 'platform→utility',
  effect: { repeatKey: ['clearingUnit', 'customer', 'agreementNumber', 'dealType'] },
  request: {
    clearingUnit,
    agreementNumber: text('agreementNo', '协议号', { max: 64 }),
    customer,
    ...bank,
    dealType: text('dealType', '处理类型', {
      min: 1,
      max: 8,
      required: true,
      note: '`1` sign, `2` cancel, `3` change; by dialect',
    }),
    mobile: text('phone', '电话', { max: 32, personal: true }),
    email: text('email', '邮箱', { max: 128, personal: true }),
    ...cert,
    verifyCode: text('verifyCode', '校验码', { max: 64, personal: true }),
    extend,
  },
  answer: { ...result, agreementNumber: text('agreementNo', '协议号', { max: 64 }), extend },
});
