// A reader leaves: with the mail program's button (RFC 8058), or with the one on the page that the link opens.
// The link never expires, and works in every state; what it did before, it does again without harm.
import type { Db } from '../db.js';
import * as store from './store.js';
import { readToken } from './tokens.js';

export type Leaving =
  | { status: 'unknown-token' }
  /** `newsletter` is absent when nothing is left of the subscription: whoever was erased is not mailed either. */
  | { status: 'ready' | 'left'; newsletter?: { name: string; siteUrl: string | null; language: string; slug: string } };

interface Deps {
  db: Db;
  /** secrets.derive('links') */
  linkKey: Buffer;
}

function leaving(row: store.UnsubscribeRow | undefined, left: boolean): Leaving {
  if (!row) return { status: 'left' };
  const { newsletterName: name, siteUrl, language, slug } = row;
  return { status: left ? 'left' : 'ready', newsletter: { name, siteUrl, language, slug } };
}

/** What the link would do. Changes nothing. */
export async function showUnsubscribe({ db, linkKey }: Deps, { token }: { token: string }): Promise<Leaving> {
  const subscriptionId = readToken(linkKey, 'unsubscribe', token);
  if (subscriptionId === undefined) return { status: 'unknown-token' };
  const row = await store.subscriptionToLeave(db, subscriptionId);
  return leaving(row, row?.left ?? true);
}

/** Ends the subscription. Mail already queued is stopped as well: delivery asks again just before the hand-over. */
export async function unsubscribe(
  { db, linkKey, now }: Deps & { now: () => Date },
  input: { token: string; via: 'one-click' | 'page'; ip?: string | undefined; userAgent?: string | undefined },
): Promise<Leaving> {
  const subscriptionId = readToken(linkKey, 'unsubscribe', input.token);
  if (subscriptionId === undefined) return { status: 'unknown-token' };
  return db.transaction(async (tx) => {
    const at = now();
    if (await store.leave(tx, subscriptionId, at))
      await store.recordConsent(tx, {
        subscriptionId,
        event: 'unsubscribed',
        at,
        via: input.via,
        ip: input.ip,
        userAgent: input.userAgent,
      });
    return leaving(await store.subscriptionToLeave(tx, subscriptionId), true);
  });
}
