/** The table `accounts`: the row that every change of a customer's money locks first, after the serial and before the bills. */
import type { Moment } from '../../clock.js';
import { type Session, sql } from '../../database/database.js';
import { fenCell, flagCell, oneOfCell } from '../../database/index.js';
import type { Fen } from '../../protocol/values.js';
import type { Customer } from '../revenue-system.js';
import type { Unit } from '../unit.js';

export const accountStates = [
  'active',
  'unpayable',
  'closed',
] as const satisfies readonly Customer['state'][];

export interface Account {
  readonly customer: string;
  readonly state: Customer['state'];
  readonly lateFeeExempt: boolean;
  readonly prepaid: Fen;
}

const selectAccount = sql(
  (words) => `
  select state, late_fee_exempt, prepaid from accounts
  where unit = :unit and customer = :customer ${words.forUpdate}`,
);
const selectExists = sql(`select state from accounts where unit = :unit and customer = :customer`);
const changePrepaid = sql(`
  update accounts set prepaid = :prepaid, changed_at = :at where unit = :unit and customer = :customer`);

/** The account, held until the transaction ends; `undefined`: no such customer. */
export async function lockAccount(tx: Session, unit: Unit, customer: string): Promise<Account | undefined> {
  const [row] = await tx.all(selectAccount, { unit: unit.id, customer });
  return (
    row && {
      customer,
      state: oneOfCell(row, 'state', accountStates),
      lateFeeExempt: flagCell(row, 'late_fee_exempt'),
      prepaid: fenCell(row, 'prepaid'),
    }
  );
}

/** Sets the balance of an account that this transaction holds. */
export async function setPrepaid(
  tx: Session,
  unit: Unit,
  account: Account,
  prepaid: Fen,
  at: Moment,
): Promise<void> {
  if (prepaid === account.prepaid) return;
  await tx.run(changePrepaid, { unit: unit.id, customer: account.customer, prepaid, at });
}

export async function accountExists(session: Session, unit: Unit, customer: string): Promise<boolean> {
  return (await session.all(selectExists, { unit: unit.id, customer })).length > 0;
}
