/** Hands a file to the utility as platforms do, with the trouble that the scenario wants, and judges the answers to its notices. */
import { createHash } from 'node:crypto';
import type { UnitDialect } from '../../protocol/index.js';
import type { Asked, Asking } from '../platform/asking.js';
import type { PlatformFiles } from '../platform/files.js';
import type { Scenario } from './scenario.js';

export interface DeliveryParts {
  readonly files: PlatformFiles;
  readonly asking: Asking;
  readonly dialect: UnitDialect;
  readonly trouble: Scenario['files'];
  /** Asks, and gives the result code. `what` is for the report. */
  readonly ask: (what: string, asked: Asked) => Promise<string>;
}
export interface Delivery {
  readonly name: string;
  readonly bytes: number;
  /** What was done and what it was answered, in order. */
  readonly steps: readonly string[];
  readonly broken: readonly string[];
}

export async function deliver(
  { files, asking, dialect, trouble, ask }: DeliveryParts,
  fileType: 'DSDZ' | 'REDK',
  name: string,
  content: Buffer,
): Promise<Delivery> {
  const steps: string[] = [];
  const broken: string[] = [];
  const put = async (what: string, bytes: Buffer) => {
    await files.put(name, bytes);
    steps.push(`put ${what} (${bytes.length} bytes)`);
  };
  async function announce(what: string, wanted: readonly string[], extend = ''): Promise<void> {
    const asked = `200011 ${what}`.trimEnd();
    const code = await ask(asked, asking.notice(name, { fileType, filePath: '/upload/', extend }));
    steps.push(`${asked} → ${code}`);
    if (!wanted.includes(code))
      broken.push(`${name}: its notice (${asked}) was answered ${code} instead of ${wanted.join(' or ')}`);
  }
  const { fileOkCode, repeatedFile } = dialect;

  if (trouble.announcedEarly) await announce('before the file', ['4003']);
  if (trouble.cut) {
    await put('a part of it', cutIn(content));
    await announce('of a cut file', ['4000']);
  }
  await put('it', content);
  if (trouble.wrongDigest) {
    await announce('with a wrong digest', ['4002'], `sha256=${'f'.repeat(64)}`);
    await put('it', content);
  }
  await announce('', [fileOkCode], `sha256=${createHash('sha256').update(content).digest('hex')}`);
  if (trouble.sendTwice) {
    await announce('again', [repeatedFile]);
    await put('it again', content);
    await announce('of the same file again', [repeatedFile]);
  }
  if (trouble.otherContent) {
    await put('other content under its name', otherThan(content));
    await announce('of other content', ['4000', '4002']);
  }
  return { name, bytes: content.length, steps, broken };
}

/** In the middle of its last line. */
const cutIn = (content: Buffer): Buffer => content.subarray(0, Math.max(1, content.length - 9));
/** Still a sound file: with one blank line more at its end, which is nothing. */
const otherThan = (content: Buffer): Buffer => Buffer.concat([content, Buffer.from('\r\n')]);
