/* How batch deduction is put together, for the gateway and for the commands. */
import type { LoadedConfig } from './config/index.js';
import type { Database } from './database/index.js';
import { OperatorError } from './errors.js';
import {
  builtinDeduction,
  type DeductionBooks,
  type ExistingRevenue,
  missingForDeduction,
} from './revenue/index.js';
import { openExisting, type RevenueGround } from './revenue-opening.js';

/**
 * Opens the books of deduction at the first call, the utility's own database among them where there is one.
 * @param openPatient our database with time for its statements: where the agreements, or the bills of the built-in schema, are read
 */
export function openDeduction(
  ground: RevenueGround & { readonly config: Pick<LoadedConfig, 'dir' | 'revenue'> },
  openPatient: () => Promise<Database>,
): () => Promise<DeductionBooks> {
  const { config, database, clock, ids } = ground;
  const { revenue } = config;
  if (revenue.kind === 'builtin') return async () => builtinDeduction({ database, clock, ids }, openPatient);
  const missing = missingForDeduction(revenue);
  let theirs: Promise<ExistingRevenue> | undefined;
  return async () => {
    if (missing.length > 0)
      throw new OperatorError(
        'deduct-not-here',
        `batch deduction needs the statements ${missing.join(', ')} of revenue.operations`,
        'Configure them (docs/integration.md), and prove them by sluice existing check.',
      );
    theirs ??= openExisting(ground, revenue).catch((error: unknown) => {
      // Not there now: asked again with the next run or result.
      theirs = undefined;
      throw error;
    });
    return (await theirs).deduction(openPatient);
  };
}
