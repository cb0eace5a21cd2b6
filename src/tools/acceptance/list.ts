import type { AcceptanceCase } from './case.js';
import { codeCases } from './code-cases.js';
import { fileCases } from './file-cases.js';
import { moneyCases } from './money-cases.js';
import { otherCases } from './other-cases.js';
import { timeoutCases } from './timeout-cases.js';

/** Everything that a platform's onboarding asks for, in the order of the record. */
export const acceptanceList: readonly AcceptanceCase[] = [
  ...otherCases,
  ...moneyCases,
  ...codeCases,
  ...fileCases,
  ...timeoutCases,
];
