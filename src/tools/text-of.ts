import { decodeText } from '../protocol/index.js';

/** The text, with the charset it was read in: UTF-8 first, then GBK; `undefined` where it is neither. */
export function textOf(
  bytes: Buffer,
): { readonly text: string; readonly charset: 'utf8' | 'gbk' } | undefined {
  for (const charset of ['utf8', 'gbk'] as const) {
    const text = decodeText(bytes, charset);
    if (text !== undefined) return { text, charset };
  }
  return undefined;
}
