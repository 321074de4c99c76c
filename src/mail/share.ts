// A worker's share of a limit that several workers keep together. Pure.

/** One of several workers: `index` counts from 0 among `of`. */
export interface Rank {
  index: number;
  of: number;
}

/** The rank of a process that does not deliver. */
export const noRank: Rank = { index: Infinity, of: Infinity };

/** An equal part of `limit`. The remainder goes to the first workers. The parts never exceed `limit`; some may be 0. */
export function shareOf(limit: number, { index, of }: Rank): number {
  if (limit === Infinity) return Infinity;
  return Math.floor(limit / of) + (index < limit % of ? 1 : 0);
}
