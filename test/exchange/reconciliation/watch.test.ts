/* Files that do not come, days that stay open (fault F11). */
import { expect } from 'chai';
import { type AlarmKind, alarmSettings, openAlarms } from '../../../src/alarm.js';
import { momentOf } from '../../../src/clock.js';
import {
  lookAtDays,
  type ReconParts,
  reconciliationSettings,
} from '../../../src/exchange/reconciliation/index.js';
import { makeMetrics } from '../../../src/metrics.js';
import type { Day } from '../../../src/protocol/values.js';
import { customerWith, payment, testClock, today } from '../../revenue/world.js';
import { eachDatabase } from '../../support/databases.js';
import { keptLog } from '../support/exchange.js';
import { reconWorld } from './world.js';

const day = (n: number) => `202401${n}` as Day;
const at = (n: number, time: string) => momentOf(day(n), `${time}00`);

eachDatabase(
  'looking after the days of reconciliation',
  (db) => {
    const world = (settings: object = {}) => {
      const r = reconWorld(db);
      const [clock, log] = [testClock(), keptLog()];
      const parts: ReconParts = {
        ...r.parts,
        clock,
        settingsOf: () => reconciliationSettings.parse(settings),
      };
      const alarms = openAlarms({
        settings: alarmSettings.parse({}),
        database: db(),
        clock,
        log,
        metrics: makeMetrics(),
      });
      const look = async (moment: number) => {
        clock.set(moment);
        await lookAtDays({ open: async () => parts, units: [r.unit], alarms, log }, r.signal);
        return log.events
          .splice(0)
          .filter(({ fields }) => fields.unit === r.unit.id)
          .map(
            ({ name, fields }) => `${name} ${fields.kind as AlarmKind} ${String(fields.subject).slice(-8)}`,
          );
      };
      const who = () => customerWith(r.world, r.unit);
      return { r, look, parts, who };
    };

    it('expects every day from the first payment on; tells what is missing at the deadline, and when it has come', async () => {
      const { r, look, who } = world();
      expect(await look(at(15, '1000'))).to.deep.equal([]);
      const order = await r.paid(await who(), 5);
      expect(await look(at(16, '0859'))).to.deep.equal([]);
      expect(await r.day(today)).equal('open: 0/0 0/0 0/0 0/0 0/0');
      expect(await look(at(16, '0900'))).to.deep.equal(['alarm.raised recon-file-missing 20240115']);
      expect(await look(at(16, '0901'))).to.deep.equal([]);
      await r.run(r.file([order]));
      // The gateway was away for a day; the 17th has no payments, and its file is expected all the same.
      expect(await look(at(18, '1000'))).to.deep.equal([
        'alarm.raised recon-file-missing 20240117',
        'alarm.raised recon-file-missing 20240116',
        'alarm.ended recon-file-missing 20240115',
      ]);
      await r.run(r.file([], day(16)));
      await r.run(r.file([], day(17)));
      expect((await look(at(18, '1001'))).sort()).to.deep.equal([
        'alarm.ended recon-file-missing 20240116',
        'alarm.ended recon-file-missing 20240117',
      ]);
      r.end();
    });

    it('closes a day without payments by itself where the platform sends no file for it', async () => {
      const { r, look, who } = world({ fileWhenEmpty: false });
      await r.run(r.file([await r.paid(await who(), 5)]));
      expect(await look(at(17, '1000'))).to.deep.equal([]);
      expect(await r.day(day(16))).match(/^closed/);
      r.end();
    });

    it('tells what is held, open too long, and overdue; goes on with what a crash left', async () => {
      const { r, look, parts, who } = world({ repairsMax: 0 });
      const lost = payment(await who(), 7);
      await r.run(r.file([lost]), { settingsOf: parts.settingsOf });
      expect(await look(at(16, '1000'))).to.deep.equal(['alarm.raised recon-held 20240115']);
      expect(await look(at(16, '1800'))).to.deep.equal([
        'alarm.raised recon-held 20240115',
        'alarm.raised recon-day-open 20240115',
      ]);
      // As if an operator's process had died right after the confirmation.
      const statement = `update recon_runs set state = 'repairing' where unit = '${r.unit.id}'`;
      await r.database.run({ text: () => statement });
      await r.database.run({
        text: () => `update recon_days set state = 'compared' where unit = '${r.unit.id}'`,
      });
      expect(await look(at(16, '1801'))).to.deep.equal([
        'alarm.ended recon-held 20240115',
        'alarm.ended recon-day-open 20240115',
      ]);
      expect(await r.day()).equal('closed: 0/0 1/7 0/0 0/0 0/0');

      const late = world();
      await late.r.run(late.r.file([{ ...payment('nobody', 3), customer: 'nobody' }]));
      const due = Date.UTC(2030, 0, 1);
      await late.r.database.run({
        text: () => `update recon_differences set due_at = 5 where unit = '${late.r.unit.id}'`,
      });
      expect(await late.look(due)).contains('alarm.raised recon-overdue 20240115');
      r.end();
      late.r.end();
    });
  },
  { only: ['sqlite', 'postgres'] },
);
