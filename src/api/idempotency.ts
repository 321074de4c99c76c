// Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): a POST that is sent again, because its answer was lost,
// has its effect once and its first answer twice.
//
// 1. Claim: the key is written without an answer before anything happens.
// 2. Answer: the endpoint does its work; what it said is stored for a day. A failure of ours (5xx) is not: try again.
// 3. Replay: the same request gets the stored answer; another request with this key is refused with 422.
// A claim without an answer means that the first request is under way: 409. After a minute it is taken for dead.
import { createCipheriv, createDecipheriv, createHash, randomBytes, type Hash } from 'node:crypto';
import type { Db } from '../db.js';
import { minute, day } from '../durations.js';
import { problem, type Problem } from '../problem.js';
import type { Secrets } from '../secrets.js';
import { claimAnswer, deleteAnswersBefore, dropAnswer, selectAnswer, storeAnswer } from './store.js';

/** Longer than any request takes: the slowest polls a feed. (An import is claimed when its body is in.) */
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
  /** Of method, path and body (`requestHash`). */
  hash: Buffer;
}

export type Claim = { claimed: true } | { replay: StoredAnswer } | { problem: Problem };

// Answers hold what the database otherwise does not: a new API key in the clear, an address that is erased later.
function seal(secrets: Secrets, text: string): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', secrets.derive('idempotent-answers'), iv);
  return Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString(
    'base64',
  );
}

function unseal(secrets: Secrets, sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64');
  const decipher = createDecipheriv(
    'aes-256-gcm',
    secrets.derive('idempotent-answers'),
    bytes.subarray(0, 12),
  );
  decipher.setAuthTag(bytes.subarray(-16));
  return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString('utf8');
}

/** What tells one request from another; its body is still to be added. */
export function requestHash({ method, url }: { method: string; url: string }): Hash {
  return createHash('sha256').update(`${method} ${url}\n`);
}

/** What to do with a POST that carries an Idempotency-Key. */
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
        'This Idempotency-Key was used for another request; take a new one.',
      ),
    };
  if (!stored || stored.status === null || stored.body === null)
    return {
      problem: problem(
        409,
        'request-in-progress',
        'The first request with this Idempotency-Key is not answered yet.',
        {
          retryAfter: 1,
        },
      ),
    };
  return { replay: JSON.parse(unseal(deps.secrets, stored.body)) as StoredAnswer };
}

/** Keeps the answer, or lets go of the key if the request failed for no fault of its own. */
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
      body: seal(deps.secrets, JSON.stringify(answer)),
    });
}

/** Deletes answers older than a day; says how many. */
export function forgetAnswers(deps: { db: Db; now: () => Date }): Promise<number> {
  return deleteAnswersBefore(deps.db, new Date(deps.now().getTime() - day));
}
