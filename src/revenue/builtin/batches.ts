/** Rows of one transaction: long enough to be quick, short enough to hold nobody up. */
const BATCH = 500;

/** The list in pieces. */
export function* batches<T>(all: readonly T[]): Iterable<readonly T[]> {
  for (let at = 0; at < all.length; at += BATCH) yield all.slice(at, at + BATCH);
}
