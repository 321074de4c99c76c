// Idempotency-Key (draft-ietf-httpapi-idempotency-key-header). A client that lost the answer to a POST may
// send it again: the POST has its effect once, and both requests get the same answer.
//
// 1. Claim: store the key without an answer before the endpoint runs.
// 2. Answer: run the endpoint and store its answer for a day. A 5xx or 429 is not stored, so that the client
//    can retry.
// 3. Replay: the same request gets the stored answer. Another request with this key gets 422.
//
// A claim without an answer means that the first request is still running: the second one gets 409. After a
// minute the first request counts as dead, and the same request may claim the key again.
import { createHash, type Hash } from 'node:crypto';
import type { Db } from '../db.js';
import { minute, day } from '../durations.js';
import { problem, type Problem } from '../problem.js';
import { seal, unseal } from '../sealed.js';
import type { Secrets } from '../secrets.js';
import { claimAnswer, deleteAnswersBefore, dropAnswer, selectAnswer, storeAnswer } from './store.js';

/** Longer than the slowest request, which polls a feed. An import claims its key after its body arrived. */
const abandonedMs = minute;

export interface StoredAnswer {
  status: number;
  headers: Record<string, string>;
  mediaType: string | null;
  content: string | null;
}

interface Deps {
  db: Db;
  now: () => Date;
  secrets: Secrets;
}

export interface IdempotentRequest {
  apiKeyId: string;
  idempotencyKey: string;
  /** The hash of method, URL and body (`requestHash`). */
  hash: Buffer;
}

export type Claim = { claimed: true } | { replay: StoredAnswer } | { problem: Problem };

// Answers are encrypted, because they may hold a new API key in the clear, or the address of a person who is
// erased later.
function sealText(secrets: Secrets, text: string): string {
  return seal(secrets.derive('idempotent-answers').current.bytes, Buffer.from(text)).toString('base64');
}

/** Undefined: the key was replaced since, and is no longer read. */
function unsealText(secrets: Secrets, sealed: string): string | undefined {
  for (const { bytes } of secrets.derive('idempotent-answers').all) {
    const text = unseal(bytes, Buffer.from(sealed, 'base64'));
    if (text) return text.toString('utf8');
  }
  return undefined;
}

/** Starts the hash that identifies a request. The caller adds the body. */
export function requestHash({ method, url }: { method: string; url: string }): Hash {
  return createHash('sha256').update(`${method} ${url}\n`);
}

/** Claims the key for this request. Otherwise returns the stored answer or a problem. */
export async function claim(deps: Deps, request: IdempotentRequest): Promise<Claim> {
  if (!/^[\x21-\x7e]{1,255}$/.test(request.idempotencyKey))
    return {
      problem: problem(
        400,
        'bad-idempotency-key',
        'Idempotency-Key must be 1 to 255 visible ASCII characters.',
      ),
    };
  const now = deps.now();
  const ago = (ms: number) => new Date(now.getTime() - ms);
  if (
    await claimAnswer(deps.db, request, request.hash, { now, expired: ago(day), abandoned: ago(abandonedMs) })
  )
    return { claimed: true };
  const stored = await selectAnswer(deps.db, request);
  if (stored && !stored.requestHash.equals(request.hash))
    return {
      problem: problem(
        422,
        'idempotency-key-reused',
        'This Idempotency-Key was used for another request. Use a new one.',
      ),
    };
  if (!stored || stored.status === null || stored.body === null)
    return {
      problem: problem(
        409,
        'request-in-progress',
        'The first request with this Idempotency-Key is still running.',
        {
          retryAfter: 1,
        },
      ),
    };
  const answer = unsealText(deps.secrets, stored.body);
  if (answer === undefined)
    return {
      problem: problem(
        409,
        'answer-unreadable',
        'The request was answered, but SECRET_KEY was replaced since: look at what it did.',
      ),
    };
  return { replay: JSON.parse(answer) as StoredAnswer };
}

/** Stores the answer. Releases the key after a 5xx, a 429 or no answer, so that the client can retry. */
export async function settle(
  deps: Deps,
  request: IdempotentRequest,
  answer: StoredAnswer | undefined,
): Promise<void> {
  if (answer === undefined || answer.status >= 500 || answer.status === 429)
    await dropAnswer(deps.db, request);
  else
    await storeAnswer(deps.db, request, {
      status: answer.status,
      body: sealText(deps.secrets, JSON.stringify(answer)),
    });
}

/** Deletes answers older than a day. Returns the number deleted. */
export function forgetAnswers(deps: { db: Db; now: () => Date }): Promise<number> {
  return deleteAnswersBefore(deps.db, new Date(deps.now().getTime() - day));
}
