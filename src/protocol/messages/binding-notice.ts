import { code, defineMessage } from '../schema.js';
import { clearingUnit, customer, extend, result } from './common.js';

/** spec "200004": feeds the bill and dunning files. */
export const bindingNotice = defineMessage({
  serviceCodes: ['200004'],
  title: '用户绑定通知',
  purpose: 'A customer was bound or unbound in the app.',
  direction: 'platform→utility',
  effect: { repeatKey: ['clearingUnit', 'customer', 'deal'] },
  request: {
    clearingUnit,
    customer,
    deal: code('dealType', '处理类型', { '1': '绑定', '2': '解绑' }, { required: true }),
    extend,
  },
  answer: { ...result, extend },
});
