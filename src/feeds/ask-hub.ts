// Subscribes to a feed's hub (WebSub, W3C Recommendation of 2018, section 5.1). The hub calls back to verify
// the request (hub-calls.ts); until then nothing changes. A later notification only makes us poll the feed:
// posts always come from the feed's own server. Slow polling continues, in case the hub forgets us.
import { createHmac } from 'node:crypto';
import type { Db } from '../db.js';
import { hour } from '../durations.js';
import { inEnglish } from '../languages/translate.js';
import type { Key, Secrets } from '../secrets.js';
import { readStart } from '../outbound/read-body.js';
import { readAllowance, readFeedUrl } from '../outbound/allowed-addresses.js';
import { guardedRequest } from '../outbound/request.js';
import { claimHub, recordHubFailure } from './store-hubs.js';

export interface HubDeps {
  db: Db;
  now: () => Date;
  secrets: Secrets;
  /** Without a slash at its end. */
  baseUrl: string;
  allowPrivateFeeds: readonly string[];
}

const wantedLeaseSeconds = 10 * 24 * 3600;
/** A hub that accepted the request and never called back is asked again after this. */
const patience = 2 * hour;

/** The key with which the hub signs its notifications. It is derived from the token and not stored. */
export function hubSecret({ bytes }: Key, token: string): string {
  return createHmac('sha256', bytes).update(token).digest('hex');
}

export const callbackUrl = (baseUrl: string, token: string): string => `${baseUrl}/hooks/websub/${token}`;

/**
 * When to try again after `failures` in a row: after an hour, then twice as long each time, up to a week.
 * Pure.
 */
export function nextAskAfter(now: Date, failures: number): Date {
  return new Date(now.getTime() + Math.min(hour * 2 ** Math.min(failures, 10), 7 * 24 * hour));
}

/** Sends the subscription request of a feed to its hub, if one is due. */
export async function askHub(
  deps: HubDeps,
  { feedId }: { feedId: string },
): Promise<{ status: 'asked' | 'not-due' } | { status: 'failed'; error: string }> {
  const now = deps.now();
  const hub = await claimHub(deps.db, feedId, now, new Date(now.getTime() + patience));
  if (hub === undefined) return { status: 'not-due' };
  const allowance = readAllowance(deps.allowPrivateFeeds);
  const read = readFeedUrl(hub.hub, allowance);
  const form = new URLSearchParams({
    'hub.callback': callbackUrl(deps.baseUrl, hub.token),
    'hub.mode': 'subscribe',
    'hub.topic': hub.topic,
    'hub.lease_seconds': String(wantedLeaseSeconds),
    'hub.secret': hubSecret(deps.secrets.derive('websub').current, hub.token),
  });
  const answer = read.ok
    ? await guardedRequest(
        { url: read.url, baseUrl: deps.baseUrl, allowance, form, milliseconds: 15_000, redirects: 3 },
        async ({ response: { statusCode, body }, header, signal }) => {
          const words = await readStart(body, header('content-encoding'), 500, signal);
          return statusCode >= 200 && statusCode < 300
            ? undefined
            : `The hub answered ${statusCode} ${words}`;
        },
      )
    : inEnglish(read.reason);
  if (answer === undefined) return { status: 'asked' };
  const error = (typeof answer === 'string' ? answer : answer.detail)
    .replaceAll(/\s+/g, ' ')
    .slice(0, 300)
    .trim();
  await recordHubFailure(deps.db, hub, { error, nextAskAt: nextAskAfter(now, hub.failures) });
  return { status: 'failed', error };
}
