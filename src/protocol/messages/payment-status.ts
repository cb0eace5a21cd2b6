import { day, defineMessage, text } from '../schema.js';
import { bankSerial, clearingUnit, extend, result } from './common.js';

export const paymentNumber = text('instSerial', '机构流水', { max: 32 });

/** spec "200012 payment status". Not a query: 3000 and 3003 void the serial for ever. */
export const paymentStatus = defineMessage({
  serviceCodes: ['200012'],
  title: '销账结果查询',
  purpose: 'What became of this serial, asked after a time-out.',
  direction: 'platform→utility',
  effect: { repeatKey: ['clearingUnit', 'serial'] },
  request: { clearingUnit, serial: bankSerial, bookingDay: day('bankDate', '缴费日期', {}), extend },
  answer: { ...result, paymentNumber, extend },
});
