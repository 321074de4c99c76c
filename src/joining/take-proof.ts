// Uses up a proof of work for something other than subscribing: a sign-in beyond its limit.
import type { Db } from '../db.js';
import type { Challenges } from './challenge.js';
import { useChallenges } from './store-abuse.js';

/** True once for each valid proof that is at least `times` as hard as usual. */
export async function takeProof(
  { db, challenges }: { db: Db; challenges: Challenges },
  { field, times }: { field: unknown; times: number },
): Promise<boolean> {
  const judged = await challenges.judge(field, times);
  return judged.ok && (await useChallenges(db, [judged.proof])).length > 0;
}
