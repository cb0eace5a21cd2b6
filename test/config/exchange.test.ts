/* What the section `exchange` says about other sections. */
import { expect } from 'chai';
import { checkConfig, configTemplate } from '../../src/config/index.js';

const units = [
  { unit: '39536', name: '甲', shortName: 'JIA' },
  { unit: '00', name: '乙', shortName: 'YI' },
];
const check = (exchange: string) => checkConfig('/x', `${configTemplate(units)}${exchange}`, {});

describe('the section exchange', () => {
  it('may name the configured units, and no other', () => {
    const remindDays = (unit: string) => `exchange:\n  units:\n    "${unit}": { remindDays: 3 }\n`;
    expect(check(remindDays('39536')).exchange.units['39536']).to.include({ remindDays: 3 });
    expect(() => check(remindDays('39537'))).to.throw(
      /sluice\.yaml:\d+: exchange\.units\.39537: there is no clearing unit 39537; configured are 39536, 00/,
    );
  });
});
