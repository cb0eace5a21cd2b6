/**
 * The units of the demo, as they are written into sluice.yaml. Those of the captured messages stand in
 * fixtures/world.json, too.
 */

import { ACCEPTANCE_AMOUNT_MAX, ACCEPTANCE_DAYS, ACCEPTANCE_UNIT } from './acceptance.js';

/** A unit as configuration writes it. */
export interface DemoUnit {
  readonly unit: string;
  readonly name: string;
  readonly shortName: string;
  readonly dialect: Readonly<Record<string, string | boolean>>;
  readonly rules: Readonly<Record<string, string | number | boolean>>;
}

// Captured dates are old, so none of these units has an acceptance window.
const anyDay = { acceptanceDays: 'any' } as const;

export const demoUnits: readonly DemoUnit[] = [
  { unit: '36745', name: '宣城供水', shortName: 'WTAHXUANCHENG', dialect: {}, rules: anyDay },
  {
    unit: '123456',
    name: '深圳测试水务',
    shortName: 'WTGDSHENZHEN',
    dialect: { billsChosen: 'byId' },
    rules: anyDay,
  },
  {
    unit: '36239',
    name: '长沙供水',
    shortName: 'WTHNCHANGSHA',
    dialect: { nothingOwed: '9999-zero-detail' },
    rules: anyDay,
  },
  {
    unit: '00',
    name: '2014 试点',
    shortName: 'WTZHONGSHAN',
    // As the pilot answered in fixture 05: the total received repeats the total receivable.
    dialect: { amountUnit: 'yuan', receivedTotal: 'receivable' },
    rules: anyDay,
  },
  {
    unit: '39536',
    name: '自由缴示例',
    shortName: 'GSCQQIANNENG',
    dialect: { amountRule: 'any' },
    rules: anyDay,
  },
  { unit: '37101', name: 'SDDL 示例', shortName: 'SDDL', dialect: {}, rules: anyDay },
  { unit: '90001', name: '演示水务', shortName: 'WTDEMO', dialect: {}, rules: anyDay },
  {
    unit: ACCEPTANCE_UNIT,
    name: '验收示例',
    shortName: 'WTACCEPT',
    dialect: { nothingOwed: '1003', lockPolicy: 'reject1006' },
    rules: { acceptanceDays: ACCEPTANCE_DAYS, amountMax: ACCEPTANCE_AMOUNT_MAX },
  },
];

/** The unit of the invented customers. */
export const INVENTED_UNIT = '90001';
