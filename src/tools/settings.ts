import { z } from 'zod';

/** Section `capture` of sluice.yaml: every exchange as a fixture file (docs/testing-tools.md "Capture"). Off unless `dir` is set. */
export const captureSettings = z
  .strictObject({
    dir: z.string().default('').describe('where captures go; empty = none (sluice serve --capture DIR)'),
    peers: z.array(z.string()).default([]).describe('names of the peers that are captured; empty = all'),
    fileMiB: z.int().min(1).max(100_000).default(200).describe('of all captures; the oldest go first'),
    plain: z
      .boolean()
      .default(false)
      .describe('personal fields as they are: only where nobody real is in the data'),
  })
  .prefault({});
export type CaptureSettings = z.output<typeof captureSettings>;
