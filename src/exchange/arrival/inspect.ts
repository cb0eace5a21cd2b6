/** The check of a whole file before anything is done with it: every line read, sums agreed, the day right. */
import { createReadStream } from 'node:fs';
import {
  type Decoded,
  describeFault,
  type ExchangeFile,
  emptyTally,
  exchangeFiles,
  type Fields,
  type FileFault,
  type FileSettings,
  readExchangeFile,
} from '../../protocol/index.js';
import type { Day } from '../../protocol/values.js';
import type { IncomingType } from '../file-type.js';
import type { FileRefusal, FileSums } from './incoming-file.js';

export interface InspectedFile {
  readonly type: IncomingType;
  /** As the name says. */
  readonly day: Day;
  readonly path: string;
  readonly settings: FileSettings;
}
export type Inspection =
  | { readonly ok: true; readonly sums: FileSums }
  | { readonly ok: false; readonly refusal: FileRefusal; readonly detail: string };

/** Faults that are told; the rest is counted. */
const FAULTS_TOLD_MAX = 3;
const READ_BYTES = 256 * 1024;

/** The file's bytes, as protocol's reader wants them. */
export const bytesOf = (path: string) => () => createReadStream(path, { highWaterMark: READ_BYTES });

/** Reads every line. @throws what reading the disk throws, and the signal's reason */
export function inspectFile(file: InspectedFile, signal: AbortSignal): Promise<Inspection> {
  const { type } = file;
  switch (type) {
    case 'DSDZ':
      return inspect(exchangeFiles.DSDZ, file, signal, (line) => line.bookingDay);
    case 'REDK':
      return inspect(exchangeFiles.REDK, file, signal, () => undefined);
    default:
      throw type satisfies never;
  }
}

async function inspect<S extends Fields, D extends Fields>(
  declaration: ExchangeFile<S, D>,
  file: InspectedFile,
  signal: AbortSignal,
  dayOf: (line: Decoded<D>) => Day | undefined,
): Promise<Inspection> {
  const { settings, day } = file;
  const tally = emptyTally();
  let [ofTheDay, ofOtherDays] = [0, 0];
  let otherDay = '';
  const verdict = await readExchangeFile(declaration, bytesOf(file.path), settings, (lines) => {
    signal.throwIfAborted();
    for (const { value } of lines) {
      declaration.add(tally, value, settings);
      const its = dayOf(value);
      if (its === undefined || its === day) ofTheDay += 1;
      else {
        ofOtherDays += 1;
        otherDay ||= its;
      }
    }
  });
  if (!verdict.ok)
    return { ok: false, refusal: 'unreadable', detail: describeFaults(verdict.faults, verdict.faultCount) };
  // Single lines of a neighbouring day are the processor's affair (midnight); a file of which no line is of its day is another day's file.
  if (ofOtherDays > 0 && ofTheDay === 0) {
    return { ok: false, refusal: 'wrong-date', detail: `文件名日期 ${day}，明细日期 ${otherDay}` };
  }
  const { lineCount, total, successCount, successTotal } = tally;
  const hasSuccess = declaration.isSuccess !== undefined;
  return {
    ok: true,
    sums: {
      lines: lineCount,
      amount: total,
      goodLines: hasSuccess ? successCount : undefined,
      goodAmount: hasSuccess ? successTotal : undefined,
    },
  };
}

function describeFaults(faults: readonly FileFault[], count: number): string {
  const told = faults.slice(0, FAULTS_TOLD_MAX).map(describeFault).join('；');
  return count > FAULTS_TOLD_MAX ? `${told}；共 ${count} 处` : told;
}
