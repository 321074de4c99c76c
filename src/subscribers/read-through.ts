// The watermark of a subscription: which posts its reader was offered. Every statement that moves it takes its expressions
// from this file. Pure.
//
// A reader was offered all posts up to the number `read_through`, and those listed in `read_ahead`, which are later ones.
// The row of subscriptions is named s. Six things move the watermark:
//
// 1. A reader becomes active: `start`.          4. Two subscriptions become one: `laterOf`.
// 2. An issue is fanned out: `advance`.         5. A database was restored: `skipTo`.
// 3. An issue is called off: `giveBack`.        6. An import adds a reader: `startOfNewReaders`.

/**
 * Where a new reader starts: after the posts of the last issue at the newsletter's own time, so that they get
 * the next morning what the others get. Issues for readers with a time of their own do not count.
 */
export const startOfNewReaders = (newsletterId: string): string =>
  `(select coalesce(max(i.seq_through), 0) from issues i where i.newsletter_id = ${newsletterId}
     and i.due_default and i.fanned_out_at is not null and i.cancelled_at is null and i.post_ids is null)`;

/**
 * The assignment for a reader who becomes active. One who returns keeps a later watermark, and so gets no
 * post twice.
 */
export const startExpression = (newsletterId: string): string =>
  `read_through = greatest(s.read_through, ${startOfNewReaders(newsletterId)})`;

/** The same within `on conflict do update`, where the inserted row has `startOfNewReaders`. */
export const startOnConflict = 'read_through = greatest(s.read_through, excluded.read_through)';

/** The assignment that merges the watermarks of the rows `k`, which stays, and `l`. */
export const laterOf = 'read_through = greatest(k.read_through, l.read_through)';

/**
 * The assignments of a fan-out. Usually the reader was offered everything up to `seqThrough`. An admin may
 * have chosen the posts: then their numbers, the array `chosen`, are listed ahead, and the watermark stays.
 */
export const advance = (seqThrough: string, chosen: string): string =>
  `read_through = case when ${chosen} is null then ${seqThrough} else s.read_through end,
   read_ahead = case when ${chosen} is null then '{}' else s.read_ahead || ${chosen} end`;

/**
 * A cancelled issue was the last that moved the watermark. Row t: the delivery that is taken back; row had:
 * its issue.
 */
export const untouched = `t.cancelled and had.post_ids is null and s.read_through = had.seq_through and s.read_ahead = '{}'`;

/**
 * The assignments that give back the posts `given.seqs` of an issue. Later issues may have moved the
 * watermark meanwhile, and what these brought stays offered. If none has, everything becomes as it was
 * before, which is cheap enough for a million.
 */
export const givenBack = `read_through = case when ${untouched} then t.read_from else least(s.read_through,
     (select min(seq) - 1 from unnest(given.seqs) as seq)) end,
   read_ahead = case when ${untouched} then t.read_ahead else array(
     select seq from unnest(s.read_ahead) as seq where seq <> all (given.seqs)
     union
     select p.seq from posts p
     where p.newsletter_id = s.newsletter_id and p.seq <= s.read_through and p.seq <> all (given.seqs)
       and p.seq >= (select min(seq) from unnest(given.seqs) as seq)
     order by seq) end`;

/**
 * The assignments for a reader who had everything before the post `first`, and the later posts of the array
 * `had`.
 */
export const skipTo = (first: string, had: string): string =>
  `read_through = greatest(s.read_through, ${first} - 1), read_ahead = ${had}`;
