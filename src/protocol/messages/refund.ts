import { day, defineMessage, fen, serial } from '../schema.js';
import { clearingUnit, extend, result } from './common.js';
import { paymentNumber } from './payment-status.js';

/** spec "300002 refund": one booked payment, whole. */
export const refund = defineMessage({
  serviceCodes: ['300002'],
  title: '缴费撤销',
  purpose: 'Take a payment back.',
  direction: 'platform→utility',
  effect: { repeatKey: ['clearingUnit', 'originalSerial'] },
  request: {
    clearingUnit,
    originalSerial: serial('originalBankSerial', '原银行流水', { required: true }),
    serial: serial('bankSerial', '银行流水', { note: "the refund's own; may be absent" }),
    bookingDay: day('bankDate', '撤销日期', { required: true }),
    amount: fen('rcvAmt', '撤销金额', { required: true, min: 1n }),
    extend,
  },
  answer: { ...result, paymentNumber, extend },
});
