/** Follows a payment through all rooms. Reads only; everything is found by index, and file lines by unit, type and day. */
import type { Clock } from '../clock.js';
import type { Database } from '../database/index.js';
import { type ExchangeSettings, filesAnnouncedBy, type TracedFile } from '../exchange/index.js';
import type { Day } from '../protocol/values.js';
import type { PaymentRecord } from '../revenue/revenue-system.js';
import { type ExchangeRecord, noticesOf, searchExchanges } from '../server/index.js';
import { foundNothing } from './pool.js';
import type { Trace } from './trace.js';
import { EXCHANGES_MAX, UnitTrace } from './unit-trace.js';
import { verdictsOf } from './verdict.js';

export interface TraceParts {
  readonly database: Database;
  /** Clearing units to look in. */
  readonly units: readonly string[];
  /** The operator named one: exchanges of others are left out. */
  readonly isOneUnit?: boolean;
  /** Of the exchange directories. */
  readonly root: string;
  readonly exchange: ExchangeSettings;
  readonly clock: Clock;
  /** A customer's payments of a day in the utility's own schema, where that is the one in use. */
  readonly theirPayments?:
    | ((unit: string, customer: string, day: Day) => Promise<readonly PaymentRecord[] | undefined>)
    | undefined;
}

/** A notice is answered within its budget; the file was taken in within it. */
const NOTICE_SPAN_MS = 120_000;

/** Everything about a serial, payment number, bill, customer or message. `kinds` is empty where nothing knows it. */
export async function traceSubject(parts: TraceParts, subject: string): Promise<Trace> {
  const { database } = parts;
  const found = foundNothing();
  const rowsMax = EXCHANGES_MAX;
  const ofUnits = (some: readonly ExchangeRecord[]) =>
    parts.isOneUnit === true ? some.filter(({ unit }) => parts.units.includes(unit)) : some;
  const named = ofUnits(await searchExchanges(database, { messageId: subject, rowsMax }));
  if (named.length > 0) found.kinds.add('message');
  const asSerial = ofUnits(await searchExchanges(database, { serial: subject, rowsMax }));
  if (asSerial.length > 0) found.kinds.add('serial');
  found.exchanges.add(...named, ...asSerial);
  const announced = await filesAnnouncedBy(database, subject);
  if (announced.length > 0) {
    found.kinds.add('message');
    found.notes.push(`此报文通知了文件 (it announced a file): ${announced.join(', ')}`);
  }
  for (const unit of parts.units) {
    const seeds = found.exchanges.all.filter((one) => one.unit === unit && one.serial !== '');
    const serials = new Set(seeds.map(({ serial }) => serial));
    await new UnitTrace(parts, unit, found, serials).follow(subject);
  }
  const ofCustomer = ofUnits(await searchExchanges(database, { customer: subject, rowsMax }));
  if (ofCustomer.length > 0) found.kinds.add('customer');
  found.exchanges.add(...ofCustomer);
  if (ofCustomer.length === rowsMax)
    found.notes.push(`只显示最近 ${rowsMax} 次交互 (the newest exchanges only)`);
  for (const file of found.files.all) found.exchanges.add(...(await announcementsOf(database, file)));
  const gathered = {
    subject,
    kinds: [...found.kinds],
    exchanges: found.exchanges.all.toSorted((a, b) => a.at - b.at || a.id.localeCompare(b.id)),
    serials: found.serials.all,
    calls: found.calls.all,
    theirs: found.theirs.all,
    payments: found.payments.all.toSorted((a, b) => a.bookedAt - b.bookedAt),
    entries: found.entries.all,
    suspense: found.suspense.all,
    bills: found.bills.all,
    deductions: found.deductions.all,
    files: found.files.all,
    days: found.days.all,
    differences: found.differences.all,
    notes: found.notes,
  };
  return { ...gathered, verdicts: verdictsOf(gathered) };
}

async function announcementsOf(database: Database, file: TracedFile): Promise<readonly ExchangeRecord[]> {
  if (file.direction === 'out' || file.lines.length === 0) return [];
  const at = file.announcedAt ?? file.beganAt;
  return noticesOf(database, file.name, at - NOTICE_SPAN_MS, at + NOTICE_SPAN_MS);
}
