// The proof of work (ALTCHA, version 2) that browsers must solve when requests come as in an attack.
//
// A challenge is signed and says when it expires. Its solution is a counter between half of CHALLENGE_WORK
// and all of it: finding it takes that many hashes, checking it takes one. It works once
// (src/joining/record-requests.ts).
import { randomInt } from 'node:crypto';
import { createChallenge, verifySolution } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/sha';
import type { Challenge } from 'altcha-lib/types';
import { z } from 'zod';
import type { SubscribeLimits } from '../config/limits.js';
import type { Key, Secrets } from '../secrets.js';

export interface Proof {
  /** The challenge's nonce. */
  id: Buffer;
  expiresAt: Date;
}

export type Judged =
  | { ok: true; proof: Proof }
  /** wrong: we did not make it, it was changed, or it is not solved. */
  | { ok: false; because: 'missing' | 'expired' | 'wrong' };

export interface Challenges {
  /** `times`: as hard as that many usual challenges. */
  make(times?: number): Promise<Challenge>;
  /** Judges the form field "altcha": base64 of {challenge, solution}. A challenge that was less hard is wrong. */
  judge(field: unknown, times?: number): Promise<Judged>;
}

const hex = z.string().regex(/^[0-9a-f]{32,64}$/);
// Accepts only parameters of our own: a foreign cost of thousands would keep us busy.
const payload = z.object({
  challenge: z.object({
    parameters: z.strictObject({
      algorithm: z.literal('SHA-256'),
      cost: z.literal(1),
      expiresAt: z.int(),
      keyLength: z.literal(32),
      keyPrefix: hex,
      nonce: hex,
      salt: hex,
    }),
    signature: hex,
  }),
  solution: z.object({ counter: z.int().min(0).max(0xffff_ffff), derivedKey: hex }),
});

function read(field: string): z.infer<typeof payload> | undefined {
  try {
    return payload.safeParse(JSON.parse(Buffer.from(field, 'base64').toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

interface Deps {
  secrets: Secrets;
  now: () => Date;
  subscribeLimits: Pick<SubscribeLimits, 'challengeWork' | 'challengeSeconds'>;
}

export function openChallenges({ secrets, now, subscribeLimits }: Deps): Challenges {
  const { challengeWork, challengeSeconds } = subscribeLimits;
  const leastWork = (times: number): number => Math.floor((challengeWork * times) / 2);
  const { current, all } = secrets.derive('challenges');
  const signedWith = ({ bytes }: Key) => ({ hmacSignatureSecret: bytes.toString('base64') });
  return {
    make: (times = 1) =>
      createChallenge({
        algorithm: 'SHA-256',
        cost: 1,
        counter: randomInt(leastWork(times), challengeWork * times + 1),
        deriveKey,
        expiresAt: Math.floor(now().getTime() / 1000) + challengeSeconds,
        ...signedWith(current),
      }),
    async judge(field, times = 1) {
      if (typeof field !== 'string' || field === '') return { ok: false, because: 'missing' };
      const sent = read(field);
      if (sent === undefined || sent.solution.counter < leastWork(times))
        return { ok: false, because: 'wrong' };
      const expiresAt = new Date(sent.challenge.parameters.expiresAt * 1000);
      if (expiresAt <= now()) return { ok: false, because: 'expired' };
      const solved = { ...sent, solution: { time: 0, ...sent.solution }, deriveKey };
      const results = await Promise.all(all.map((key) => verifySolution({ ...solved, ...signedWith(key) })));
      if (results.some(({ verified }) => verified))
        return { ok: true, proof: { id: Buffer.from(sent.challenge.parameters.nonce, 'hex'), expiresAt } };
      return { ok: false, because: results.some(({ expired }) => expired) ? 'expired' : 'wrong' };
    },
  };
}
