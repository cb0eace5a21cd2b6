import type { Customer } from '../../src/revenue/revenue-system.js';

/** A customer of no importance but for what is given. */
export const customerWith = (given: Partial<Customer> = {}): Customer => ({
  customer: '10125334',
  name: '王小明',
  address: '示例路1号',
  office: '01',
  officeName: '城东营业厅',
  customerClass: '01',
  mobile: '13812345678',
  idCard: '320102199001011234',
  contact: '王小明',
  province: { code: '34', name: '安徽' },
  city: { code: '3418', name: '宣城' },
  countyCode: '341802',
  state: 'active',
  ...given,
});
