// Handles the calls of hubs (WebSub sections 5.3 and 7).
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Db } from '../db.js';
import { hour, day } from '../durations.js';
import type { Enqueue } from '../queues.js';
import type { Secrets } from '../secrets.js';
import { hubSecret, nextAskAfter } from './ask-hub.js';
import { findHubByToken, makeDue, recordDenial, recordLease } from './store-hubs.js';

const shortestLease = hour;
const longestLease = 30 * day;
/** A call about an older request is not about ours. */
const answerWithin = day;
/** The shortest time between two polls that a hub causes. */
const pause = 30_000;

export interface HubQuestion {
  mode?: string | undefined;
  topic?: string | undefined;
  challenge?: string | undefined;
  leaseSeconds?: string | undefined;
  reason?: string | undefined;
}

/**
 * The hub verifies that a request was ours. Returns the challenge to echo, or undefined if the request was
 * not ours. We only ever ask to subscribe: to leave a hub, we forget its token.
 */
export async function verifyIntent(
  deps: { db: Db; now: () => Date },
  token: string,
  question: HubQuestion,
): Promise<string | undefined> {
  const hub = await findHubByToken(deps.db, token);
  const now = deps.now();
  if (hub === undefined || question.topic !== hub.topic) return undefined;
  if (question.mode === 'denied') {
    const error = `The hub denies it${question.reason ? `: ${question.reason.slice(0, 200)}` : ''}`;
    await recordDenial(deps.db, token, { error, nextAskAt: nextAskAfter(now, hub.failures + 5) });
    return '';
  }
  const { challenge } = question;
  const isOurs = hub.askedAt !== null && now.getTime() - hub.askedAt.getTime() < answerWithin;
  if (question.mode !== 'subscribe' || !isOurs || !challenge || challenge.length > 2000) return undefined;
  const given = /^\d{1,9}$/.test(question.leaseSeconds ?? '')
    ? Number(question.leaseSeconds) * 1000
    : 10 * day;
  const lease = Math.min(Math.max(given, shortestLease), longestLease);
  await recordLease(deps.db, token, {
    until: new Date(now.getTime() + lease),
    renewAt: new Date(now.getTime() + lease * 0.8),
  });
  return challenge;
}

/** True if `signature`, an X-Hub-Signature, is that of `body` with `secret` (section 7.1). Pure. */
export function isSigned(signature: string | undefined, body: Buffer, secret: string): boolean {
  const [, method = '', digest = ''] =
    /^(sha1|sha256|sha384|sha512)=([\da-f]{40,128})$/i.exec(signature ?? '') ?? [];
  if (method === '') return false;
  const expected = createHmac(method.toLowerCase(), secret).update(body).digest();
  const given = Buffer.from(digest, 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** Whether the address belongs to a hub that we asked. */
export async function isOurHub({ db }: { db: Db }, token: string): Promise<boolean> {
  return (await findHubByToken(db, token)) !== undefined;
}

/** The hub has news, so the feed is polled. Acknowledge and ignore "unsigned"; reject "unknown". */
export async function hearHub(
  deps: { db: Db; now: () => Date; enqueue: Enqueue; secrets: Secrets },
  token: string,
  news: { signature: string | undefined; body: Buffer },
): Promise<'heard' | 'unsigned' | 'unknown'> {
  const hub = await findHubByToken(deps.db, token);
  if (hub === undefined) return 'unknown';
  // The hub keeps the secret of our last request, also when SECRET_KEY was replaced since.
  const { all } = deps.secrets.derive('websub');
  if (!all.some((key) => isSigned(news.signature, news.body, hubSecret(key, token)))) return 'unsigned';
  await makeDue(deps.db, hub.feedId, deps.now(), pause);
  // If the feed was just polled, the worker skips this job, and the feed is polled a minute later.
  await deps.enqueue('feeds', { kind: 'poll', feedId: hub.feedId });
  return 'heard';
}
