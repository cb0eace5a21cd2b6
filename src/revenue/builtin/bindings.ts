/** The table `bindings`: who follows their account in the app (spec messages.md "200004"); feeds bill and dunning files. */
import type { Moment } from '../../clock.js';
import { hasLabel, sql } from '../../database/database.js';
import type { Unit } from '../unit.js';
import { accountExists } from './accounts.js';
import type { Books } from './books.js';

const change = sql(`
  update bindings set bound = :bound, changed_at = :at where unit = :unit and customer = :customer`);
const insert = sql(`
  insert into bindings (unit, customer, bound, changed_at) values (:unit, :customer, :bound, :at)`);

/** False: no such customer. Repeating it changes nothing. */
export async function bind(
  books: Books,
  unit: Unit,
  customer: string,
  bound: boolean,
  at: Moment,
): Promise<boolean> {
  if (!(await accountExists(books.database, unit, customer))) return false;
  const binds = { unit: unit.id, customer, bound: bound ? 'Y' : 'N', at };
  const once = () =>
    books.database.transaction(async (tx) => {
      if ((await tx.run(change, binds)) === 0) await tx.run(insert, binds);
    });
  try {
    await once();
  } catch (error) {
    if (!hasLabel(error, 'duplicate')) throw error;
    await once();
  }
  return true;
}
