// The counters of a newsletter that other features move within their transactions: the number of its last
// post (seq), the number of its last issue, and the time up to which its slots are planned.
import type { Db } from '../db.js';

/**
 * Takes `count` numbers and returns the first. The row stays locked until the commit, so no number appears
 * late.
 */
export async function takeSeq(tx: Db, newsletterId: string, count: number): Promise<bigint> {
  const { seq } = await tx.one<{ seq: string }>(
    'update newsletters set seq = seq + $2 where id = $1 returning seq',
    [newsletterId, count],
  );
  return BigInt(seq) - BigInt(count) + 1n;
}

export async function selectSeq(db: Db, newsletterId: string): Promise<string> {
  return (await db.one<{ seq: string }>('select seq from newsletters where id = $1', [newsletterId])).seq;
}

/** The number of the newsletter's next issue. A transaction that fails gives it back. */
export async function takeNumber(tx: Db, newsletterId: string): Promise<number> {
  const { number } = await tx.one<{ number: number }>(
    'update newsletters set last_number = last_number + 1 where id = $1 returning last_number as number',
    [newsletterId],
  );
  return number;
}

/** True for the one planner that moved it: two planners must not plan the same stretch. */
export async function movePlannedThrough(db: Db, id: string, from: Date, to: Date): Promise<boolean> {
  const moved = await db.change(
    `update newsletters set planned_through = $3
     where id = $1 and date_trunc('milliseconds', planned_through) = $2`,
    [id, from, to],
  );
  return moved === 1;
}

/** Counts all slots up to `until` as planned, of every newsletter. */
export async function planAllThrough(tx: Db, until: Date): Promise<void> {
  await tx.query('update newsletters set planned_through = $1 where planned_through < $1', [until]);
}
