/**
 * A corrected file was compared: what earlier runs left undecided is found again, and goes on with its old deadline, or it is none any more.
 * In small transactions: payments wait for each of them, and a day may have been held with a million differences.
 */
import type { Moment } from '../../clock.js';
import { type Database, numberCell, type Row, type Session, sql, textCell } from '../../database/index.js';
import { closeDifference, differencesOfSerial } from './differences.js';
import type { ReconRun } from './runs.js';

const ROWS_AT_ONCE = 500;
const KEY = 'unit = :unit and day = :day and run_no = :number and serial = :serial';

const JOINED = `
  from recon_differences p
  left join recon_differences n on n.unit = p.unit and n.day = p.day and n.serial = p.serial and n.run_no = :number
  where p.unit = :unit and p.day = :day and p.run_no < :number`;
const selectUndecided = sql(
  (words) => `
  select p.serial, p.run_no, p.found_at, p.due_at, n.serial as again ${JOINED}
    and (p.state in ('open', 'repairing', 'listed') or (p.state = 'suspense' and n.serial is not null))
  ${words.limit(ROWS_AT_ONCE)}`,
);
const selectClosed = sql(`
  select p.serial, p.run_no, p.class, p.line_customer, p.line_amount, p.our_customer, p.our_amount, p.operator, p.reason,
    n.class as new_class, n.line_customer as new_line_customer, n.line_amount as new_line_amount,
    n.our_customer as new_our_customer, n.our_amount as new_our_amount ${JOINED} and p.state = 'closed' and n.serial is not null`);
const setState = sql(
  `update recon_differences set state = :state, outcome = :outcome, changed_at = :at where ${KEY}`,
);
const keepDue = sql(`update recon_differences set found_at = :foundAt, due_at = :dueAt where ${KEY}`);

const keyOf = ({ unit, day, number }: ReconRun) => ({ unit, day, number });

/** What nobody has decided. May be repeated. */
export async function carryUndecided(database: Database, run: ReconRun, at: Moment): Promise<void> {
  for (;;) {
    const rows = await database.all(selectUndecided, keyOf(run));
    if (rows.length === 0) return;
    const again = rows.filter((row) => textCell(row, 'again') !== '');
    await database.transaction(async (tx) => {
      await tx.runMany(
        keepDue,
        again.map((row) => ({
          ...keyOf(run),
          serial: textCell(row, 'serial'),
          foundAt: numberCell(row, 'found_at'),
          dueAt: numberCell(row, 'due_at'),
        })),
      );
      await tx.runMany(
        setState,
        rows.map((row) => ({
          ...earlier(run, row),
          state: textCell(row, 'again') === '' ? 'settled' : 'superseded',
          outcome: textCell(row, 'again') === '' ? 'not-in-file' : null,
          at,
        })),
      );
    });
  }
}
const earlier = ({ unit, day }: ReconRun, row: Row) => ({
  unit,
  day,
  serial: textCell(row, 'serial'),
  number: numberCell(row, 'run_no'),
});

/** An operator's decision about the very same difference still holds. */
export async function carryDecisions(tx: Session, run: ReconRun, at: Moment): Promise<void> {
  for (const row of await tx.all(selectClosed, keyOf(run))) {
    const serial = textCell(row, 'serial');
    if (isSame(row)) {
      const all = await differencesOfSerial(tx, run.unit, serial);
      const again = all.find((one) => one.day === run.day && one.run === run.number);
      const decided = { operator: textCell(row, 'operator'), reason: textCell(row, 'reason') };
      if (again !== undefined) await closeDifference(tx, again, decided, at);
    }
    await tx.run(setState, { ...earlier(run, row), state: 'superseded', outcome: null, at });
  }
}
const isSame = (row: Row): boolean =>
  ['class', 'line_customer', 'line_amount', 'our_customer', 'our_amount'].every(
    (column) => textCell(row, column) === textCell(row, `new_${column}`),
  );
