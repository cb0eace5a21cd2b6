/** What the gateway keeps of their customers in its own database: who follows the account in the app, and deduction agreements. */
import type { Moment } from '../../clock.js';
import { hasLabel, sql } from '../../database/database.js';
import { maintainLocked, validAgreements } from '../builtin/agreements.js';
import type { Agreement, AgreementOrder, AgreementOutcome } from '../revenue-system.js';
import type { Unit } from '../unit.js';
import type { Desk } from './desk.js';
import { findCustomers } from './queries.js';

const changeBinding = sql(`
  update existing_bindings set bound = :bound, changed_at = :at where unit = :unit and customer = :customer`);
const insertBinding = sql(`
  insert into existing_bindings (unit, customer, bound, changed_at) values (:unit, :customer, :bound, :at)`);

// Changes nothing and holds the row.
const holdBinding = sql(`
  update existing_bindings set changed_at = changed_at where unit = :unit and customer = :customer`);

/** Who follows their account in the app is our own matter: it stays in our database. */
export async function bind(
  desk: Desk,
  unit: Unit,
  customer: string,
  bound: boolean,
  at: Moment,
): Promise<boolean> {
  if ((await stateOf(desk, unit, customer)) === undefined) return false;
  const binds = { unit: unit.id, customer, bound: bound ? 'Y' : 'N', at };
  await twice(() =>
    desk.journal.transaction(async (tx) => {
      if ((await tx.run(changeBinding, binds)) === 0) await tx.run(insertBinding, binds);
    }),
  );
  return true;
}

/** Agreements are signed with the platform, so they are kept here; the utility's procedures know nothing of them. */
export async function agreements(
  desk: Desk,
  unit: Unit,
  customer: string,
): Promise<readonly Agreement[] | undefined> {
  const found = await validAgreements(desk.journal, unit, customer);
  return found.length > 0 || (await stateOf(desk, unit, customer)) !== undefined ? found : undefined;
}

export async function maintainAgreement(
  desk: Desk,
  unit: Unit,
  order: AgreementOrder,
): Promise<AgreementOutcome> {
  const { journal: database, clock, ids } = desk;
  const { customer } = order;
  const state = await stateOf(desk, unit, customer);
  return twice(() =>
    maintainLocked({ database, clock, ids }, unit, order, async (tx) => {
      if (state === undefined) return undefined;
      // Their account is not locked by us; the row of the binding stands for it.
      if ((await tx.run(holdBinding, { unit: unit.id, customer })) === 0)
        await tx.run(insertBinding, { unit: unit.id, customer, bound: 'N', at: clock.now() });
      return { state };
    }),
  );
}

const stateOf = async (desk: Desk, unit: Unit, customer: string) =>
  (await findCustomers(desk, unit, 'customer', customer))[0]?.state;

/** Two that make the same row at once: the loser finds it there. */
async function twice<T>(once: () => Promise<T>): Promise<T> {
  try {
    return await once();
  } catch (error) {
    if (!hasLabel(error, 'duplicate')) throw error;
    return once();
  }
}
