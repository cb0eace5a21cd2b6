/** What every revenue system behind the port must do, whatever stores its money. */
import { expect } from 'chai';
import type { World } from '../world.js';
import { concurrencyContract } from './concurrency.js';
import { customersContract } from './customers.js';
import { paymentContract } from './payment.js';
import { reconciliationContract } from './reconciliation.js';
import { refundContract } from './refund.js';
import { statusContract } from './status.js';

/** Declares the suite within the caller's `describe`; `world` is asked for within tests only. */
export function revenueContract(world: () => World): void {
  describe('payment', () => paymentContract(world));
  describe('payment status', () => statusContract(world));
  describe('refund', () => refundContract(world));
  describe('reconciliation', () => reconciliationContract(world));
  describe('customers, bills, records, agreements', () => customersContract(world));
  describe('many at once', () => concurrencyContract(world));
  describe('the books', () => {
    it('are proved after all this', async () => {
      expect(await world().verify()).to.deep.equal([]);
    });
  });
}
