import { code, count, defineMessage, rows, text } from '../schema.js';
import { answered, clearingUnit, extend, queryValue, result } from './common.js';

/** spec "200003". Personal fields are masked by the unit's policy before they are answered. */
export const customerQuery = defineMessage({
  serviceCodes: ['200003'],
  title: '用户信息查询',
  purpose: 'Name, address and contact of a customer.',
  direction: 'platform→utility',
  effect: 'query',
  request: {
    clearingUnit,
    queryType: code(
      'queryType',
      '查询类型',
      { '0': '户号', '01': '户号', '1': '手机号', '2': '身份证号', '3': '原户号' },
      { required: true, refusedAs: '1002' },
    ),
    queryValue,
    extend,
  },
  answer: {
    ...result,
    customerCount: count('consTotalCnt', '用户数', { max: 9999 }),
    customers: rows(
      'consInfo',
      '用户信息',
      {
        customer: answered.customer,
        customerName: answered.customerName,
        address: answered.address,
        office: answered.office,
        officeName: answered.officeName,
        provinceCode: text('provinceCode', '省编码', { max: 16 }),
        provinceName: text('provinceName', '省名称', { max: 32 }),
        cityCode: text('cityCode', '市编码', { max: 16 }),
        cityName: text('cityName', '市名称', { max: 32 }),
        countyCode: text('countyCode', '区县编码', { max: 16 }),
        clearingUnit: answered.clearingUnit,
        clearingUnitName: text('acctOrgName', '清算单位名称', { max: 64 }),
        contact: text('conTactName', '联系人', { max: 64, personal: true }),
        mobile: text('mobile', '手机号', { max: 32, personal: true }),
        certNumber: text('certNo', '证件号', { max: 32, personal: true }),
        customerClass: text('consType', '用户类别', { max: 8 }),
        params: rows(
          'params',
          '扩展参数',
          {
            name: text('paramName', '参数名', { max: 64 }),
            value: text('paramValue', '参数值', { max: 256, personal: true }),
          },
          { rowsMax: 50, note: 'always empty from us' },
        ),
      },
      { rowsMax: 200 },
    ),
    extend,
  },
});
