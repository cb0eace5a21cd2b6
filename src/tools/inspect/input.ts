/** What a person points `sluice inspect` at: finds out what it is, and cuts it into things that can be explained. */
import { START_MARK, type UnitDialect } from '../../protocol/index.js';
import { bytesIn } from '../bytes/notations.js';
import { explainFrame, type FrameExplanation } from './frame.js';
import { explainData, findInJson } from './json-log.js';

export interface Explained {
  /** Where it stood: a file, a line, a member. */
  readonly where: string;
  readonly frame: FrameExplanation;
}
/** Frames of one input that are explained; a log file may hold thousands. */
const FRAMES_MAX = 1000;

/**
 * All frames in an input, whatever it is: raw bytes, hex in any spelling, a dump, `Arrays.toString`, a fixture or a capture (JSON),
 * a log file, also of JSON lines. Empty where there are none.
 * @param name how to call it in {@link Explained.where}
 */
export function explainInput(name: string, content: Buffer, dialect?: Partial<UnitDialect>): Explained[] {
  if (content[0] === START_MARK && !isText(content)) return explainRun(name, content, dialect);
  const text = content.toString('utf8');
  const fromJson = findInJson(text);
  if (fromJson.length > 0) {
    return fromJson
      .flatMap((found): Explained[] => {
        const where = `${name} ${found.where}`.trim();
        const own = dialect ?? found.dialect;
        return found.kind === 'bytes'
          ? explainRun(where, found.bytes, own)
          : [{ where, frame: explainData(found, own) }];
      })
      .slice(0, FRAMES_MAX);
  }
  const runs = bytesIn(text);
  const many = runs.length > 1 || text.trim().split('\n').length > 1;
  return runs
    .flatMap((run) => explainRun(many ? `${name} line ${run.line}` : name, run.bytes, dialect))
    .slice(0, FRAMES_MAX);
}
// A frame's length has zero bytes in it; no text file has.
const isText = (content: Buffer): boolean => !content.subarray(0, 5).includes(0);

/** One run of bytes may hold several frames, one behind the other. */
function explainRun(where: string, bytes: Buffer, dialect: Partial<UnitDialect> | undefined): Explained[] {
  const out: Explained[] = [];
  let at = 0;
  while (at < bytes.length && out.length < FRAMES_MAX) {
    const frame = explainFrame(bytes.subarray(at), dialect);
    out.push({ where: at === 0 ? where : `${where} byte ${at}`, frame });
    const behind = frame.parts.some((part) => part.name === 'behind');
    at += behind ? bytes.length : Math.max(frame.bytesUsed, 1);
  }
  return out;
}
