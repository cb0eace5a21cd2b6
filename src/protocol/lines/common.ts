/** Fields that several lines share. Wire names are ours where the platform's papers name only the position (spec files.md). */
import { AMOUNT_MAX } from '../kinds.js';
import { count, fen, text } from '../schema.js';

export const customer = text('consNo', '户号', { min: 1, max: 20, required: true });
export const customerName = text('consName', '户名', { max: 64, personal: true });
export const lineCount = count('count', '总笔数', { max: 100_000_000 });
/** Amounts that a correction makes negative. */
export const signedFen = (wire: string, title: string, note = '') =>
  fen(wire, title, { min: -AMOUNT_MAX, note });
