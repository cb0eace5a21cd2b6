/** The revenue system that Sluice brings along: its own schema on SQLite, PostgreSQL, MariaDB/MySQL or Oracle. */
import { sql } from '../../database/database.js';
import type { RevenueSystem } from '../revenue-system.js';
import { agreements, maintainAgreement } from './agreements.js';
import { bind } from './bindings.js';
import type { Books } from './books.js';
import { arrears, findCustomers } from './customers.js';
import { issuedBills } from './issued-bills.js';
import { pay } from './pay.js';
import { paymentRecords } from './records.js';
import { refund, reverse } from './refund.js';
import { paymentStatus } from './status.js';
import { supplement } from './supplement.js';

const anyUnit = sql((words) => `select unit from clearing_units ${words.limit(1)}`);

/** The port on a database whose migrations have run. It keeps nothing in memory: any number of nodes may work on one database. */
export const openBuiltinRevenue = (books: Books): RevenueSystem => ({
  findCustomers: (unit, key, value) => findCustomers(books.database, unit, key, value),
  arrears: (unit, customer, asOf, filter) => arrears(books.database, unit, customer, asOf, filter),
  pay: (unit, order) => pay(books, unit, order),
  paymentStatus: (unit, serial, at) => paymentStatus(books, unit, serial, at),
  refund: (unit, order) => refund(books, unit, order),
  supplement: (unit, order) => supplement(books, unit, order),
  reverse: (unit, order) => reverse(books, unit, order),
  bind: (unit, customer, bound, at) => bind(books, unit, customer, bound, at),
  issuedBills: (unit, customer, from, to) => issuedBills(books.database, unit, customer, from, to),
  payments: (unit, customer, from, to) => paymentRecords(books.database, unit, customer, from, to),
  agreements: (unit, customer) => agreements(books.database, unit, customer),
  maintainAgreement: (unit, order) => maintainAgreement(books, unit, order),
  async ping() {
    await books.database.all(anyUnit);
  },
});
