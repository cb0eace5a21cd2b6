import { z } from 'zod';
import { alarmSettings } from '../alarm.js';
import { databaseSettings } from '../database/index.js';
import { exchangeSettings } from '../exchange/settings.js';
import { metricsSettings } from '../monitoring.js';
import { revenueSettings } from '../revenue/index.js';
import { serverSettings } from '../server/settings.js';
import { sftpSettings } from '../sftp/settings.js';
import { captureSettings } from '../tools/settings.js';
import { units } from './units.js';

const logSettings = z
  .strictObject({
    level: z.enum(['error', 'warn', 'info']).default('info'),
    fileMiB: z.int().min(1).max(1024).default(20),
    files: z.int().min(1).max(1000).default(10),
  })
  .prefault({});

/** All of sluice.yaml; each room declares its own section. */
export const configSchema = z.strictObject({
  alarms: alarmSettings,
  capture: captureSettings,
  database: databaseSettings.prefault({}),
  exchange: exchangeSettings,
  log: logSettings,
  metrics: metricsSettings,
  revenue: revenueSettings,
  server: serverSettings,
  sftp: sftpSettings,
  units,
});
export type Config = z.output<typeof configSchema>;
