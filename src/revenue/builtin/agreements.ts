/** The tables `agreements` and `agreement_history` (代扣协议, spec messages.md "200006", "200009"): one valid agreement per customer. */
import { chinaDay } from '../../clock.js';
import { type Row, type Session, sql } from '../../database/database.js';
import { dayCell, oneOfCell, textCell } from '../../database/index.js';
import type { Agreement, AgreementOrder, AgreementOutcome } from '../revenue-system.js';
import type { Unit } from '../unit.js';
import { type Account, accountExists, lockAccount } from './accounts.js';
import { type Books, newNumber } from './books.js';

const states = ['valid', 'cancelled'] as const;
const COLUMNS = `agreement_no, customer, state, bank_code, bank_name, bank_account, bank_account_name, cert_type,
  cert_number, mobile, email, signed_on`;
const selectOfCustomer = sql(`
  select ${COLUMNS} from agreements where unit = :unit and customer = :customer and state = 'valid' order by agreement_no`);
const selectValid = sql(`
  select ${COLUMNS} from agreements where unit = :unit and state = 'valid' order by customer, agreement_no`);
const selectByNumber = sql(`select ${COLUMNS} from agreements where unit = :unit and agreement_no = :number`);
const insert = sql(`
  insert into agreements (unit, agreement_no, customer, state, bank_code, bank_account, bank_account_name, cert_type,
    cert_number, mobile, email, signed_on, changed_at)
  values (:unit, :number, :customer, 'valid', :bankCode, :bankAccount, :bankAccountName, :certType,
    :certNumber, :mobile, :email, :signedOn, :at)`);
const update = sql(`
  update agreements set state = 'valid', bank_code = :bankCode, bank_account = :bankAccount,
    bank_account_name = :bankAccountName, cert_type = :certType, cert_number = :certNumber, mobile = :mobile,
    email = :email, signed_on = :signedOn, changed_at = :at
  where unit = :unit and agreement_no = :number`);
const cancel = sql(`
  update agreements set state = 'cancelled', changed_at = :at where unit = :unit and agreement_no = :number`);
const remember = sql(`
  insert into agreement_history (history_no, unit, agreement_no, customer, deal, bank_code, bank_account,
    bank_account_name, mobile, received_at, changed_at)
  values (:historyNo, :unit, :number, :customer, :deal, :bankCode, :bankAccount, :bankAccountName, :mobile,
    :receivedAt, :at)`);

interface StoredAgreement extends Agreement {
  readonly state: (typeof states)[number];
}

export async function agreements(
  session: Session,
  unit: Unit,
  customer: string,
): Promise<readonly Agreement[] | undefined> {
  const found = await validAgreements(session, unit, customer);
  return found.length > 0 || (await accountExists(session, unit, customer)) ? found : undefined;
}
export async function validAgreements(
  session: Session,
  unit: Unit,
  customer: string,
): Promise<readonly Agreement[]> {
  return (await session.all(selectOfCustomer, { unit: unit.id, customer })).map(readAgreement);
}

/** All valid agreements of a unit, in bounded memory. */
export async function* agreementsOfUnit(session: Session, unit: Unit): AsyncIterable<Agreement> {
  for await (const row of session.stream(selectValid, { unit: unit.id })) yield readAgreement(row);
}

/** Signs, changes or cancels; each may be repeated without effect. The account's lock keeps it to one valid agreement. */
export const maintainAgreement = (books: Books, unit: Unit, order: AgreementOrder) =>
  maintainLocked(books, unit, order, (tx) => lockAccount(tx, unit, order.customer));

/** @param lock holds the customer until the transaction's end, so that there is no second agreement; `undefined`: no such customer */
export const maintainLocked = (
  books: Books,
  unit: Unit,
  order: AgreementOrder,
  lock: (tx: Session) => Promise<Pick<Account, 'state'> | undefined>,
): Promise<AgreementOutcome> =>
  books.database.transaction(async (tx): Promise<AgreementOutcome> => {
    const account = await lock(tx);
    if (account === undefined) return refused('unknown-customer');
    const [validRow] = await tx.all(selectOfCustomer, { unit: unit.id, customer: order.customer });
    const valid = validRow && readAgreement(validRow);
    const named = await byNumber(tx, unit, order.agreementNumber);
    if (named !== undefined && named.customer !== order.customer) return refused('other-agreement');
    switch (order.deal) {
      case 'sign': {
        if (account.state === 'closed') return refused('closed-account');
        if (valid === undefined) {
          const number = order.agreementNumber === '' ? newNumber(books) : order.agreementNumber;
          return write(books, tx, unit, order, number, named === undefined ? insert : update, undefined);
        }
        const sameNumber = order.agreementNumber === '' || order.agreementNumber === valid.agreementNumber;
        if (!sameNumber || order.bankAccount !== valid.bankAccount) return refused('other-agreement');
        return done(valid.agreementNumber);
      }
      case 'change': {
        const target = order.agreementNumber === '' ? valid : named;
        if (target === undefined || target.state !== 'valid') return refused('no-agreement');
        return write(books, tx, unit, order, target.agreementNumber, update, target);
      }
      case 'cancel': {
        const target = order.agreementNumber === '' ? valid : named;
        if (target === undefined) return refused('no-agreement');
        if (target.state === 'cancelled') return done(target.agreementNumber);
        return write(books, tx, unit, order, target.agreementNumber, cancel, target);
      }
      default:
        return order.deal satisfies never;
    }
  });

const refused = (refusal: Extract<AgreementOutcome, { kind: 'refused' }>['refusal']): AgreementOutcome => ({
  kind: 'refused',
  refusal,
});
const done = (agreementNumber: string): AgreementOutcome => ({ kind: 'done', agreementNumber });

async function byNumber(tx: Session, unit: Unit, number: string): Promise<StoredAgreement | undefined> {
  if (number === '') return undefined;
  const [row] = await tx.all(selectByNumber, { unit: unit.id, number });
  return row && readAgreement(row);
}

async function write(
  books: Books,
  tx: Session,
  unit: Unit,
  order: AgreementOrder,
  number: string,
  statement: typeof insert,
  before: StoredAgreement | undefined,
): Promise<AgreementOutcome> {
  const { deal, agreementNumber: _asked, ...fields } = order;
  const signedOn = before?.signedOn ?? chinaDay(order.receivedAt);
  const binds = { ...fields, unit: unit.id, number, signedOn, at: books.clock.now() };
  await tx.run(statement, binds);
  await tx.run(remember, { ...binds, deal, historyNo: newNumber(books) });
  return done(number);
}

const readAgreement = (row: Row): StoredAgreement => ({
  agreementNumber: textCell(row, 'agreement_no'),
  customer: textCell(row, 'customer'),
  state: oneOfCell(row, 'state', states),
  bankCode: textCell(row, 'bank_code'),
  bankName: textCell(row, 'bank_name'),
  bankAccount: textCell(row, 'bank_account'),
  bankAccountName: textCell(row, 'bank_account_name'),
  certType: textCell(row, 'cert_type'),
  certNumber: textCell(row, 'cert_number'),
  mobile: textCell(row, 'mobile'),
  email: textCell(row, 'email'),
  signedOn: dayCell(row, 'signed_on'),
});
