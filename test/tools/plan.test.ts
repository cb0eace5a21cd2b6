/** The same seed gives the same day: serials, customers, amounts, order. */
import { expect } from 'chai';
import type { Day } from '../../src/protocol/index.js';
import { loadScenario, type PlannedStep, planOf, shippedScenarios } from '../../src/tools/index.js';

const day = '20261120' as Day;
const customers: [string, ...string[]] = ['0090010000', '0090010001', '0090010002', '0090010003'];
const plan = (name: string, seed?: number): readonly PlannedStep[] => {
  const scenario = loadScenario(name);
  return [...planOf({ scenario: { ...scenario, seed: seed ?? scenario.seed }, day, customers })];
};

describe('the plan of a simulated day', () => {
  for (const name of shippedScenarios()) {
    it(`is the same for the same seed and another for another: ${name}`, () => {
      expect(plan(name)).deep.equals(plan(name));
      expect(plan(name)).not.deep.equals(plan(name, 9));
    });
  }

  it('gives every payment a serial of its own, with the day it belongs to', () => {
    const payments = plan('midnight').filter((step) => step.kind === 'pay');
    expect(new Set(payments.map(({ serial }) => serial)).size).equals(payments.length);
    for (const { serial, day: paidOn } of payments) expect(serial.slice(0, 8)).equals(paidOn);
    expect(new Set(payments.map((one) => one.day))).deep.equals(new Set(['20261119', '20261120']));
  });

  it('lets every customer pay once before anybody pays twice', () => {
    const payments = plan('platform-refunds').filter((step) => step.kind === 'pay');
    for (let at = 0; at + customers.length <= payments.length; at += customers.length) {
      const round = payments.slice(at, at + customers.length).map(({ customer }) => customer);
      expect(new Set(round).size).equals(customers.length);
    }
  });

  it('goes over from the old certificate to the new one in thirds', () => {
    const steps = plan('certificate-rotation');
    const third = Math.floor(steps.length / 3);
    expect(steps.slice(0, third).every(({ second }) => !second)).equals(true);
    const middle = new Set(steps.slice(third + 1, 2 * third).map(({ second }) => second));
    expect(middle.size).equals(2);
    expect(steps.slice(-third).every(({ second }) => second)).equals(true);
  });

  it('loses requests, answers, and patience', () => {
    const losses = plan('answers-lost').map((step) => (step.kind === 'pay' ? step.loss : undefined));
    expect(new Set(losses)).deep.equals(new Set([undefined, 'request', 'answer', 'race']));
  });
});
