/** The REDK file that answers a DKKK: each line debited, or not, by the seed. */
import {
  type Day,
  type Decoded,
  type dkkkDetail,
  exchangeFiles,
  type FileSettings,
  fenOf,
  readExchangeFile,
} from '../../protocol/index.js';
import { seededChance, seededIds } from '../chance.js';
import { freshSerial } from '../platform/request.js';
import { type FileText, fileText } from './file-text.js';

export interface DebitFile extends FileText {
  readonly name: string;
  /** Lines debited in full; the others failed. */
  readonly debited: readonly { readonly customer: string; readonly bill: string }[];
}
export interface DebitParts {
  /** The utility's request. */
  readonly name: string;
  readonly content: Buffer;
  readonly settings: FileSettings;
  /** When the money was debited. */
  readonly day: Day;
  readonly seed: number;
  /** Share of debits that fail. */
  readonly failing: number;
}

/** @returns what is wrong with the request, in words, where it cannot be read */
export async function debitFile(parts: DebitParts): Promise<DebitFile | string> {
  const { settings, day, content } = parts;
  const lines: Decoded<typeof dkkkDetail.columns>[] = [];
  const verdict = await readExchangeFile(
    exchangeFiles.DKKK,
    () => [content],
    settings,
    (batch) => {
      for (const { value } of batch) lines.push(value);
    },
  );
  if (!verdict.ok) return `${parts.name} cannot be read: ${verdict.faults[0]?.detail ?? ''}`;
  // Not the chance of the day's plan: its serials would come out again, as those of debits.
  const chance = seededChance(~parts.seed);
  const ids = seededIds(chance);
  const [yes = '1'] = settings.successFlags;
  const details = lines.map((line) => {
    const failed = chance() < parts.failing;
    const serial = freshSerial(day, ids);
    return {
      ...line,
      debitedOn: day,
      debited: failed ? fenOf(0n) : line.amount,
      accounted: failed ? '0' : yes,
      platformSerial: serial,
      extend: '',
    };
  });
  const good = details.filter(({ debited }) => debited > 0n);
  const sum = (all: readonly { amount: bigint }[]) =>
    fenOf(all.reduce((total, { amount }) => total + amount, 0n));
  const { startDay, bankCode, inTransit } = verdict.summary;
  const summary = {
    lineCount: details.length,
    total: sum(details),
    successCount: good.length,
    successTotal: sum(good),
    startDay,
    bankCode,
    inTransit,
  };
  const text = await fileText(exchangeFiles.REDK, summary, details, settings);
  return { ...text, name: answerName(parts.name), debited: good };
}
/** `SDDL_DKKK_37101_20131012.txt` → `SDDL_REDKKK_37101_20131012.txt`. */
const answerName = (name: string): string =>
  name.replace(/(^|_)DKKK(?=_|\.)/, `$1${exchangeFiles.REDK.inName}`);
