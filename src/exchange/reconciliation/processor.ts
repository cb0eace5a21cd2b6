/** Files of T+1 reconciliation (DSDZ) as they arrive. */
import type { AcceptedFile, ProcessingOutcome, Processor } from '../arrival/processor.js';
import type { ReconParts } from './parts.js';
import { reconcileFile } from './reconciler.js';

/** When to look again; not later than a node that died lets go of its day. */
const SOON_MS = 30_000;

/** @param open gives the parts when the first file needs them */
export const reconciliationFiles = (open: () => Promise<ReconParts>): Processor => ({
  type: 'DSDZ',
  process: async (file, signal) => processFile(await open(), file, signal),
});

async function processFile(
  parts: ReconParts,
  file: AcceptedFile,
  signal: AbortSignal,
): Promise<ProcessingOutcome> {
  const outcome = await reconcileFile(parts, file, signal);
  const again = parts.clock.now() + Math.min(SOON_MS, parts.leaseMs);
  switch (outcome.kind) {
    case 'done':
      return {
        kind: 'processed',
        detail: `第${outcome.run.number}次对账：${outcome.run.foundCount} 笔差异，${outcome.day.state}`,
      };
    case 'unchanged':
      return { kind: 'processed', detail: '已对账，无变化 (done before)' };
    case 'held':
      // Taken over by our own tables: nothing of the file is needed any more.
      return { kind: 'processed', detail: `${outcome.run.detail}；待确认 (sluice recon confirm)` };
    case 'refused':
      return outcome;
    case 'undecided':
      return { kind: 'later', detail: `${outcome.left} 笔未修复：${outcome.why}`, again };
    case 'busy':
      return { kind: 'later', detail: '该日正在对账 (the day is being worked on)', again };
    default:
      return outcome satisfies never;
  }
}
