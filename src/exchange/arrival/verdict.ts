import type { FileVerdict } from '../../handlers/index.js';
import type { IncomingFile } from './incoming-file.js';

/** What the platform is answered about a file that we have (spec files.md "Notices"). @param isFirst its first announcement */
export function verdictOf(file: IncomingFile, isFirst: boolean): FileVerdict {
  switch (file.state) {
    case 'whole':
    case 'parsed':
    case 'processing':
    case 'processed':
      return isFirst ? { verdict: 'accepted', detail: '' } : { verdict: 'repeated', detail: '' };
    case 'refused':
    case 'quarantined':
      return refusalOf(file);
    default:
      return file.state satisfies never;
  }
}

function refusalOf({ refusal, detail }: IncomingFile): FileVerdict {
  switch (refusal) {
    case 'wrong-date':
      return { verdict: 'wrong-date', detail };
    case 'wrong-digest':
      return { verdict: 'wrong-digest', detail };
    case 'conflict':
      // Neither 4004 nor, by dialect, 9999: the platform must not believe that this content was taken.
      return { verdict: 'wrong-digest', detail: '同名文件内容与已接收的不同，已隔离，待人工处理' };
    case 'operator':
      return { verdict: 'unreadable', detail: '文件已由人工隔离' };
    case 'unreadable':
    case 'wrong-unit':
    case 'too-long':
    case 'processor':
    case undefined:
      return { verdict: 'unreadable', detail };
    default:
      return refusal satisfies never;
  }
}
