import { expect } from 'chai';
import type { Condition } from '../../../src/alarm.js';
import { type Moment, momentOf } from '../../../src/clock.js';
import type { Database } from '../../../src/database/index.js';
import {
  batchOfDay,
  type DeductionServiceParts,
  lookOnce,
  newestBatches,
  plannedRuns,
} from '../../../src/exchange/deduction/index.js';
import { type Exchange, exchangeSettings } from '../../../src/exchange/index.js';
import { exchangeOfUnit } from '../../../src/exchange/settings.js';
import type { Day } from '../../../src/protocol/values.js';
import { eachDatabase } from '../../support/databases.js';
import { type DeductionWorld, deductionWorld } from './world.js';

const at = (day: string, time = '120000'): Moment => momentOf(day as Day, time);
const rulesOf = (deduction: object) =>
  exchangeOfUnit(exchangeSettings.parse({ units: { U: { deduction } } }), 'U').deduction;

describe('when deduction runs are due', () => {
  const due = (deduction: object, from: string, to: string, holidays: readonly string[] = []) =>
    plannedRuns(rulesOf(deduction), new Set(holidays as Day[]), at(from, '000000'), at(to, '235959')).map(
      ({ key, at: moment }) => `${key} ${(moment - at(key, '000000')) / 3_600_000}`,
    );

  it('on the days of the month, at the time, in China; the last day of each month', () => {
    expect(due({ days: [5, 10, 15] }, '20240201', '20240229')).to.deep.equal([
      '20240205 9',
      '20240210 9',
      '20240215 9',
    ]);
    expect(due({ days: ['last'], time: '23:30' }, '20240201', '20240430')).to.deep.equal([
      '20240229 23.5',
      '20240331 23.5',
      '20240430 23.5',
    ]);
    expect(due({ days: [31] }, '20240401', '20240430')).to.deep.equal([]);
    expect(due({}, '20240101', '20241231')).to.deep.equal([]);
  });

  it('shifts off holidays and weekends, forwards, backwards or not at all, also over the end of a month', () => {
    const newYear = ['20240210', '20240211', '20240212', '20240213', '20240214', '20240215', '20240216'];
    const days = { days: [5, 10, 15] };
    expect(due(days, '20240201', '20240229', newYear)).to.deep.equal([
      '20240205 9',
      `20240210 ${7 * 24 + 9}`,
      `20240215 ${2 * 24 + 9}`,
    ]);
    expect(due({ ...days, holidays: 'before' }, '20240201', '20240229', newYear)).to.deep.equal([
      '20240205 9',
      `20240210 ${-24 + 9}`,
      `20240215 ${-6 * 24 + 9}`,
    ]);
    expect(due({ ...days, holidays: 'run' }, '20240201', '20240229', newYear)).to.have.length(3);
    // 31 March 2024 is a Sunday.
    expect(due({ days: ['last'], weekends: true }, '20240401', '20240430')).to.deep.equal([
      '20240331 33',
      '20240430 9',
    ]);
  });
});

eachDatabase('deduction runs by schedule', (db) => {
  let d: DeductionWorld;
  afterEach(() => d.end());
  const begin = async (deduction: object = {}) => {
    d = await deductionWorld(db(), undefined, {
      settings: { deduction: { days: [5, 10, 15], ...deduction } },
    });
    d.clock.set(at('20240201'));
  };
  const held = new Map<string, readonly Condition[]>();
  const alarms = { hold: async (kind: string, all: readonly Condition[]) => void held.set(kind, all) };
  const parts = (exchange: Exchange = d.exchange, database: Database = db()): DeductionServiceParts => ({
    books: { ...d.books, database },
    openDeduction: async () => d.deductionOn(database),
    settings: d.settings,
    units: [d.unit],
    outbox: exchange.outbox,
    dispatch: exchange.dispatch,
    alarms,
    log: d.log,
  });
  const lookAt = async (moment: Moment, on = parts()) => {
    d.clock.set(moment);
    await lookOnce(on);
    return (await newestBatches(db(), d.unit)).map(({ day, state }) => `${day} ${state}`);
  };

  it('each planned run happens once over all nodes, and not before its time', async () => {
    await begin();
    const other = await db.open();
    const both = [parts(), parts(d.node(other), other)] as const;
    await d.signed({ a: 100, b: 200 });
    for (const moment of [at('20240201'), at('20240205', '085900'), at('20240205', '090000')]) {
      d.clock.set(moment);
      await Promise.all(both.map((one) => lookOnce(one)));
    }
    expect(await lookAt(at('20240205', '090100'))).to.deep.equal(['20240205 noticed']);
    expect(d.notices).to.have.length(1);
    expect((await batchOfDay(db(), d.unit, '20240205' as Day))?.count).equal(2);
    // All is out: the next run finds nothing, and that is a run, too.
    expect(await lookAt(at('20240210', '090100'))).to.deep.equal(['20240210 empty', '20240205 noticed']);
    expect(await lookAt(at('20240210', '200000'))).to.have.length(2);
    expect(d.log.events.map(({ name }) => name)).not.contains('deduct.failed');
  });

  it('a run missed while nobody ran is made up for, one of long ago reported; nothing from before the schedule', async () => {
    await begin();
    d.clock.set(at('20240207'));
    await d.signed({ a: 100 });
    expect(await lookAt(at('20240207'))).to.deep.equal([]);
    expect(await lookAt(at('20240212'))).to.deep.equal(['20240212 noticed']);
    expect(held.get('deduct-run-missed')).to.deep.equal([]);
    expect(await lookAt(at('20240225'))).to.deep.equal(['20240212 noticed']);
    expect(held.get('deduct-run-missed')?.map(({ subject }) => subject)).to.deep.equal([
      `${d.unit.id} 20240215`,
    ]);
    await lookAt(at('20240228'));
    expect(held.get('deduct-run-missed')).to.deep.equal([]);
  });

  it('goes on with a run that was broken off, and tells of one that does not move and of an answer that does not come', async () => {
    await begin({ answerHours: 24 });
    await d.signed({ a: 100 });
    d.answerNoticesWith('0009');
    await lookAt(at('20240201'));
    expect(await lookAt(at('20240205', '090000'))).to.deep.equal(['20240205 published']);
    expect(held.get('deduct-run-stuck')).to.deep.equal([]);
    await lookAt(at('20240205', '110000'));
    expect(held.get('deduct-run-stuck')?.[0]?.text).contains('published');
    d.answerNoticesWith('9999');
    expect(await lookAt(at('20240205', '150000'))).to.deep.equal(['20240205 noticed']);
    expect(held.get('deduct-run-stuck')).to.deep.equal([]);
    await lookAt(at('20240206', '145900'));
    expect(held.get('deduct-answer-missing')).to.deep.equal([]);
    await lookAt(at('20240206', '150100'));
    expect(held.get('deduct-answer-missing')?.[0]?.text).contains('sluice deduct show');
  });
});
