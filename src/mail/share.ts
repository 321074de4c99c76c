// What a worker may have of a limit that several keep together. Pure.

/** One of several workers: `rank` counts from 0 among `of`. */
export interface Place {
  rank: number;
  of: number;
}

/** A process that does not deliver. */
export const noPlace: Place = { rank: Infinity, of: Infinity };

/** Equal parts of `limit`; what cannot be parted goes to the first. All together are never more, and some may have none. */
export function shareOf(limit: number, { rank, of }: Place): number {
  if (limit === Infinity) return Infinity;
  return Math.floor(limit / of) + (rank < limit % of ? 1 : 0);
}
