import type { AnswerOf, fileNotice, RequestOf } from '../protocol/index.js';
import type { Exchange } from './exchange.js';

/**
 * 200011 and 200019: a file lies ready; answered once it is durably stored and its processing accepted (spec files.md
 * "Notices").
 */
export async function handleFileNotice(
  request: RequestOf<typeof fileNotice>,
  exchange: Exchange,
): Promise<AnswerOf<typeof fileNotice>> {
  const { unit } = exchange;
  const { verdict, detail } = await exchange.files.announced(unit, {
    filePath: request.filePath,
    fileType: request.fileType,
    fileName: request.fileName,
    extend: request.extend,
    deadline: exchange.deadline,
  });
  if (verdict !== 'accepted') exchange.notes.reason = `${verdict} ${detail}`;
  const resultText = detail === '' ? undefined : detail;
  switch (verdict) {
    case 'accepted':
      return { result: unit.dialect.fileOkCode };
    case 'repeated':
      return { result: unit.dialect.repeatedFile, resultText };
    case 'not-there':
      return { result: '4003', resultText };
    case 'unreadable':
      return { result: '4000', resultText };
    case 'wrong-date':
      return { result: '4001', resultText };
    case 'wrong-digest':
      return { result: '4002', resultText };
    case 'unknown-type':
      return { result: '0008', resultText };
    default:
      return verdict satisfies never;
  }
}
