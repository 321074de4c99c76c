// Uses up a challenge for something other than subscribing: the proof of work of a sign-in beyond its limit, or what a
// passkey has signed.
import type { Db } from '../db.js';
import type { Challenges, Proof } from './challenge.js';
import { useChallenges } from './store-abuse.js';

/** True once for each valid proof that is at least `times` as hard as usual. */
export async function takeProof(
  { db, challenges }: { db: Db; challenges: Challenges },
  { field, times }: { field: unknown; times: number },
): Promise<boolean> {
  const judged = await challenges.judge(field, times);
  return judged.ok && (await takeChallenge(db, judged.proof));
}

/** True once for each challenge. */
export const takeChallenge = async (db: Db, challenge: Proof): Promise<boolean> =>
  (await useChallenges(db, [challenge])).length > 0;
