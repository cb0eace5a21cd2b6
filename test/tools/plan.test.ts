/** The same seed gives the same day: serials, customers, amounts, order. */
import { expect } from 'chai';
import { type Day, defaultFileSettings } from '../../src/protocol/index.js';
import { loadScenario, type PlannedStep, planOf, shippedScenarios } from '../../src/tools/index.js';
import { debitFile } from '../../src/tools/simulate/debit-file.js';

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

  it('debits under serials that no payment of the day has', async () => {
    const serials = [
      ...planOf({ scenario: { ...loadScenario('deduction-day'), exchanges: 2000 }, day, customers }),
    ];
    const paid = new Set(serials.flatMap((step) => (step.kind === 'pay' ? [step.serial] : [])));
    const lines = Array.from(
      { length: 500 },
      (_, at) => `D${at}|00900100${at}|90001|1||B${at}|202610|100|0|100|${day}|`,
    );
    const content = Buffer.from([`500|50000|${day}||N|`, ...lines, ''].join('\r\n'));
    const { seed } = loadScenario('deduction-day');
    const file = await debitFile({
      name: 'X_DKKK_90001.txt',
      content,
      settings: defaultFileSettings,
      day,
      seed,
      failing: 0,
    });
    if (typeof file === 'string') throw new Error(file);
    const debits = file.content
      .toString('latin1')
      .split('\r\n')
      .slice(1, -1)
      .map((line) => line.split('|')[14]);
    expect(debits).length(500);
    expect(debits.filter((serial) => paid.has(serial as never))).deep.equals([]);
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
