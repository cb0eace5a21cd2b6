import { chinaText } from '../clock.js';
import type { Trace } from './trace.js';

/** As `--json` prints it: amounts in fen, times in China, request and answer as objects with personal members masked. */
export const traceJson = (trace: Trace): string =>
  JSON.stringify(
    { ...trace, exchanges: trace.exchanges.map((one) => ({ ...one, ...bodiesOf(one) })) },
    (key, value: unknown) => {
      if (typeof value === 'bigint') return Number(value);
      const isMoment = typeof value === 'number' && (key === 'at' || key.endsWith('At'));
      return isMoment ? chinaText(value) : value;
    },
    2,
  );

const bodiesOf = ({ request, answer }: { readonly request: string; readonly answer: string }) => ({
  request: parsed(request),
  answer: parsed(answer),
});
/** The object; the text where it was cut, because it was too long for the log. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
