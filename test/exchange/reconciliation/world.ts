/** A day of payments, and the platform's file about it, for the tests of reconciliation. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, systemIds } from '../../../src/clock.js';
import type { Database } from '../../../src/database/index.js';
import {
  comparerFor,
  type Difference,
  differencesOfDay,
  type ReconFile,
  type ReconParts,
  reconcileFile,
  reconciliationSettings,
  summaryOf,
} from '../../../src/exchange/reconciliation/index.js';
import { defaultFileSettings } from '../../../src/protocol/index.js';
import type { Day } from '../../../src/protocol/values.js';
import { builtinReconciliation, type PaymentOrder } from '../../../src/revenue/index.js';
import { type Unit, unitWith } from '../../../src/revenue/unit.js';
import { builtinWorld } from '../../revenue/builtin-world.js';
import { payment, today } from '../../revenue/world.js';
import type { SuiteDatabase } from '../../support/databases.js';

export type Line = Pick<PaymentOrder, 'serial' | 'customer' | 'amount'> & { readonly bill?: string };
export const lineText = (line: Line, day: Day = today): string =>
  `${line.customer}|${line.serial}|${day}|${line.amount}|1|${line.customer}$${line.bill ?? ''}$202401$#|`;

let count = 0;

export function reconWorld(db: SuiteDatabase, dialect: Parameters<typeof unitWith>[1] = {}) {
  const id = `R${process.pid % 1000}${++count}`;
  const unit: Unit = unitWith(id, dialect);
  const database: Database = db();
  const world = builtinWorld(database, database);
  const books = { database, clock: world.clock, ids: systemIds };
  const dir = mkdtempSync(join(tmpdir(), 'sluice-recon-'));
  const signal = new AbortController().signal;
  let files = 0;
  const parts: ReconParts = {
    database,
    books: builtinReconciliation(books),
    comparer: comparerFor(database, db.client === 'sqlite' ? db.settings().file : undefined),
    settingsOf: () => reconciliationSettings.parse({}),
    clock: systemClock,
    ids: systemIds,
    leaseMs: 60_000,
  };
  const file = (lines: readonly Line[], day: Day = today, head?: string): ReconFile => {
    const total = lines.reduce((sum, { amount }) => sum + amount, 0n);
    const text = [head ?? `${total}|${lines.length}|`, ...lines.map((line) => lineText(line, day)), ''].join(
      '\r\n',
    );
    const path = join(dir, `${++files}.txt`);
    writeFileSync(path, text);
    const sha256 = createHash('sha256').update(text).digest('hex');
    const name = `ORG_DSDZ_${id}_${day}.txt`;
    return { unit, day, name, path, sha256, settings: defaultFileSettings, storedAt: systemClock.now() };
  };
  return {
    unit,
    database,
    world,
    parts,
    file,
    signal,
    async paid(customer: string, amount: number, more: Parameters<typeof payment>[2] = {}) {
      const order = payment(customer, amount, more);
      const outcome = await world.revenue.pay(unit, order);
      if (outcome.kind !== 'booked') throw new Error(`not booked: ${JSON.stringify(outcome)}`);
      return order;
    },
    run: (of: ReconFile, more: Partial<ReconParts> = {}) => reconcileFile({ ...parts, ...more }, of, signal),
    async differences(day: Day = today): Promise<Difference[]> {
      const all: Difference[] = [];
      for await (const one of differencesOfDay(database, unit.id, day)) all.push(one);
      return all;
    },
    /** `serial's last three digits class state outcome`, one for each difference. */
    async found(day: Day = today): Promise<string[]> {
      const all = await this.differences(day);
      return all.map((one) => `${one.class} ${one.state} ${one.outcome ?? '-'}`).sort();
    },
    /** State of the day and its figures: matched, supplemented, reversed, replaced, suspense. */
    async day(day: Day = today): Promise<string> {
      const s = await summaryOf(database, unit.id, day);
      if (s === undefined) return 'none';
      const figures = [s.matched, s.supplemented, s.reversed, s.replaced, s.suspense];
      return `${s.day.state}: ${figures.map((one) => `${one.count}/${one.amount}`).join(' ')}`;
    },
    end: () => rmSync(dir, { recursive: true, force: true }),
  };
}
export type ReconWorld = ReturnType<typeof reconWorld>;
