// Whether a database is what it was, or was put back to an earlier state. Pure.
//
// The database counts beats, and whoever beats keeps the last one outside of it: in this process, in DATA_DIR, beside the
// queue. A witness that has seen more beats than the database knows of is proof. However long everything stood still, the
// two agree. Without a witness, a database that is elsewhere than it was (restored from a dump, moved, another timeline)
// may have lost something: that is doubt, and matters only if an issue was due in the time it may have lost.

export interface Mark {
  beat: number;
  at: Date;
  /** Kept in a file that was copied since: it may have been restored together with the database. */
  copied: boolean;
}

export interface Seen {
  /** What the database says of itself, before this beat; `at` is undefined for a new one. */
  beat: number;
  at: Date | undefined;
  place: string | undefined;
}

export type Judgement =
  | { is: 'the-same' }
  /** Put back: it does not know what happened between its last beat and the witness's. */
  | { is: 'behind'; lostFrom: Date | undefined; lostUntil: Date; beat: number }
  /** Elsewhere than it was, and nobody to say whether it is as it was. */
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
