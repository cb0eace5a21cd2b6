import { z } from 'zod';
import { alarmSettings } from '../alarm.js';
import { databaseSettings } from '../database/index.js';
import { exchangeOfUnit, exchangeSettings } from '../exchange/settings.js';
import { metricsSettings } from '../monitoring.js';
import { missingForDeduction, revenueSettings } from '../revenue/index.js';
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
const sections = z.strictObject({
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
/** What one section says about another. What is switched on must be possible: a schema of the utility's own gives what its statements give. */
export const configSchema = sections.superRefine(({ revenue, exchange, units: all }, context) => {
  const refuse = (path: readonly string[], message: string) =>
    context.addIssue({ code: 'custom', path: ['exchange', 'units', ...path], message });
  const known = all.map(({ id }) => id);
  for (const id of Object.keys(exchange.units)) {
    if (!known.includes(id))
      refuse([id], `there is no clearing unit ${id}; configured are ${known.join(', ')}`);
  }
  if (revenue.kind !== 'existing') return;
  for (const { id } of all) {
    const { files, deduction } = exchangeOfUnit(exchange, id);
    for (const [type, operation] of statementOfFile)
      if (files[type].schedule !== undefined && revenue.operations[operation] === undefined)
        refuse(
          [id, 'files', type, 'schedule'],
          `${type} needs the statement revenue.operations.${operation}`,
        );
    const missing = missingForDeduction(revenue);
    if (deduction.days.length > 0 && missing.length > 0)
      refuse(
        [id, 'deduction', 'days'],
        `batch deduction needs the statements ${missing.map((name) => `revenue.operations.${name}`).join(', ')}`,
      );
  }
});
const statementOfFile = [
  ['JF', 'paymentsOfDay'],
  ['DZZD', 'billsOfDay'],
] as const;
export type Config = z.output<typeof configSchema>;
