/** Fixtures out of what other systems logged: frames in any spelling; an answer joins the request before it. */
import { START_MARK, type UnitDialect } from '../../protocol/index.js';
import { bytesIn } from '../bytes/notations.js';
import { explainFrame, guessDialect } from '../inspect/frame.js';
import { fixtureOf } from './fixture-of.js';
import { maskBytes } from './mask-bytes.js';

export interface ImportOptions {
  /** What the names of the fixtures begin with. */
  readonly name: string;
  readonly dialect: Partial<UnitDialect>;
  /** Secret for masking; `undefined` leaves everything as it is. */
  readonly key: string | undefined;
}
interface Cut {
  readonly bytes: Buffer;
  readonly data: Buffer;
  readonly serviceCode: string;
  readonly side: 'request' | 'answer' | undefined;
  readonly sound: boolean;
  readonly text: string;
  readonly verdict: string;
  readonly line: number;
}

/** The fixtures, in the order of the log. Broken frames become fixtures that expect silence. */
export function importFixtures(content: Buffer, options: ImportOptions): Record<string, unknown>[] {
  const out: Record<string, unknown>[] = [];
  let last: { cut: Cut; index: number } | undefined;
  for (const cut of cutsIn(content)) {
    if (cut.side === 'answer' && last?.cut.serviceCode === cut.serviceCode) {
      out[last.index] = made(last.cut, cut, out[last.index]?.name, options);
      last = undefined;
      continue;
    }
    const name = `${options.name}-${String(out.length + 1).padStart(3, '0')}-${cut.serviceCode || 'broken'}`;
    out.push(made(cut, undefined, name, options));
    last = cut.side === 'request' ? { cut, index: out.length - 1 } : undefined;
  }
  return out;
}

function cutsIn(content: Buffer): Cut[] {
  const raw = content[0] === START_MARK && content.subarray(0, 5).includes(0);
  const runs = raw ? [{ bytes: content, line: 1 }] : bytesIn(content.toString('utf8'));
  return runs.flatMap(({ bytes, line }) => {
    const cuts: Cut[] = [];
    for (let at = 0; at < bytes.length; ) {
      const explained = explainFrame(bytes.subarray(at));
      const data = explained.parts.find((part) => part.name === 'data')?.bytes ?? Buffer.alloc(0);
      const used = Math.max(1, explained.bytesUsed);
      const { serviceCode, side, text, verdict } = explained;
      const sound = explained.dataFault === '' && explained.parts.every(({ fault }) => fault === undefined);
      cuts.push({
        bytes: bytes.subarray(at, at + used),
        data,
        serviceCode,
        side,
        sound,
        text,
        verdict,
        line,
      });
      at += used;
    }
    return cuts;
  });
}

function made(
  cut: Cut,
  answer: Cut | undefined,
  given: unknown,
  options: ImportOptions,
): Record<string, unknown> {
  const { serviceCode, side, data } = cut;
  const name = String(given);
  const note = `${side ?? 'frame'} from line ${cut.line}${cut.sound ? '' : `; ${cut.verdict}`}`;
  const dialect = { ...guessDialect(cut.text + (answer?.text ?? '')), ...options.dialect };
  if (!cut.sound || serviceCode === '') {
    // The defect is the point of such a frame: it stays where it is, and only personal texts become others of the same bytes.
    const expect = cut.verdict.includes('closed without') ? { silence: true } : {};
    return {
      name,
      note,
      serviceCode,
      dialect,
      frameHex: maskBytes(cut.bytes, options.key).toString('hex'),
      expect,
    };
  }
  const seen = {
    name,
    note,
    serviceCode,
    request: data,
    answer: answer?.data,
    dialect,
    at: 0,
    durationMs: undefined,
    peer: '',
  };
  const { captured: _when, expect, ...fixture } = fixtureOf(seen, options.key);
  return { ...fixture, expect: side === 'answer' ? { direction: 'answer' } : expect };
}
