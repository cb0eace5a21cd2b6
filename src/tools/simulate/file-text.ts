import {
  type Encodable,
  type ExchangeFile,
  type Fields,
  type FileSettings,
  writeExchangeFile,
} from '../../protocol/index.js';

export interface FileText {
  readonly content: Buffer;
  /** Detail lines. */
  readonly lines: number;
}
/** A whole exchange file in memory. */
export async function fileText<S extends Fields, D extends Fields>(
  file: ExchangeFile<S, D>,
  summary: Encodable<S>,
  details: readonly Encodable<D>[],
  settings: FileSettings,
): Promise<FileText> {
  const chunks: Buffer[] = [];
  const { lines } = await writeExchangeFile(file, summary, [details], settings, (chunk) => {
    chunks.push(chunk);
  });
  return { content: Buffer.concat(chunks), lines };
}
