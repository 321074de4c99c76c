// Decides whether a database was restored to an earlier state. Pure.
//
// The database counts beats, and each process that beats notes the last one outside of it: in memory, in
// DATA_DIR, beside the queue. A witness that has seen more beats than the database counts is proof. A
// standstill changes nothing: the two still agree. Without a witness, a database in another place (restored
// from a dump, moved, another timeline) may have lost something. That doubt matters only if an issue was due
// in the time that may be lost.

export interface Mark {
  beat: number;
  at: Date;
  /** Its file was copied since: it may have been restored together with the database. */
  copied: boolean;
}

export interface Seen {
  /** The state of the database before this beat. `at` is undefined for a new database. */
  beat: number;
  at: Date | undefined;
  place: string | undefined;
}

export type Judgement =
  | { is: 'the-same' }
  /** Restored: it does not know what happened between its last beat and the witness's. */
  | { is: 'behind'; lostFrom: Date | undefined; lostUntil: Date; beat: number }
  /** In another place, without a witness. */
  | { is: 'elsewhere'; lostFrom: Date };

export function judgeDatabase(seen: Seen, marks: readonly Mark[], placeNow: string): Judgement {
  const witnesses = marks.filter(({ copied }) => !copied);
  const newest = witnesses.toSorted((a, b) => b.beat - a.beat)[0];
  if (newest !== undefined)
    return newest.beat > seen.beat
      ? { is: 'behind', lostFrom: seen.at, lostUntil: newest.at, beat: newest.beat }
      : { is: 'the-same' };
  const moved = (seen.place !== undefined && seen.place !== placeNow) || marks.length > 0;
  return moved && seen.at !== undefined ? { is: 'elsewhere', lostFrom: seen.at } : { is: 'the-same' };
}
