/* A node that dies by SIGKILL at a named point of one payment, or of its refund. Arguments: url, customer, serial, operation and point. */
import { systemClock, systemIds } from '../../../src/clock.js';
import { openDatabase } from '../../../src/database/index.js';
import { silentLog } from '../../../src/log.js';
import { openExistingRevenue } from '../../../src/revenue/index.js';
import { unitWith } from '../../../src/revenue/unit.js';
import { payment, refundOf } from '../world.js';
import { exampleSettings, openTheirs } from './legacy-world.js';

const [url = '', customer = '', serial = '', operation = '', point = ''] = process.argv.slice(2);
const { databaseSettings } = await import('../../../src/database/index.js');
const database = databaseSettings.parse({ client: 'postgres', url });
const settings = exampleSettings(database);
const revenue = openExistingRevenue({
  journal: await openDatabase(database, { clock: systemClock, log: silentLog }),
  database: await openTheirs(settings),
  settings,
  clock: systemClock,
  ids: systemIds,
  at: async (reached) => {
    if (reached === point) process.kill(process.pid, 'SIGKILL');
  },
});
const order = payment(customer, 130, { serial: serial as never });
if (operation === 'pay') await revenue.pay(unitWith('X1'), order);
else await revenue.refund(unitWith('X1'), refundOf(order, { serial: undefined }));
