// A reader leaves, with the mail program's button (RFC 8058) or with the one on the link's page. The link
// never expires and works in every state; a second use does no harm.
import type { Db } from '../db.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import type { Newsletter } from '../newsletters/schema.js';
import type { Secrets } from '../secrets.js';
import { lessMail, type LessMail } from '../subscribers/less-mail.js';
import { mayUndo } from '../subscribers/time-limits.js';
import { offerOf, ownTimeOf } from '../subscribers/reading.js';
import { subscriptionStatus } from '../subscribers/status.js';
import { readToken, signToken } from '../subscribers/tokens.js';
import { mayComeBack } from '../joining/who-may-join.js';
import {
  endSubscription,
  lockSubscription,
  recordConsent,
  selectSubscription,
} from '../subscribers/subscriptions.js';

export type Leaving =
  | { state: 'unknown' }
  /** The subscription no longer exists: an erased person gets no mail either. */
  | { state: 'erased' }
  /** ready: waits for the button. left: by this call. already: before it. */
  | {
      state: 'ready' | 'left' | 'already';
      newsletter: Newsletter;
      email: string;
      /** The token of the preferences page, which offers less mail and undoes a leaving. */
      preferencesToken: string;
      undoable: boolean;
      /** The reader's choice, BCP 47. */
      language: string | null;
      less: LessMail;
    };

interface Deps {
  db: Db;
  secrets: Secrets;
  now: () => Date;
}

async function find({ db, secrets, now }: Deps, subscriptionId: string): Promise<Leaving> {
  const row = await selectSubscription(db, subscriptionId);
  const newsletter = row && (await getNewsletter(db, row.newsletterId));
  if (!row || !newsletter) return { state: 'erased' };
  // The undo of an import ended this one, not its reader. Only the reader's own leaving keeps later imports
  // away, so the button still waits for them.
  const left = subscriptionStatus({ ...row, suppressed: false }) === 'unsubscribed' && !row.endedByUndo;
  return {
    state: left ? 'already' : 'ready',
    newsletter,
    email: row.address,
    preferencesToken: signToken(secrets.derive('links'), 'preferences', subscriptionId),
    undoable: mayUndo(row, now()) && (await mayComeBack(db, row)),
    language: row.language,
    less: lessMail(newsletter, row.readingTime ?? ownTimeOf(offerOf(newsletter)), {
      pausedUntil: row.pausedUntil,
      now: now(),
    }),
  };
}

/** Shows what the link would do. Changes nothing. */
export async function showUnsubscribe(deps: Deps, { token }: { token: string }): Promise<Leaving> {
  const subscriptionId = readToken(deps.secrets.derive('links'), 'unsubscribe', token);
  return subscriptionId === undefined ? { state: 'unknown' } : find(deps, subscriptionId);
}

/**
 * Ends the subscription. It also stops mail that is queued already: delivery checks again just before the
 * hand-over.
 */
export async function unsubscribe(
  { db, secrets, now }: Deps,
  input: {
    token: string;
    via: 'one-click' | 'page';
    ip?: string | undefined;
    userAgent?: string | undefined;
  },
): Promise<Leaving> {
  const subscriptionId = readToken(secrets.derive('links'), 'unsubscribe', input.token);
  if (subscriptionId === undefined) return { state: 'unknown' };
  return db.transaction(async (tx) => {
    const at = now();
    const row = await lockSubscription(tx, subscriptionId);
    if (!row) return { state: 'erased' };
    const changed = await endSubscription(tx, row.id, at);
    if (changed)
      await recordConsent(tx, {
        subscriptionId: row.id,
        event: 'unsubscribed',
        at,
        via: input.via,
        ip: input.ip,
        userAgent: input.userAgent,
      });
    const found = await find({ db: tx, secrets, now }, subscriptionId);
    return changed && found.state === 'already' ? { ...found, state: 'left' } : found;
  });
}
